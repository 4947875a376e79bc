#include "render/bind_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/printout_int.h"

enum { PAGES = 1, CATALOG, INFO, FIRST_FREE };

/* An object that another one of the new file takes the place of, or none. */
struct swap {
	size_t old, now; /* now 0: nobody may refer to it */
};

/* A part or an art. */
struct source {
	struct printout p;
	struct swap *swaps; /* ascending by old */
	size_t n_swaps;
	size_t first; /* the new number of its first object that stays */
};

struct bind {
	const struct bind_part *parts;
	size_t n_parts;
	struct source *part_sources, *art_sources;
	const struct art **arts; /* n_arts, all different */
	size_t n_arts;
	bool (*put)(void *ctx, const void *data, size_t len);
	void *ctx;
	uint64_t at;       /* bytes written */
	uint64_t *offsets; /* n_objects, by new number */
	size_t n_objects;
};

static enum cred_err
write_bytes(struct bind *b, const void *data, size_t len)
{
	b->at += len;
	return b->put(b->ctx, data, len) ? CRED_OK : CRED_FAULT_IO;
}

static enum cred_err write_text(struct bind *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static enum cred_err
write_text(struct bind *b, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return write_bytes(b, text, (size_t)n);
}

/* No object has two: what stays is counted by them. */
static enum cred_err
add_swap(struct source *s, size_t old, size_t now)
{
	struct swap *more =
	    reallocarray(s->swaps, s->n_swaps + 1, sizeof *more);
	size_t i = s->n_swaps;

	if (more == NULL)
		return CRED_FAULT_NOMEM;
	s->swaps = more;
	while (i > 0 && more[i - 1].old > old)
		i--;
	if (old == 0 || old >= s->p.n_objects ||
	    (i > 0 && more[i - 1].old == old))
		return CRED_ERR_PIC_FORMAT;
	memmove(more + i + 1, more + i, (s->n_swaps - i) * sizeof *more);
	more[i] = (struct swap){old, now};
	s->n_swaps++;
	return CRED_OK;
}

/* 0: it has none. */
static size_t
new_number(const struct source *s, size_t old)
{
	size_t before = 0;

	if (old == 0 || old >= s->p.n_objects)
		return 0;
	while (before < s->n_swaps && s->swaps[before].old < old)
		before++;
	if (before < s->n_swaps && s->swaps[before].old == old)
		return s->swaps[before].now;
	return s->first + old - 1 - before;
}

/* n_arts: it is not among them yet. */
static size_t
art_at(const struct bind *b, const struct art *a)
{
	size_t i = 0;

	while (
	    i < b->n_arts && !(b->arts[i]->len == a->len &&
				 memcmp(b->arts[i]->pdf, a->pdf, a->len) == 0))
		i++;
	return i;
}

static struct bytes
rest(struct bytes b, size_t n)
{
	return bytes_of(b.ptr + n, b.len - n);
}

/* Opened, and without what the new file has of its own. */
static enum cred_err
open_source(struct bytes pdf, struct source *s)
{
	struct bytes trailer;
	size_t info;
	enum cred_err e = printout_open(pdf, &s->p);

	if (e != CRED_OK)
		return e;
	trailer = rest(pdf,
	    s->p.xref + s->p.n_objects * PRINTOUT_ENTRY + strlen("trailer\n"));
	e = printout_find_ref(trailer, "/Info", &info);
	if (e == CRED_OK)
		e = add_swap(s, s->p.pages, PAGES);
	if (e == CRED_OK)
		e = add_swap(s, s->p.catalog, CATALOG);
	return e == CRED_OK ? add_swap(s, info, INFO) : e;
}

/* Numbers for all objects of s that stay. */
static void
number_source(struct bind *b, struct source *s)
{
	s->first = b->n_objects;
	b->n_objects += s->p.n_objects - 1 - s->n_swaps;
}

static enum cred_err
open_art(struct bind *b, const struct art *a, struct source *s)
{
	enum cred_err e = open_source(bytes_of(a->pdf, a->len), s);

	for (size_t i = 0; e == CRED_OK && i < 4; i++)
		e = add_swap(s, a->page[i], 0);
	if (e == CRED_OK)
		number_source(b, s);
	return e;
}

/* The arts of all parts, the same ones of several templates once. */
static enum cred_err
open_arts(struct bind *b)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < b->n_parts; i++) {
		const struct bind_part *p = &b->parts[i];
		for (size_t k = 0; e == CRED_OK && k < p->n_arts; k++) {
			size_t n = art_at(b, p->arts[k]);
			if (n < b->n_arts)
				continue;
			b->arts[b->n_arts] = p->arts[k];
			e = open_art(b, p->arts[k], &b->art_sources[n]);
			b->n_arts++;
		}
	}
	return e;
}

