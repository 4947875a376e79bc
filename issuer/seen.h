#ifndef ISSUER_SEEN_H
#define ISSUER_SEEN_H

#include "edge/why.h"
#include <stddef.h>
#include <stdint.h>

/*
 * Which things a roster has named already, and in which row: 20 bytes each,
 * for a million rows. What is kept is a SHA-256 keyed by chance, cut to 16
 * bytes: two different things that look the same are not to be had.
 */
struct seen;

enum cred_err seen_open(struct seen **out);
void seen_close(struct seen *s);

/* Text after text, then seen_row(). */
enum cred_err seen_begin(struct seen *s);
enum cred_err seen_add(struct seen *s, const void *p, size_t len);
/* What was added since seen_begin() stands in row: *first is the row that had
 * it before, or row itself. */
enum cred_err seen_row(struct seen *s, uint32_t row, uint32_t *first);

#endif
