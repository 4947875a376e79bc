#ifndef RENDER_CELL_INT_H
#define RENDER_CELL_INT_H

#include "render/photo_int.h"

/*
 * Photos come from outside. Each is decoded in a child of its own in qr/'s
 * jail, which can touch nothing; in this process nobody looks at more of it
 * than the first bytes of what the child answers. The zygote that forks these
 * children is started with the first photo and ends with this process.
 */

/*
 * photo_prepare() in the child. Safe from several threads. CRED_FAULT_JAIL
 * when the kernel lacks the jail; CRED_FAULT_RENDER when the child died of
 * the photo.
 */
enum cred_err cell_prepare(struct bytes file, double want_w, double want_h,
    uint8_t **jpeg, size_t *len, struct photo *p, struct why *why);

/* A test's own act in the child, before the decoding. Before the first photo.
 */
void cell_set_hook(void (*hook)(struct bytes file));

#endif
