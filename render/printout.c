#include "render/printout_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_OBJECTS 10000000
#define MAX_CONTENT (1u << 20) /* of a page, inflated */
#define MAX_MODULES 81         /* version 16 */

static enum cred_err
refuse(void)
{
	return CRED_ERR_PIC_FORMAT;
}

bool
printout_starts(struct bytes b, const char *s)
{
	size_t n = strlen(s);

	return b.len >= n && memcmp(b.ptr, s, n) == 0;
}

static struct bytes
skip(struct bytes b, size_t n)
{
	return n > b.len ? bytes_of(b.ptr + b.len, 0)
			 : bytes_of(b.ptr + n, b.len - n);
}

static struct bytes
skip_space(struct bytes b)
{
	while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\n'))
		b = skip(b, 1);
	return b;
}

bool
printout_number(struct bytes *b, size_t *out)
{
	size_t n = 0, v = 0;

	while (n < b->len && n < 12 && b->ptr[n] >= '0' && b->ptr[n] <= '9')
		v = v * 10 + (size_t)(b->ptr[n++] - '0');
	*out = v;
	*b = skip(*b, n);
	return n > 0;
}

/* "7 0 R" */
static bool
reference(struct bytes *b, size_t *out)
{
	*b = skip_space(*b);
	if (!printout_number(b, out) || !printout_starts(*b, " 0 R"))
		return false;
	*b = skip(*b, 4);
	return true;
}

/* The bytes of an object behind "7 0 obj\n". */
enum cred_err
printout_object(const struct printout *p, size_t n, struct bytes *out)
{
	struct bytes line, b;
	size_t at, got;

	if (n == 0 || n >= p->n_objects)
		return refuse();
	line = bytes_of(
	    p->file.ptr + p->xref + n * PRINTOUT_ENTRY, PRINTOUT_ENTRY);
	if (!printout_number(&line, &at) ||
	    !printout_starts(line, " 00000 n ") || at >= p->file.len)
		return refuse();
	b = skip(p->file, at);
	if (!printout_number(&b, &got) || got != n ||
	    !printout_starts(b, " 0 obj\n"))
		return refuse();
	*out = skip(b, 7);
	return CRED_OK;
}

/* Behind the value's key in the dictionary that b starts with. */
enum cred_err
printout_find(struct bytes b, const char *key, struct bytes *out)
{
	size_t n = strlen(key);
	int depth = 0;

	for (size_t i = 0; i < b.len && i < MAX_CONTENT; i++) {
		const uint8_t *c = b.ptr + i;
		bool two = i + 1 < b.len && c[1] == c[0];

		if (*c == '<' && two)
			depth++, i++;
		else if (*c == '>' && two && --depth <= 0)
			break;
		else if (*c == '>' && two)
			i++;
		else if (*c == '%') /* a comment */
			while (i + 1 < b.len && b.ptr[i + 1] != '\n')
				i++;
		else if (*c == '(' || depth == 0)
			break; /* none that we look into has a string */
		else if (*c == '/' && depth == 1 && b.len - i > n &&
			 memcmp(c, key, n) == 0 &&
			 (c[n] == ' ' || c[n] == '\n')) {
			*out = skip_space(skip(b, i + n));
			return CRED_OK;
		}
	}
	return refuse();
}

enum cred_err
printout_find_ref(struct bytes dict, const char *key, size_t *out)
{
	struct bytes v;
	enum cred_err e = printout_find(dict, key, &v);

	return e == CRED_OK && !reference(&v, out) ? refuse() : e;
}

static bool
is(struct bytes dict, const char *key, const char *value)
{
	struct bytes v;

	return printout_find(dict, key, &v) == CRED_OK &&
	       printout_starts(v, value) && v.len > strlen(value) &&
	       (v.ptr[strlen(value)] == '\n' || v.ptr[strlen(value)] == ' ');
}

/* An object's stream, inflated into buf; it must be what it says. */
static enum cred_err
inflated(const struct printout *p, struct bytes obj, uint8_t *buf, size_t cap,
    size_t *len)
{
	struct bytes dict = obj, length;
	size_t ref, n;
	z_stream z = {0};
	enum cred_err e;
	const uint8_t *at;
	int r;

	e = printout_find_ref(obj, "/Length", &ref);
	if (e == CRED_OK)
		e = printout_object(p, ref, &length);
	if (e != CRED_OK)
		return e;
	length = skip_space(length);
	at = memmem(
	    obj.ptr, obj.len < 4096 ? obj.len : 4096, ">>\nstream\n", 10);
	if (!printout_number(&length, &n) || at == NULL ||
	    !is(dict, "/Filter", "/FlateDecode"))
		return refuse();
	obj = skip(obj, (size_t)(at - obj.ptr) + 10);
	if (n > obj.len ||
	    !printout_starts(skip(obj, n), "\nendstream\nendobj\n") ||
	    inflateInit(&z) != Z_OK)
		return refuse();
	z.next_in = (uint8_t *)(uintptr_t)obj.ptr;
	z.avail_in = (unsigned)n;
	z.next_out = buf;
	z.avail_out = (unsigned)cap;
	r = inflate(&z, Z_FINISH);
	*len = cap - z.avail_out;
	inflateEnd(&z);
	return r == Z_STREAM_END && z.avail_in == 0 ? CRED_OK : refuse();
}

