#include "render/page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "render/fit_int.h"
#include "render/font_int.h"
#include "render/printout.h"
#include "render/strings_int.h"

void
page_release(struct page *pg)
{
	for (size_t i = 0; i < pg->n_texts; i++)
		text_release(&pg->texts[i]);
	free(pg->texts);
	qr_code_release(&pg->qr);
	if (pg->photo_box != NULL)
		photo_release(&pg->photo);
}

/* Does a code of this text fit into the template's rectangle? */
static enum cred_err
check_qr(const struct render_template *t, struct bytes text, struct why *why)
{
	const struct box *b = template_box(t, "qr");
	struct qr_size size;
	double side;
	enum cred_err e;

	if (text.ptr == NULL)
		return CRED_OK;
	if (b == NULL)
		return why_set(why, CRED_FAULT_RENDER,
		    TR("%s has no rectangle \"qr\"; draw one and give it that "
		       "id",
			"%s 没有矩形“qr”；请画一个并设为此 id"),
		    t->path);
	e = qr_measure(text, &size, why);
	if (e != CRED_OK)
		return e;
	side = (size.width + 2 * QR_QUIET) * QR_MODULE_MM;
	if (fmin(b->w, b->h) < side - 0.005)
		return why_set(why, CRED_FAULT_RENDER,
		    TR("%s: rectangle \"qr\" is %.1f × %.1f mm, this code of "
		       "version %d needs %.1f mm",
			"%s：矩形“qr”为 %.1f × %.1f mm，这个版本 %d 的二维码"
			"需要 %.1f mm"),
		    t->path, b->w, b->h, size.version, side);
	return CRED_OK;
}

static enum cred_err
page_qr(const struct render_template *t, struct bytes text, struct page *pg,
    struct why *why)
{
	enum cred_err e = check_qr(t, text, why);

	if (e == CRED_OK && text.ptr != NULL)
		e = qr_encode(text, &pg->qr, why);
	if (e == CRED_OK && text.ptr != NULL)
		pg->qr_box = template_box(t, "qr");
	return e;
}

/* buf may hold the answer. */
static const char *
value_of(const struct render_template *t, const struct render_record *rec,
    const struct field *f, char buf[static STRINGS_DATE_MAX])
{
	const char *value = f->keep, *other = NULL;

	for (size_t i = 0; i < rec->n_fields; i++) {
		const char *text = rec->fields[i].text;
		if (strcmp(rec->fields[i].id, f->id) != 0)
			continue;
		if (text != NULL && *text != '\0')
			value = text;
		break;
	}
	if (f->translate && t->strings != NULL && value != NULL)
		other = strings_translate(t->strings, value, buf);
	return other != NULL ? other : value;
}

enum cred_err
page_make(struct render_template *t, const struct render_record *rec,
    struct page *out, struct why *why)
{
	struct page pg = {0};
	const struct box *b = template_box(t, "photo");
	char buf[STRINGS_DATE_MAX];
	enum cred_err e;

	pg.texts = calloc(t->n_fields + 1, sizeof *pg.texts);
	if (pg.texts == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < t->n_fields; i++) {
		const char *value = value_of(t, rec, &t->fields[i], buf);
		if (value != NULL)
			font_cover(t, &t->fields[i], value);
	}
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		const char *value = value_of(t, rec, f, buf);
		if (value == NULL)
			continue;
		e = text_make(t, f, value, &pg.texts[pg.n_texts], why);
		if (e != CRED_OK)
			goto fail;
		pg.n_texts++;
	}
	e = page_qr(t, rec->qr_text, &pg, why);
	if (e != CRED_OK)
		goto fail;
	if (rec->photo.ptr != NULL && b != NULL) {
		e = photo_make(rec->photo, b->w, b->h, &pg.photo, why);
		if (e != CRED_OK)
			goto fail;
		pg.photo_box = b;
	}
	*out = pg;
	return CRED_OK;
fail:
	page_release(&pg);
	return e;
}

/*
 * One bit a dot, no smoothing: a picture mask in the PDF. In the rectangle's
 * middle, moved to the nearest whole dot of 300 dpi.
 */
