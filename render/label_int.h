#ifndef RENDER_LABEL_INT_H
#define RENDER_LABEL_INT_H

#include <libxml/tree.h>

#include "render/template_int.h"

/* Texts of a template that are the same on every page. */

/* A text of one line, or of tspans with places of their own, one a line, that
 * text.c can draw? All others are left to librsvg. */
bool label_is(const xmlNode *text);
enum cred_err label_take(struct render_template *t, const xmlNode *text,
    const cairo_matrix_t *m, struct why *why);
/* All of them; cr in points, NULL: only whether they could be. */
enum cred_err label_draw(
    const struct render_template *t, cairo_t *cr, struct why *why);

#endif