static enum cred_err
open_table(struct printout *p)
{
	struct bytes tail, b;
	const uint8_t *at = NULL;
	size_t n = p->file.len < 40 ? p->file.len : 40;

	if (!printout_starts(p->file, "%PDF-1.5\n"))
		return refuse();
	tail = skip(p->file, p->file.len - n);
	at = memmem(tail.ptr, tail.len, "startxref\n", 10);
	if (at == NULL)
		return refuse();
	b = skip(tail, (size_t)(at - tail.ptr) + 10);
	if (!printout_number(&b, &p->table) || b.len != 7 ||
	    !printout_starts(b, "\n%%EOF\n") || p->table >= p->file.len)
		return refuse();
	b = skip(p->file, p->table);
	if (!printout_starts(b, "xref\n0 "))
		return refuse();
	b = skip(b, 7);
	if (!printout_number(&b, &p->n_objects) || p->n_objects > MAX_OBJECTS ||
	    !printout_starts(b, "\n") ||
	    b.len - 1 < p->n_objects * PRINTOUT_ENTRY)
		return refuse();
	p->xref = (size_t)(b.ptr + 1 - p->file.ptr);
	b = skip(b, 1 + p->n_objects * PRINTOUT_ENTRY);
	if (!printout_starts(b, "trailer\n"))
		return refuse();
	return printout_find_ref(skip(b, 8), "/Root", &p->catalog);
}

static enum cred_err
read_kids(struct printout *p, struct bytes kids)
{
	if (!printout_starts(kids, "[ "))
		return refuse();
	kids = skip(kids, 1);
	/* "1 0 R " is the shortest: no count beyond the file is believed. */
	if (p->n_pages > kids.len / 6)
		return refuse();
	p->kids = calloc(p->n_pages + 1, sizeof *p->kids);
	if (p->kids == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < p->n_pages; i++) {
		size_t ref;
		if (!reference(&kids, &ref) || ref >= p->n_objects)
			return refuse();
		p->kids[i] = (uint32_t)ref;
	}
	return printout_starts(kids, " ]") ? CRED_OK : refuse();
}

enum cred_err
printout_open(struct bytes file, struct printout *out)
{
	struct printout p = {.file = file};
	struct bytes obj, v;
	enum cred_err e = open_table(&p);

	if (e == CRED_OK)
		e = printout_object(&p, p.catalog, &obj);
	if (e == CRED_OK)
		e = printout_find_ref(obj, "/Pages", &p.pages);
	if (e == CRED_OK)
		e = printout_object(&p, p.pages, &obj);
	if (e == CRED_OK)
		e = printout_find(obj, "/Count", &v);
	if (e == CRED_OK && !printout_number(&v, &p.n_pages))
		e = refuse();
	if (e == CRED_OK)
		e = printout_find(obj, "/Kids", &v);
	if (e == CRED_OK)
		e = read_kids(&p, v);
	if (e == CRED_OK)
		*out = p;
	else
		free(p.kids);
	return e;
}

void
printout_release(struct printout *p)
{
	free(p->kids);
	*p = (struct printout){.n_pages = 0};
}

/* The one picture mask among the page's resources: its name and object. */
static enum cred_err
find_mask(const struct printout *p, struct bytes page, char name[static 16],
    struct bytes *mask)
{
	size_t ref, n_found = 0;
	struct bytes res, list, obj;
	enum cred_err e = printout_find_ref(page, "/Resources", &ref);

	if (e == CRED_OK)
		e = printout_object(p, ref, &res);
	if (e == CRED_OK)
		e = printout_find(res, "/XObject", &list);
	if (e != CRED_OK || !printout_starts(list, "<< "))
		return refuse();
	list = skip(list, 3);
	while (printout_starts(list, "/x")) {
		struct bytes key = list;
		size_t n = 2;

		while (n < list.len && n < 15 && list.ptr[n] != ' ')
			n++;
		list = skip(list, n);
		if (!reference(&list, &ref))
			return refuse();
		list = skip_space(list);
		e = printout_object(p, ref, &obj);
		if (e != CRED_OK)
			return e;
		if (!is(obj, "/ImageMask", "true"))
			continue;
		if (n_found++ > 0)
			return refuse();
		*mask = obj;
		snprintf(name, 16, "%.*s", (int)n, (const char *)key.ptr);
	}
	return n_found == 1 ? CRED_OK : refuse();
}

