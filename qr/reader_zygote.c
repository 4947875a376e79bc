#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/ladder.h"
#include "qr/pdf.h"
#include "qr/picture.h"
#include "qr/reader_int.h"

/*
 * The zygote: forked before any thread, it never looks at a byte of a
 * picture. It only forks inmates and reports how they died.
 */
#define MAX_JOBS 64

struct job {
	bool used;
	pid_t decoder, renderer;  /* 0: none, or dead already */
	int status_fd, stderr_fd; /* -1: none */
	struct reader_status status;
	int64_t until_ms; /* then it is killed, whatever signals it blocks */
};

struct zygote {
	int control, signals;
	struct jail *jail;
	reader_hook *hook;
	struct job jobs[MAX_JOBS];
};

/* A renderer's page costs 0.1-0.5 s, 2 s at the worst; libpng and libjpeg do
 * 50 megapixels a second; the wall clock is for machines that are busy. */
static struct jail_limits
limits_of(const struct reader_request *q, bool renderer)
{
	unsigned pages = q->last - q->first + 1;
	unsigned cells = q->columns * q->rows > 1 ? q->columns * q->rows : 0;
	struct jail_limits l;

	if (renderer)
		l.cpu_s = 4 + 2 * pages;
	else
		l.cpu_s = 1 + (q->max_pixels / 50000000 +
				  (unsigned)(2 * reader_effort_s(q->effort) + 0.9) *
				      (1 + cells)) *
				  pages;
	l.wall_s = q->wall_s != 0 ? q->wall_s : 30 + 10 * (4 + 4 * pages);
	l.as_bytes = (size_t)1 << 30;
	return l;
}

/*
 * zbar opens converters for the character sets it guesses at, and those load
 * modules from files; once here, while files can be opened, then kept.
 */
static void
warm_up(void)
{
	static const char *const sets[] = {
	    "ISO8859-1", "ISO-8859-1", "SJIS", "BIG5", "UTF-8", "CP437"};
	static const uint8_t blank[64 * 64];
	struct gray g = {blank, 64, 64};
	struct ladder_ops ops = {0};
	size_t n;

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (iconv_open("UTF-8", sets[i]) == (iconv_t)-1)
			continue;
	(void)ladder_read(&g, &ops, &n);
}

/* In the child: out of all descriptors only these stay. */
static void
keep_fds(int answer, int stream)
{
	int a = fcntl(answer, F_DUPFD, 16), s = -1;

	if (stream >= 0)
		s = fcntl(stream, F_DUPFD, 16);
	dup2(a, JAIL_ANSWER);
	if (s >= 0)
		dup2(s, JAIL_STREAM);
	close_range(s >= 0 ? JAIL_STREAM + 1 : JAIL_STREAM, ~0u, 0);
}

static void
child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* with the zygote */
}

_Noreturn static void
decoder_main(const struct zygote *z, const struct reader_request *q, int file,
    int answer, int stream)
{
	struct jail_limits l = limits_of(q, false);
	struct bytes in = {NULL, 0};
	struct stat st;

	child_signals();
	if (stream < 0) {
		void *p;
		if (fstat(file, &st) != 0 || st.st_size <= 0)
			_exit(4);
		p = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
		if (p == MAP_FAILED)
			_exit(4);
		in = bytes_of(p, (size_t)st.st_size);
	}
	keep_fds(answer, stream);
	if (!jail_decoder(z->jail, &l))
		_exit(4);
	if (z->hook != NULL)
		z->hook(in);
	if (q->kind == READER_PICTURE)
		inmate_picture(in, q);
	if (q->kind == READER_IMAGES)
		inmate_images(in, q);
	inmate_pages(q);
}

