#include "render/document_int.h"

#include <libxml/parser.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "render/element_int.h"

#define MAX_SIDE_MM 1200.0 /* A0 */

static void
silent(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
}

enum cred_err
document_parse(const struct render_template *t, struct bytes file, xmlDoc **out,
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
document_page(struct render_template *t, const xmlNode *svg, cairo_matrix_t *m,
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

enum cred_err
document_self_contained(
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
