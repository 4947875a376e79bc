#ifndef RENDER_TEXT_INT_H
#define RENDER_TEXT_INT_H

#include "render/template_int.h"

/* A field's value, shaped and measured: ready to be drawn, nothing can fail
 * any more. */
struct text {
	const struct field *field;
	PangoLayout *layout; /* NULL: empty, draws nothing */
	double shrink;       /* 0.6..1 */
};

/*
 * CRED_ERR_DOMAIN_FORM: not UTF-8, a control character, a character that no
 * font has, or too long even at 60 %; why names field, text and remedy.
 */
enum cred_err text_make(const struct render_template *t, const struct field *f,
    const char *value, struct text *out, struct why *why);
/* Points in one user unit of the field. */
double text_scale(const struct field *f);
/* cr in points, origin at the page's top left. */
void text_draw(cairo_t *cr, const struct text *x);
void text_release(struct text *x);

#endif
