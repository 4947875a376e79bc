#include "render/cell_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/jail.h"

#define CPU_S  6   /* 40 million pixels take 1 */
#define WALL_S 120 /* machines are busy */
#define MEMORY ((size_t)512 << 20)
#define MAX_JPEG                                                               \
	(64u << 20) /* of a photo, however it came: 40 million pixels */

struct request {
	double want_w, want_h;
};

/* Before the picture's bytes, which a refusal has none of. */
struct answer {
	char magic[4];
	int32_t err, w, h, orientation;
	uint32_t len;
	struct why why;
};
static const char MAGIC[4] = "TGP1";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int control = -1; /* to the zygote */
static void (*test_hook)(struct bytes file);

void
cell_set_hook(void (*hook)(struct bytes file))
{
	test_hook = hook;
}

static bool
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

_Noreturn static void
inmate(struct bytes file, const struct request *q)
{
	struct answer a = {.err = CRED_OK};
	struct photo p = {0};
	uint8_t *jpeg = NULL;
	size_t len = 0;

	memcpy(a.magic, MAGIC, sizeof MAGIC);
	if (test_hook != NULL)
		test_hook(file);
	a.err = (int32_t)photo_prepare(
	    file, q->want_w, q->want_h, &jpeg, &len, &p, &a.why);
	if (a.err == CRED_OK) {
		a.w = p.w;
		a.h = p.h;
		a.orientation = p.orientation;
		a.len = (uint32_t)len;
	}
	_exit(write_all(JAIL_ANSWER, &a, sizeof a) &&
			  (a.len == 0 || write_all(JAIL_ANSWER, jpeg, len))
		      ? 0
		      : 3);
}

/* In the zygote's child: its photo mapped, all but the answer closed. */
_Noreturn static void
child(const struct jail *j, const struct jail_limits *l,
    const struct request *q, int file, int answer)
{
	struct stat st;
	void *p;
	int a;

	signal(SIGPIPE, SIG_DFL);
	if (fstat(file, &st) != 0 || st.st_size <= 0)
		_exit(4);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	a = fcntl(answer, F_DUPFD, 16);
	if (p == MAP_FAILED || a < 0 || dup2(a, JAIL_ANSWER) < 0)
		_exit(4);
	close_range(JAIL_ANSWER + 1, ~0u, 0);
	if (!jail_decoder(j, l))
		_exit(4);
	inmate(bytes_of(p, (size_t)st.st_size), q);
}

/* The address space that the zygote has of its parent, and room to decode. */
static size_t
as_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (f == NULL)
		return (size_t)2 << 30;
	if (fscanf(f, "%zu", &pages) != 1)
		pages = (size_t)1 << 18;
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE) + MEMORY;
}

/* False: this process's end of the socket has gone, and so do we. */
static bool
serve(const struct jail *j, const struct jail_limits *l, int sock)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct request q;
	struct iovec iov = {&q, sizeof q};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h;
	ssize_t n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	int fds[2];

	if (n < 0 && errno == EINTR)
		return true;
	h = n == (ssize_t)sizeof q ? CMSG_FIRSTHDR(&m) : NULL;
	if (h == NULL || h->cmsg_type != SCM_RIGHTS ||
	    h->cmsg_len != CMSG_LEN(sizeof fds))
		return false;
	memcpy(fds, CMSG_DATA(h), sizeof fds);
	if (fork() == 0)
		child(j, l, &q, fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
	return true;
}

_Noreturn static void
zygote(int sock)
{
	static const int later[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT,
	    SIGCHLD /* nobody waits for the children */};
	struct {
		enum cred_err e;
		struct why why;
	} ready = {CRED_OK, {{0}}};
	struct jail_limits l = {.cpu_s = CPU_S, .wall_s = WALL_S};
	struct jail *j = NULL;
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_NAME, "tamga-photo");
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		signal(later[i], SIG_IGN);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!JAIL_SANITIZED)
		dup2(null, STDERR_FILENO);
	if (sock != 3)
		dup2(sock, 3);
	close_range(4, ~0u, 0);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	l.as_bytes = as_bytes();
	ready.e = jail_prepare(false, &j, &ready.why);
	(void)write_all(3, &ready, sizeof ready);
	while (ready.e == CRED_OK && serve(j, &l, 3))
		;
	_exit(0);
}

