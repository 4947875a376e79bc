#include "render/element_int.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "qr/encode.h"

#define DEFAULT_LINE 1.6 /* height of a paragraph's line */
#define MAX_VERSION  16  /* qr/encode.h */

bool
svg_is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)n->name, name) == 0 && n->ns != NULL &&
	       strcmp((const char *)n->ns->href,
		   "http://www.w3.org/2000/svg") == 0;
}

enum cred_err
template_wrong(const struct render_template *t, long line, struct why *why,
    const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (t->teller != NULL) {
		t->teller->line = line;
		memcpy(t->teller->text, text, sizeof text);
	}
	return why_set(
	    why, CRED_FAULT_RENDER, "%s:%ld: %s", t->path, line, text);
}

bool
template_told(const struct render_template *t, enum cred_err e)
{
	struct teller *l = t->teller;

	if (l == NULL || e != CRED_FAULT_RENDER)
		return false;
	l->tell(l->ctx, true, l->line, l->text);
	return true;
}

enum cred_err
element_length(const struct render_template *t, const xmlNode *n,
    const char *name, double *out, struct why *why)
{
	char *s = style_attr(n, name);
	enum cred_err e = CRED_OK;

	if (s != NULL && !style_length(s, out))
		e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("%s=\"%s\" is no length", "%s=\"%s\" 不是长度"), name,
		    s);
	free(s);
	return e;
}

static enum cred_err
length_property(const struct render_template *t, const xmlNode *n,
    const char *name, double *out, struct why *why)
{
	char *s = style_property(n, name, true);
	enum cred_err e = CRED_OK;

	if (s != NULL && strcmp(s, "normal") != 0 && !style_length(s, out))
		e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("%s: %s is no length; write it in px or pt",
			"%s: %s 不是长度；请用 px 或 pt"),
		    name, s);
	free(s);
	return e;
}

static bool
family_installed(const char *family, PangoFontFamily *const *all, int n)
{
	/* CSS 2.1 15.3.1; fontconfig knows these by name. */
	static const char *const GENERIC[] = {
	    "serif", "sans-serif", "monospace"};

	for (size_t i = 0; i < sizeof GENERIC / sizeof GENERIC[0]; i++) {
		if (strcasecmp(family, GENERIC[i]) == 0)
			return true;
	}
	for (int i = 0; i < n; i++) {
		if (strcasecmp(family, pango_font_family_get_name(all[i])) == 0)
			return true;
	}
	return false;
}

enum cred_err
element_families(const struct render_template *t, const xmlNode *n, char **out,
    struct why *why)
{
	char *s = style_property(n, "font-family", true), *clean = NULL;
	PangoFontFamily **all = NULL;
	int n_all;
	bool found = false;
	char *save = NULL;
	size_t at = 0;

	if (s == NULL)
		return template_wrong(t, xmlGetLineNo(n), why,
		    TR("this text has no font-family; give it one",
			"这段文字没有 font-family，请指定字体"));
	pango_font_map_list_families(
	    pango_context_get_font_map(t->pango), &all, &n_all);
	clean = calloc(1, strlen(s) + 3);
	for (char *f = clean == NULL ? NULL : strtok_r(s, ",", &save);
	     f != NULL; f = strtok_r(NULL, ",", &save)) {
		size_t len;
		f += strspn(f, " \t\r\n'\"");
		len = strlen(f);
		while (len > 0 && strchr(" \t\r\n'\"", f[len - 1]) != NULL)
			len--;
		f[len] = '\0';
		found = found || family_installed(f, all, n_all);
		if (at > 0)
			clean[at++] = ',';
		memcpy(clean + at, f, len);
		at += len;
	}
	g_free(all);
	free(s);
	if (clean == NULL)
		return CRED_FAULT_NOMEM;
	if (!found) {
		enum cred_err e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("none of the fonts \"%s\" is installed; install one "
		       "(fonts-noto-cjk has Noto Serif CJK SC) or name "
		       "another in font-family",
			"字体“%s”都没有安装；请安装其中一种（软件包 "
			"fonts-noto-cjk 有 Noto Serif CJK SC），"
			"或在 font-family 中另写一种"),
		    clean);
		free(clean);
		return e;
	}
	*out = clean;
	return CRED_OK;
}

static enum cred_err
field_font(const struct render_template *t, const xmlNode *n, struct field *f,
    struct why *why)
{
	char *family = NULL, *s;
	enum cred_err e = element_families(t, n, &family, why);

	if (e != CRED_OK)
		return e;
	f->font = pango_font_description_new();
	pango_font_description_set_family(f->font, family);
	free(family);

	s = style_property(n, "font-weight", true);
	if (s != NULL) {
		int w = atoi(s);
		if (strcmp(s, "bold") == 0)
			w = PANGO_WEIGHT_BOLD;
		if (w < 100 || w > 1000)
			w = PANGO_WEIGHT_NORMAL;
		pango_font_description_set_weight(f->font, (PangoWeight)w);
	}
	free(s);
	s = style_property(n, "font-style", true);
	if (s != NULL &&
	    (strcmp(s, "italic") == 0 || strcmp(s, "oblique") == 0))
		pango_font_description_set_style(f->font, PANGO_STYLE_ITALIC);
	free(s);

