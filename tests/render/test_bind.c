#include "tests/render/help.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "edge/file.h"
#include "qr/modules.h"
#include "qr/reader.h"
#include "render/bind_int.h"
#include "render/printout.h"
#include "render/spool_int.h"
#include "render/template_int.h"

#define CARD TAMGA_SOURCE_DIR "/templates/operation-card.svg"

static uint8_t *pdf;
static size_t pdf_len;

static void
read_pdf(const char *path)
{
	struct why why = {""};

	free(pdf);
	assert_int_equal(
	    file_read(path, 1u << 26, &pdf, &pdf_len, &why), CRED_OK);
}

static unsigned
count_of(const char *s)
{
	const uint8_t *at = pdf, *end = pdf + pdf_len;
	unsigned n = 0;

	while ((at = memmem(at, (size_t)(end - at), s, strlen(s))) != NULL) {
		at++;
		n++;
	}
	return n;
}

/* Which codes the pages have, as digits, in the pages' order. */
static void
codes_of(char *out)
{
	char text[READER_MAX_TEXT + 1];
	struct printout p;

	assert_int_equal(printout_open(bytes_of(pdf, pdf_len), &p), CRED_OK);
	for (size_t i = 0; i < p.n_pages; i++) {
		struct outbuf o = {(uint8_t *)text, READER_MAX_TEXT, 0};
		struct printout_code c;
		assert_int_equal(printout_code(&p, i, &c), CRED_OK);
		assert_int_equal(qr_modules_read(&c.code, &o), CRED_OK);
		qr_code_release(&c.code);
		*out++ = text[o.len - 1];
	}
	*out = '\0';
	printout_release(&p);
}

struct drawer {
	struct render_part *part;
	const char *digits; /* a page each; a letter before it is its turn */
};

static void *
draw_part(void *arg)
{
	struct drawer *d = arg;
	char text[sizeof qr];
	struct render_record rec = record();
	struct render_template *t;
	struct why why = {""};

	strcpy(text, qr);
	rec.qr_text = bytes_str(text);
	assert_int_equal(render_template_load(LEVEL, &t, &why), CRED_OK);
	for (const char *c = d->digits; *c != '\0'; c++) {
		text[strlen(text) - 1] = *c;
		if (*c >= 'a')
			assert_int_equal(
			    render_part_turn(d->part, (uint64_t)*c, &why),
			    CRED_OK);
		else
			assert_int_equal(
			    render_part_page(d->part, t, &rec, &why), CRED_OK);
	}
	assert_int_equal(render_part_end(d->part, &why), CRED_OK);
	render_template_free(t);
	return NULL;
}

