#include "render/text_int.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "edge/lang.h"

#define SHRINK_MIN  0.6
#define ONE_LINE    0.85 /* a paragraph that fits one line so is one */
#define SHRINK_STEP 0.05 /* of a paragraph, which must be wrapped anew */

double
text_scale(const struct field *f)
{
	return sqrt(fabs(f->m.xx * f->m.yy - f->m.xy * f->m.yx)) * PT_MM;
}

/* Characters that draw nothing and change how others are read. */
static bool
is_hidden(gunichar c, bool paragraph)
{
	if (c == '\n')
		return !paragraph;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || /* controls */
	       (c >= 0x202a && c <= 0x202e) ||        /* bidi embedding */
	       (c >= 0x2066 && c <= 0x2069) ||        /* bidi isolates */
	       c == 0x200e || c == 0x200f || c == 0x061c || c == 0x2028 ||
	       c == 0x2029 || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

static enum cred_err
check_characters(const struct field *f, const char *value, struct why *why)
{
	if (!g_utf8_validate(value, -1, NULL))
		return why_set(why, CRED_ERR_DOMAIN_FORM,
		    TR("field \"%s\" is not UTF-8", "栏目“%s”不是 UTF-8"),
		    f->id);
	for (const char *p = value; *p != '\0'; p += g_utf8_skip[(guchar)*p]) {
		gunichar c = g_utf8_get_char(p);
		if (is_hidden(c, f->max_height > 0))
			return why_set(why, CRED_ERR_DOMAIN_FORM,
			    TR("field \"%s\" holds the invisible character "
			       "U+%04X; delete it",
				"栏目“%s”含有不可见字符 U+%04X，请删除"),
			    f->id, c);
	}
	return CRED_OK;
}

/* The first character that no installed font can draw; 0: none. */
static gunichar
missing_glyph(PangoLayout *layout)
{
	PangoLayoutIter *it;
	gunichar found = 0;

	if (pango_layout_get_unknown_glyphs_count(layout) == 0)
		return 0;
	it = pango_layout_get_iter(layout);
	do {
		PangoLayoutRun *run = pango_layout_iter_get_run_readonly(it);
		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs;
		     i++) {
			PangoGlyph g = run->glyphs->glyphs[i].glyph;
			if (g != PANGO_GLYPH_EMPTY && found == 0 &&
			    (g & PANGO_GLYPH_UNKNOWN_FLAG) != 0)
				found = g & ~PANGO_GLYPH_UNKNOWN_FLAG;
		}
	} while (found == 0 && pango_layout_iter_next_run(it));
	pango_layout_iter_free(it);
	return found == 0 ? 0xfffd : found;
}

static enum cred_err
too_long(const struct field *f, const char *value, struct why *why)
{
	return why_set(why, CRED_ERR_DOMAIN_FORM,
	    TR("field \"%s\" is too long even at %d %% of its size: "
	       "\"%.120s\"; "
	       "shorten it or widen data-max-width in the template",
		"栏目“%s”缩到 %d%% 仍放不下：“%.120s”；请缩短，"
		"或在模板中加大 data-max-width"),
	    f->id, (int)(SHRINK_MIN * 100), value);
}

static enum cred_err
fit_line(
    const struct field *f, const char *value, struct text *x, struct why *why)
{
	int w;
	double max = f->max_width * text_scale(f) * PANGO_SCALE;

	pango_layout_set_single_paragraph_mode(x->layout, TRUE);
	pango_layout_get_size(x->layout, &w, NULL);
	if (f->max_width <= 0 || w <= max)
		return CRED_OK;
	x->shrink = max / w;
	if (x->shrink < SHRINK_MIN)
		return too_long(f, value, why);
	return CRED_OK;
}

static enum cred_err
fit_paragraph(
    const struct field *f, const char *value, struct text *x, struct why *why)
{
	double k = text_scale(f) * PANGO_SCALE;
	int w;

	pango_layout_get_size(x->layout, &w, NULL);
	if (f->indent == 0 && w <= f->max_width * k / ONE_LINE) {
		x->shrink = fmin(1, f->max_width * k / w);
		return CRED_OK;
	}
	/* a Mongolian word is never broken */
	pango_layout_set_wrap(x->layout,
	    f->vertical ? PANGO_WRAP_WORD : PANGO_WRAP_WORD_CHAR);
	/* between Mongolian letters nothing may be put */
	pango_layout_set_justify(
	    x->layout, f->anchor == ANCHOR_START && !f->vertical);
	pango_layout_set_indent(x->layout, (int)(f->indent * f->size * k));
	if (f->anchor != ANCHOR_START)
		pango_layout_set_alignment(x->layout, f->anchor == ANCHOR_END
							  ? PANGO_ALIGN_RIGHT
							  : PANGO_ALIGN_CENTER);
	for (x->shrink = 1; x->shrink > SHRINK_MIN - 0.001;
	     x->shrink -= SHRINK_STEP) {
		double height;
		int limit = (int)(f->max_width * k / x->shrink);
		pango_layout_set_width(x->layout, limit);
		pango_layout_get_size(x->layout, &w, NULL);
		height = ((pango_layout_get_line_count(x->layout) - 1) *
				 f->line_height +
			     1) *
			 f->size * x->shrink;
		if (height <= f->max_height + 0.001 && w <= limit)
			return CRED_OK;
	}
	return too_long(f, value, why);
}

