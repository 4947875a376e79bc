#include "edge/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "edge/lang.h"

void
pass_clear(char out[static PASS_MAX])
{
	explicit_bzero(out, PASS_MAX);
}

/* The first line of fd, byte by byte so that nothing is left in a buffer. */
static enum cred_err
read_line(int fd, const char *what, char out[static PASS_MAX],
    struct why *why)
{
	size_t n = 0;

	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return why_errno(why, errno, TR("cannot read", "读不了"),
			    what);
		if (got == 0 || c == '\n')
			break;
		if (n + 1 >= PASS_MAX)
			return why_set(why, CRED_FAULT_PASS,
			    TR("the pass phrase from %s is longer than %d bytes",
				"%s 给出的口令超过 %d 字节"),
			    what, PASS_MAX - 1);
		out[n++] = c;
	}
	if (n > 0 && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	if (n == 0)
		return why_set(why, CRED_FAULT_PASS,
		    TR("the pass phrase from %s is empty", "%s 给出的口令为空"),
		    what);
	return CRED_OK;
}

static enum cred_err
read_terminal(int tty, const char *prompt, char out[static PASS_MAX],
    struct why *why)
{
	struct termios old, quiet;
	enum cred_err e;

	if (tcgetattr(tty, &old) != 0)
		return why_errno(why, errno, TR("cannot use", "用不了"),
		    "/dev/tty");
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
		return why_errno(why, errno, TR("cannot use", "用不了"),
		    "/dev/tty");
	dprintf(tty, "%s: ", prompt);
	e = read_line(tty, TR("the terminal", "终端"), out, why);
	tcsetattr(tty, TCSAFLUSH, &old);
	dprintf(tty, "\n");
	return e;
}

enum cred_err
pass_read(const struct pass_source *src, const char *prompt, bool confirm,
    char out[static PASS_MAX], struct why *why)
{
	char again[PASS_MAX];
	enum cred_err e;
	int fd;

	if (src->file != NULL) {
		fd = open(src->file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return why_errno(why, errno, TR("cannot open", "打不开"),
			    src->file);
		e = read_line(fd, src->file, out, why);
		close(fd);
		goto out;
	}
	if (src->fd >= 0) {
		e = read_line(src->fd, "--pass-fd", out, why);
		goto out;
	}
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return why_set(why, CRED_FAULT_PASS,
		    TR("no terminal to ask for the pass phrase; give "
		       "--pass-file FILE or --pass-fd N",
			"没有终端可以询问口令；请用 --pass-file 文件 或 "
			"--pass-fd 描述符 给出"));
	e = read_terminal(fd, prompt, out, why);
	if (e == CRED_OK && confirm) {
		e = read_terminal(fd, TR("again", "再输入一次"), again, why);
		if (e == CRED_OK && strcmp(out, again) != 0)
			e = why_set(why, CRED_FAULT_PASS,
			    TR("the two pass phrases differ", "两次输入的口令不同"));
		pass_clear(again);
	}
	close(fd);
out:
	if (e != CRED_OK)
		pass_clear(out);
	return e;
}