/* The matrix before the only line "/x7 Do" of the page's content. */
static enum cred_err
find_place(const struct printout *p, struct bytes page, const char *name,
    char place[static 80])
{
	uint8_t *text = malloc(MAX_CONTENT);
	char draws[32];
	const uint8_t *at = NULL, *from;
	struct bytes obj;
	size_t ref, len = 0, n;
	enum cred_err e = printout_find_ref(page, "/Contents", &ref);

	if (text == NULL)
		return CRED_FAULT_NOMEM;
	if (e == CRED_OK)
		e = printout_object(p, ref, &obj);
	if (e == CRED_OK)
		e = inflated(p, obj, text, MAX_CONTENT, &len);
	n = (size_t)snprintf(draws, sizeof draws, " cm\n%s Do\n", name);
	if (e == CRED_OK)
		at = memmem(text, len, draws, n);
	if (e == CRED_OK &&
	    (at == NULL || memmem(at + n, len - (size_t)(at + n - text),
			       draws + 4, n - 4) != NULL))
		e = refuse();
	if (e == CRED_OK) {
		for (from = at; from > text && from[-1] != '\n';)
			from--;
		if (at - from >= 80)
			e = refuse();
		else
			snprintf(place, 80, "%.*s", (int)(at - from),
			    (const char *)from);
	}
	free(text);
	return e;
}

/* Every module one colour; a set bit is dark: /Decode [1 0]. */
static enum cred_err
modules_of(const uint8_t *bits, size_t width, struct qr_code *c)
{
	size_t stride = (width * PRINTOUT_DOTS + 7) / 8;

	for (size_t j = 0; j < width; j++, bits += PRINTOUT_DOTS * stride) {
		uint8_t *m = c->modules + j * width;

		for (size_t y = 1; y < PRINTOUT_DOTS; y++)
			if (memcmp(bits, bits + y * stride, stride) != 0)
				return refuse();
		for (size_t x = 0; x < width * PRINTOUT_DOTS; x++) {
			uint8_t bit = bits[x / 8] >> (7 - x % 8) & 1;
			if (x % PRINTOUT_DOTS == 0)
				m[x / PRINTOUT_DOTS] = bit;
			else if (bit != m[x / PRINTOUT_DOTS])
				return refuse();
		}
	}
	return CRED_OK;
}

static enum cred_err
read_mask(const struct printout *p, struct bytes mask, struct qr_code *out)
{
	struct bytes w, h;
	size_t width, height, size, len;
	struct qr_code c;
	uint8_t *bits;
	enum cred_err e = printout_find(mask, "/Width", &w);

	if (e == CRED_OK)
		e = printout_find(mask, "/Height", &h);
	if (e != CRED_OK || !printout_number(&w, &width) ||
	    !printout_number(&h, &height) || width != height ||
	    width % PRINTOUT_DOTS != 0 || !is(mask, "/BitsPerComponent", "1") ||
	    !is(mask, "/Decode", "[1 0]"))
		return refuse();
	size = (width + 7) / 8 * height;
	width /= PRINTOUT_DOTS;
	if (width < 21 || width > MAX_MODULES || width % 4 != 1)
		return refuse();
	c = (struct qr_code){
	    (int)(width - 17) / 4, (int)width, malloc(width * width)};
	bits = malloc(size + 1);
	if (c.modules == NULL || bits == NULL)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK)
		e = inflated(p, mask, bits, size + 1, &len);
	if (e == CRED_OK && len != size)
		e = refuse();
	if (e == CRED_OK)
		e = modules_of(bits, width, &c);
	free(bits);
	if (e == CRED_OK)
		*out = c;
	else
		qr_code_release(&c);
	return e;
}

enum cred_err
printout_code(const struct printout *p, size_t page, struct printout_code *out)
{
	struct bytes obj, mask;
	char name[16];
	enum cred_err e;

	if (page >= p->n_pages)
		return refuse();
	e = printout_object(p, p->kids[page], &obj);
	if (e == CRED_OK)
		e = find_mask(p, obj, name, &mask);
	if (e == CRED_OK)
		e = find_place(p, obj, name, out->place);
	if (e == CRED_OK)
		e = read_mask(p, mask, &out->code);
	return e;
}

enum cred_err
printout_excerpt(const struct printout *p, const size_t *pages, size_t n,
    uint8_t **out, size_t *len)
{
	char *text = NULL;
	size_t size = 0, at, table;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return CRED_FAULT_NOMEM;
	at = p->file.len;
	fprintf(f, "%zu 0 obj\n<< /Type /Pages\n   /Kids [ ", p->pages);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%u 0 R ", p->kids[pages[i]]);
	fprintf(f, "]\n   /Count %zu\n>>\nendobj\n", n);
	fflush(f);
	table = at + size;
	fprintf(f,
	    "xref\n%zu 1\n%010zu 00000 n \ntrailer\n<< /Size %zu\n"
	    "   /Root %zu 0 R\n   /Prev %zu\n>>\nstartxref\n%zu\n%%%%EOF\n",
	    p->pages, at, p->n_objects, p->catalog, p->table, table);
	if (fclose(f) != 0) {
		free(text);
		return CRED_FAULT_NOMEM;
	}
	*out = (uint8_t *)text;
	*len = size;
	return CRED_OK;
}
