#ifndef RENDER_PRINTOUT_H
#define RENDER_PRINTOUT_H

#include "credential/bytes.h"
#include "qr/encode.h"

/*
 * A PDF that render_pdf_*() wrote, read again from its bytes: for each page
 * its code's picture and where it stands. Strict: a file of any other make, or
 * one that was changed, is CRED_ERR_PIC_FORMAT, and is for a reader of all
 * PDFs to judge. Allocates a megabyte at most.
 */
struct printout {
	struct bytes file;
	size_t table;     /* where "xref" stands */
	size_t xref;      /* its first line */
	size_t n_objects; /* in it */
	size_t catalog, pages;
	uint32_t *kids; /* the pages' objects */
	size_t n_pages;
};

/* file stays the caller's and must live as long as p. */
enum cred_err printout_open(struct bytes file, struct printout *out);
void printout_release(struct printout *p);

/* The code of a page, and the matrix that its picture is drawn with. */
struct printout_code {
	struct qr_code code; /* to be released */
	char place[80];      /* "a 0 0 d x y" in points, as it stands there */
};
/*
 * page: from 0. Every module must be one colour, the picture drawn once.
 * CRED_ERR_PIC_FORMAT when there is no such code, or more than one;
 * CRED_FAULT_NOMEM.
 */
enum cred_err printout_code(
    const struct printout *p, size_t page, struct printout_code *out);

/*
 * What makes a PDF of some of its pages: to be appended to its bytes, which
 * stay as they are (ISO 32000-1 7.5.6, an incremental update). pages: n page
 * numbers from 0. malloc.
 */
enum cred_err printout_excerpt(const struct printout *p, const size_t *pages,
    size_t n, uint8_t **out, size_t *len);

/* Pixels of a code's picture a module: 600 dpi, so that a viewer that smooths
 * pictures blurs a tenth of a module at most. Five would save 1 ms a page, and
 * ZXing then misses one in some hundred pages drawn at 150 dpi. */
#define PRINTOUT_DOTS 10

#endif
