#include "render/check_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edge/lang.h"
#include "render/element_int.h"
#include "render/label_int.h"

/* docs/templates.md */
static const char *const DATA[] = {"data-max-width", "data-max-height",
    "data-line-height", "data-indent", "data-keep", "data-max-version",
    "data-centred",
    "data-script", "data-string", "data-strings", "data-translate",
    "data-field", "data-mn-first", "data-zh-first"};

#define N(a) (sizeof(a) / sizeof(a)[0])

static void say(const struct render_template *t, bool error, const xmlNode *n,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void
say(const struct render_template *t, bool error, const xmlNode *n,
    const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->teller->tell(t->teller->ctx, error, xmlGetLineNo(n), text);
}

/* A drawing program's own attributes have a namespace or other names. */
static void
check_data(const struct render_template *t, const xmlNode *n)
{
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		const char *name = (const char *)a->name;
		bool known = false;

		if (a->ns != NULL || strncmp(name, "data-", 5) != 0)
			continue;
		for (size_t i = 0; i < N(DATA); i++)
			known = known || strcmp(name, DATA[i]) == 0;
		if (!known)
			say(t, true, n,
			    TR("there is no attribute %.60s; "
			       "docs/templates.md lists them",
				"没有属性 %.60s；可用的见 docs/templates.md"),
			    name);
	}
}

/* Ids that were meant for a rectangle, and what they were meant to be. */
static const char *
meant(const char *id)
{
	static const struct {
		const char *wrong, *right;
	} table[] = {{"qr", "qr"}, {"qrcode", "qr"}, {"qr-code", "qr"},
	    {"qr_code", "qr"}, {"qr1", "qr"}, {"code", "qr"},
	    {"photo", "photo"}, {"foto", "photo"}, {"phote", "photo"},
	    {"poto", "photo"}, {"picture", "photo"}, {"portrait", "photo"},
	    {"photo1", "photo"}, {"seal", "seal"}, {"stamp", "seal"},
	    {"二维码", "qr"}, {"照片", "photo"}, {"印章", "seal"}};

	for (size_t i = 0; i < N(table); i++)
		if (strcasecmp(id, table[i].wrong) == 0)
			return table[i].right;
	return NULL;
}

static void
check_box_id(const struct render_template *t, const xmlNode *n)
{
	char *id = style_attr(n, "id");
	const char *right = id == NULL ? NULL : meant(id);

	if (right != NULL && strcmp(id, right) == 0 && !svg_is(n, "rect"))
		say(t, true, n,
		    TR("\"%s\" is no rectangle but <%s>; draw a rectangle and "
		       "give it that id",
			"“%s”不是矩形，而是 <%s>；请画矩形并设为此 id"),
		    id, (const char *)n->name);
	else if (right != NULL && strcmp(id, right) != 0)
		say(t, true, n,
		    TR("id \"%.60s\" means nothing; is it \"%s\"?",
			"id“%.60s”没有含义；是不是“%s”？"),
		    id, right);
	free(id);
}

/* Looks that the text of a certificate does not get. */
static void
check_looks(const struct render_template *t, const xmlNode *n)
{
	static const char *const LOOKS[] = {"stroke", "text-decoration",
	    "opacity", "filter", "mask", "clip-path", "writing-mode"};

	for (size_t i = 0; i < N(LOOKS); i++) {
		char *s =
		    style_property(element_innermost(n), LOOKS[i], true);
		bool plain = s == NULL || strncmp(s, "none", 4) == 0 ||
			     strcmp(s, "1") == 0 ||
			     strcmp(s, "lr-tb") == 0 ||
			     strcmp(s, "vertical-lr") == 0 ||
			     strcmp(s, "horizontal-tb") == 0;
		if (!plain)
			say(t, false, n,
			    TR("%s: %.60s is not drawn on a field",
				"栏目不支持 %s: %.60s"),
			    LOOKS[i], s);
		free(s);
	}
	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		if (svg_is(c, "textPath"))
			say(t, false, n,
			    TR("a field does not follow a path",
				"栏目不能沿路径排列"));
}

/* Text flowed into a frame may have none. */
static bool
has_place(const xmlNode *n)
{
	static const char *const PLACE[] = {"x", "transform"};
	bool has = false;

	for (size_t i = 0; i < N(PLACE); i++) {
		char *own = style_attr(n, PLACE[i]);
		char *inner = style_attr(element_innermost(n), PLACE[i]);
		has = has || own != NULL || inner != NULL;
		free(own);
		free(inner);
	}
	return has;
}

/* Is a text with this id a field? template.c decides; here only its looks. */
static void
check_text(const struct render_template *t, const xmlNode *n)
{
	char *id = style_attr(n, "id");

	if (!has_place(n))
		say(t, template_is_field_id(id), n,
		    TR("text in a frame has no place of its own; in Inkscape: "
		       "Text, Convert to Text",
			"框内流动文字没有自己的位置；请在 Inkscape 中用"
			"“文字 → 转换为文字”"));
	if (template_is_field_id(id))
		check_looks(t, n);
	else if (!label_is(n))
		say(t, false, n,
		    TR("this text is drawn as outlines: nobody can search or "
		       "copy it",
			"这段文字将画成轮廓，无法检索和复制"));
	free(id);
}

void
check_walk(const struct render_template *t, const xmlNode *parent)
{
	if (svg_is(parent, "svg"))
		check_data(t, parent);
	for (const xmlNode *n = parent->children; n != NULL; n = n->next) {
		char *s;
		bool hidden;

		if (n->type != XML_ELEMENT_NODE)
			continue;
		s = style_property(n, "display", false);
		hidden = s != NULL && strcmp(s, "none") == 0;
		free(s);
		if (hidden)
			continue;
		check_data(t, n);
		if (svg_is(n, "flowRoot"))
			say(t, true, n,
			    TR("flowed text is not drawn at all; in Inkscape: "
			       "Text, Convert to Text",
				"流动文字不会打印；请在 Inkscape 中用"
				"“文字 → 转换为文字”"));
		else if (svg_is(n, "text"))
			check_text(t, n);
		else
			check_box_id(t, n);
		if (!svg_is(n, "text"))
			check_walk(t, n);
	}
}
