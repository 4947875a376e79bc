#include "qr/modules.h"

#include <stdlib.h>

#include "qr/symbol.h"

/*
 * Is every module what the standard has for the text? Those of the corrected
 * blocks and of the format are known, and those that never change; the seven
 * that are left over at most carry nothing.
 */
static bool
is_clean(const struct qr_code *c, const struct symbol *s)
{
	size_t n = (size_t)c->width * (size_t)c->width;

	for (size_t i = 0; i < n; i++) {
		int8_t want = s->sure[i] != 0 ? s->sure[i] : s->fixed[i];
		if (want != 0 && want != (c->modules[i] != 0 ? -1 : 1))
			return false;
	}
	return true;
}

enum cred_err
qr_modules_read(const struct qr_code *c, struct outbuf *out)
{
	size_t n = (size_t)c->width * (size_t)c->width;
	float *soft = malloc(n * sizeof *soft);
	struct symbol *s = malloc(sizeof *s);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (soft != NULL && s != NULL) {
		for (size_t i = 0; i < n; i++)
			soft[i] = c->modules[i] != 0 ? -1 : 1;
		e = symbol_read(soft, c->width, s) && is_clean(c, s) &&
			    s->len <= out->cap
			? CRED_OK
			: CRED_ERR_PIC_BROKEN;
	}
	if (e == CRED_OK) {
		memcpy(out->ptr, s->text, s->len);
		out->len = s->len;
	}
	free(s);
	free(soft);
	return e;
}
