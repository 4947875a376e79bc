#ifndef RENDER_PAGE_INT_H
#define RENDER_PAGE_INT_H

#include "qr/encode.h"
#include "render/photo_int.h"
#include "render/text_int.h"

/* All that a page needs, made before the first stroke. */
struct page {
	struct text *texts;
	size_t n_texts;
	struct qr_code qr;
	const struct box *qr_box;
	struct photo photo;
	const struct box *photo_box;
};

/* As render_pdf_page() says. */
enum cred_err page_make(struct render_template *t,
    const struct render_record *rec, struct page *out, struct why *why);
/* Onto art; cr in points, origin at the page's top left. */
enum cred_err page_draw(
    cairo_t *cr, cairo_surface_t *art, const struct page *pg);
void page_release(struct page *pg);

#endif
