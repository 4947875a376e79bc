#ifndef RENDER_DOCUMENT_INT_H
#define RENDER_DOCUMENT_INT_H

#include <libxml/tree.h>

#include "render/template_int.h"

/* A template as XML, before its elements mean anything. Faults are
 * template_wrong()'s. */

/* A document of one <svg>, no DTD, so no entity; nothing fetched. */
enum cred_err document_parse(const struct render_template *t, struct bytes file,
    xmlDoc **out, struct why *why);

/* The page's size, and the matrix from its user units to millimetres. */
enum cred_err document_page(struct render_template *t, const xmlNode *svg,
    cairo_matrix_t *m, struct why *why);

/* Nothing outside the file may be drawn: not by href, not by style sheet. */
enum cred_err document_self_contained(
    const struct render_template *t, const xmlNode *n, struct why *why);

#endif
