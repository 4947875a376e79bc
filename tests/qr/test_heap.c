#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qr/heap.h"
#include "qr/jail.h"

#define HUGE_PAGE ((uintptr_t)2 << 20)

/* Pictures stand one behind the other from a boundary on; once freed, their
 * memory is there for the next. */
static int
decoder(void)
{
	char *a, *b;

	heap_touch();
	a = malloc(1 << 20);
	b = malloc(8 << 20);
	if (a == NULL || b == NULL)
		return 1;
	memset(a, 1, 1 << 20);
	memset(b, 2, 8 << 20);
	if (!JAIL_SANITIZED &&
	    ((uintptr_t)a % HUGE_PAGE != 0 || b - a < 1 << 20 ||
		b - a > 2 << 20))
		return 2;
	if (a[0] != 1 || a[(1 << 20) - 1] != 1)
		return 3;
	free(b);
	free(a);
	if (!JAIL_SANITIZED && malloc(9 << 20) != a)
		return 4;
	return 0;
}

static void
from_a_boundary(void **state)
{
	(void)state;
	heap_prepare();
	for (int i = 0; i < 2; i++) {
		pid_t pid = _Fork();
		int st;
		if (pid == 0)
			_exit(decoder());
		assert_int_equal(waitpid(pid, &st, 0), pid);
		assert_int_equal(st, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(from_a_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
