#include "render/art_int.h"

#include <cairo-pdf.h>
#include <stdlib.h>
#include <string.h>

#include "render/printout_int.h"
#include "render/spool_int.h"

/* Points: no page is as large, and cairo writes a surface's size beside it. */
#define SIDE 20000
#define MANY 1000

static cairo_status_t
on_write(void *arg, const unsigned char *data, unsigned len)
{
	return spool_put(arg, data, len) ? CAIRO_STATUS_SUCCESS
					 : CAIRO_STATUS_WRITE_ERROR;
}

/* "<< /x5 5 0 R >>" */
static enum cred_err
only_ref(struct bytes dict, size_t *out)
{
	struct bytes list;
	const uint8_t *at;
	enum cred_err e = printout_find(dict, "/XObject", &list);

	if (e != CRED_OK)
		return e;
	at = memchr(list.ptr, 'x', list.len < 5 ? list.len : 5);
	at = at == NULL ? NULL : memchr(at, ' ', 12);
	if (at == NULL)
		return CRED_ERR_PIC_FORMAT;
	list = bytes_of(at + 1, list.len - (size_t)(at + 1 - list.ptr));
	return printout_number(&list, out) && printout_starts(list, " 0 R >>\n")
		   ? CRED_OK
		   : CRED_ERR_PIC_FORMAT;
}

/* The object that the page draws, and the objects of the page. */
static enum cred_err
take_apart(struct art *a)
{
	struct printout p;
	struct bytes page, obj;
	enum cred_err e = printout_open(bytes_of(a->pdf, a->len), &p);

	if (e != CRED_OK)
		return e;
	a->page[0] = p.kids[0];
	e = p.n_pages == 1 ? printout_object(&p, p.kids[0], &page)
			   : CRED_ERR_PIC_FORMAT;
	if (e == CRED_OK)
		e = printout_find_ref(page, "/Contents", &a->page[1]);
	if (e == CRED_OK)
		e = printout_find_ref(page, "/Resources", &a->page[2]);
	if (e == CRED_OK)
		e = printout_object(&p, a->page[1], &obj);
	if (e == CRED_OK)
		e = printout_find_ref(obj, "/Length", &a->page[3]);
	if (e == CRED_OK)
		e = printout_object(&p, a->page[2], &obj);
	if (e == CRED_OK)
		e = only_ref(obj, &a->form);
	printout_release(&p);
	return e;
}

enum cred_err
art_make(cairo_surface_t *drawn, double w, double h, struct art **out)
{
	struct art *a = calloc(1, sizeof *a);
	enum cred_err e = CRED_FAULT_RENDER;
	struct spool spool;
	cairo_surface_t *s;
	cairo_t *cr;

	if (a == NULL)
		return CRED_FAULT_NOMEM;
	spool_init(&spool, NULL);
	s = cairo_pdf_surface_create_for_stream(on_write, &spool, w, h);
	cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_5);
	/* The same art is the same bytes, whenever it is made. */
	cairo_pdf_surface_set_metadata(
	    s, CAIRO_PDF_METADATA_CREATE_DATE, "");
	cr = cairo_create(s);
	cairo_set_source_surface(cr, drawn, 0, 0);
	cairo_paint(cr);
	cairo_show_page(cr);
	cairo_destroy(cr);
	cairo_surface_finish(s);
	if (cairo_surface_status(s) == CAIRO_STATUS_NO_MEMORY)
		e = CRED_FAULT_NOMEM;
	else if (cairo_surface_status(s) == CAIRO_STATUS_SUCCESS) {
		*a = (struct art){1, spool.buf, spool.n, 0, {0}};
		spool.buf = NULL;
		e = take_apart(a);
	}
	cairo_surface_destroy(s);
	spool_release(&spool);
	if (e == CRED_OK) {
		*out = a;
		return CRED_OK;
	}
	free(a->pdf);
	free(a);
	return cred_is_refusal(e) ? CRED_FAULT_RENDER : e;
}

struct art *
art_hold(struct art *a)
{
	a->holders++;
	return a;
}

void
art_release(struct art *a)
{
	if (a == NULL || --a->holders > 0)
		return;
	free(a->pdf);
	free(a);
}

cairo_surface_t *
art_stand_in(size_t n)
{
	cairo_rectangle_t extents = {0, 0, SIDE + (double)n, SIDE};
	cairo_surface_t *s =
	    cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents);
	cairo_t *cr = cairo_create(s);

	cairo_rectangle(cr, 0, 0, 1, 1);
	cairo_fill(cr);
	cairo_destroy(cr);
	return s;
}

bool
art_is_stand_in(struct bytes object, size_t *n)
{
	struct bytes b;

	if (!printout_starts(object, "<< /Length ") ||
	    printout_find(object, "/BBox", &b) != CRED_OK ||
	    !printout_starts(b, "[ 0 0 "))
		return false;
	b = bytes_of(b.ptr + 6, b.len - 6);
	if (!printout_number(&b, n) || *n < SIDE || *n >= SIDE + MANY ||
	    !printout_starts(b, " 20000 ]"))
		return false;
	*n -= SIDE;
	return true;
}
