#include "render/template_int.h"

#include <errno.h>
#include <libxml/parser.h>
#include <librsvg/rsvg.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "render/element_int.h"
#include "render/font_int.h"
#include "render/label_int.h"

#define MAX_FILE    (4u << 20) /* a template with its pictures */
#define MAX_DEPTH   64
#define MAX_FIELDS  128
#define MAX_SIDE_MM 1200.0 /* A0 */

/*
 * Drawing programs number every text they make ("text123", "tspan45-6").
 * Such an id, and one that begins with "label", is no field.
 */
static bool
is_field_id(const char *id)
{
	static const char *const AUTO[] = {"text", "tspan", "flowRoot"};

	if (strncmp(id, "label", 5) == 0)
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

bool
render_template_has(const struct render_template *t, const char *id)
{
	return template_field(t, id) != NULL || template_box(t, id) != NULL;
}

/* node becomes a field or box and, if a field, leaves the drawing. */
static enum cred_err
take(struct render_template *t, xmlNode *node, const cairo_matrix_t *m,
    bool *taken, struct why *why)
{
	char *id = style_attr(node, "id");
	enum cred_err e = CRED_OK;

	*taken = false;
	if (id == NULL)
		return CRED_OK;
	if (svg_is(node, "text") ? !is_field_id(id) : !is_box_id(id))
		goto out;
	if (render_template_has(t, id)) {
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

char *
template_collapsed(const char *s)
{
	char *out = malloc(strlen(s) + 1), *o = out;

	if (out == NULL)
		return NULL;
	for (; *s != '\0'; s++) {
		bool space = strchr(" \t\r\n", *s) != NULL;
		if (!space)
			*o++ = *s;
		else if (o > out && o[-1] != ' ')
			*o++ = ' ';
	}
	if (o > out && o[-1] == ' ')
		o--;
	*o = '\0';
	return out;
}

/* Nothing outside the file may be drawn: not by href, not by style sheet. */
static enum cred_err
check_self_contained(
    const struct render_template *t, const xmlNode *n, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		xmlChar *v;
		if (strcmp((const char *)a->name, "href") != 0 ||
		    svg_is(n, "a"))
			continue;
		v = xmlNodeListGetString(n->doc, a->children, 1);
		if (v != NULL && v[0] != '#' && v[0] != '\0' &&
		    strncmp((const char *)v, "data:", 5) != 0)
			e = template_wrong(t, xmlGetLineNo(n), why,
			    TR("refers to another file (%.80s); embed it",
				"引用了别的文件（%.80s）；请嵌入"),
			    (const char *)v);
		xmlFree(v);
		if (e != CRED_OK)
			return e;
	}
	if (svg_is(n, "style")) {
		xmlChar *css = xmlNodeGetContent(n);
		if (css != NULL && strstr((char *)css, "@import") != NULL)
			e = template_wrong(t, xmlGetLineNo(n), why,
			    TR("a style sheet imports another file",
				"样式表引入了别的文件"));
		xmlFree(css);
	}
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
		cairo_matrix_t here = *m, own;
		bool taken = false;
		char *s;

		next = n->next;
		if (n->type != XML_ELEMENT_NODE)
			continue;
		e = check_self_contained(t, n, why);
		if (e != CRED_OK)
			return e;
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
			cairo_matrix_multiply(&here, &own, m);
		free(s);
		if (svg_is(n, "text") || svg_is(n, "rect")) {
			e = take(t, n, &here, &taken, why);
			if (e != CRED_OK)
				return e;
		}
		if (!taken && svg_is(n, "text") && label_is(n)) {
			e = label_take(t, n, &here, why);
			if (e != CRED_OK)
				return e;
			taken = true;
		}
		if (taken) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
			continue;
		}
		if (svg_is(n, "text")) {
			char *family = NULL;
			e = element_families(
			    t, element_innermost(n), &family, why);
			free(family);
			if (e != CRED_OK)
				return e;
		}
		e = walk(t, n, &here, depth + 1, why);
		if (e != CRED_OK)
			return e;
	}
	return CRED_OK;
}

/* The page's size, and the matrix from its user units to millimetres. */
static enum cred_err
page(struct render_template *t, const xmlNode *svg, cairo_matrix_t *m,
    struct why *why)
{
	double w = 0, h = 0, vb[4] = {0};
	char *s;
	enum cred_err e;

