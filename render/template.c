#include "render/template_int.h"

#include <errno.h>
#include <librsvg/rsvg.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "render/art_int.h"
#include "render/check_int.h"
#include "render/document_int.h"
#include "render/element_int.h"
#include "render/fit_int.h"
#include "render/font_int.h"
#include "render/label_int.h"
#include "render/strings_int.h"

#define MAX_FILE    (4u << 20) /* a template with its pictures */
#define MAX_DEPTH   64
#define MAX_FIELDS  128

/*
 * Drawing programs number every text they make ("text123", "tspan45-6").
 * Such an id, and one that begins with "label", is no field.
 */
bool
template_is_field_id(const char *id)
{
	static const char *const AUTO[] = {"text", "tspan", "flowRoot"};

	if (id == NULL || strncmp(id, "label", 5) == 0)
		return false;
	for (size_t i = 0; i < sizeof AUTO / sizeof AUTO[0]; i++) {
		size_t n = strlen(AUTO[i]);
		if (strncmp(id, AUTO[i], n) == 0 &&
		    strspn(id + n, "0123456789-.") == strlen(id + n))
			return false;
	}
	return true;
}

static bool
is_box_id(const char *id)
{
	return strcmp(id, "qr") == 0 || strcmp(id, "photo") == 0 ||
	       strcmp(id, "seal") == 0;
}

const struct field *
template_field(const struct render_template *t, const char *id)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		if (strcmp(t->fields[i].id, id) == 0)
			return &t->fields[i];
	}
	return NULL;
}

const struct box *
template_box(const struct render_template *t, const char *id)
{
	for (size_t i = 0; i < t->n_boxes; i++) {
		if (strcmp(t->boxes[i].id, id) == 0)
			return &t->boxes[i];
	}
	return NULL;
}

void *
template_grown(void *array, size_t n, size_t size)
{
	char *p = realloc(array, (n + 1) * size);

	if (p != NULL)
		memset(p + n * size, 0, size);
	return p;
}

const char *
render_template_id(const struct render_template *t, size_t i)
{
	if (i < t->n_fields)
		return t->fields[i].id;
	i -= t->n_fields;
	return i < t->n_boxes ? t->boxes[i].id : NULL;
}

long
render_template_line(const struct render_template *t, const char *id)
{
	const struct field *f = template_field(t, id);
	const struct box *b = template_box(t, id);

	return f != NULL ? f->line : b != NULL ? b->line : 0;
}

const char *
render_template_text(const struct render_template *t, size_t i)
{
	if (i < t->n_labels)
		return t->labels[i].text;
	for (size_t k = 0, n = t->n_labels; k < t->n_fields; k++)
		if (t->fields[k].keep != NULL && n++ == i)
			return t->fields[k].keep;
	return NULL;
}

bool
render_template_has(const struct render_template *t, const char *id)
{
	return template_field(t, id) != NULL || template_box(t, id) != NULL;
}

/* Has one of this id, not only another place of its value? */
static bool
has_own(const struct render_template *t, const char *id)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!t->fields[i].again && strcmp(t->fields[i].id, id) == 0)
			return true;
	return template_box(t, id) != NULL;
}

/* The words of its key, instead of what the template shows. */
static enum cred_err
put_string(struct render_template *t, xmlNode *text, struct why *why)
{
	char *key = style_attr(text, "data-string");
	const char *words = key == NULL || t->strings == NULL
				? NULL
				: strings_text(t->strings, key);
	xmlNode *n = (xmlNode *)(uintptr_t)element_innermost(text), *child;
	enum cred_err e = CRED_OK;

	if (key == NULL)
		return CRED_OK;
	if (words == NULL) {
		e = template_wrong(t, xmlGetLineNo(text), why,
		    t->strings == NULL
			? TR("data-string=\"%.60s\", but the svg element names "
			     "no data-strings",
			      "有 data-string=“%.60s”，但 svg 元素没有 "
			      "data-strings")
			: TR("the table of strings has no key \"%.60s\"",
			      "文字表中没有 key“%.60s”"),
		    key);
	} else {
		while ((child = n->children) != NULL) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
		xmlAddChild(n, xmlNewText((const xmlChar *)words));
	}
	free(key);
	return e;
}

