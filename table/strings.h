#ifndef TABLE_STRINGS_H
#define TABLE_STRINGS_H

#include "table/package.h"
#include "table/spill.h"

/*
 * The shared strings of an XLSX file, kept outside memory (spill.h). Rich text
 * is joined, phonetic help left out. A string longer than a cell may be is cut
 * off behind that length: whoever uses it finds it too long.
 */
#define STRINGS_MAX 33554432u /* strings */

struct strings {
	struct spill text, ends;
	uint32_t n;
};

enum cred_err strings_read(
    struct package *p, const char *path, struct strings *out, struct why *why);
/* String i into buf; CRED_ERR_TABLE_STRING when there is none. */
enum cred_err strings_get(struct strings *s, uint32_t i, char *buf, size_t cap,
    size_t *len, struct why *why);
void strings_release(struct strings *s);

#endif
