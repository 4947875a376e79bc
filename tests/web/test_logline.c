#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "web/logline.h"

#define THREADS 4
#define LINES   2000 /* with all threads less than is ever kept */

static struct logline *
start(int fd)
{
	struct logline *l = NULL;
	struct why why;

	assert_int_equal(logline_start(fd, &l, &why), CRED_OK);
	return l;
}

static void
put(struct logline *l, const char *s)
{
	logline_put(l, s, strlen(s));
}

/* A line comes without another and without the end. */
static void
soon(void **state)
{
	int ends[2];
	char buf[100];
	struct pollfd p;
	struct logline *l;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	l = start(ends[1]);
	for (int i = 0; i < 3; i++) {
		put(l, "one line\n");
		p = (struct pollfd){ends[0], POLLIN, 0};
		assert_int_equal(poll(&p, 1, 10000), 1);
		assert_int_equal(read(ends[0], buf, sizeof buf), 9);
		assert_memory_equal(buf, "one line\n", 9);
	}
	logline_stop(l);
	logline_stop(NULL);
	close(ends[0]);
	close(ends[1]);
}

static void *
write_lines(void *arg)
{
	static atomic_int next;
	struct logline *l = arg;
	int me = next++;
	char line[64];

	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof line, "%d %d\n", me, i);
		put(l, line);
	}
	return NULL;
}

/* None is lost, mixed with another or out of order, the last ones neither. */
static void
whole_and_in_order(void **state)
{
	char path[] = "/tmp/tamga-logline-XXXXXX";
	int fd = mkstemp(path), me, i, next[THREADS] = {0};
	struct logline *l = start(fd);
	pthread_t threads[THREADS];
	char line[64];
	FILE *f;

	(void)state;
	for (int t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, write_lines, l);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	logline_stop(l);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		assert_int_equal(sscanf(line, "%d %d", &me, &i), 2);
		assert_in_range(me, 0, THREADS - 1);
		assert_int_equal(i, next[me]++);
	}
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(next[t], LINES);
	fclose(f);
	close(fd);
	unlink(path);
}

static void
long_line_is_cut(void **state)
{
	char line[2 * LOGLINE_MAX], got[sizeof line];
	int ends[2];
	struct logline *l;

	(void)state;
	memset(line, 'x', sizeof line);
	assert_int_equal(pipe(ends), 0);
	l = start(ends[1]);
	logline_put(l, line, sizeof line);
	logline_stop(l);
	assert_int_equal(read(ends[0], got, sizeof got), LOGLINE_MAX);
	close(ends[0]);
	close(ends[1]);
}

static void *
drain(void *arg)
{
	const int *fd = arg;
	static char all[1 << 19];
	size_t len = 0;
	ssize_t n;

	while ((n = read(*fd, all + len, sizeof all - 1 - len)) > 0)
		len += (size_t)n;
	all[len] = '\0';
	return all;
}

/* Nobody reads: nobody who writes waits, and the loss is said later. */
static void
blocked(void **state)
{
	enum { N = 20000 };
	char line[100];
	pthread_t thread;
	int ends[2];
	struct logline *l;
	void *all;
	long lost = 0, n;
	const char *said;

	(void)state;
	memset(line, 'y', sizeof line);
	line[sizeof line - 1] = '\n';
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	l = start(ends[1]);
	for (int i = 0; i < N; i++) /* hangs here if it waited */
		logline_put(l, line, sizeof line);
	pthread_create(&thread, NULL, drain, &ends[0]);
	logline_stop(l);
	close(ends[1]);
	pthread_join(thread, &all);
	for (said = all; said != NULL && *said != '\0';
	     said = strchr(said, '\n'), said += said != NULL)
		if (sscanf(said, "%ld log lines dropped", &n) == 1)
			lost += n;
	assert_in_range(lost, N / 2, N);
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(soon),
	    cmocka_unit_test(whole_and_in_order),
	    cmocka_unit_test(long_line_is_cut),
	    cmocka_unit_test(blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