enum cred_err
text_make(const struct render_template *t, const struct field *f,
    const char *value, struct text *out, struct why *why)
{
	struct text x = {f, NULL, 1};
	PangoFontDescription *font = NULL;
	PangoAttrList *attrs = NULL;
	double scale = text_scale(f);
	gunichar missing;
	enum cred_err e;

	e = check_characters(f, value, why);
	if (e != CRED_OK)
		return e;
	if (*value == '\0' || f->fill.a == 0) {
		*out = x;
		return CRED_OK;
	}
	x.layout = pango_layout_new(f->vertical ? t->vertical : t->pango);
	font = pango_font_description_copy(f->font);
	pango_font_description_set_absolute_size(
	    font, f->size * scale * PANGO_SCALE);
	pango_layout_set_font_description(x.layout, font);
	pango_font_description_free(font);
	if (f->letter_spacing != 0 && !f->vertical) {
		attrs = pango_attr_list_new();
		pango_attr_list_insert(
		    attrs, pango_attr_letter_spacing_new(
			       (int)(f->letter_spacing * scale * PANGO_SCALE)));
		pango_layout_set_attributes(x.layout, attrs);
		pango_attr_list_unref(attrs);
	}
	pango_layout_set_text(x.layout, value, -1);
	missing = missing_glyph(x.layout);
	if (missing != 0)
		e = why_set(why, CRED_ERR_DOMAIN_FORM,
		    TR("field \"%s\": no installed font has the character "
		       "U+%04X of \"%.120s\"; install a font that has it or "
		       "write the name as the ID card's office prints it",
			"栏目“%s”：已安装的字体都没有字符 U+%04X"
			"（“%.120s”）；请安装含该字的字体，"
			"或按身份证件的替代写法填写"),
		    f->id, missing, value);
	else if (f->max_height > 0)
		e = fit_paragraph(f, value, &x, why);
	else
		e = fit_line(f, value, &x, why);
	if (e != CRED_OK) {
		g_object_unref(x.layout);
		return e;
	}
	*out = x;
	return CRED_OK;
}

static void
draw_line(cairo_t *cr, const struct text *x)
{
	int w;
	double shift = 0;

	pango_layout_get_size(x->layout, &w, NULL);
	if (x->field->anchor == ANCHOR_MIDDLE)
		shift = w / 2.0 / PANGO_SCALE;
	else if (x->field->anchor == ANCHOR_END)
		shift = (double)w / PANGO_SCALE;
	cairo_move_to(cr, -shift, 0);
	pango_cairo_show_layout_line(
	    cr, pango_layout_get_line_readonly(x->layout, 0));
}

static void
draw_paragraph(cairo_t *cr, const struct text *x)
{
	const struct field *f = x->field;
	double step = f->line_height * f->size * text_scale(f);
	double shift = 0, first = 0;
	PangoLayoutIter *it = pango_layout_get_iter(x->layout);

	if (f->anchor == ANCHOR_MIDDLE)
		shift = f->max_width / 2;
	else if (f->anchor == ANCHOR_END)
		shift = f->max_width;
	shift *= text_scale(f) / x->shrink;
	if (f->centred)
		first = -step * (pango_layout_get_line_count(x->layout) - 1) /
			2.0;
	for (int i = 0;; i++) {
		PangoRectangle r;
		pango_layout_iter_get_line_extents(it, NULL, &r);
		/* turned, down is to the left: columns go the other way */
		cairo_move_to(cr, (double)r.x / PANGO_SCALE - shift,
		    (first + i * step) * (f->vertical ? -1 : 1));
		pango_cairo_show_layout_line(
		    cr, pango_layout_iter_get_line_readonly(it));
		if (!pango_layout_iter_next_line(it))
			break;
	}
	pango_layout_iter_free(it);
}

void
text_draw(cairo_t *cr, const struct text *x)
{
	const struct field *f = x->field;
	double k = x->shrink / text_scale(f);

	if (x->layout == NULL)
		return;
	cairo_save(cr);
	cairo_scale(cr, PT_MM, PT_MM);
	cairo_transform(cr, &f->m);
	cairo_translate(cr, f->x, f->y);
	if (f->vertical)
		cairo_rotate(cr, M_PI / 2);
	cairo_scale(cr, k, k);
	cairo_set_source_rgba(cr, f->fill.r, f->fill.g, f->fill.b, f->fill.a);
	if (pango_layout_get_width(x->layout) != -1)
		draw_paragraph(cr, x);
	else
		draw_line(cr, x);
	cairo_restore(cr);
}

void
text_release(struct text *x)
{
	if (x->layout != NULL)
		g_object_unref(x->layout);
	x->layout = NULL;
}
