#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qr/warm.h"

/* Our own pictures are as good as we think. */
static void
own_pictures(void **state)
{
	(void)state;
	warm_converters();
	assert_true(warm_libraries());
	assert_true(warm_libraries());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
