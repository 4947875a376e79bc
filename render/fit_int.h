#ifndef RENDER_FIT_INT_H
#define RENDER_FIT_INT_H

#include "render/template_int.h"

/*
 * Can this value be drawn as f? What text_make() says, to the word, without
 * shaping what need not be: the width of a plain character alone and values
 * that were good before are kept with the template. A roster's row costs
 * microseconds instead of 0.4 ms.
 */
enum cred_err fit_check(struct render_template *t, const struct field *f,
    const char *value, struct why *why);

struct fit;
void fit_free(struct fit *fit);

#endif
