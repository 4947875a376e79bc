#include "qr/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/reader_int.h"

/* Past every limit of the inmates' own: only a dead zygote gets here. */
#define PATIENCE_S 900

static enum cred_err
ready_wait(int control, struct why *why)
{
	struct {
		enum cred_err e;
		struct why why;
	} ready;
	ssize_t n;

	do
		n = read(control, &ready, sizeof ready);
	while (n < 0 && errno == EINTR);
	if (n != sizeof ready)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the picture reader did not start",
			"图片读取进程未能启动"));
	if (ready.e != CRED_OK && why != NULL)
		*why = ready.why;
	return ready.e;
}

enum cred_err
reader_start_hooked(const struct reader_opts *opts, reader_hook *hook,
    struct reader **out, struct why *why)
{
	struct reader *r = calloc(1, sizeof *r);
	enum cred_err e;
	int pair[2];

	if (r == NULL)
		return why_errno(why, ENOMEM, "calloc", "reader");
	if (opts != NULL)
		r->opts = *opts;
	else
		r->opts.effort = EFFORT_NORMAL;
	if (r->opts.max_bytes == 0)
		r->opts.max_bytes = (size_t)32 << 20;
	if (r->opts.max_pixels == 0)
		r->opts.max_pixels = 100u * 1000 * 1000;
	if (r->opts.max_pages == 0)
		r->opts.max_pages = 20;
	if (r->opts.max_pages > READER_PAGES_MAX)
		r->opts.max_pages = READER_PAGES_MAX;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		e = why_errno(why, errno, "socketpair", "zygote");
		free(r);
		return e;
	}
	r->zygote = fork();
	if (r->zygote == 0)
		zygote_main(pair[1], r->opts.allow_unjailed, hook);
	close(pair[1]);
	r->control = pair[0];
	if (r->zygote < 0)
		e = why_errno(why, errno, "fork", "zygote");
	else
		e = ready_wait(r->control, why);
	if (e != CRED_OK) {
		reader_stop(r);
		return e;
	}
	*out = r;
	return CRED_OK;
}

enum cred_err
reader_start(
    const struct reader_opts *opts, struct reader **out, struct why *why)
{
	return reader_start_hooked(opts, NULL, out, why);
}

void
reader_stop(struct reader *r)
{
	if (r == NULL)
		return;
	close(r->control);
	while (
	    r->zygote > 0 && waitpid(r->zygote, NULL, 0) < 0 && errno == EINTR)
		;
	free(r);
}

static bool
request_send(int control, const struct reader_request *q, const int fds[2])
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
	ssize_t n;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(h), fds, 2 * sizeof(int));
	do
		n = sendmsg(control, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *q;
}

static int64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum came {
	CAME_NOT,    /* it does not end in time, or holds more than cap */
	CAME_ALL,    /* everything up to the end: the zygote's status too */
	CAME_ANSWER, /* an answer to q; how its decoder ends is not waited for */
};

/* The pages of a renderer have no answer before both have ended: only the
 * status tells whether there are more. */
static enum came
read_to_end(int fd, uint8_t *buf, size_t cap, int64_t until_ms,
    const struct reader_request *q, struct reader_answer *ans, size_t *len)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = until_ms - monotonic_ms();
		uint8_t over;
		ssize_t got;
		if (left <= 0)
			return CAME_NOT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = n < cap ? read(fd, buf + n, cap - n) : read(fd, &over, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (got > 0 && n == cap))
			return CAME_NOT;
		if (got == 0)
			break;
		n += (size_t)got;
		if (q->kind != READER_PAGES &&
		    reader_answer_parse(bytes_of(buf, n), q->first, q->last,
			ans) == CRED_OK)
			return CAME_ANSWER;
	}
	*len = n;
	return CAME_ALL;
}

static bool
died_of_time(int st)
{
	return WIFSIGNALED(st) &&
	       (WTERMSIG(st) == SIGXCPU || WTERMSIG(st) == SIGALRM ||
		   WTERMSIG(st) == SIGKILL);
}

