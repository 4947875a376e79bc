#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "qr/ladder.h"
#include "qr/pdf.h"
#include "qr/picture.h"
#include "qr/reader_int.h"

/*
 * The decoder's side: hostile bytes in, answer out, then the end. Everything
 * it needs is memory; see jail.h for what else it has.
 */
#define SCAN_MIN_PX 500000
static uint8_t answer[READER_ANSWER_MAX];

struct scan {
	struct reader_writer w;
	double until_s; /* CPU time of this process */
};

static double
cpu_s(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		return 1e9;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
scan_found(void *ctx, struct bytes text)
{
	struct scan *s = ctx;

	reader_answer_add(&s->w, text);
}

static double
scan_left(void *ctx)
{
	const struct scan *s = ctx;

	return s->until_s - cpu_s();
}

_Noreturn static void
finish(struct scan *s, enum cred_err e, unsigned pages)
{
	size_t len = reader_answer_end(&s->w, e, pages), done = 0;

	while (done < len) {
		ssize_t n = write(JAIL_ANSWER, answer + done, len - done);
		if (n <= 0)
			_exit(3);
		done += (size_t)n;
	}
	_exit(0);
}

/* What was spent since counts; a third remains for what took long to decode.
 */
static enum cred_err
scan_gray(struct scan *s, const struct gray *g, double since, uint32_t effort,
    size_t *n)
{
	struct ladder_ops ops = {s, scan_found, scan_left};
	double budget = reader_effort_s(effort), now = cpu_s();

	s->until_s = fmax(since + budget, now + budget / 3);
	return ladder_read(g, &ops, n);
}

/* A page of several that is damaged is one without a code. */
_Noreturn void
inmate_picture(struct bytes file, const struct reader_request *req)
{
	unsigned pages = 0;
	struct scan s;

	reader_answer_begin(&s.w, answer);
	for (unsigned at = req->first; at <= req->last; at++) {
		struct picture p;
		size_t n = 0;
		double since = at == req->first ? 0 : cpu_s();
		enum cred_err e =
		    picture_decode(file, req->max_pixels, at - 1, &p);
		if (e == CRED_ERR_PIC_PAGES)
			break;
		s.w.page = at;
		if (e == CRED_OK) {
			e = scan_gray(&s, &p.gray, since, req->effort, &n);
			if (e == CRED_OK && n == 0 && p.damaged)
				e = CRED_ERR_PIC_BROKEN;
			picture_release(&p);
		}
		if (e != CRED_OK && (at == 1 || e >= CRED_FAULT_NOMEM))
			finish(&s, e, pages);
		pages++;
	}
	finish(&s, CRED_OK, pages);
}

struct images {
	struct scan *s;
	uint32_t effort;
	size_t n; /* codes of this page */
	enum cred_err e;
};

/* All images of a page share its time; once there is a code, what is smaller
 * than a scan (a portrait, a logo) is left alone. */
static bool
images_try(void *ctx, const struct gray *g)
{
	struct images *im = ctx;
	struct ladder_ops ops = {im->s, scan_found, scan_left};
	size_t n = 0;

	if (im->n > 0 && (uint64_t)g->w * g->h < SCAN_MIN_PX)
		return true;
	im->e = ladder_read(g, &ops, &n);
	im->n += n;
	return im->e == CRED_OK && scan_left(im->s) > 0;
}

_Noreturn void
inmate_images(struct bytes file, const struct reader_request *req)
{
	unsigned total = 0, pages = 0;
	struct pdf *pdf = NULL;
	struct scan s;
	enum cred_err e;

	reader_answer_begin(&s.w, answer);
	e = pdf_open(file, &pdf, &total);
	if (e == CRED_OK && total > req->max_pages)
		e = CRED_ERR_PIC_PAGES;
	for (unsigned at = req->first;
	     e == CRED_OK && at <= req->last && at <= total; at++) {
		struct images im = {&s, req->effort, 0, CRED_OK};
		s.w.page = at;
		s.until_s = cpu_s() + reader_effort_s(req->effort);
		e = pdf_images(pdf, at, req->max_pixels, images_try, &im);
		if (e == CRED_OK)
			e = im.e;
		pages++;
	}
	finish(&s, e, pages);
}

static bool
read_full(uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t got = read(JAIL_STREAM, to, n);
		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/* A number of a PGM's head and the one blank after it. */
static bool
read_number(uint32_t *out)
{
	uint32_t v = 0;
	uint8_t c;

	for (int i = 0; i < 7; i++) {
		if (!read_full(&c, 1))
			return false;
		if (i > 0 && (c == ' ' || c == '\n')) {
			*out = v;
			return true;
		}
		if (c < '0' || c > '9')
			return false;
		v = 10 * v + (uint32_t)(c - '0');
	}
	return false;
}

/* One page of pdftoppm's: a binary PGM of 8 bits, not above our size. */
static bool
read_page(uint8_t *px, size_t cap, struct gray *out)
{
	uint8_t magic[3];
	uint32_t w, h, max;

	if (!read_full(magic, 3) || memcmp(magic, "P5\n", 3) != 0 ||
	    !read_number(&w) || !read_number(&h) || !read_number(&max) ||
	    w == 0 || h == 0 || max != 255 || (uint64_t)w * h > cap ||
	    !read_full(px, (size_t)w * h))
		return false;
	*out = (struct gray){px, w, h};
	return true;
}

/* Around each place of a sheet, for they are not cut exactly. */
#define OVERLAP 12 /* 1/12 of it on each side */

static enum cred_err
scan_cell(struct scan *s, const struct gray *g, const struct reader_request *q,
    uint32_t column, uint32_t row)
{
	uint32_t w = g->w / q->columns, h = g->h / q->rows;
	uint32_t x0 = column * w, y0 = row * h;
	uint32_t x1 = x0 + w + w / OVERLAP, y1 = y0 + h + h / OVERLAP;
	enum cred_err e;
	struct gray cell;
	uint8_t *px;
	size_t n = 0;

	x0 = x0 > w / OVERLAP ? x0 - w / OVERLAP : 0;
	y0 = y0 > h / OVERLAP ? y0 - h / OVERLAP : 0;
	x1 = x1 < g->w ? x1 : g->w;
	y1 = y1 < g->h ? y1 : g->h;
	px = malloc((size_t)(x1 - x0) * (y1 - y0) + 1);
	if (px == NULL)
		return CRED_FAULT_NOMEM;
	for (uint32_t y = y0; y < y1; y++)
		memcpy(px + (size_t)(y - y0) * (x1 - x0),
		    g->px + (size_t)y * g->w + x0, x1 - x0);
	cell = (struct gray){px, x1 - x0, y1 - y0};
	e = scan_gray(s, &cell, cpu_s(), q->effort, &n);
	free(px);
	return e;
}

static enum cred_err
scan_sheet(struct scan *s, const struct gray *g, const struct reader_request *q)
{
	enum cred_err e = CRED_OK;

	for (uint32_t i = 0; e == CRED_OK && i < q->columns * q->rows; i++)
		e = scan_cell(s, g, q, i % q->columns, i / q->columns);
	return e;
}

_Noreturn void
inmate_pages(const struct reader_request *req)
{
	size_t cap = (size_t)(READER_PAGE_PX + 1) * (READER_PAGE_PX + 1);
	enum cred_err e = CRED_OK;
	unsigned pages = 0;
	struct scan s;
	struct gray g;
	uint8_t *px = malloc(cap);

	reader_answer_begin(&s.w, answer);
	if (px == NULL)
		finish(&s, CRED_FAULT_NOMEM, 0);
	while (e == CRED_OK && pages < req->last - req->first + 1 &&
	       read_page(px, cap, &g)) {
		size_t n = 0;
		s.w.page = req->first + pages++;
		e = scan_gray(&s, &g, cpu_s(), req->effort, &n);
		if (e == CRED_OK && req->columns * req->rows > 1)
			e = scan_sheet(&s, &g, req);
	}
	finish(&s, e, pages);
}