	e = length_property(t, n, "font-size", &f->size, why);
	if (e == CRED_OK && !(f->size > 0 && f->size < 1000))
		e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("field \"%s\" has no font-size",
			"栏目“%s”没有 font-size"),
		    f->id);
	return e;
}

static enum cred_err
field_paint(const struct render_template *t, const xmlNode *n, struct field *f,
    struct why *why)
{
	char *s = style_property(n, "fill", true), *end;
	double opacity;

	f->fill = (struct rgba){0, 0, 0, 1};
	if (s != NULL && !style_colour(s, &f->fill)) {
		enum cred_err e = template_wrong(t, xmlGetLineNo(n), why,
		    TR("field \"%s\": fill \"%s\" is no plain colour",
			"栏目“%s”：fill“%s”不是单一颜色"),
		    f->id, s);
		free(s);
		return e;
	}
	free(s);
	s = style_property(n, "fill-opacity", true);
	if (s != NULL) {
		opacity = g_ascii_strtod(s, &end);
		if (end != s && opacity >= 0 && opacity <= 1)
			f->fill.a *= opacity;
	}
	free(s);
	s = style_property(n, "text-anchor", true);
	f->anchor = ANCHOR_START;
	if (s != NULL && strcmp(s, "middle") == 0)
		f->anchor = ANCHOR_MIDDLE;
	else if (s != NULL && strcmp(s, "end") == 0)
		f->anchor = ANCHOR_END;
	free(s);
	return CRED_OK;
}

const xmlNode *
element_innermost(const xmlNode *text)
{
	for (const xmlNode *c = text->children; c != NULL; c = c->next) {
		if (svg_is(c, "tspan"))
			return element_innermost(c);
	}
	return text;
}

static enum cred_err
position(const struct render_template *t, const xmlNode *n, const char *name,
    double *out, struct why *why)
{
	char *s = NULL;
	enum cred_err e = CRED_OK;

	/* of the tspan, else of the text around it */
	for (; s == NULL && !svg_is(n, "svg"); n = n->parent)
		s = style_attr(n, name);
	if (s != NULL) {
		s[strcspn(s, ", ")] = '\0'; /* the first of a list */
		if (!style_length(s, out))
			e = template_wrong(t, xmlGetLineNo(n), why,
			    TR("%s=\"%s\" is no length", "%s=\"%s\" 不是长度"),
			    name, s);
	}
	free(s);
	return e;
}

static bool
is_yes(const xmlNode *n, const char *name)
{
	char *s = style_attr(n, name);
	bool yes = s != NULL && strcmp(s, "yes") == 0;

	free(s);
	return yes;
}

/* Vertical as CSS Writing Modes 3 3.1 has it, or for programs that do not know
 * that, data-script="mong". */
static enum cred_err
field_script(const struct render_template *t, const xmlNode *text,
    struct field *f, struct why *why)
{
	char *script = style_attr(text, "data-script");
	char *mode =
	    style_property(element_innermost(text), "writing-mode", true);
	enum cred_err e = CRED_OK;

	if (script != NULL && strcmp(script, "mong") != 0)
		e = template_wrong(t, f->line, why,
		    TR("data-script=\"%.40s\" is not known; \"mong\" is",
			"不支持 data-script=“%.40s”，可用“mong”"),
		    script);
	f->vertical = script != NULL ||
		      (mode != NULL && strcmp(mode, "vertical-lr") == 0);
	free(script);
	free(mode);
	return e;
}

/* data-keep="yes": the content is no example but what usually stands there. */
static enum cred_err
field_keep(const xmlNode *text, struct field *f)
{
	xmlChar *content;

	if (!is_yes(text, "data-keep"))
		return CRED_OK;
	content = xmlNodeGetContent(text);
	f->keep =
	    content == NULL ? NULL : template_collapsed((const char *)content);
	xmlFree(content);
	return f->keep == NULL ? CRED_FAULT_NOMEM : CRED_OK;
}