enum cred_err
reader_refuse(enum cred_err e, struct why *why)
{
	switch (e) {
	case CRED_ERR_PIC_FORMAT:
		return why_set(why, e,
		    TR("neither a picture (PNG, JPEG, WebP, HEIC, TIFF, BMP, "
		       "GIF) nor a PDF",
			"不是图片（PNG、JPEG、WebP、HEIC、TIFF、BMP、GIF）或 "
			"PDF"));
	case CRED_ERR_PIC_BROKEN:
		return why_set(why, e,
		    TR("the picture or PDF is damaged", "图片或 PDF 已损坏"));
	case CRED_ERR_PIC_PIXELS:
		return why_set(why, e,
		    TR("more pixels than the limit; scale it down",
			"像素数超过上限，请缩小后再试"));
	case CRED_ERR_PIC_PAGES:
		return why_set(why, e,
		    TR("more pages than the limit; split the file",
			"页数超过上限，请拆分文件"));
	case CRED_ERR_PIC_ENCRYPTED:
		return why_set(why, e,
		    TR("the PDF asks for a pass phrase; save it without one",
			"PDF 设有口令，请另存为无口令的文件"));
	case CRED_ERR_PIC_TIME:
		return why_set(why, e,
		    TR("not decoded within its time", "未能在限定时间内解码"));
	case CRED_FAULT_CONFIG:
		return why_set(why, e,
		    TR("the library for this kind of file is missing; install "
		       "libheif1, libtiff6 and libqpdf29",
			"缺少解码该类文件的库，请安装 "
			"libheif1、libtiff6、libqpdf29"));
	default:
		return why_set(why, e, "%s", cred_strerr(e));
	}
}

/* How the inmates ended, before their answer is looked at. */
static enum cred_err
judge_ends(const struct reader_status *st, bool pdf, struct why *why)
{
	if (st->encrypted != 0)
		return reader_refuse(CRED_ERR_PIC_ENCRYPTED, why);
	if (died_of_time(st->decoder) || (pdf && died_of_time(st->renderer)))
		return reader_refuse(CRED_ERR_PIC_TIME, why);
	if (WIFSIGNALED(st->decoder))
		return why_set(why, CRED_ERR_PIC_CRASH,
		    TR("the picture's decoder was killed by signal %d; the "
		       "file may be an attack",
			"图片解码进程被信号 %d 终止，该文件可能带有攻击内容"),
		    WTERMSIG(st->decoder));
	if (WEXITSTATUS(st->decoder) != 0)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the picture's decoder could not be locked in (exit %d)",
			"图片解码进程无法进入隔离环境（退出码 %d）"),
		    WEXITSTATUS(st->decoder));
	if (!pdf || st->renderer == 0)
		return CRED_OK;
	if (WIFEXITED(st->renderer) && WEXITSTATUS(st->renderer) == 127)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is missing; install poppler-utils",
			"缺少 %s，请安装 poppler-utils"),
		    JAIL_PDFTOPPM);
	if (WIFEXITED(st->renderer) && WEXITSTATUS(st->renderer) == 4)
		return why_set(why, CRED_FAULT_JAIL,
		    TR("the PDF's renderer could not be locked in (exit %d)",
			"PDF 渲染进程无法进入隔离环境（退出码 %d）"),
		    4);
	return CRED_OK;
}

enum cred_err
reader_ask(struct reader *r, int file, const struct reader_request *q, uint8_t *buf,
    struct reader_answer *ans, struct reader_status *st, struct why *why)
{
	int64_t until = monotonic_ms() + PATIENCE_S * 1000;
	enum cred_err e = CRED_FAULT_JAIL;
	enum came came = CAME_NOT;
	bool sent;
	size_t len = 0;
	int a[2];

	if (pipe2(a, O_CLOEXEC) != 0)
		return why_errno(why, errno, "pipe", "reader");
	sent = request_send(r->control, q, (int[]){file, a[1]});
	close(a[1]);
	if (sent)
		came = read_to_end(
		    a[0], buf, READER_BYTES_MAX, until, q, ans, &len);
	close(a[0]); /* an inmate that writes on gets SIGPIPE */
	*st = (struct reader_status){0};
	if (came == CAME_ANSWER)
		e = CRED_OK;
	else if (!sent || monotonic_ms() >= until ||
		 (came == CAME_ALL && len < sizeof *st))
		return why_set(why, e,
		    TR("the picture reader has died; restart "
		       "the program",
			"图片读取进程已退出，请重新启动程序"));
	if (came == CAME_ALL) {
		len -= sizeof *st;
		memcpy(st, buf + len, sizeof *st);
		e = judge_ends(st, q->kind == READER_PAGES, why);
		if (e != CRED_OK)
			return e;
		e = reader_answer_parse(
		    bytes_of(buf, len), q->first, q->last, ans);
	}
	if (e != CRED_OK)
		return why_set(why, CRED_ERR_PIC_CRASH,
		    TR("the picture's decoder gave an answer "
		       "out of form; the file may be an attack",
			"图片解码进程的应答格式不对，该文件可能带有攻击内容"));
	if (ans->err == CRED_FAULT_NOMEM)
		return reader_refuse(CRED_ERR_PIC_PIXELS, why);
	if (ans->err != CRED_OK)
		return reader_refuse(ans->err, why);
	return CRED_OK;
}
