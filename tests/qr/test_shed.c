#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qr/jail.h"
#include "qr/picture.h"
#include "qr/shed.h"

/* Has this process code of a library? */
static bool
has_code(const char *lib)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[1024];
	bool found = false;

	if (f == NULL)
		_exit(3);
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = strstr(line, " r-xp ") != NULL &&
			strstr(line, lib) != NULL;
	fclose(f);
	return found;
}

/* Has a child? */
static bool
child_has(const char *lib)
{
	pid_t pid = _Fork();
	int st;

	if (pid == 0)
		_exit(has_code(lib));
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) < 2);
	return WEXITSTATUS(st) == 1;
}

static void
what_is_copied(void **state)
{
	(void)state;
	assert_true(child_has("/libX11.so") && child_has("/liblzma.so"));
	shed_unneeded();
	assert_true(child_has("/libzbar.so"));
	assert_true(child_has("/libpng16.so"));
	assert_true(child_has("/libz.so"));
	assert_true(child_has("/libc.so"));
	assert_true(has_code("/libX11.so"));
	if (JAIL_SANITIZED)
		skip();
	assert_false(child_has("/libX11.so"));
	assert_false(child_has("/libdbus-1.so"));
	assert_false(child_has("/liblzma.so"));
}

/* libzbar's libraries brought liblzma, libtiff needs it. */
static void
what_is_loaded_later(void **state)
{
	(void)state;
	picture_load(PICTURE_TIFF);
	shed_unneeded();
	assert_true(child_has("/libtiff.so"));
	assert_true(child_has("/liblzma.so"));
	if (!JAIL_SANITIZED)
		assert_false(child_has("/libX11.so"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_copied),
	    cmocka_unit_test(what_is_loaded_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