enum cred_err
element_field(const struct render_template *t, const xmlNode *text, char *id,
    const cairo_matrix_t *m, struct field *out, struct why *why)
{
	const xmlNode *n = element_innermost(text);
	struct field f = {.id = id, .line = xmlGetLineNo(text), .m = *m};
	const struct {
		const char *name;
		double *value;
	} extra[] = {
	    {"data-max-width", &f.max_width},
	    {"data-max-height", &f.max_height},
	    {"data-line-height", &f.line_height},
	    {"data-indent", &f.indent},
	};
	char *class = style_property(n, "class", true);
	enum cred_err e;

	f.line_height = DEFAULT_LINE;
	if (class != NULL) {
		free(class);
		return template_wrong(t, f.line, why,
		    TR("field \"%s\" takes its looks from a class; write them "
		       "into its own attributes (Inkscape does)",
			"栏目“%s”的外观来自 class；请写成它自己的属性"
			"（Inkscape 就是这样）"),
		    id);
	}
	if ((e = position(t, n, "x", &f.x, why)) != CRED_OK ||
	    (e = position(t, n, "y", &f.y, why)) != CRED_OK ||
	    (e = field_paint(t, n, &f, why)) != CRED_OK ||
	    (e = length_property(
		 t, n, "letter-spacing", &f.letter_spacing, why)) != CRED_OK)
		return e;
	for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
		e = element_length(t, text, extra[i].name, extra[i].value, why);
		if (e != CRED_OK)
			return e;
		if (*extra[i].value < 0)
			return template_wrong(t, f.line, why,
			    TR("field \"%s\": %s is negative",
				"栏目“%s”：%s 是负数"),
			    id, extra[i].name);
	}
	if (f.max_height > 0 && f.max_width <= 0)
		return template_wrong(t, f.line, why,
		    TR("field \"%s\" has data-max-height but no "
		       "data-max-width",
			"栏目“%s”有 data-max-height，却没有 "
			"data-max-width"),
		    id);
	f.centred = is_yes(text, "data-centred");
	f.translate = is_yes(text, "data-translate");
	e = field_script(t, text, &f, why);
	if (e != CRED_OK)
		return e;
	e = field_font(t, n, &f, why);
	if (e == CRED_OK)
		e = field_keep(text, &f);
	if (e != CRED_OK) {
		if (f.font != NULL)
			pango_font_description_free(f.font);
		return e;
	}
	*out = f;
	return CRED_OK;
}

enum cred_err
element_box(const struct render_template *t, const xmlNode *rect, char *id,
    const cairo_matrix_t *m, struct box *out, struct why *why)
{
	struct box b = {
	    .id = id, .line = xmlGetLineNo(rect), .max_version = MAX_VERSION};
	double side;
	char *s;
	enum cred_err e;

	if ((e = element_length(t, rect, "x", &b.x, why)) != CRED_OK ||
	    (e = element_length(t, rect, "y", &b.y, why)) != CRED_OK ||
	    (e = element_length(t, rect, "width", &b.w, why)) != CRED_OK ||
	    (e = element_length(t, rect, "height", &b.h, why)) != CRED_OK)
		return e;
	if (m->xy != 0 || m->yx != 0 || m->xx <= 0 || m->yy <= 0)
		return template_wrong(t, b.line, why,
		    TR("rectangle \"%s\" is rotated or mirrored",
			"矩形“%s”被旋转或镜像"),
		    id);
	cairo_matrix_transform_point(m, &b.x, &b.y);
	cairo_matrix_transform_distance(m, &b.w, &b.h);
	if (b.w <= 0 || b.h <= 0 || b.x < -0.01 || b.y < -0.01 ||
	    b.x + b.w > t->w_mm + 0.01 || b.y + b.h > t->h_mm + 0.01)
		return template_wrong(t, b.line, why,
		    TR("rectangle \"%s\" is empty or leaves the page",
			"矩形“%s”为空或超出页面"),
		    id);
	s = style_property(rect, "stroke", true);
	if (s != NULL && style_colour(s, &b.stroke) && b.stroke.a > 0) {
		b.stroke_width = 1;
		free(s);
		s = style_property(rect, "stroke-width", true);
		if (s != NULL && !style_length(s, &b.stroke_width))
			b.stroke_width = 0;
		b.stroke_width *= m->xx;
	}
	free(s);
	s = style_attr(rect, "data-max-version");
	if (s != NULL)
		b.max_version = atoi(s);
	free(s);
	if (b.max_version < 1 || b.max_version > MAX_VERSION)
		return template_wrong(t, b.line, why,
		    TR("data-max-version must be 1 to %d",
			"data-max-version 应为 1 到 %d"),
		    MAX_VERSION);
	side = (17 + 4 * b.max_version + 2 * QR_QUIET) * QR_MODULE_MM;
	if (strcmp(id, "qr") == 0 && fmin(b.w, b.h) < side - 0.005)
		return template_wrong(t, b.line, why,
		    TR("rectangle \"qr\" is %.1f × %.1f mm; a code of version "
		       "%d with its quiet zone needs %.1f mm. Enlarge it, or "
		       "give it data-max-version=\"12\" (%.1f mm) if all your "
		       "codes are that small",
			"矩形“qr”为 %.1f × %.1f mm；版本 %d 的二维码连同"
			"空白边需要 %.1f mm。请放大，或者在您的二维码都够小时"
			"加上 data-max-version=\"12\"（%.1f mm）"),
		    b.w, b.h, b.max_version, side,
		    (17 + 48 + 2 * QR_QUIET) * QR_MODULE_MM);
	*out = b;
	return CRED_OK;
}