/* Whoever draws them and whenever. Their art is in the file once. */
static void
pages_of_all_parts_stand_in_their_turn(void **state)
{
	struct drawer d[] = {{NULL, "a12d6e78"}, {NULL, ""}, {NULL, "c45b3f9"}};
	pthread_t threads[N(d)];
	struct why why = {""};
	struct render_pdf *p;
	char codes[20], text[4096];

	(void)state;
	assert_int_equal(
	    render_pdf_open(in_dir("b.pdf"), "a (5 0 R) \\ b", &p, &why),
	    CRED_OK);
	for (size_t i = 0; i < N(d); i++) {
		assert_int_equal(render_pdf_part(p, &d[i].part, &why), CRED_OK);
		assert_int_equal(
		    pthread_create(&threads[i], NULL, draw_part, &d[i]), 0);
	}
	for (size_t i = 0; i < N(d); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(render_pdf_close(p, &why), CRED_OK);
	read_pdf(in_dir("b.pdf"));
	codes_of(codes);
	assert_string_equal(codes, "123456789");
	assert_int_equal(count_of("/Subtype /Form"), 1);
	assert_int_equal(count_of("/Type /Catalog"), 1);
	output_of(text, sizeof text, "pdfinfo %s 2>&1", in_dir("b.pdf"));
	assert_non_null(strstr(text, "Title:           a (5 0 R) \\ b\n"));
	assert_non_null(strstr(text, "Pages:           9"));
	assert_null(strstr(text, "rror"));
	output_of(text, sizeof text, "ls %s | grep -c tmp || :", dir);
	assert_int_equal(atoi(text), 0);
}

/* To the pixel what cairo draws by itself, cards on a sheet too. */
static void
it_looks_as_if_it_were_drawn_at_once(void **state)
{
	static const char *const SVG[] = {LEVEL, CARD};
	struct render_record rec = record();
	char text[4096];

	(void)state;
	for (size_t i = 0; i < 2 * N(SVG); i++) {
		struct render_template *t;
		struct why why = {""};
		struct render_pdf *p;
		char name[] = "0.pdf";

		name[0] = (char)('0' + i);
		assert_int_equal(
		    render_template_load(SVG[i / 2], &t, &why), CRED_OK);
		t->unbakable = i % 2 == 0;
		assert_int_equal(
		    render_pdf_open(in_dir(name), "t", &p, &why), CRED_OK);
		render_pdf_sheets(p, &RENDER_SHEET_CARDS);
		for (int k = 0; k < 12; k++)
			assert_int_equal(
			    render_pdf_page(p, t, &rec, &why), CRED_OK);
		assert_int_equal(t->baked != NULL, i % 2);
		/* the file has what it needs of the template */
		render_template_free(t);
		assert_int_equal(render_pdf_close(p, &why), CRED_OK);
		output_of(text, sizeof text,
		    "pdftoppm -r 100 -l 2 %s %s/q%zu 2>&1", in_dir(name), dir,
		    i);
		assert_string_equal(text, "");
		if (i % 2 == 1)
			output_of(text, sizeof text,
			    "cd %s && set -- q%zu-*.ppm && test $# = 2 && "
			    "for f; do cmp $f q%zu${f#q%zu}; done",
			    dir, i, i - 1, i);
	}
}

static bool
put(void *ctx, const void *data, size_t len)
{
	return spool_put(ctx, data, len);
}

static enum cred_err
bound(struct bytes part, struct art *const *arts, size_t n_arts, size_t pages)
{
	const struct bind_run run = {0, pages};
	const struct bind_part p = {part, arts, n_arts, &run, 1};
	struct spool s;
	enum cred_err e;

	spool_init(&s, NULL);
	e = bind_write(&p, 1, put, &s);
	spool_release(&s);
	return e;
}

/* Never read past its end, never taken for a good one. */
static void
a_part_that_is_not_whole_is_refused(void **state)
{
	struct render_record rec = record();

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	read_pdf(in_dir("a.pdf"));
	assert_int_equal(bound(bytes_of(pdf, pdf_len), NULL, 0, 1), CRED_OK);
	/* a page that nobody asked for */
	assert_int_equal(
	    bound(bytes_of(pdf, pdf_len), NULL, 0, 2), CRED_FAULT_RENDER);
	for (size_t len = 0; len < pdf_len; len += 1 + pdf_len / 60) {
		uint8_t *copy = malloc(len + 1);
		memcpy(copy, pdf, len);
		assert_int_equal(
		    bound(bytes_of(copy, len), NULL, 0, 1), CRED_FAULT_RENDER);
		free(copy);
	}
	for (size_t i = 0; i < pdf_len; i += 23) {
		uint8_t *copy = malloc(pdf_len);
		enum cred_err e;
		memcpy(copy, pdf, pdf_len);
		copy[i] ^= (uint8_t)(1 << i % 8);
		e = bound(bytes_of(copy, pdf_len), NULL, 0, 1);
		assert_true(e == CRED_OK || e == CRED_FAULT_RENDER);
		free(copy);
	}
}

/* Or two threads that draw it in two seconds would have it in the file twice.
 */
static void
art_is_the_same_at_any_time(void **state)
{
	cairo_surface_t *drawn = art_stand_in(0);
	time_t began = time(NULL);
	struct art *a, *b;

	(void)state;
	assert_int_equal(art_make(drawn, 100, 100, &a), CRED_OK);
	while (time(NULL) <= began + 1)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	assert_int_equal(art_make(drawn, 100, 100, &b), CRED_OK);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->pdf, b->pdf, a->len);
	art_release(a);
	art_release(b);
	cairo_surface_destroy(drawn);
}

