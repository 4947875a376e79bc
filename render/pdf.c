#include <cairo-pdf.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/encode.h"
#include "render/fit_int.h"
#include "render/font_int.h"
#include "render/photo_int.h"
#include "render/printout.h"
#include "render/strings_int.h"
#include "render/text_int.h"

#define BUFFER 65536

#if defined(__has_feature)
#	if __has_feature(address_sanitizer)
const char *__lsan_default_suppressions(void);
/* fontconfig keeps pointers as offsets, which the leak checker does not see;
 * cairo 1.16 loses 250 bytes a PDF. tests/render watches ours by growth. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libcairo.so\n";
}
#	endif
#endif

struct render_pdf {
	char *path, *tmp;
	int fd;
	int err; /* errno of the first write that failed */
	cairo_surface_t *surface;
	struct render_sheet sheet; /* columns 0: a page a record */
	unsigned slot;             /* the sheet's next free place */
	size_t pages;              /* begun */
	size_t n;                  /* bytes waiting in buf */
	uint8_t buf[BUFFER];
};

static cairo_status_t
flush(struct render_pdf *p)
{
	for (size_t at = 0; at < p->n && p->err == 0;) {
		ssize_t got = write(p->fd, p->buf + at, p->n - at);
		if (got < 0 && errno != EINTR)
			p->err = errno;
		if (got > 0)
			at += (size_t)got;
	}
	p->n = 0;
	return p->err == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t
on_write(void *arg, const unsigned char *data, unsigned len)
{
	struct render_pdf *p = arg;

	while (len > 0 && p->err == 0) {
		size_t k = BUFFER - p->n;
		if (k > len)
			k = len;
		memcpy(p->buf + p->n, data, k);
		p->n += k;
		data += k;
		len -= (unsigned)k;
		if (p->n == BUFFER)
			flush(p);
	}
	return p->err == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static enum cred_err
write_failed(struct render_pdf *p, int err, struct why *why)
{
	return why_errno(why, err, TR("cannot write", "写不了"), p->path);
}

enum cred_err
render_pdf_open(const char *path, const char *title, struct render_pdf **out,
    struct why *why)
{
	struct render_pdf *p = malloc(sizeof *p);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (p == NULL)
		return why_errno(
		    why, ENOMEM, TR("cannot write", "写不了"), path);
	*p = (struct render_pdf){.fd = -1};
	p->path = strdup(path);
	if (p->path == NULL || asprintf(&p->tmp, "%s.tmp.XXXXXX", path) < 0) {
		p->tmp = NULL;
		goto fail;
	}
	p->fd = mkostemp(p->tmp, O_CLOEXEC);
	if (p->fd < 0) {
		e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		free(p->tmp);
		p->tmp = NULL;
		goto fail;
	}
	p->surface = cairo_pdf_surface_create_for_stream(on_write, p, 1, 1);
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
fail:
	render_pdf_abort(p);
	return e;
}

/* All that a page needs, made before the first stroke. */
struct page {
	struct text *texts;
	size_t n_texts;
	struct qr_code qr;
	const struct box *qr_box;
	struct photo photo;
	const struct box *photo_box;
};

static void
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

static enum cred_err
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

static enum cred_err
page_draw(cairo_t *cr, const struct render_template *t, const struct page *pg)
{
	enum cred_err e = CRED_OK;

	cairo_set_source_surface(cr, t->art, 0, 0);
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

void
render_pdf_sheets(struct render_pdf *p, const struct render_sheet *s)
{
	p->sheet = *s;
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

size_t
render_pdf_pages(const struct render_pdf *p)
{
	return p->pages;
}

/* cr at the next place of the sheet, clipped to it. */
static enum cred_err
sheet_place(struct render_pdf *p, const struct render_template *t, cairo_t *cr,
    struct why *why)
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
	if (p->slot == 0 && s->marks)
		crop_marks(cr, s, t, x0, y0);
	cairo_translate(cr,
	    (x0 + p->slot % s->columns * (t->w_mm + s->gap_mm)) * PT_MM,
	    (y0 + p->slot / s->columns * (t->h_mm + s->gap_mm)) * PT_MM);
	cairo_rectangle(cr, 0, 0, t->w_mm * PT_MM, t->h_mm * PT_MM);
	cairo_clip(cr);
	return CRED_OK;
}

enum cred_err
render_pdf_page(struct render_pdf *p, struct render_template *t,
    const struct render_record *rec, struct why *why)
{
	const struct render_sheet *s = &p->sheet;
	struct page pg;
	cairo_t *cr;
	enum cred_err e;
	bool alone;

	e = page_make(t, rec, &pg, why);
	if (e != CRED_OK)
		return e;
	alone = s->columns == 0 || fills_paper(s, t);
	if (alone && p->slot > 0) {
		cairo_surface_show_page(p->surface);
		p->slot = 0;
	}
	if (alone)
		cairo_pdf_surface_set_size(
		    p->surface, t->w_mm * PT_MM, t->h_mm * PT_MM);
	else if (p->slot == 0)
		cairo_pdf_surface_set_size(
		    p->surface, s->w_mm * PT_MM, s->h_mm * PT_MM);
	cr = cairo_create(p->surface);
	if (!alone)
		e = sheet_place(p, t, cr, why);
	if (e == CRED_OK)
		e = page_draw(cr, t, &pg);
	if (e == CRED_OK && p->slot == 0)
		p->pages++;
	if (e == CRED_OK && (alone || ++p->slot >= s->columns * s->rows)) {
		cairo_show_page(cr);
		p->slot = 0;
	}
	if (e == CRED_OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
		if (p->err != 0)
			e = write_failed(p, p->err, why);
		else
			e = why_set(why, CRED_FAULT_RENDER,
			    TR("%s: cannot draw the page: %s",
				"%s：无法绘制页面：%s"),
			    t->path, cairo_status_to_string(cairo_status(cr)));
	}
	cairo_destroy(cr);
	page_release(&pg);
	return e;
}

static enum cred_err
sync_folder(const char *path, struct why *why)
{
	char *dir = strdup(path), *slash;
	enum cred_err e = CRED_OK;
	int fd;

	if (dir == NULL)
		return CRED_FAULT_NOMEM;
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
	fd =
	    open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	free(dir);
	return e;
}

enum cred_err
render_pdf_close(struct render_pdf *p, struct why *why)
{
	cairo_status_t st;
	enum cred_err e = CRED_OK;
	int fd = p->fd;

	if (p->slot > 0) /* the last sheet is not full */
		cairo_surface_show_page(p->surface);
	cairo_surface_finish(p->surface);
	st = cairo_surface_status(p->surface);
	flush(p);
	if (p->err != 0)
		e = write_failed(p, p->err, why);
	else if (st != CAIRO_STATUS_SUCCESS)
		e = why_set(why, CRED_FAULT_RENDER,
		    TR("cannot write %s: %s", "写不了 %s：%s"), p->path,
		    cairo_status_to_string(st));
	if (e == CRED_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
		e = write_failed(p, errno, why);
	p->fd = -1;
	if (close(fd) != 0 && e == CRED_OK)
		e = write_failed(p, errno, why);
	if (e == CRED_OK && rename(p->tmp, p->path) != 0)
		e = why_errno(
		    why, errno, TR("cannot rename to", "无法改名为"), p->path);
	if (e == CRED_OK) {
		free(p->tmp);
		p->tmp = NULL;
		e = sync_folder(p->path, why);
	}
	render_pdf_abort(p);
	return e;
}

void
render_pdf_abort(struct render_pdf *p)
{
	if (p == NULL)
		return;
	if (p->surface != NULL) {
		/* what it still writes goes nowhere */
		p->err = p->err == 0 ? ECANCELED : p->err;
		cairo_surface_finish(p->surface);
		cairo_surface_destroy(p->surface);
	}
	if (p->fd >= 0)
		close(p->fd);
	if (p->tmp != NULL)
		unlink(p->tmp);
	free(p->tmp);
	free(p->path);
	free(p);
}
