#ifndef RENDER_ELEMENT_INT_H
#define RENDER_ELEMENT_INT_H

#include <libxml/tree.h>

#include "render/template_int.h"

/* Elements of a template's SVG as fields and boxes. */

bool svg_is(const xmlNode *n, const char *name);

/* CRED_FAULT_RENDER with "FILE:LINE: " before what is wrong there. */
enum cred_err template_wrong(const struct render_template *t, long line,
    struct why *why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Is there somebody to tell of this fault? Then told, and the load goes on. */
bool template_told(const struct render_template *t, enum cred_err e);

/* A length attribute; *out keeps its value when the attribute is absent. */
enum cred_err element_length(const struct render_template *t, const xmlNode *n,
    const char *name, double *out, struct why *why);

/*
 * font-family without its quotes, as pango takes it (malloc). Refused when
 * none of them is installed: another font would be put in silently.
 */
enum cred_err element_families(const struct render_template *t,
    const xmlNode *n, char **out, struct why *why);

/* A text's style may sit on the tspan that drawing programs put inside. */
const xmlNode *element_innermost(const xmlNode *text);

/* id becomes the field's or box's on success. m: its user units to mm. */
enum cred_err element_field(const struct render_template *t,
    const xmlNode *text, char *id, const cairo_matrix_t *m, struct field *out,
    struct why *why);
enum cred_err element_box(const struct render_template *t, const xmlNode *rect,
    char *id, const cairo_matrix_t *m, struct box *out, struct why *why);

#endif
