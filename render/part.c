#include "render/part_int.h"

#include <cairo-pdf.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "render/page_int.h"

static cairo_status_t
on_write(void *arg, const unsigned char *data, unsigned len)
{
	return spool_put(arg, data, len) ? CAIRO_STATUS_SUCCESS
					 : CAIRO_STATUS_WRITE_ERROR;
}

enum cred_err
part_open(const char *path, const char *title, struct render_part **out)
{
	struct render_part *p = calloc(1, sizeof *p);

	if (p == NULL)
		return CRED_FAULT_NOMEM;
	spool_init(&p->spool, path);
	p->surface =
	    cairo_pdf_surface_create_for_stream(on_write, &p->spool, 1, 1);
	cairo_pdf_surface_restrict_to_version(
	    p->surface, CAIRO_PDF_VERSION_1_5);
	cairo_pdf_surface_set_metadata(
	    p->surface, CAIRO_PDF_METADATA_TITLE, title);
	cairo_pdf_surface_set_metadata(
	    p->surface, CAIRO_PDF_METADATA_CREATOR, "Tamga");
	/* no clock: one record gives one file */
	cairo_pdf_surface_set_metadata(
	    p->surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
	*out = p;
	return CRED_OK;
}

static enum cred_err
failed(struct render_part *p, struct why *why, cairo_status_t st)
{
	if (p->spool.err != 0)
		return why_errno(why, p->spool.err,
		    TR("cannot write", "写不了"), p->spool.path);
	return why_set(why, CRED_FAULT_RENDER,
	    TR("cannot write %s: %s", "写不了 %s：%s"), p->spool.path,
	    cairo_status_to_string(st));
}

#define MARK     4.0 /* mm: a crop mark's length */
#define MARK_OFF 1.5 /* mm from the edge: a cut beside it shows none */

/* Where to cut, in the margin around all places. */
static void
crop_marks(cairo_t *cr, const struct render_sheet *s,
    const struct render_template *t, double x0, double y0)
{
	double w = t->w_mm + s->gap_mm, h = t->h_mm + s->gap_mm;
	double right = x0 + s->columns * w - s->gap_mm;
	double low = y0 + s->rows * h - s->gap_mm;

	cairo_save(cr);
	cairo_scale(cr, PT_MM, PT_MM);
	for (unsigned i = 0; i < 2 * s->columns; i++) {
		double x = x0 + i / 2 * w + i % 2 * t->w_mm;
		cairo_move_to(cr, x, y0 - MARK_OFF);
		cairo_rel_line_to(cr, 0, -MARK);
		cairo_move_to(cr, x, low + MARK_OFF);
		cairo_rel_line_to(cr, 0, MARK);
	}
	for (unsigned i = 0; i < 2 * s->rows; i++) {
		double y = y0 + i / 2 * h + i % 2 * t->h_mm;
		cairo_move_to(cr, x0 - MARK_OFF, y);
		cairo_rel_line_to(cr, -MARK, 0);
		cairo_move_to(cr, right + MARK_OFF, y);
		cairo_rel_line_to(cr, MARK, 0);
	}
	cairo_set_source_rgb(cr, 0, 0, 0);
	cairo_set_line_width(cr, 0.1);
	cairo_stroke(cr);
	cairo_restore(cr);
}

/* Two of it, turned or not, would not lie on the paper. */
static bool
fills_paper(const struct render_sheet *s, const struct render_template *t)
{
	return t->w_mm * t->h_mm > s->w_mm * s->h_mm / 2;
}

/* cr at the next place of the sheet, clipped to it. */
static enum cred_err
sheet_place(const struct render_part *p, const struct render_template *t,
    cairo_t *cr, struct why *why)
{
	const struct render_sheet *s = &p->sheet;
	double w = s->columns * (t->w_mm + s->gap_mm) - s->gap_mm;
	double h = s->rows * (t->h_mm + s->gap_mm) - s->gap_mm;
	double x0 = (s->w_mm - w) / 2, y0 = (s->h_mm - h) / 2;

	if (x0 < 0 || y0 < 0)
		return why_set(why, CRED_FAULT_RENDER,
		    TR("%u × %u of %s need %.1f × %.1f mm, the sheet has "
		       "%.1f × %.1f",
			"%u × %u 份 %s 需要 %.1f × %.1f mm，"
			"纸张只有 %.1f × %.1f"),
		    s->columns, s->rows, t->path, w, h, s->w_mm, s->h_mm);
	if (p->flow.slot == 0 && s->marks)
		crop_marks(cr, s, t, x0, y0);
	cairo_translate(cr,
	    (x0 + p->flow.slot % s->columns * (t->w_mm + s->gap_mm)) * PT_MM,
	    (y0 + p->flow.slot / s->columns * (t->h_mm + s->gap_mm)) * PT_MM);
	cairo_rectangle(cr, 0, 0, t->w_mm * PT_MM, t->h_mm * PT_MM);
	cairo_clip(cr);
	return CRED_OK;
}

void
render_flow_next(struct render_flow *f, const struct render_sheet *s,
    const struct render_template *t)
{
	bool alone = s->columns == 0 || fills_paper(s, t);

	if (alone || f->slot == 0)
		f->page++;
	f->slot = alone ? 0 : (f->slot + 1) % (s->columns * s->rows);
}

static bool
add_run(struct render_part *p, uint64_t turn)
{
	struct bind_run *more;

	if (p->n_runs == p->cap_runs) {
		size_t cap = p->cap_runs == 0 ? 16 : 2 * p->cap_runs;
		more = reallocarray(p->runs, cap, sizeof *more);
		if (more == NULL)
			return false;
		p->runs = more;
		p->cap_runs = cap;
	}
	p->runs[p->n_runs++] = (struct bind_run){turn, 0};
	return true;
}

enum cred_err
render_part_turn(struct render_part *p, uint64_t turn, struct why *why)
{
	if (p->flow.slot > 0)
		cairo_surface_show_page(p->surface);
	p->flow.slot = 0;
	return add_run(p, turn)
		   ? CRED_OK
		   : why_errno(why, ENOMEM, TR("cannot write", "写不了"),
			 p->spool.path);
}

/* What stands for the template's art in this part; the art itself when it is
 * not to be had as one object. */
static enum cred_err
part_art(
    struct render_part *p, struct render_template *t, cairo_surface_t **out)
{
	struct art **arts;
	cairo_surface_t **stand_ins;
	enum cred_err e = CRED_OK;
	size_t i = 0;

	if (t->baked == NULL && !t->unbakable)
		e = art_make(
		    t->art, t->w_mm * PT_MM, t->h_mm * PT_MM, &t->baked);
	if (e != CRED_OK && e != CRED_FAULT_RENDER)
		return e;
	if (t->baked == NULL) {
		t->unbakable = true;
		*out = t->art;
		return CRED_OK;
	}
	while (i < p->n_arts && p->arts[i] != t->baked)
		i++;
	if (i == p->n_arts) {
		arts = reallocarray(p->arts, i + 1, sizeof *arts);
		if (arts != NULL)
			p->arts = arts;
		stand_ins =
		    reallocarray(p->stand_ins, i + 1, sizeof *stand_ins);
		if (stand_ins != NULL)
			p->stand_ins = stand_ins;
		if (arts == NULL || stand_ins == NULL)
			return CRED_FAULT_NOMEM;
		arts[i] = art_hold(t->baked);
		stand_ins[i] = art_stand_in(i);
		p->n_arts++;
	}
	*out = p->stand_ins[i];
	return CRED_OK;
}

enum cred_err
render_part_page(struct render_part *p, struct render_template *t,
    const struct render_record *rec, struct why *why)
{
	const struct render_sheet *s = &p->sheet;
	struct render_flow next = p->flow;
	cairo_surface_t *art;
	struct page pg;
	cairo_t *cr;
	bool alone = s->columns == 0 || fills_paper(s, t);
	enum cred_err e = template_draw(t, why);

	if (e == CRED_OK)
		e = page_make(t, rec, &pg, why);
	if (e != CRED_OK)
		return e;
	e = part_art(p, t, &art);
	if (e == CRED_OK && p->n_runs == 0 && !add_run(p, 0))
		e = CRED_FAULT_NOMEM;
	if (e != CRED_OK) {
		page_release(&pg);
		return why_set(why, e, "%s", cred_strerr(e));
	}
	if (alone && p->flow.slot > 0) {
		cairo_surface_show_page(p->surface);
		next.slot = p->flow.slot = 0;
	}
	render_flow_next(&next, s, t);
	if (alone)
		cairo_pdf_surface_set_size(
		    p->surface, t->w_mm * PT_MM, t->h_mm * PT_MM);
	else if (p->flow.slot == 0)
		cairo_pdf_surface_set_size(
		    p->surface, s->w_mm * PT_MM, s->h_mm * PT_MM);
	cr = cairo_create(p->surface);
	if (!alone)
		e = sheet_place(p, t, cr, why);
	if (e == CRED_OK)
		e = page_draw(cr, art, &pg);
	if (e == CRED_OK && next.slot == 0)
		cairo_show_page(cr);
	if (e == CRED_OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS)
		e = failed(p, why, cairo_status(cr));
	if (e == CRED_OK) {
		p->runs[p->n_runs - 1].n += next.page - p->flow.page;
		p->flow = next;
	}
	cairo_destroy(cr);
	page_release(&pg);
	return e;
}

enum cred_err
render_part_end(struct render_part *p, struct why *why)
{
	if (p->ended)
		return CRED_OK;
	if (p->flow.slot > 0) /* the last sheet is not full */
		cairo_surface_show_page(p->surface);
	p->flow.slot = 0;
	p->ended = true;
	cairo_surface_finish(p->surface);
	if (cairo_surface_status(p->surface) != CAIRO_STATUS_SUCCESS)
		return failed(p, why, cairo_surface_status(p->surface));
	return CRED_OK;
}

enum cred_err
part_bytes(struct render_part *p, struct bind_part *out, struct why *why)
{
	enum cred_err e = render_part_end(p, why);

	if (e != CRED_OK)
		return e;
	*out = (struct bind_part){.arts = p->arts,
	    .n_arts = p->n_arts,
	    .runs = p->runs,
	    .n_runs = p->n_runs};
	return spool_bytes(&p->spool, &out->pdf) ? CRED_OK : failed(p, why, 0);
}

void
part_free(struct render_part *p)
{
	if (p == NULL)
		return;
	if (!p->ended) {
		/* what it still writes goes nowhere */
		p->spool.err = p->spool.err == 0 ? ECANCELED : p->spool.err;
		cairo_surface_finish(p->surface);
	}
	cairo_surface_destroy(p->surface);
	for (size_t i = 0; i < p->n_arts; i++) {
		art_release(p->arts[i]);
		cairo_surface_destroy(p->stand_ins[i]);
	}
	free(p->arts);
	free(p->stand_ins);
	free(p->runs);
	spool_release(&p->spool);
	free(p);
}
