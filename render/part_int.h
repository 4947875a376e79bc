#ifndef RENDER_PART_INT_H
#define RENDER_PART_INT_H

#include <cairo.h>

#include "render/bind_int.h"
#include "render/render.h"
#include "render/spool_int.h"

/* Pages of a PDF that one thread draws, as cairo writes them; bind.c makes the
 * file of them. */
struct render_part {
	struct spool spool;
	cairo_surface_t *surface;
	bool ended;
	struct render_sheet sheet; /* columns 0: a page a record */
	struct render_flow flow;
	struct art **arts; /* that were drawn, and what stands for them */
	cairo_surface_t **stand_ins;
	size_t n_arts;
	struct bind_run *runs;
	size_t n_runs, cap_runs;
};

/* path: the whole's, must live as long. */
enum cred_err part_open(
    const char *path, const char *title, struct render_part **out);
/* Ends it; out borrows from p. */
enum cred_err part_bytes(
    struct render_part *p, struct bind_part *out, struct why *why);
void part_free(struct render_part *p); /* takes NULL */

#endif