static enum cred_err
start(struct why *why)
{
	struct {
		enum cred_err e;
		struct why why;
	} ready;
	enum cred_err e = CRED_OK;
	int pair[2];
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return why_errno(why, errno, "socketpair", "photo");
	pid = fork();
	if (pid == 0)
		zygote(pair[1]);
	close(pair[1]);
	if (pid < 0) {
		e = why_errno(why, errno, "fork", "photo");
		close(pair[0]);
		return e;
	}
	do
		n = read(pair[0], &ready, sizeof ready);
	while (n < 0 && errno == EINTR);
	if (n != sizeof ready)
		e = why_set(why, CRED_FAULT_JAIL,
		    TR("the photo's decoder did not start",
			"照片解码进程未能启动"));
	else if (ready.e != CRED_OK) {
		e = ready.e;
		if (why != NULL)
			*why = ready.why;
	}
	if (e == CRED_OK)
		control = pair[0];
	else
		close(pair[0]);
	return e;
}

static enum cred_err
started(struct why *why)
{
	enum cred_err e = CRED_OK;

	pthread_mutex_lock(&lock);
	if (control < 0)
		e = start(why);
	pthread_mutex_unlock(&lock);
	return e;
}

static int
file_fd(struct bytes file)
{
	int fd = memfd_create("photo", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !write_all(fd, file.ptr, file.len)) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		(void)fcntl(fd, F_ADD_SEALS,
		    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static bool
send_request(const struct request *q, int file, int answer)
{
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} c = {{0}};
	struct iovec iov = {(void *)(uintptr_t)q, sizeof *q};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	const int fds[2] = {file, answer};
	ssize_t n;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(h), fds, sizeof fds);
	do
		n = sendmsg(control, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *q;
}

/* Up to n bytes, until the end; the child's own limits end it. */
static size_t
read_all(int fd, void *to, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = read(fd, (uint8_t *)to + done, n - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static enum cred_err
died(struct why *why)
{
	return why_set(why, CRED_FAULT_RENDER,
	    TR("the photo could not be decoded within its limits; it may be "
	       "an attack; take or export it again",
		"照片未能在限定资源内解码，可能带有攻击内容；"
		"请重新拍摄或导出"));
}

/* What the child answered is as hostile as the photo. */
static enum cred_err
take_answer(int fd, uint8_t **jpeg, size_t *len, struct photo *p,
    struct why *why)
{
	struct answer a;
	uint8_t *buf, over;
	bool whole;

	if (read_all(fd, &a, sizeof a) != sizeof a ||
	    memcmp(a.magic, MAGIC, sizeof MAGIC) != 0)
		return died(why);
	a.why.text[sizeof a.why.text - 1] = '\0';
	if (a.err == CRED_FAULT_NOMEM)
		return why_set(why, CRED_FAULT_RENDER,
		    TR("the photo needs more memory than it may; make it "
		       "smaller",
			"照片所需内存超过上限，请缩小"));
	if (a.err != CRED_OK)
		return a.err == CRED_FAULT_RENDER
			   ? why_set(why, CRED_FAULT_RENDER, "%s", a.why.text)
			   : died(why);
	if (a.w < 1 || a.h < 1 || a.w > 65535 || a.h > 65535 ||
	    (double)a.w * a.h > PHOTO_MAX_PIXELS || a.orientation < 1 || a.orientation > 8 || a.len < 4 ||
	    a.len > MAX_JPEG)
		return died(why);
	buf = malloc(a.len);
	if (buf == NULL)
		return CRED_FAULT_NOMEM;
	whole = read_all(fd, buf, a.len) == a.len &&
		read_all(fd, &over, 1) == 0 && buf[0] == 0xff &&
		buf[1] == 0xd8;
	if (!whole) {
		free(buf);
		return died(why);
	}
	*p = (struct photo){
	    .w = a.w, .h = a.h, .orientation = a.orientation};
	*jpeg = buf;
	*len = a.len;
	return CRED_OK;
}

enum cred_err
cell_prepare(struct bytes file, double want_w, double want_h, uint8_t **jpeg,
    size_t *len, struct photo *p, struct why *why)
{
	const struct request q = {want_w, want_h};
	enum cred_err e = started(why);
	int fd = -1, pipe_fd[2] = {-1, -1};

	if (e != CRED_OK)
		return e;
	fd = file_fd(file);
	if (fd < 0 || pipe2(pipe_fd, O_CLOEXEC) != 0) {
		e = why_errno(why, errno, "memfd_create", "photo");
	} else if (!send_request(&q, fd, pipe_fd[1])) {
		e = why_set(why, CRED_FAULT_JAIL,
		    TR("the photo's decoder has died; run it again",
			"照片解码进程已退出，请重新运行"));
	} else {
		close(pipe_fd[1]);
		pipe_fd[1] = -1;
		e = take_answer(pipe_fd[0], jpeg, len, p, why);
	}
	for (int i = 0; i < 2; i++)
		if (pipe_fd[i] >= 0)
			close(pipe_fd[i]);
	if (fd >= 0)
		close(fd);
	return e;
}
