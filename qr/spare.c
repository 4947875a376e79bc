#include "qr/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qr/heap.h"

/* From our own zygote, so it is not doubted. */
struct order {
	struct reader_request q;
	size_t len; /* of the file */
};

union two_fds {
	char buf[CMSG_SPACE(2 * sizeof(int))];
	struct cmsghdr align;
};

void
inmate_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* with the zygote */
}

/* The two descriptors come as the lowest free ones. */
static void
order_take(struct order *o)
{
	union two_fds c;
	struct iovec iov = {o, sizeof *o};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h;
	ssize_t n;
	int fds[2];

	do
		n = recvmsg(JAIL_ORDERS, &m, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(0); /* the zygote wants none */
	h = CMSG_FIRSTHDR(&m);
	if (n != sizeof *o || h == NULL || h->cmsg_len != CMSG_LEN(sizeof fds))
		_exit(4);
	memcpy(fds, CMSG_DATA(h), sizeof fds);
	if (fds[0] != JAIL_ANSWER || fds[1] != JAIL_STREAM)
		_exit(4);
	close(JAIL_ORDERS);
}

_Noreturn static void
spare_main(const struct jail *j, reader_hook *hook, int orders)
{
	/* its CPU time comes with the order, its end, if need be, from the
	 * zygote: nothing in here can put that off */
	struct jail_limits l = {READER_MEMORY, 0, 0};
	struct bytes in = {NULL, 0};
	struct order o;

	inmate_signals();
	dup2(orders, JAIL_ORDERS);
	close(JAIL_ANSWER);
	close(JAIL_STREAM);
	close_range(JAIL_ORDERS + 1, ~0u, 0);
	heap_touch();
	if (!jail_decoder(j, &l))
		_exit(4);
	order_take(&o);
	if (o.q.kind != READER_PAGES) {
		void *p = mmap(
		    NULL, o.len, PROT_READ, MAP_PRIVATE, JAIL_STREAM, 0);
		if (p == MAP_FAILED)
			_exit(4);
		close(JAIL_STREAM);
		in = bytes_of(p, o.len);
	}
	if (hook != NULL)
		hook(in);
	if (o.q.kind == READER_PICTURE)
		inmate_picture(in, &o.q);
	if (o.q.kind == READER_IMAGES)
		inmate_images(in, &o.q);
	inmate_pages(&o.q);
}

bool
spare_make(const struct jail *j, reader_hook *hook, struct spare *out)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid = _Fork();
	if (pid == 0)
		spare_main(j, hook, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	*out = (struct spare){pid, pair[0]};
	return true;
}

bool
spare_order(struct spare *s, const struct reader_request *q, int answer,
    int input, unsigned cpu_s)
{
	struct order o = {.q = *q};
	union two_fds c = {{0}};
	struct iovec iov = {&o, sizeof o};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = c.buf,
	    .msg_controllen = sizeof c.buf};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	struct stat st;
	ssize_t n = -1;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(h), (int[]){answer, input}, 2 * sizeof(int));
	if (fstat(input, &st) == 0 && jail_decoder_cpu(s->pid, cpu_s)) {
		o.len = (size_t)st.st_size;
		do
			n = sendmsg(s->orders, &m, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
	}
	if (n != (ssize_t)sizeof o)
		return false;
	close(s->orders);
	return true;
}

void
spare_end(struct spare *s)
{
	if (s->pid == 0)
		return;
	close(s->orders);
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*s = (struct spare){0};
}