/* node becomes a field or box and, if a field, leaves the drawing. */
static enum cred_err
take(struct render_template *t, xmlNode *node, const cairo_matrix_t *m,
    bool *taken, struct why *why)
{
	char *again = style_attr(node, "data-field");
	char *id = again != NULL ? again : style_attr(node, "id");
	enum cred_err e = CRED_OK;

	*taken = false;
	if (id == NULL)
		return CRED_OK;
	if (svg_is(node, "text") ? !template_is_field_id(id) : !is_box_id(id))
		goto out;
	if (again == NULL && has_own(t, id)) {
		e = template_wrong(t, xmlGetLineNo(node), why,
		    TR("id \"%s\" stands twice", "id“%s”出现两次"), id);
		goto out;
	}
	if (svg_is(node, "text")) {
		struct field *more;
		if (t->n_fields == MAX_FIELDS) {
			e = template_wrong(t, xmlGetLineNo(node), why,
			    TR("more than %d fields", "栏目超过 %d 个"),
			    MAX_FIELDS);
			goto out;
		}
		more =
		    template_grown(t->fields, t->n_fields, sizeof *t->fields);
		if (more == NULL) {
			e = CRED_FAULT_NOMEM;
			goto out;
		}
		t->fields = more;
		e = element_field(t, node, id, m, &t->fields[t->n_fields], why);
		if (e != CRED_OK)
			goto out;
		t->fields[t->n_fields].again = again != NULL;
		t->n_fields++;
		*taken = true;
	} else {
		struct box *more =
		    template_grown(t->boxes, t->n_boxes, sizeof *more);
		if (more == NULL) {
			e = CRED_FAULT_NOMEM;
			goto out;
		}
		t->boxes = more;
		e = element_box(t, node, id, m, &t->boxes[t->n_boxes], why);
		if (e != CRED_OK)
			goto out;
		t->n_boxes++;
	}
	id = NULL; /* the field's or box's now */
out:
	free(id);
	return e;
}

/* A layer that is switched off is no part of the certificate. */
static bool
is_hidden(const xmlNode *n)
{
	char *s = style_property(n, "display", false);
	bool hidden = s != NULL && strcmp(s, "none") == 0;

	free(s);
	return hidden;
}

/* Where the element stands in this variant of the layout. */
static void
vary(const struct render_template *t, xmlNode *n)
{
	char name[40], *other;

	if (t->variant == NULL)
		return;
	snprintf(name, sizeof name, "data-%s", t->variant);
	other = style_attr(n, name);
	if (other != NULL)
		xmlSetProp(n, (const xmlChar *)"transform",
		    (const xmlChar *)other);
	free(other);
}

/* One element; here becomes its user units to millimetres. */
static enum cred_err
visit(struct render_template *t, xmlNode *n, cairo_matrix_t *here, bool *taken,
    struct why *why)
{
	cairo_matrix_t own;
	char *s, *family = NULL;
	enum cred_err e = document_self_contained(t, n, why);

	if (e == CRED_OK && svg_is(n, "text"))
		e = put_string(t, n, why);
	if (e != CRED_OK)
		return e;
	vary(t, n);
	s = style_property(n, "transform", false);
	if (s != NULL && !style_transform(s, &own)) {
		e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("transform \"%.60s\" is malformed",
			"transform“%.60s”有误"),
		    s);
		free(s);
		return e;
	}
	if (s != NULL)
		cairo_matrix_multiply(here, &own, here);
	free(s);
	if (svg_is(n, "text") || svg_is(n, "rect")) {
		e = take(t, n, here, taken, why);
		if (e != CRED_OK || *taken)
			return e;
	}
	if (!svg_is(n, "text"))
		return CRED_OK;
	if (label_is(n)) {
		*taken = true;
		return label_take(t, n, here, why);
	}
	e = element_families(t, element_innermost(n), &family, why);
	free(family);
	return e;
}

