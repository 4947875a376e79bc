#ifndef RENDER_BIND_INT_H
#define RENDER_BIND_INT_H

#include "render/art_int.h"

/*
 * PDFs that cairo wrote, bound into one: each object is copied as it is and
 * gets a new number; stand-ins become the art they stand for, which is written
 * once however many parts and templates have it.
 */
struct bind_run {
	uint64_t turn; /* pages of a smaller one come before, of any part */
	size_t n;      /* pages of the part that follow each other */
};
struct bind_part {
	struct bytes pdf;
	struct art *const *arts; /* by stand-in */
	size_t n_arts;
	const struct bind_run *runs; /* all pages of the part, in its order */
	size_t n_runs;
};

/*
 * Metadata is the first part's; n at least 1. put: false when it cannot write.
 * CRED_FAULT_IO then; CRED_FAULT_RENDER when a part or an art is not as cairo
 * 1.16 writes it, CRED_FAULT_NOMEM.
 */
enum cred_err bind_write(const struct bind_part *parts, size_t n,
    bool (*put)(void *ctx, const void *data, size_t len), void *ctx);

#endif
