#ifndef ISSUER_LAYOUT_H
#define ISSUER_LAYOUT_H

#include "issuer/kind.h"
#include "render/render.h"

/* What must be on a certificate's page (domain.md 1.4, 2.1, 3): fields by id,
 * rectangles, words. */

/* Every id that a certificate fills; NULL at the end. */
const char *layout_id(size_t i);
/* The known id that a misspelt one is nearest to; NULL: none is near. */
const char *layout_near(const char *id);

/* The kind that t looks most like. */
enum kind layout_kind(const struct render_template *t);
/* Each told as an error or warning: what t lacks for the kind, what it has
 * that nothing fills, what may not be printed. */
void layout_check(const struct render_template *t, enum kind kind,
    render_tell *tell, void *ctx);

#endif