/* A stand-in's object, with what belongs to it alone. */
static enum cred_err
swap_stand_in(struct source *s, size_t old, struct bytes object, size_t now)
{
	size_t length, resources;
	enum cred_err e = printout_find_ref(object, "/Length", &length);

	if (e == CRED_OK)
		e = printout_find_ref(object, "/Resources", &resources);
	if (e == CRED_OK)
		e = add_swap(s, old, now);
	if (e == CRED_OK)
		e = add_swap(s, length, 0);
	return e == CRED_OK ? add_swap(s, resources, 0) : e;
}

static enum cred_err
open_part(struct bind *b, const struct bind_part *part, struct source *s)
{
	size_t found = 0, nth;
	enum cred_err e = open_source(part->pdf, s);

	for (size_t old = 1; e == CRED_OK && old < s->p.n_objects; old++) {
		struct bytes object;
		e = printout_object(&s->p, old, &object);
		if (e != CRED_OK || !art_is_stand_in(object, &nth))
			continue;
		if (nth >= part->n_arts)
			return CRED_ERR_PIC_FORMAT;
		found++;
		nth = art_at(b, part->arts[nth]);
		e = swap_stand_in(s, old, object,
		    new_number(&b->art_sources[nth], b->arts[nth]->form));
	}
	if (e == CRED_OK && found != part->n_arts)
		e = CRED_ERR_PIC_FORMAT;
	if (e == CRED_OK)
		number_source(b, s);
	return e;
}

/* Bytes of a stream whose dictionary is at the start of object. */
static enum cred_err
stream_length(const struct source *s, struct bytes object, size_t *out)
{
	size_t ref;
	struct bytes v;
	enum cred_err e = printout_find_ref(object, "/Length", &ref);

	if (e == CRED_OK)
		e = printout_object(&s->p, ref, &v);
	while (e == CRED_OK && v.len > 0 && *v.ptr == ' ')
		v = rest(v, 1);
	return e == CRED_OK && !printout_number(&v, out) ? CRED_ERR_PIC_FORMAT
							 : e;
}

/* How many bytes a string has that b starts with. */
static size_t
string_length(struct bytes b)
{
	size_t i = 0;
	int depth = 0;

	for (; i < b.len; i++) {
		if (b.ptr[i] == '\\')
			i++;
		else if (b.ptr[i] == '(')
			depth++;
		else if (b.ptr[i] == ')' && --depth == 0)
			return i + 1;
	}
	return b.len;
}

/* "7 0 R" at the start of b: its bytes, else 0. */
static size_t
reference_length(struct bytes b, size_t *ref)
{
	struct bytes v = b;

	if (!printout_number(&v, ref) || !printout_starts(v, " 0 R"))
		return 0;
	return b.len - v.len + 4;
}

/*
 * An object from behind "7 0 obj\n" on, to its end: as it stands but for its
 * references.
 */