/* Its trailer says that one object is two things. */
static void
an_object_with_two_roles_is_refused(void **state)
{
	struct render_record rec = record();
	char *info, *root;

	(void)state;
	draw(LEVEL, in_dir("a.pdf"), &rec);
	read_pdf(in_dir("a.pdf"));
	root = memmem(pdf + pdf_len - 300, 300, "/Root ", 6);
	info = memmem(pdf + pdf_len - 300, 300, "/Info ", 6);
	assert_true(root != NULL && info != NULL);
	assert_int_equal(strcspn(root + 6, " "), strcspn(info + 6, " "));
	memcpy(info + 6, root + 6, strcspn(root + 6, " "));
	assert_int_equal(
	    bound(bytes_of(pdf, pdf_len), NULL, 0, 1), CRED_FAULT_RENDER);
}

/* A stand-in without its art, an art whose stand-in was not drawn. */
static void
stand_ins_and_arts_must_match(void **state)
{
	cairo_surface_t *drawn = art_stand_in(7);
	struct art *arts[1];

	(void)state;
	assert_int_equal(art_make(drawn, 100, 100, &arts[0]), CRED_OK);
	cairo_surface_destroy(drawn);
	/* its one form is the stand-in of number 7 */
	assert_int_equal(
	    bound(bytes_of(arts[0]->pdf, arts[0]->len), NULL, 0, 1),
	    CRED_FAULT_RENDER);
	assert_int_equal(
	    bound(bytes_of(arts[0]->pdf, arts[0]->len), arts, 1, 1),
	    CRED_FAULT_RENDER);
	art_release(arts[0]);
	drawn = art_stand_in(0);
	assert_int_equal(art_make(drawn, 100, 100, &arts[0]), CRED_OK);
	cairo_surface_destroy(drawn);
	assert_int_equal(
	    bound(bytes_of(arts[0]->pdf, arts[0]->len), arts, 1, 1), CRED_OK);
	art_release(arts[0]);
}

static void
what_memory_does_not_hold_is_in_a_file_without_a_name(void **state)
{
	static uint8_t block[100001];
	struct bytes all;
	struct spool s;
	char text[256];

	(void)state;
	spool_init(&s, in_dir("spool"));
	for (unsigned i = 0; i < 90; i++) {
		memset(block, (int)i, sizeof block);
		assert_true(spool_put(&s, block, sizeof block));
	}
	assert_true(s.fd >= 0);
	assert_true(s.cap <= SPOOL_MEMORY);
	assert_true(spool_bytes(&s, &all));
	assert_int_equal(all.len, 90 * sizeof block);
	for (size_t i = 0; i < all.len; i++)
		if (all.ptr[i] != i / sizeof block)
			fail_msg("byte %zu is %u", i, all.ptr[i]);
	output_of(text, sizeof text, "ls %s | grep -c spool || :", dir);
	assert_int_equal(atoi(text), 0);
	spool_release(&s);
	/* and where there is no room for one */
	spool_init(&s, in_dir("no/spool"));
	for (unsigned i = 0; i < 90 && spool_put(&s, block, sizeof block); i++)
		;
	assert_int_equal(s.err, ENOENT);
	assert_false(spool_bytes(&s, &all));
	spool_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_of_all_parts_stand_in_their_turn),
	    cmocka_unit_test(it_looks_as_if_it_were_drawn_at_once),
	    cmocka_unit_test(a_part_that_is_not_whole_is_refused),
	    cmocka_unit_test(an_object_with_two_roles_is_refused),
	    cmocka_unit_test(art_is_the_same_at_any_time),
	    cmocka_unit_test(stand_ins_and_arts_must_match),
	    cmocka_unit_test(
		what_memory_does_not_hold_is_in_a_file_without_a_name),
	};
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);

	free(pdf);
	return failed;
}