static enum cred_err
walk(struct render_template *t, xmlNode *parent, const cairo_matrix_t *m,
    unsigned depth, struct why *why)
{
	enum cred_err e;
	xmlNode *next;

	if (depth > MAX_DEPTH)
		return template_wrong(t, xmlGetLineNo(parent), why,
		    TR("elements nested deeper than %d", "元素嵌套超过 %d 层"),
		    MAX_DEPTH);
	for (xmlNode *n = parent->children; n != NULL; n = next) {
		cairo_matrix_t here = *m;
		bool taken = false;

		next = n->next;
		if (n->type != XML_ELEMENT_NODE || is_hidden(n))
			continue;
		e = visit(t, n, &here, &taken, why);
		if (e == CRED_OK && !taken)
			e = walk(t, n, &here, depth + 1, why);
		if (e != CRED_OK) {
			if (!template_told(t, e))
				return e;
			taken = true;
		}
		if (taken) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
	return CRED_OK;
}

/* What is left of the document, drawn once for all pages; the labels are only
 * looked at. */
static enum cred_err
record_art(struct render_template *t, xmlDoc *doc, struct why *why)
{
	cairo_rectangle_t extents = {0, 0, t->w_mm * PT_MM, t->h_mm * PT_MM};
	RsvgRectangle viewport = {0, 0, extents.width, extents.height};
	xmlChar *text = NULL;
	int len = 0;
	RsvgHandle *svg = NULL;
	GError *err = NULL;
	cairo_t *cr = NULL;
	enum cred_err e = CRED_OK;

	xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
	if (text == NULL)
		return CRED_FAULT_NOMEM;
	t->art =
	    cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents);
	cr = cairo_create(t->art);
	/* without a base address librsvg opens no file at all */
	svg = rsvg_handle_new_from_data(text, (gsize)len, &err);
	if (svg == NULL ||
	    !rsvg_handle_render_document(svg, cr, &viewport, &err))
		e = template_wrong(t, 1, why,
		    TR("cannot be drawn: %s", "无法绘制：%s"),
		    err == NULL ? "?" : err->message);
	else if (cairo_status(cr) != CAIRO_STATUS_SUCCESS)
		e = template_wrong(t, 1, why,
		    TR("cannot be drawn: %s", "无法绘制：%s"),
		    cairo_status_to_string(cairo_status(cr)));
	if (e == CRED_OK)
		e = label_draw(t, NULL, why);
	g_clear_error(&err);
	if (svg != NULL)
		g_object_unref(svg);
	cairo_destroy(cr);
	xmlFree(text);
	return e;
}

enum cred_err
template_draw(struct render_template *t, struct why *why)
{
	enum cred_err e;
	cairo_t *cr;

	if (t->drawn)
		return CRED_OK;
	font_cut(t);
	cr = cairo_create(t->art);
	e = label_draw(t, cr, why);
	if (e == CRED_OK && cairo_status(cr) != CAIRO_STATUS_SUCCESS)
		e = template_wrong(t, 1, why,
		    TR("cannot be drawn: %s", "无法绘制：%s"),
		    cairo_status_to_string(cairo_status(cr)));
	cairo_destroy(cr);
	t->drawn = e == CRED_OK;
	return e;
}

/*
 * Vertical text is shaped along its line and turned by text_draw(): shaped
 * from top to bottom, Mongolian glyphs pile up (domain.md 8.4). With gravity
 * east Chinese characters then stand upright, and the baseline is the middle
 * of the column.
 */
