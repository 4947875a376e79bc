#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/heap.h"
#include "qr/pdf.h"
#include "qr/picture.h"
#include "qr/reader_int.h"
#include "qr/shed.h"
#include "qr/spare.h"
#include "qr/warm.h"

/*
 * The zygote: forked before any thread, it never looks at a byte of a
 * picture. It only forks inmates and reports how they died.
 */
#define MAX_JOBS   64
#define MAX_SPARES 4

struct job {
	bool used;
	pid_t decoder, renderer;  /* 0: none, or dead already */
	int answer, stderr_fd; /* the pipe's end; -1: none */
	struct reader_status status;
	int64_t until_ms; /* then it is killed, whatever signals it blocks */
};

struct zygote {
	int control, signals;
	struct jail *jail;
	reader_hook *hook;
	struct job jobs[MAX_JOBS];
	struct spare spares[MAX_SPARES];
	/* as many as were wanted at once, so far */
	size_t n_spares, want_spares;
	bool loaded[PICTURE_PDF + 1];
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
	l.as_bytes = READER_MEMORY;
	return l;
}

_Noreturn static void
renderer_main(const struct zygote *z, const struct reader_request *q, int file,
    int out, int err)
{
	struct jail_limits l = limits_of(q, true);
	char first[12], last[12], size[12];
	const char *const argv[] = {"pdftoppm", "-gray", "-aaVector",
	    q->hard_edges ? "no" : "yes", "-scale-to", size, "-f", first, "-l",
	    last, "-", NULL};
	const char *const envp[] = {
	    "PATH=/usr/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8", NULL};

	inmate_signals();
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
	/* the parent reads until there is no more; when it has gone or had
	 * enough, it does not want it */
	(void)!write(j->answer, &j->status, sizeof j->status);
	close(j->answer);
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
	j->renderer = _Fork();
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

static void
spares_end(struct zygote *z)
{
	while (z->n_spares > 0)
		spare_end(&z->spares[--z->n_spares]);
}

/* The libraries of a format, for all decoders from here on. */
static void
load(struct zygote *z, enum picture_type type)
{
	if (type >= sizeof z->loaded / sizeof *z->loaded || z->loaded[type])
		return;
	z->loaded[type] = true;
	if (type == PICTURE_PDF)
		pdf_load();
	else if (type == PICTURE_HEIF || type == PICTURE_TIFF)
		picture_load(type);
	else
		return;
	shed_unneeded();
	spares_end(z);
}

/* A decoder with its order, one that waited if there is one; 0: none. */
static pid_t
start_decoder(struct zygote *z, const struct reader_request *q, int answer,
    int input)
{
	unsigned cpu_s = limits_of(q, false).cpu_s;
	struct spare s;

	while (z->n_spares > 0) {
		s = z->spares[--z->n_spares];
		if (spare_order(&s, q, answer, input, cpu_s))
			return s.pid;
		spare_end(&s);
	}
	if (z->want_spares < MAX_SPARES)
		z->want_spares++;
	if (!spare_make(z->jail, z->hook, &s))
		return 0;
	if (spare_order(&s, q, answer, input, cpu_s))
		return s.pid;
	spare_end(&s);
	return 0;
}

static void
start_job(struct zygote *z, const struct reader_request *q, const int fds[2])
{
	struct job *j = z->jobs;
	int stream = -1;

	while (j->used)
		j++; /* the caller knows that one is free */
	*j = (struct job){.used = true,
	    .answer = fds[1],
	    .stderr_fd = -1,
	    .until_ms = now_ms() + 1000 * (int64_t)limits_of(q, false).wall_s};
	if (q->kind == READER_PAGES)
		start_renderer(z, j, q, fds[0], &stream);
	else
		load(z, (enum picture_type)q->type);
	if (q->kind != READER_PAGES)
		j->decoder = start_decoder(z, q, fds[1], fds[0]);
	else if (stream >= 0 && j->renderer > 0)
		j->decoder = start_decoder(z, q, fds[1], stream);
	close(fds[0]);
	if (stream >= 0)
		close(stream);
	if (j->renderer < 0)
		j->renderer = 0;
	if (j->decoder == 0) {
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
		char buf[CMSG_SPACE(2 * sizeof(int))];
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
	int fds[2];

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

/* One that died while it waited. */
static void
spare_gone(struct zygote *z, pid_t pid)
{
	for (size_t i = 0; i < z->n_spares; i++) {
		if (z->spares[i].pid != pid)
			continue;
		close(z->spares[i].orders);
		z->spares[i] = z->spares[--z->n_spares];
		return;
	}
}

static void
reap(struct zygote *z)
{
	struct signalfd_siginfo si;
	int st;
	pid_t pid;

	(void)!read(z->signals, &si, sizeof si);
	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		spare_gone(z, pid);
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

/* Where nothing else is to be done, a decoder is made for the next file. */
static void
serve(struct zygote *z)
{
	bool failed = false;

	for (;;) {
		struct pollfd p[2] = {
		    {z->signals, POLLIN, 0}, {z->control, POLLIN, 0}};
		bool idle = z->n_spares < z->want_spares && !failed;
		int wait = kill_late(z), n;
		n = poll(p, has_room(z) ? 2 : 1, idle ? 0 : wait);
		if (n < 0 && errno != EINTR)
			return;
		if ((p[0].revents & POLLIN) != 0)
			reap(z);
		if (p[1].revents != 0 && has_room(z)) {
			failed = false;
			if (!take_request(z))
				return;
		}
		if (n == 0 && idle) {
			failed = !spare_make(
			    z->jail, z->hook, &z->spares[z->n_spares]);
			if (!failed)
				z->n_spares++;
		}
	}
}

/* Nobody waits for their answers any more. */
static void
jobs_end(struct zygote *z)
{
	for (struct job *j = z->jobs; j < z->jobs + MAX_JOBS; j++) {
		if (j->decoder > 0)
			kill(j->decoder, SIGKILL);
		if (j->renderer > 0)
			kill(j->renderer, SIGKILL);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

_Noreturn void
zygote_main(int control, bool allow_unjailed, reader_hook *hook)
{
	static struct zygote z = {.want_spares = 1};
	struct {
		enum cred_err e;
		struct why why;
	} ready = {CRED_OK, {{0}}};
	sigset_t chld;

	prctl(PR_SET_NAME, "tamga-zygote");
	z.control = drop_parent(control);
	z.hook = hook;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
	z.signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	shed_unneeded();
	warm_converters();
	ready.e = jail_prepare(allow_unjailed, &z.jail, &ready.why);
	if (ready.e == CRED_OK && z.signals < 0)
		ready.e = why_set(&ready.why, CRED_FAULT_JAIL, "signalfd");
	(void)!write(z.control, &ready, sizeof ready);
	if (ready.e != CRED_OK)
		_exit(4);
	(void)warm_libraries();
	heap_prepare();
	serve(&z);
	spares_end(&z);
	jobs_end(&z);
	_exit(0);
}
