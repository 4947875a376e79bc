#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qr/jail.h"
#include "qr/reader.h"
#include "tests/qr/lacking.h"
#include "tests/qr/pictures.h"

/* f in a child of its own, which a jail would spoil; 0 is good, else the
 * number of the line that failed. */
static int
in_child(int (*f)(const char *), const char *arg)
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(f(arg));
	assert_int_equal(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

#define EXPECT(x)                                                              \
	do {                                                                   \
		step++;                                                        \
		if (!(x))                                                      \
			return step;                                           \
	} while (0)

static bool
denied(int got, int err)
{
	return got < 0 && errno == err;
}

/* What a taken-over pdftoppm could do. */
static int
renderer(const char *arg)
{
	struct jail_limits l = {(size_t)1 << 30, 10, 30};
	char path[] = "/bin/true", *argv[] = {path, NULL}, *env[] = {NULL};
	struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
	struct jail *j;
	struct why why;
	int step = 0, fd;

	(void)arg;
	EXPECT(jail_prepare(false, &j, &why) == CRED_OK);
	EXPECT(jail_renderer(j, &l));
	EXPECT(denied(open("/etc/passwd", O_RDONLY), EACCES));
	EXPECT(denied(open("/etc/hosts", O_RDONLY), EACCES));
	EXPECT(denied(open("/proc/self/environ", O_RDONLY), EACCES));
	EXPECT(denied(open("/usr/share/doc", O_RDONLY), EACCES));
	EXPECT(denied(open("/tmp/x", O_WRONLY | O_CREAT, 0600), EACCES));
	EXPECT(denied(open("/usr/share/fonts/x", O_WRONLY | O_CREAT, 0600),
	    EACCES));
	fd = open("/usr/share/fonts", O_RDONLY | O_DIRECTORY);
	EXPECT(fd >= 0);
	EXPECT(denied(socket(AF_INET, SOCK_STREAM, 0), EPERM));
	EXPECT(denied(socket(AF_UNIX, SOCK_STREAM, 0), EPERM));
	EXPECT(denied(fork(), EPERM));
	EXPECT(denied((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM));
	EXPECT(denied(kill(getppid(), SIGKILL), EPERM));
	EXPECT(denied(execve(path, argv, env), EACCES));
	EXPECT(denied(chmod("/usr/share/fonts", 0777), EPERM));
	EXPECT(denied(unlink("/usr/share/fonts/x"), EPERM));
	EXPECT(setrlimit(RLIMIT_AS, &more) < 0);
	EXPECT(setrlimit(RLIMIT_CPU, &more) < 0);
	if (!JAIL_SANITIZED)
		EXPECT(malloc((size_t)2 << 30) == NULL);
	return 0;
}

static void
what_a_renderer_may_not(void **state)
{
	(void)state;
	assert_int_equal(in_child(renderer, ""), 0);
}

/* A kernel without it: refused by name, or done without when told so. */
static int
without(const char *what)
{
	const char *named =
	    strcmp(what, "seccomp") == 0 ? "seccomp" : "Landlock";
	struct reader_opts o = {.allow_unjailed = true};
	struct gray g = sheet_new(400, 400);
	struct reader_result res;
	struct reader *r = NULL;
	struct why why = {{0}};
	int step = 0;
	uint8_t *f;
	size_t len;

	sheet_qr(&g, "hello", 20, 20, 5);
	f = sheet_png(&g, &len);
	EXPECT(lacking(what));
	EXPECT(reader_start(NULL, &r, &why) == CRED_FAULT_JAIL);
	EXPECT(strstr(why.text, named) != NULL);
	EXPECT(r == NULL);
	EXPECT(reader_start(&o, &r, &why) == CRED_OK);
	EXPECT(reader_read(r, bytes_of(f, len), &res, &why) == CRED_OK);
	EXPECT(res.n == 1 && bytes_eq(res.codes[0].text, bytes_str("hello")));
	reader_result_release(&res);
	reader_stop(r);
	free(f);
	sheet_free(&g);
	return 0;
}

static void
a_kernel_that_lacks_it(void **state)
{
	(void)state;
	assert_int_equal(in_child(without, "landlock"), 0);
	assert_int_equal(in_child(without, "seccomp"), 0);
	assert_int_equal(in_child(without, "both"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_renderer_may_not),
	    cmocka_unit_test(a_kernel_that_lacks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
