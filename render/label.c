#include "render/label_int.h"

#include <stdlib.h>
#include <string.h>

#include "render/element_int.h"
#include "render/text_int.h"

/* Only characters in it, and nothing that text.c cannot draw? */
static bool
is_plain(const xmlNode *n)
{
	static const char *const BEYOND[] = {
	    "dx", "dy", "rotate", "textLength"};
	static const char *const INHERITED[] = {"class", "stroke",
	    "writing-mode", "text-decoration", "opacity", "filter", "mask",
	    "clip-path", "display", "visibility"};

	for (size_t i = 0; i < sizeof BEYOND / sizeof BEYOND[0]; i++) {
		if (xmlHasProp(n, (const xmlChar *)BEYOND[i]) != NULL)
			return false;
	}
	for (size_t i = 0; i < sizeof INHERITED / sizeof INHERITED[0]; i++) {
		char *s = style_property(n, INHERITED[i], true);
		bool unset = s == NULL || strcmp(s, "none") == 0 ||
			     strcmp(s, "inline") == 0 ||
			     strcmp(s, "visible") == 0 ||
			     strcmp(s, "vertical-lr") == 0 ||
			     strcmp(s, "horizontal-tb") == 0 ||
			     strcmp(s, "1") == 0;
		free(s);
		if (!unset)
			return false;
	}
	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		if (c->type != XML_TEXT_NODE && c->type != XML_COMMENT_NODE)
			return false;
	}
	return true;
}

bool
label_is(const xmlNode *text)
{
	bool lines = false;

	if (is_plain(text))
		return true;
	for (const xmlNode *c = text->children; c != NULL; c = c->next) {
		if (c->type == XML_TEXT_NODE && xmlIsBlankNode(c))
			continue;
		if (!svg_is(c, "tspan") || !is_plain(c))
			return false;
		if (lines && (xmlHasProp(c, (const xmlChar *)"x") == NULL ||
				 xmlHasProp(c, (const xmlChar *)"y") == NULL))
			return false;
		lines = true;
	}
	return lines;
}

static enum cred_err
add_label(struct render_template *t, const xmlNode *n, const cairo_matrix_t *m,
    struct why *why)
{
	struct label *more =
	    template_grown(t->labels, t->n_labels, sizeof *more);
	xmlChar *content = xmlNodeGetContent(n);
	struct label *l;
	char *id;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (more == NULL || content == NULL)
		goto out;
	t->labels = more;
	l = &t->labels[t->n_labels];
	l->text = template_collapsed((const char *)content);
	if (l->text == NULL)
		goto out;
	t->n_labels++; /* the template's to free, filled or not */
	id = strdup("label");
	e = id == NULL ? CRED_FAULT_NOMEM
		       : element_field(t, n, id, m, &l->field, why);
	if (e != CRED_OK)
		free(id);
out:
	xmlFree(content);
	return e;
}

enum cred_err
label_take(struct render_template *t, const xmlNode *text,
    const cairo_matrix_t *m, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (is_plain(text))
		return add_label(t, text, m, why);
	for (const xmlNode *c = text->children; c != NULL && e == CRED_OK;
	     c = c->next) {
		if (svg_is(c, "tspan"))
			e = add_label(t, c, m, why);
	}
	return e;
}

enum cred_err
label_draw(const struct render_template *t, cairo_t *cr, struct why *why)
{
	for (size_t i = 0; i < t->n_labels; i++) {
		const struct label *l = &t->labels[i];
		struct why inner = {""};
		struct text x;

		if (text_make(t, &l->field, l->text, &x, &inner) != CRED_OK) {
			enum cred_err e = template_wrong(
			    t, l->field.line, why, "%s", inner.text);
			if (!template_told(t, e))
				return e;
			continue;
		}
		if (cr != NULL)
			text_draw(cr, &x);
		text_release(&x);
	}
	return CRED_OK;
}