static enum cred_err
draw_qr(cairo_t *cr, const struct qr_code *c, const struct box *b)
{
	int side = c->width * PRINTOUT_DOTS, stride;
	double mm = c->width * QR_MODULE_MM, quiet = QR_QUIET * QR_MODULE_MM;
	double x = (b->x + (b->w - mm) / 2) * PT_MM;
	double y = (b->y + (b->h - mm) / 2) * PT_MM;
	cairo_surface_t *mask;
	uint8_t *row;

	x = round(x / 0.24) * 0.24;
	y = round(y / 0.24) * 0.24;
	mask = cairo_image_surface_create(CAIRO_FORMAT_A1, side, side);
	if (cairo_surface_status(mask) != CAIRO_STATUS_SUCCESS)
		return CRED_FAULT_NOMEM;
	cairo_surface_flush(mask);
	row = cairo_image_surface_get_data(mask);
	stride = cairo_image_surface_get_stride(mask);
	for (int j = 0; j < side; j++, row += stride) {
		const uint8_t *m = c->modules + j / PRINTOUT_DOTS * c->width;
		uint32_t *words = (uint32_t *)(void *)row;
		if (j % PRINTOUT_DOTS != 0) {
			memcpy(row, row - stride, (size_t)stride);
			continue;
		}
		/* A1: 32-bit words in the machine's own order */
		for (int i = 0; i < side; i++) {
			if (m[i / PRINTOUT_DOTS] != 0)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
				words[i / 32] |= 1u << (i % 32);
#else
				words[i / 32] |= 1u << (31 - i % 32);
#endif
		}
	}
	cairo_surface_mark_dirty(mask);

	cairo_save(cr);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_rectangle(cr, x - quiet * PT_MM, y - quiet * PT_MM,
	    (mm + 2 * quiet) * PT_MM, (mm + 2 * quiet) * PT_MM);
	cairo_fill(cr);
	cairo_translate(cr, x, y);
	cairo_scale(cr, mm * PT_MM / side, mm * PT_MM / side);
	cairo_set_source_rgb(cr, 0, 0, 0);
	{
		cairo_pattern_t *pat = cairo_pattern_create_for_surface(mask);
		cairo_pattern_set_filter(pat, CAIRO_FILTER_NEAREST);
		cairo_mask(cr, pat);
		cairo_pattern_destroy(pat);
	}
	cairo_restore(cr);
	cairo_surface_destroy(mask);
	return CRED_OK;
}

/* The photo covers the inner half of its frame, which the template drew. */
static void
draw_frame(cairo_t *cr, const struct box *b)
{
	if (b->stroke_width <= 0)
		return;
	cairo_set_source_rgba(
	    cr, b->stroke.r, b->stroke.g, b->stroke.b, b->stroke.a);
	cairo_set_line_width(cr, b->stroke_width * PT_MM);
	cairo_rectangle(
	    cr, b->x * PT_MM, b->y * PT_MM, b->w * PT_MM, b->h * PT_MM);
	cairo_stroke(cr);
}

enum cred_err
page_draw(cairo_t *cr, cairo_surface_t *art, const struct page *pg)
{
	enum cred_err e = CRED_OK;

	cairo_set_source_surface(cr, art, 0, 0);
	cairo_paint(cr);
	if (pg->photo_box != NULL) {
		photo_draw(cr, &pg->photo, pg->photo_box->x * PT_MM,
		    pg->photo_box->y * PT_MM, pg->photo_box->w * PT_MM,
		    pg->photo_box->h * PT_MM);
		draw_frame(cr, pg->photo_box);
	}
	if (pg->qr_box != NULL)
		e = draw_qr(cr, &pg->qr, pg->qr_box);
	for (size_t i = 0; i < pg->n_texts; i++)
		text_draw(cr, &pg->texts[i]);
	return e;
}

enum cred_err
render_check(
    struct render_template *t, const struct render_record *rec, struct why *why)
{
	const struct box *b = template_box(t, "photo");
	char buf[STRINGS_DATE_MAX];
	enum cred_err e = CRED_OK;
	struct photo photo;

	for (size_t i = 0; e == CRED_OK && i < t->n_fields; i++) {
		const char *value = value_of(t, rec, &t->fields[i], buf);
		if (value != NULL)
			e = fit_check(t, &t->fields[i], value, why);
	}
	if (e == CRED_OK)
		e = check_qr(t, rec->qr_text, why);
	if (e == CRED_OK && rec->photo.ptr != NULL && b != NULL) {
		e = photo_make(rec->photo, b->w, b->h, &photo, why);
		if (e == CRED_OK)
			photo_release(&photo);
	}
	return e;
}
