#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pictures.h"
#include "qr/spare.h"

/* A decoder before its file, while it has it, and without one. */
#define TEXT "https://skill.example/#12345678901234567890123456789012345"

/* In a child of its own, for a jail is for ever; 0, or the step that failed. */
static int
in_child(int (*f)(void))
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(f());
	assert_int_equal(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

#define EXPECT(x)                                                              \
	do {                                                                   \
		step++;                                                        \
		if (!(x))                                                      \
			return step;                                           \
	} while (0)

static int
picture_fd(void)
{
	struct gray g = sheet_new(330, 330);
	int fd = memfd_create("picture", MFD_CLOEXEC);
	size_t len;
	uint8_t *f;

	sheet_qr(&g, TEXT, 30, 36, 3);
	f = sheet_png(&g, &len);
	if (write(fd, f, len) != (ssize_t)len)
		fd = -1;
	free(f);
	sheet_free(&g);
	return fd;
}

/* Stays until it is killed. */
static void
stay(struct bytes file)
{
	volatile bool for_ever = file.len > 0;

	while (for_ever)
		;
}

static rlim_t
hard(pid_t pid, __rlimit_resource_t what)
{
	struct rlimit l = {0, 0};

	return prlimit(pid, what, NULL, &l) == 0 ? l.rlim_max : 0;
}

/* The answer of a decoder that waited, its limits before and with the file. */
static int
order(reader_hook *hook)
{
	struct reader_request q = {.kind = READER_PICTURE,
	    .first = 1,
	    .last = 1,
	    .max_pixels = 1000000,
	    .columns = 1,
	    .rows = 1};
	static uint8_t buf[READER_ANSWER_MAX];
	static struct reader_answer ans;
	int step = 0, pipe[2], st, fd = picture_fd();
	size_t len = 0;
	struct jail *j;
	struct spare s;
	struct pollfd p;
	struct why why;
	ssize_t n;

	EXPECT(fd >= 0);
	EXPECT(pipe2(pipe, O_CLOEXEC) == 0);
	EXPECT(jail_prepare(false, &j, &why) == CRED_OK);
	EXPECT(spare_make(j, hook, &s));
	p = (struct pollfd){s.orders, 0, 0};
	EXPECT(poll(&p, 1, 100) == 0); /* it stays */
	EXPECT(hard(s.pid, RLIMIT_NOFILE) == JAIL_ORDERS + 1);
	EXPECT(hard(s.pid, RLIMIT_FSIZE) == 0);
	EXPECT(JAIL_SANITIZED || hard(s.pid, RLIMIT_AS) == 1u << 30);
	EXPECT(spare_order(&s, &q, pipe[1], fd, 7));
	EXPECT(hard(s.pid, RLIMIT_CPU) == 8);
	close(pipe[1]);
	if (hook != NULL)
		kill(s.pid, SIGKILL);
	while ((n = read(pipe[0], buf + len, sizeof buf - len)) > 0)
		len += (size_t)n;
	EXPECT(waitpid(s.pid, &st, 0) == s.pid);
	if (hook != NULL)
		return WIFSIGNALED(st) && len == 0 ? 0 : 100;
	EXPECT(st == 0);
	EXPECT(
	    reader_answer_parse(bytes_of(buf, len), 1, 1, &ans) == CRED_OK);
	EXPECT(ans.n == 1 && bytes_eq(ans.codes[0].text, bytes_str(TEXT)));
	return 0;
}

static int
order_read(void)
{
	return order(NULL);
}

static int
order_stay(void)
{
	return order(stay);
}

static void
one_order(void **state)
{
	(void)state;
	assert_int_equal(in_child(order_read), 0);
	assert_int_equal(in_child(order_stay), 0);
}

static int
no_order(void)
{
	struct reader_request q = {.kind = READER_PICTURE};
	int step = 0, st, fd = picture_fd();
	struct jail *j;
	struct spare s;
	struct why why;

	EXPECT(jail_prepare(false, &j, &why) == CRED_OK);
	/* ended */
	EXPECT(spare_make(j, NULL, &s));
	st = s.pid;
	spare_end(&s);
	EXPECT(s.pid == 0 && kill(st, 0) < 0 && errno == ESRCH);
	/* left alone: by itself, and well */
	EXPECT(spare_make(j, NULL, &s));
	close(s.orders);
	EXPECT(waitpid(s.pid, &st, 0) == s.pid && st == 0);
	/* dead before its order */
	EXPECT(spare_make(j, NULL, &s));
	kill(s.pid, SIGKILL);
	EXPECT(waitpid(s.pid, &st, 0) == s.pid);
	EXPECT(!spare_order(&s, &q, 1, fd, 1));
	return 0;
}

static void
without_an_order(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_order), 0);
}

/* The youngest child of a process; 0: it has none, -1: cannot be told. */
static pid_t
child_of(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	while (fscanf(f, "%d", &child) == 1)
		;
	fclose(f);
	return child;
}

/* Within a minute, on however busy a machine. */
static pid_t
child_awaited(pid_t pid, pid_t other)
{
	for (int i = 0; i < 6000; i++) {
		pid_t child = child_of(pid);
		if (child != 0 && child != other)
			return child;
		usleep(10000);
	}
	return 0;
}

static bool
ended(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	for (int i = 0; i < 6000; i++) {
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		f = fopen(path, "r");
		if (f == NULL)
			return true;
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		fclose(f);
		if (state == 'Z' || state == 'X')
			return true;
		usleep(10000);
	}
	return false;
}

/* The zygote has one ready, makes another where it dies, and takes them along.
 */
static void
of_a_zygote(void **state)
{
	struct gray g = sheet_new(330, 330);
	struct reader_result res;
	struct reader *r;
	pid_t first, second;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	sheet_qr(&g, TEXT, 30, 36, 3);
	f = sheet_png(&g, &len);
	for (int killed = 0; killed < 2; killed++) {
		assert_int_equal(reader_start(NULL, &r, &why), CRED_OK);
		first = child_awaited(r->zygote, 0);
		if (first < 0)
			skip();
		assert_true(first > 0);
		kill(first, SIGKILL);
		second = child_awaited(r->zygote, first);
		assert_true(second > 0);
		assert_int_equal(
		    reader_read(r, bytes_of(f, len), &res, &why), CRED_OK);
		assert_int_equal(res.n, 1);
		reader_result_release(&res);
		second = child_awaited(r->zygote, second);
		assert_true(second > 0);
		if (killed == 1)
			kill(r->zygote, SIGKILL);
		reader_stop(r);
		assert_true(ended(second));
	}
	free(f);
	sheet_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_order),
	    cmocka_unit_test(without_an_order),
	    cmocka_unit_test(of_a_zygote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