static PangoContext *
new_context(bool vertical)
{
	PangoContext *ctx =
	    pango_font_map_create_context(pango_cairo_font_map_get_default());
	cairo_font_options_t *opt = cairo_font_options_create();

	/* the same shapes and advances on paper at every size */
	cairo_font_options_set_hint_style(opt, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(opt, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(ctx, opt);
	cairo_font_options_destroy(opt);
	pango_cairo_context_set_resolution(ctx, 72);
	pango_context_set_round_glyph_positions(ctx, FALSE);
	pango_context_set_base_dir(ctx, PANGO_DIRECTION_LTR);
	pango_context_set_language(ctx, pango_language_from_string("zh-cn"));
	if (vertical) {
		pango_context_set_base_gravity(ctx, PANGO_GRAVITY_EAST);
		pango_context_set_gravity_hint(
		    ctx, PANGO_GRAVITY_HINT_NATURAL);
	}
	return ctx;
}

/* The table that the svg element names, from the template's own folder. */
static enum cred_err
load_strings(struct render_template *t, const xmlNode *svg, struct why *why)
{
	char *name = style_attr(svg, "data-strings"), *path = NULL;
	const char *slash = strrchr(t->path, '/');
	int folder = slash == NULL ? 0 : (int)(slash - t->path) + 1;
	enum cred_err e = CRED_OK;

	if (name == NULL)
		return CRED_OK;
	if (strchr(name, '/') != NULL || *name == '.')
		e = template_wrong(t, xmlGetLineNo(svg), why,
		    TR("data-strings=\"%.60s\" is no name of a file beside the "
		       "template",
			"data-strings“%.60s”不是模板所在文件夹中的文件名"),
		    name);
	else if (asprintf(&path, "%.*s%s", folder, t->path, name) < 0)
		e = CRED_FAULT_NOMEM;
	else
		e = strings_load(path, &t->strings, why);
	if (path != NULL)
		free(path);
	free(name);
	return e;
}

static enum cred_err
load(const char *path, const char *variant, struct teller *teller,
    struct render_template **out, struct why *why)
{
	struct render_template *t = calloc(1, sizeof *t);
	uint8_t *file = NULL;
	size_t len;
	xmlDoc *doc = NULL;
	cairo_matrix_t m;
	enum cred_err e;

	if (t == NULL || (t->path = strdup(path)) == NULL) {
		free(t);
		return CRED_FAULT_NOMEM;
	}
	t->teller = teller;
	t->variant = variant;
	e = file_read(path, MAX_FILE, &file, &len, why);
	if (e == CRED_ERR_PIC_BYTES) /* our template, not a sender's picture */
		e = CRED_FAULT_RENDER;
	if (e != CRED_OK)
		goto out;
	t->pango = new_context(false);
	t->vertical = new_context(true);
	if ((e = document_parse(t, bytes_of(file, len), &doc, why)) !=
		CRED_OK ||
	    (e = document_page(t, xmlDocGetRootElement(doc), &m, why)) !=
		CRED_OK)
		goto out;
	e = load_strings(t, xmlDocGetRootElement(doc), why);
	if (e != CRED_OK)
		goto out;
	if (teller != NULL)
		check_walk(t, xmlDocGetRootElement(doc));
	e = walk(t, xmlDocGetRootElement(doc), &m, 0, why);
	if (e != CRED_OK)
		goto out;
	e = record_art(t, doc, why);
	if (e != CRED_OK && !template_told(t, e))
		goto out;
	e = CRED_OK;
	t->teller = NULL;
	t->variant = NULL;
	*out = t;
	t = NULL;
out:
	xmlFreeDoc(doc);
	free(file);
	render_template_free(t);
	return e;
}

enum cred_err
render_template_load(
    const char *path, struct render_template **out, struct why *why)
{
	return load(path, NULL, NULL, out, why);
}

enum cred_err
render_template_load_as(const char *path, const char *variant,
    struct render_template **out, struct why *why)
{
	return load(path, variant, NULL, out, why);
}

size_t
render_template_unconfirmed(const struct render_template *t)
{
	return t->strings == NULL ? 0 : strings_unconfirmed(t->strings);
}

enum cred_err
render_template_check(const char *path, render_tell *tell, void *ctx,
    struct render_template **out, struct why *why)
{
	struct teller teller = {.tell = tell, .ctx = ctx};
	enum cred_err e = load(path, NULL, &teller, out, why);

	if (e != CRED_FAULT_RENDER)
		return e;
	tell(ctx, true, teller.line, teller.line > 0 ? teller.text : why->text);
	*out = NULL;
	return CRED_OK;
}

void
render_template_free(struct render_template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_fields; i++) {
		free(t->fields[i].id);
		free(t->fields[i].keep);
		pango_font_description_free(t->fields[i].font);
	}
	for (size_t i = 0; i < t->n_labels; i++) {
		free(t->labels[i].field.id);
		free(t->labels[i].field.keep);
		free(t->labels[i].text);
		if (t->labels[i].field.font != NULL)
			pango_font_description_free(t->labels[i].field.font);
	}
	free(t->labels);
	for (size_t i = 0; i < t->n_boxes; i++)
		free(t->boxes[i].id);
	free(t->fields);
	free(t->boxes);
	fit_free(t->fit);
	art_release(t->baked);
	cairo_surface_destroy(t->art);
	if (t->pango != NULL)
		g_object_unref(t->pango);
	if (t->vertical != NULL)
		g_object_unref(t->vertical);
	strings_free(t->strings);
	free(t->path);
	free(t);
}