static enum cred_err
copy_object(struct bind *b, const struct source *s, struct bytes object)
{
	static const char END[] = "endobj\n", AFTER[] = "\nendstream\nendobj\n";
	size_t from = 0, i = 0, n, ref;
	enum cred_err e = CRED_OK;

	while (e == CRED_OK && i < object.len) {
		struct bytes here = rest(object, i);
		uint8_t before = i == 0 ? '\n' : object.ptr[i - 1];

		if (before == '\n' && printout_starts(here, END))
			return write_bytes(
			    b, object.ptr + from, i - from + strlen(END));
		if (before == '\n' && printout_starts(here, "stream\n")) {
			if ((e = stream_length(s, object, &n)) != CRED_OK)
				break;
			n += i + strlen("stream\n");
			if (n > object.len ||
			    !printout_starts(rest(object, n), AFTER))
				break;
			return write_bytes(
			    b, object.ptr + from, n + strlen(AFTER) - from);
		}
		if (*here.ptr == '(') {
			i += string_length(here);
		} else if (*here.ptr == '%') { /* a comment */
			while (i < object.len && object.ptr[i] != '\n')
				i++;
		} else if ((before == ' ' || before == '[') &&
			   (n = reference_length(here, &ref)) > 0) {
			size_t now = new_number(s, ref);
			if (now == 0)
				break;
			e = write_bytes(b, object.ptr + from, i - from);
			if (e == CRED_OK)
				e = write_text(b, "%zu 0 R", now);
			i += n;
			from = i;
		} else {
			i++;
		}
	}
	return e == CRED_OK ? CRED_ERR_PIC_FORMAT : e;
}

static enum cred_err
begin_object(struct bind *b, size_t number)
{
	b->offsets[number] = b->at;
	return write_text(b, "%zu 0 obj\n", number);
}

static enum cred_err
copy_source(struct bind *b, const struct source *s)
{
	size_t swap = 0, now = s->first;
	enum cred_err e = CRED_OK;

	for (size_t old = 1; e == CRED_OK && old < s->p.n_objects; old++) {
		struct bytes object;
		if (swap < s->n_swaps && s->swaps[swap].old == old) {
			swap++;
			continue;
		}
		e = printout_object(&s->p, old, &object);
		if (e == CRED_OK)
			e = begin_object(b, now++);
		if (e == CRED_OK)
			e = copy_object(b, s, object);
	}
	return e;
}

struct run {
	uint64_t turn;
	size_t part, first, n; /* pages of the part, from 0 */
};

static int
by_turn(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* All pages' runs in their order; calloc. */
static enum cred_err
order_runs(const struct bind *b, struct run **out, size_t *n_out)
{
	struct run *runs;
	size_t n = 0;

	for (size_t i = 0; i < b->n_parts; i++)
		n += b->parts[i].n_runs;
	runs = calloc(n + 1, sizeof *runs);
	if (runs == NULL)
		return CRED_FAULT_NOMEM;
	n = 0;
	for (size_t i = 0; i < b->n_parts; i++) {
		size_t page = 0;
		for (size_t k = 0; k < b->parts[i].n_runs; k++) {
			const struct bind_run *r = &b->parts[i].runs[k];
			runs[n++] = (struct run){r->turn, i, page, r->n};
			page += r->n;
		}
		if (page != b->part_sources[i].p.n_pages) {
			free(runs);
			return CRED_ERR_PIC_FORMAT;
		}
	}
	qsort(runs, n, sizeof *runs, by_turn);
	*out = runs;
	*n_out = n;
	return CRED_OK;
}

static enum cred_err
write_pages(struct bind *b)
{
	struct run *runs;
	size_t n, count = 0;
	enum cred_err e = order_runs(b, &runs, &n);

	if (e != CRED_OK)
		return e;
	e = begin_object(b, PAGES);
	if (e == CRED_OK)
		e = write_text(b, "<< /Type /Pages\n   /Kids [ ");
	for (size_t i = 0; i < n; i++) {
		const struct source *s = &b->part_sources[runs[i].part];
		count += runs[i].n;
		for (size_t k = 0; e == CRED_OK && k < runs[i].n; k++)
			e = write_text(b, "%zu 0 R ",
			    new_number(s, s->p.kids[runs[i].first + k]));
	}
	free(runs);
	if (e == CRED_OK)
		e = write_text(b, "]\n   /Count %zu\n>>\nendobj\n", count);
	return e;
}

/* What the first part says of itself; and where to begin. */
static enum cred_err
write_catalog(struct bind *b)
{
	const struct source *s = &b->part_sources[0];
	struct bytes info;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; e == CRED_OK && i < s->n_swaps; i++) {
		if (s->swaps[i].now != INFO)
			continue;
		e = printout_object(&s->p, s->swaps[i].old, &info);
		if (e == CRED_OK)
			e = begin_object(b, INFO);
		if (e == CRED_OK)
			e = copy_object(b, s, info);
	}
	if (e == CRED_OK)
		e = begin_object(b, CATALOG);
	if (e == CRED_OK)
		e = write_text(b,
		    "<< /Type /Catalog\n   /Pages %d 0 R\n>>\nendobj\n", PAGES);
	return e;
}

