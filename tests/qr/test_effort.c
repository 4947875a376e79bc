#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/resource.h>

#include "pictures.h"
#include "qr/reader_int.h"

/*
 * A picture that nobody can read takes the CPU time of its effort, and no more:
 * of the decoder as getrusage(2) has it, so that other work on the machine is
 * not counted.
 */
#define TEXT                                                                   \
	"https://verify.tamga.example/#31415926535897932384626433832795028841" \
	"97169399375105820974944592307816406286208998628034825342117067982148"

static double
children_s(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Codes whose corners stand and whose data is noise: every rung tries hard. */
static struct gray
hopeless(uint32_t w, uint32_t h)
{
	struct gray g = sheet_new(w, h);
	uint8_t *px = (uint8_t *)(uintptr_t)g.px;
	uint32_t seed = 1;

	for (uint32_t y = 20; y + 280 < h; y += 300)
		for (uint32_t x = 20; x + 280 < w; x += 300) {
			uint32_t side = sheet_qr(&g, TEXT, x, y, 4);
			for (uint32_t i = 0; i < side * side; i += 4) {
				uint32_t a = i % side, b = i / side;
				seed = seed * 1664525 + 1013904223;
				if ((a > 52 || b > 52) && b % 4 == 0 &&
				    (b < side - 52 || a > 52) &&
				    (a < side - 52 || b > 52) && a + 4 < side &&
				    b + 4 < side && seed >> 31)
					for (uint32_t k = 0; k < 16; k++)
						px[(size_t)(y + b + k / 4) * w +
						    x + a + k % 4] ^= 255;
			}
		}
	return g;
}

/* The zygote, and what a process costs before it decodes. */
#define STARTS 0.08
/* The last step may be longer than any before. */
#define STEP   0.06

static void
ends(enum reader_effort effort, double budget, uint32_t w, uint32_t h)
{
	/* however busy the machine is */
	struct reader_opts o = {.effort = effort, .max_wall_s = 800};
	struct gray g = hopeless(w, h);
	struct reader_result res;
	struct reader *r;
	struct why why;
	double before, took;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	before = children_s();
	assert_int_equal(reader_start(&o, &r, &why), CRED_OK);
	assert_int_equal(
	    reader_read(r, bytes_of(f, len), &res, &why), CRED_OK);
	assert_int_equal(res.n, 0);
	reader_result_release(&res);
	reader_stop(r);
	took = children_s() - before;
	print_message("%u x %u: %.2f s of %.1f\n", w, h, took, budget);
	assert_true(took > 0.6 * budget); /* else it proves nothing */
	if (!JAIL_SANITIZED)
		assert_true(took < budget * 1.05 + STARTS + STEP);
	free(f);
	sheet_free(&g);
}

static void
quick(void **state)
{
	(void)state;
	ends(EFFORT_QUICK, 0.3, 900, 900);
	ends(EFFORT_QUICK, 0.3, 2400, 3300);
}

static void
normal(void **state)
{
	(void)state;
	ends(EFFORT_NORMAL, 1, 900, 900);
	ends(EFFORT_NORMAL, 1, 2400, 3300);
}

static void
hard(void **state)
{
	(void)state;
	ends(EFFORT_HARD, 3, 1500, 1500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quick),
	    cmocka_unit_test(normal),
	    cmocka_unit_test(hard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