_Noreturn static void
renderer_main(const struct zygote *z, const struct reader_request *q, int file,
    int out, int err)
{
	struct jail_limits l = limits_of(q, true);
	char first[12], last[12], size[12];
	const char *const argv[] = {"pdftoppm", "-gray", "-scale-to", size,
	    "-f", first, "-l", last, "-", NULL};
	const char *const envp[] = {
	    "PATH=/usr/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8", NULL};

	child_signals();
	snprintf(size, sizeof size, "%d", READER_PAGE_PX);
	snprintf(first, sizeof first, "%u", q->first);
	snprintf(last, sizeof last, "%u", q->last);
	if (dup2(file, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(4);
	close_range(3, ~0u, 0);
	if (!jail_renderer(z->jail, &l))
		_exit(4);
	/* execve(2) changes neither, its prototype is older than const */
	execve(JAIL_PDFTOPPM, (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)envp);
	_exit(errno == ENOENT ? 127 : 4);
}

static void
job_finish(struct job *j)
{
	char text[65536];
	ssize_t n =
	    j->stderr_fd >= 0 ? read(j->stderr_fd, text, sizeof text) : 0;

	if (n > 0 && memmem(text, (size_t)n, "Incorrect password", 18) != NULL)
		j->status.encrypted = 1;
	/* 12 bytes into an empty pipe never block; a parent that has gone
	 * does not want them. */
	(void)!write(j->status_fd, &j->status, sizeof j->status);
	close(j->status_fd);
	if (j->stderr_fd >= 0)
		close(j->stderr_fd);
	j->used = false;
}

static void
start_renderer(struct zygote *z, struct job *j, const struct reader_request *q,
    int file, int *stream)
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) != 0)
		return;
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) != 0) {
		close(out[0]);
		close(out[1]);
		return;
	}
	(void)fcntl(out[1], F_SETPIPE_SZ, 1 << 20);
	j->renderer = fork();
	if (j->renderer == 0)
		renderer_main(z, q, file, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	j->stderr_fd = err[0];
	*stream = out[0];
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned
wall_of(const struct reader_request *q)
{
	return limits_of(q, false).wall_s;
}

static void
start_job(struct zygote *z, const struct reader_request *q, const int fds[3])
{
	struct job *j = z->jobs;
	int stream = -1;

	while (j->used)
		j++; /* the caller knows that one is free */
	*j = (struct job){.used = true,
	    .status_fd = fds[2],
	    .stderr_fd = -1,
	    .until_ms = now_ms() + 1000 + 1000 * (int64_t)wall_of(q)};
	if (q->kind == READER_PAGES)
		start_renderer(z, j, q, fds[0], &stream);
	else if (q->kind == READER_IMAGES)
		pdf_load();
	else
		picture_load((enum picture_type)q->type);
	if (q->kind != READER_PAGES || (stream >= 0 && j->renderer > 0)) {
		j->decoder = fork();
		if (j->decoder == 0)
			decoder_main(z, q, fds[0], fds[1], stream);
	}
	close(fds[0]);
	close(fds[1]);
	if (stream >= 0)
		close(stream);
	if (j->renderer < 0)
		j->renderer = 0;
	if (j->decoder <= 0) {
		j->decoder = 0;
		j->status.decoder = 4 << 8; /* as if it had exited so */
		if (j->renderer == 0)
			job_finish(j);
	}
}

/* False: the parent has gone. */
static bool
take_request(struct zygote *z)
{
	union {
		char buf[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct reader_request q;
	struct iovec iov = {&q, sizeof q};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h;
	ssize_t n = recvmsg(z->control, &m, MSG_CMSG_CLOEXEC);
	int fds[3];

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	h = CMSG_FIRSTHDR(&m);
	if (n != sizeof q || h == NULL || h->cmsg_type != SCM_RIGHTS ||
	    h->cmsg_len != CMSG_LEN(sizeof fds))
		return false;
	memcpy(fds, CMSG_DATA(h), sizeof fds);
	start_job(z, &q, fds);
	return true;
}

static void
reap(struct zygote *z)
{
	struct signalfd_siginfo si;
	int st;
	pid_t pid;

	(void)!read(z->signals, &si, sizeof si);
	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		for (struct job *j = z->jobs; j < z->jobs + MAX_JOBS; j++) {
			if (!j->used ||
			    (pid != j->decoder && pid != j->renderer))
				continue;
			if (pid == j->decoder) {
				j->status.decoder = st;
				j->decoder = 0;
			} else {
				j->status.renderer = st;
				j->renderer = 0;
			}
			if (j->decoder == 0 && j->renderer == 0)
				job_finish(j);
			break;
		}
	}
}

/*
 * An inmate may block SIGALRM and sleep, where no CPU time is counted. Returns
 * how long poll(2) may wait, -1: for ever.
 */
static int
kill_late(struct zygote *z)
{
	int64_t now = now_ms(), next = -1;

	for (struct job *j = z->jobs; j < z->jobs + MAX_JOBS; j++) {
		if (!j->used)
			continue;
		if (j->until_ms <= now) {
			if (j->decoder > 0)
				kill(j->decoder, SIGKILL);
			if (j->renderer > 0)
				kill(j->renderer, SIGKILL);
			j->until_ms = now + 1000;
		}
		if (next < 0 || j->until_ms - now < next)
			next = j->until_ms - now;
	}
	return next > 60000 ? 60000 : (int)next;
}

static bool
has_room(const struct zygote *z)
{
	for (size_t i = 0; i < MAX_JOBS; i++)
		if (!z->jobs[i].used)
			return true;
	return false;
}

/* Nothing of the parent's but the control socket, as descriptor 3. */
static int
drop_parent(int control)
{
	static const int later[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
	int null = open("/dev/null", O_RDWR);

	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		signal(later[i], SIG_IGN);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!JAIL_SANITIZED)
		dup2(null, STDERR_FILENO);
	if (control != 3)
		dup2(control, 3);
	close_range(4, ~0u, 0);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	return 3;
}

_Noreturn void
zygote_main(int control, bool allow_unjailed, reader_hook *hook)
{
	static struct zygote z;
	struct {
		enum cred_err e;
		struct why why;
	} ready = {CRED_OK, {{0}}};
	struct pollfd p[2];
	sigset_t chld;

	prctl(PR_SET_NAME, "tamga-zygote");
	z.control = drop_parent(control);
	z.hook = hook;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
	z.signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	warm_up();
	ready.e = jail_prepare(allow_unjailed, &z.jail, &ready.why);
	if (ready.e == CRED_OK && z.signals < 0)
		ready.e = why_set(&ready.why, CRED_FAULT_JAIL, "signalfd");
	(void)!write(z.control, &ready, sizeof ready);
	if (ready.e != CRED_OK)
		_exit(4);
	for (;;) {
		p[0] = (struct pollfd){z.signals, POLLIN, 0};
		p[1] = (struct pollfd){z.control, POLLIN, 0};
		int wait = kill_late(&z);
		if (poll(p, has_room(&z) ? 2 : 1, wait) < 0 && errno != EINTR)
			_exit(4);
		if ((p[0].revents & POLLIN) != 0)
			reap(&z);
		if (p[1].revents != 0 && has_room(&z) && !take_request(&z))
			_exit(0);
	}
}
