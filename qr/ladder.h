#ifndef QR_LADDER_H
#define QR_LADDER_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "qr/image.h"

/*
 * QR codes out of grey pixels: one decoder (zbar) under a ladder of
 * preparations, from the cheapest to the dearest, that ends at the first rung
 * that reads something. Opens nothing, knows no clock but the caller's; runs in the
 * jailed child.
 */
struct ladder_ops {
	void *ctx;
	/* One complete text. The bytes live until it returns. The same text
	 * may come more than once. */
	void (*found)(void *ctx, struct bytes text);
	/* Seconds that may still be spent. Asked again and again, also for
	 * how long a step took, from which it is guessed whether the next one
	 * still fits; NULL: as many as it takes. The first rung is climbed
	 * whatever it answers. */
	double (*left)(void *ctx);
	/* Which rung is tried, for measuring; may be NULL. */
	void (*rung)(void *ctx, const char *name);
};

/*
 * *n: texts told to ops->found; 0 when no rung reads any. A picture without
 * pixels has no code. CRED_FAULT_NOMEM; nothing else fails.
 */
enum cred_err ladder_read(
    const struct gray *img, const struct ladder_ops *ops, size_t *n);

#endif
