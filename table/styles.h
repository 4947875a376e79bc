#ifndef TABLE_STYLES_H
#define TABLE_STYLES_H

#include "table/package.h"

/* Which cell formats show dates. */
#define STYLES_MAX 65536 /* cell formats, and number formats */

struct styles {
	uint8_t date[STYLES_MAX / 8]; /* bits by number of the cell format */
};

/* *out must be zeroed: no style is a date. */
enum cred_err styles_read(
    struct package *p, const char *path, struct styles *out, struct why *why);
bool styles_is_date(const struct styles *s, uint32_t format);

#endif