	if ((e = element_length(t, svg, "width", &w, why)) != CRED_OK ||
	    (e = element_length(t, svg, "height", &h, why)) != CRED_OK)
		return e;
	t->w_mm = w * 25.4 / 96;
	t->h_mm = h * 25.4 / 96;
	if (!(t->w_mm >= 10 && t->w_mm <= MAX_SIDE_MM && t->h_mm >= 10 &&
		t->h_mm <= MAX_SIDE_MM))
		return template_wrong(t, xmlGetLineNo(svg), why,
		    TR("the page is %.1f × %.1f mm; write width and height in "
		       "mm, A4 is width=\"210mm\" height=\"297mm\"",
			"页面为 %.1f × %.1f mm；请用 mm 写 width 和 height，"
			"A4 是 width=\"210mm\" height=\"297mm\""),
		    t->w_mm, t->h_mm);
	s = style_attr(svg, "viewBox");
	if (s == NULL || !style_numbers(s, vb, 4) || !(vb[2] > 0) ||
	    !(vb[3] > 0) ||
	    fabs(vb[2] / vb[3] * t->h_mm / t->w_mm - 1) > 0.002) {
		e = template_wrong(t, xmlGetLineNo(svg), why,
		    TR("viewBox \"%s\" lacks or has another shape than the "
		       "page; write viewBox=\"0 0 %g %g\"",
			"viewBox“%s”缺失或与页面比例不同；请写 "
			"viewBox=\"0 0 %g %g\""),
		    s == NULL ? "" : s, t->w_mm, t->h_mm);
		free(s);
		return e;
	}
	free(s);
	cairo_matrix_init_scale(m, t->w_mm / vb[2], t->h_mm / vb[3]);
	cairo_matrix_translate(m, -vb[0], -vb[1]);
	return CRED_OK;
}

/* What is left of the document, drawn once for all pages. */
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
		e = label_draw(t, cr, why);
	g_clear_error(&err);
	if (svg != NULL)
		g_object_unref(svg);
	cairo_destroy(cr);
	xmlFree(text);
	return e;
}

static PangoContext *
new_context(void)
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
	return ctx;
}

static void
silent(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
}

/* A document of one <svg>, no DTD, so no entity; nothing fetched. */
static enum cred_err
parse(const struct render_template *t, struct bytes file, xmlDoc **out,
    struct why *why)
{
	xmlParserCtxt *ctx = xmlNewParserCtxt();
	xmlDoc *doc = NULL;
	const xmlNode *root;
	enum cred_err e = CRED_OK;

	if (ctx == NULL)
		return CRED_FAULT_NOMEM;
	if (ctx->sax != NULL)
		ctx->sax->warning = ctx->sax->error = silent;
	doc = xmlCtxtReadMemory(ctx, (const char *)file.ptr, (int)file.len,
	    NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_COMPACT);
	if (doc == NULL) {
		const xmlError *xe = xmlCtxtGetLastError(ctx);
		int n = xe == NULL || xe->message == NULL
			    ? 0
			    : (int)strcspn(xe->message, "\n");
		e = template_wrong(t, xe == NULL ? 1 : xe->line, why,
		    TR("not well-formed XML: %.*s", "不是合格的 XML：%.*s"),
		    n < 200 ? n : 200, n == 0 ? "" : xe->message);
		goto out;
	}
	if (xmlGetIntSubset(doc) != NULL) {
		e = template_wrong(t, 1, why,
		    TR("has a DOCTYPE, which is not allowed; save it as plain "
		       "SVG or delete that line",
			"含有 DOCTYPE，不予接受；请另存为“普通 SVG”"
			"或删去该行"));
		goto out;
	}
	root = xmlDocGetRootElement(doc);
	if (root == NULL || !svg_is(root, "svg")) {
		e = template_wrong(
		    t, 1, why, TR("is no SVG file", "不是 SVG 文件"));
		goto out;
	}
	*out = doc;
	doc = NULL;
out:
	xmlFreeDoc(doc);
	xmlFreeParserCtxt(ctx);
	return e;
}

enum cred_err
render_template_load(
    const char *path, struct render_template **out, struct why *why)
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
	e = file_read(path, MAX_FILE, &file, &len, why);
	if (e == CRED_ERR_PIC_BYTES) /* our template, not a sender's picture */
		e = CRED_FAULT_RENDER;
	if (e != CRED_OK)
		goto out;
	t->pango = new_context();
	if ((e = parse(t, bytes_of(file, len), &doc, why)) != CRED_OK ||
	    (e = page(t, xmlDocGetRootElement(doc), &m, why)) != CRED_OK ||
	    (e = walk(t, xmlDocGetRootElement(doc), &m, 0, why)) != CRED_OK)
		goto out;
	font_cut(t);
	e = record_art(t, doc, why);
	if (e != CRED_OK)
		goto out;
	*out = t;
	t = NULL;
out:
	xmlFreeDoc(doc);
	free(file);
	render_template_free(t);
	return e;
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
	cairo_surface_destroy(t->art);
	if (t->pango != NULL)
		g_object_unref(t->pango);
	free(t->path);
	free(t);
}
