#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/scale_people.h"
#include "issuer/home.h"
#include "registry/copy_int.h"
#include "registry/ledger.h"

/* For bench-scale: large registries, and what one operation costs in them. */

/* scale_bulk.c: rows into a new, empty registry past everything that makes a
 * registry durable. */
struct bulk;
struct bulk *bulk_open(const char *spec);
/* Tables one after the other, in the order of registry_tables. */
void bulk_put(struct bulk *b, const char *table, const struct cell *cells);
void bulk_close(struct bulk *b);

static inline struct cell
cell_int(int64_t v)
{
	return (struct cell){.number = v};
}

static inline struct cell
cell_text(const char *s)
{
	return (struct cell){.null = s == NULL,
	    .bytes = s != NULL ? bytes_str(s) : (struct bytes){0}};
}

static inline struct cell
cell_blob(const void *p, size_t n)
{
	return (struct cell){.bytes = bytes_of(p, n)};
}

/* scale_make.c: certificate i, whose encoding is whole and whose signature is
 * noise. Of i alone, so that whoever asks later knows what there is. */
#define SCALE_BATCH 5000 /* certificates a batch */
struct made {
	char number[CLAIMS_MAX_NUMBER + 1], id[20];
	const char *name, *occupation, *code;
	uint8_t level;
	int32_t issued;
	uint8_t payload[CRED_MAX_BYTES], credential[CRED_MAX_BYTES];
	size_t payload_len, credential_len;
};
void made_of(uint64_t i, const uint8_t kid[static CRED_KID_LEN],
    struct made *out);
/* The same with another index and number, for what is issued while measuring.
 */
void made_as(uint64_t i, uint64_t index, const char *number,
    const uint8_t kid[static CRED_KID_LEN], struct made *out);
void made_series(uint64_t batch, char out[static 17]);
enum status_value made_status(uint64_t i);

/* scale_fill.c, scale_measure.c */
int scale_fill(int argc, char **argv);
int scale_measure(int argc, char **argv);

#endif