static enum cred_err
write_table(struct bind *b)
{
	uint64_t table = b->at;
	enum cred_err e =
	    write_text(b, "xref\n0 %zu\n0000000000 65535 f \n", b->n_objects);

	for (size_t i = 1; e == CRED_OK && i < b->n_objects; i++)
		e = write_text(b, "%010" PRIu64 " 00000 n \n", b->offsets[i]);
	if (e == CRED_OK)
		e = write_text(b,
		    "trailer\n<< /Size %zu\n   /Root %d 0 R\n"
		    "   /Info %d 0 R\n>>\nstartxref\n%" PRIu64 "\n%%%%EOF\n",
		    b->n_objects, CATALOG, INFO, table);
	return e;
}

static enum cred_err
write_all(struct bind *b)
{
	/* four bytes above 127: it is not text */
	enum cred_err e = write_text(b, "%%PDF-1.5\n%%\265\355\256\373\n");

	for (size_t i = 0; e == CRED_OK && i < b->n_arts; i++)
		e = copy_source(b, &b->art_sources[i]);
	for (size_t i = 0; e == CRED_OK && i < b->n_parts; i++)
		e = copy_source(b, &b->part_sources[i]);
	if (e == CRED_OK)
		e = write_pages(b);
	if (e == CRED_OK)
		e = write_catalog(b);
	if (e == CRED_OK)
		e = write_table(b);
	return e;
}

static void
release_sources(struct source *s, size_t n)
{
	for (size_t i = 0; s != NULL && i < n; i++) {
		printout_release(&s[i].p);
		free(s[i].swaps);
	}
	free(s);
}

enum cred_err
bind_write(const struct bind_part *parts, size_t n,
    bool (*put)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct bind b = {.parts = parts,
	    .n_parts = n,
	    .put = put,
	    .ctx = ctx,
	    .n_objects = FIRST_FREE};
	enum cred_err e = CRED_FAULT_NOMEM;
	size_t arts = 0;

	for (size_t i = 0; i < n; i++)
		arts += parts[i].n_arts;
	b.part_sources = calloc(n, sizeof *b.part_sources);
	b.art_sources = calloc(arts + 1, sizeof *b.art_sources);
	b.arts = calloc(arts + 1, sizeof *b.arts);
	if (b.part_sources != NULL && b.art_sources != NULL && b.arts != NULL)
		e = open_arts(&b);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = open_part(&b, &parts[i], &b.part_sources[i]);
	if (e == CRED_OK) {
		b.offsets = calloc(b.n_objects, sizeof *b.offsets);
		e = b.offsets == NULL ? CRED_FAULT_NOMEM : write_all(&b);
	}
	free(b.offsets);
	free(b.arts);
	release_sources(b.art_sources, b.n_arts);
	release_sources(b.part_sources, n);
	return e == CRED_ERR_PIC_FORMAT ? CRED_FAULT_RENDER : e;
}
