#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pictures.h"
#include "qr/reader_int.h"

/* What its inmates try, and what it does when they or it end badly. */
#define TEXT "https://skill.example/#12345678901234567890123456789012345"

static struct gray
one_code(uint32_t scale)
{
	struct gray g = sheet_new(110 * scale, 110 * scale);

	sheet_qr(&g, TEXT, 10 * scale, 12 * scale, scale);
	return g;
}

static void
expect_err_of(struct reader *r, struct bytes file, enum cred_err e)
{
	struct reader_result res;
	struct why why = {{0}};
	enum cred_err got = reader_read(r, file, &res, &why);

	if (got != e)
		fail_msg("%s, not %s: %s", cred_errname(got), cred_errname(e),
		    why.text);
	assert_true(why.text[0] != '\0');
}

static int futex_word;

static void
deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

/* What a taken-over decoder might try. The file's last byte chooses. */
static void
escape(struct bytes file)
{
	char path[] = "/etc/passwd";
	char *argv[] = {path, NULL};
	struct msghdr m = {0};
	volatile char *p;

	switch (file.ptr[file.len - 1]) {
	case 'o':
		_exit(open(path, O_RDONLY) < 0 ? 50 : 51);
	case 's':
		_exit(socket(AF_INET, SOCK_STREAM, 0) < 0 ? 50 : 51);
	case 'x':
		execve("/bin/true", argv, argv + 1);
		_exit(50);
	case 'f':
		_exit(fork() < 0 ? 50 : 51);
	case 'p':
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? 50 : 51);
	case 'k':
		_exit(kill(getppid(), SIGKILL) < 0 ? 50 : 51);
	case 'e': /* code of its own */
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		_exit(p == MAP_FAILED ? 50 : 51);
	case 'w': /* another descriptor than the answer's */
		_exit(write(STDOUT_FILENO, "x", 1) < 0 ? 50 : 51);
	case 'a': /* an answer without end */
		for (;;)
			(void)!write(JAIL_ANSWER, path, sizeof path);
	case 'g': /* rubbish as an answer */
		(void)!write(JAIL_ANSWER, path, sizeof path);
		_exit(0);
	case 't':
		for (;;)
			;
	case 'l': /* it lingers after an answer: a page without a code */
		(void)!write(JAIL_ANSWER, "TGA1\0\0\1\0\0\0", 10);
		/* fall through */
	case 'z': /* asleep for ever, deaf to the alarm */
		deaf();
		for (;;)
			(void)syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0,
			    NULL, NULL, 0);
	case 'r': /* the socket that its order came by */
		if (recvmsg(JAIL_ORDERS, &m, 0) >= 0 || errno != EBADF)
			_exit(51);
		break;
	case 'm':
		p = malloc((size_t)2 << 30);
		_exit(p == NULL ? 60 : 61);
	default:
		break;
	}
}

static void
escapes(void **state)
{
	static const char kinds[] = "osxfpkewag";
	struct reader_opts o = {.effort = EFFORT_QUICK,
	    .max_pixels = 1000000,
	    .max_wall_s = 20};
	struct gray g = one_code(3);
	struct reader_result res;
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	f = realloc(f, len + 1);
	assert_non_null(f);
	assert_int_equal(reader_start_hooked(&o, escape, &r, &why), CRED_OK);
	for (const char *k = kinds; *k != '\0'; k++) {
		enum cred_err e;
		f[len] = (uint8_t)*k;
		e = reader_read(r, bytes_of(f, len + 1), &res, &why);
		if (e != CRED_ERR_PIC_CRASH)
			fail_msg("escape '%c': %s", *k, cred_errname(e));
		if (strchr("osxfpkew", *k) != NULL &&
		    strstr(why.text, "killed by signal 31") == NULL)
			fail_msg("escape '%c': %s", *k, why.text);
		/* and the next decode is as good as ever */
		f[len] = 0;
		e = reader_read(r, bytes_of(f, len + 1), &res, &why);
		assert_int_equal(e, CRED_OK);
		assert_int_equal(res.n, 1);
		reader_result_release(&res);
	}
	f[len] = 'r';
	assert_int_equal(
	    reader_read(r, bytes_of(f, len + 1), &res, &why), CRED_OK);
	reader_result_release(&res);
	if (!JAIL_SANITIZED) {
		f[len] = 'm';
		expect_err_of(r, bytes_of(f, len + 1), CRED_FAULT_JAIL);
		f[len] = 't';
		expect_err_of(r, bytes_of(f, len + 1), CRED_ERR_PIC_TIME);
	}
	reader_stop(r);
	o.max_wall_s = 2;
	assert_int_equal(reader_start_hooked(&o, escape, &r, &why), CRED_OK);
	/* one that answered is not waited for, and ends with the zygote */
	for (int i = 0; i < 3; i++) {
		f[len] = i < 2 ? 'l' : 0;
		assert_int_equal(
		    reader_read(r, bytes_of(f, len + 1), &res, &why), CRED_OK);
		assert_int_equal(res.n, i < 2 ? 0 : 1);
		reader_result_release(&res);
	}
	f[len] = 'z';
	expect_err_of(r, bytes_of(f, len + 1), CRED_ERR_PIC_TIME);
	reader_stop(r);
	free(f);
	sheet_free(&g);
}

struct shared {
	struct reader *r;
	struct bytes file;
};

static void *
read_often(void *arg)
{
	const struct shared *s = arg;

	for (int i = 0; i < 20; i++) {
		struct reader_result res;
		struct why why;
		if (reader_read(s->r, s->file, &res, &why) != CRED_OK ||
		    res.n != 1)
			return arg;
		reader_result_release(&res);
	}
	return NULL;
}

static void
from_threads(void **state)
{
	struct gray g = one_code(3);
	pthread_t t[6];
	struct shared s;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);
	int before, after;

	(void)state;
	assert_int_equal(reader_start(NULL, &s.r, &why), CRED_OK);
	before = dup(0);
	close(before);
	s.file = bytes_of(f, len);
	for (int i = 0; i < 6; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, read_often, &s), 0);
	for (int i = 0; i < 6; i++) {
		void *bad;
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after); /* no descriptor leaks */
	reader_stop(s.r);
	free(f);
	sheet_free(&g);
}

/* A zygote that was killed is a fault, not a hang. */
static void
dead_zygote(void **state)
{
	struct gray g = one_code(3);
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);
	FILE *p;
	char path[64];
	int pid = 0;

	(void)state;
	assert_int_equal(reader_start(NULL, &r, &why), CRED_OK);
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	p = fopen(path, "r");
	if (p == NULL)
		skip();
	while (fscanf(p, "%d", &pid) == 1)
		; /* the youngest is the last */
	fclose(p);
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	usleep(50000);
	expect_err_of(r, bytes_of(f, len), CRED_FAULT_JAIL);
	reader_stop(r);
	free(f);
	sheet_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(from_threads),
	    cmocka_unit_test(dead_zygote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
