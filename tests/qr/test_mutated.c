/*
 * test_mutated [N [SEED]]: N files (300), each a good one of some format with
 * damage done to it, through the jail. Whatever comes, the reader lives, each
 * answer is one of the file's errors or a reading, and no inmate has had more
 * than its limits. The long run: test_mutated 20000
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "qr/reader_int.h"
#include "tests/qr/formats.h"

#define TEXT	"https://skill.example/#12345678901234567890123456789012345"
#define THREADS 2
#define SEEDS	(64)

static unsigned n_files = 300, seed = 1, next;
/* What decoding survives shows at a glance; every tenth file is read with all
 * the rungs that quick effort has time for, and each makes the ladder begin. */
#define WHOLE 10
static struct reader *reader, *glance;
static struct {
	const char *name;
	uint8_t *ptr;
	size_t len;
} good[SEEDS];
static size_t n_good;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned ends[CRED_FAULT_NOMEM];
static unsigned wrong;

static uint64_t
rnd(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Bits, bytes that are often sizes, cuts, copies within and across files. */
static void
damage(uint8_t *f, size_t *len, uint64_t *s)
{
	static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t head = *len < 96 ? *len : 96, a, b, n;

	for (unsigned k = (unsigned)(rnd(s) % 8) + 1; k > 0 && *len > 8; k--) {
		switch (rnd(s) % 6) {
		case 0:
			f[rnd(s) % *len] ^= (uint8_t)(1u << rnd(s) % 8);
			break;
		case 1:
			f[rnd(s) % head] = edge[rnd(s) % sizeof edge];
			break;
		case 2:
			f[rnd(s) % *len] = (uint8_t)rnd(s);
			break;
		case 3:
			if (rnd(s) % 4 == 0)
				*len = 8 + rnd(s) % (*len - 8);
			head = *len < head ? *len : head;
			break;
		case 4:
			a = rnd(s) % *len;
			b = rnd(s) % *len;
			n = rnd(s) % 64;
			if (a + n <= *len && b + n <= *len)
				memmove(f + a, f + b, n);
			break;
		default:
			a = rnd(s) % n_good;
			n = rnd(s) % 64;
			b = rnd(s) % *len;
			if (b + n <= *len && b + n <= good[a].len)
				memcpy(f + b, good[a].ptr + b, n);
			break;
		}
	}
}

static void *
work(void *arg)
{
	(void)arg;
	for (;;) {
		struct reader_result res = {0};
		struct why why = {{0}};
		enum cred_err e;
		uint64_t s;
		unsigned i;
		uint8_t *f;
		size_t len, g;

		pthread_mutex_lock(&lock);
		i = next++;
		pthread_mutex_unlock(&lock);
		if (i >= n_files)
			return NULL;
		if (i > 0 && i % 1000 == 0)
			print_message("%u of %u\n", i, n_files);
		s = (uint64_t)(seed * 1000003ull + i + 1) * 0x9e3779b97f4a7c15u;
		g = i % n_good;
		len = good[g].len;
		f = malloc(len);
		if (f == NULL)
			abort();
		memcpy(f, good[g].ptr, len);
		damage(f, &len, &s);
		e = reader_read(i / n_good % WHOLE == 0 ? reader : glance,
		    bytes_of(f, len), &res, &why);
		pthread_mutex_lock(&lock);
		if (e < CRED_FAULT_NOMEM)
			ends[e]++;
		if (e != CRED_OK &&
		    (e < CRED_ERR_PIC_FORMAT || e > CRED_ERR_PIC_CRASH)) {
			wrong++;
			print_error("%s, file %u: %s %s\n", good[g].name, i,
			    cred_errname(e), why.text);
		}
		if (e == CRED_ERR_PIC_CRASH)
			print_message("%s, file %u: %s\n", good[g].name, i,
			    why.text);
		pthread_mutex_unlock(&lock);
		reader_result_release(&res);
		free(f);
	}
}

static void
add(const char *name, uint8_t *ptr, size_t len)
{
	assert_true(n_good < SEEDS);
	good[n_good].name = name;
	good[n_good].ptr = ptr;
	good[n_good++].len = len;
}

static void
mutated(void **state)
{
	static const char *const filters[] = {
	    "flate", "dct", "fax", "mask", "index"};
	struct reader_opts o = {.effort = EFFORT_QUICK,
	    .max_pixels = 4 * 1000 * 1000,
	    .max_pages = 10};
	struct gray g = sheet_new(160, 160), two[2];
	pthread_t t[THREADS];
	struct rusage use;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	sheet_qr(&g, TEXT, 10, 10, 3);
	two[0] = two[1] = g;
	for (size_t i = 0; i < n_forms; i++) {
		f = forms[i].make(&g, forms[i].arg, &len);
		add(forms[i].name, f, len);
	}
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		f = form_pdf_image(&g, filters[i], &len);
		add(filters[i], f, len);
	}
	f = form_tiff_pages(two, 2, &len);
	add("tiff pages", f, len);
	assert_int_equal(reader_start(&o, &reader, &why), CRED_OK);
	o.effort = (enum reader_effort)READER_GLANCE;
	assert_int_equal(reader_start(&o, &glance, &why), CRED_OK);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	/* it is as good as ever */
	for (size_t i = 0; i < n_good; i++) {
		struct reader_result res;
		if (reader_read(reader, bytes_of(good[i].ptr, good[i].len),
			&res, &why) != CRED_OK)
			fail_msg("%s, unharmed: %s", good[i].name, why.text);
		assert_true(res.n >= 1);
		reader_result_release(&res);
		free(good[i].ptr);
	}
	reader_stop(reader);
	reader_stop(glance);
	sheet_free(&g);
	for (size_t e = 0; e < CRED_FAULT_NOMEM; e++)
		if (ends[e] > 0)
			print_message("%6u %s\n", ends[e],
			    cred_errname((enum cred_err)e));
	assert_int_equal(wrong, 0);
	/* of the zygote and all inmates, the largest */
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &use), 0);
	print_message("largest inmate: %ld MiB; all of them: %ld s of CPU\n",
	    use.ru_maxrss / 1024, use.ru_utime.tv_sec + use.ru_stime.tv_sec);
	if (!JAIL_SANITIZED)
		assert_true(use.ru_maxrss <= 1024 * 1024);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(mutated)};

	if (argc > 1)
		n_files = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
