#ifndef RENDER_CHECK_INT_H
#define RENDER_CHECK_INT_H

#include <libxml/tree.h>

#include "render/template_int.h"

/* Before the load takes the document apart: tells t->teller of what is no
 * fault but does not come out as drawn, or is misspelt. */
void check_walk(const struct render_template *t, const xmlNode *parent);

#endif
