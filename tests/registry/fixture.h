#ifndef TESTS_REGISTRY_FIXTURE_H
#define TESTS_REGISTRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "registry/registry.h"

#define NOW INT64_C(1763856000) /* 2025-11-23 */

/* A registry of its own in a folder of its own. */
struct fixture {
	char dir[64];
	char spec[256];
	struct registry *r;
	struct why why;
};

/* engine is "memory:", "sqlite:" (then DIR/registry.db) or "postgresql:" (a
 * new schema in a server of the program's own). */
struct fixture *fixture_new(const char *engine);
void fixture_free(struct fixture *f);
/* Close and open again; nothing for memory. */
void fixture_reopen(struct fixture *f);
bool fixture_is_memory(const struct fixture *f);

/* What the rows of a test want; fill_plain() builds it. */
struct plan {
	const char *name, *id_number, *code, *occupation;
	enum kind kind;
	uint8_t level;
	const char *number;   /* else series and six digits of the serial */
	struct bytes payload; /* of every row; len 0: "payload-<index>" */
	size_t refuse_at;     /* this row is refused; SIZE_MAX: none */
	unsigned calls;
	char numbers[4096][32];
	char ids[4096][24];
	uint8_t payloads[4096][16];
};
struct plan *plan_new(void);
registry_fill_fn fill_plain;

/* key[0..3] = n, so that rows differ. */
void row_init(struct reservation *r, uint32_t n, const char *series);
/* Reserve n plain rows of a batch, row numbers from first on. */
void reserve_n(struct registry *r, const char *batch, uint32_t first, size_t n,
    uint64_t *first_index);
/* Store "cred-<index>" for indexes [from, from + n). */
void store_n(struct registry *r, uint64_t from, size_t n);
/* Swap the head from one size to the next with a root made of the size. */
enum cred_err swap(
    struct registry *r, uint64_t from, uint64_t to, struct why *why);

/* Entries' texts are not const, the tests' are. */
static inline char *
unconst_text(const char *p)
{
	return (char *)(uintptr_t)p;
}

#define assert_ok(f, expr)                                                     \
	do {                                                                   \
		enum cred_err e_ = (expr);                                     \
		if (e_ != CRED_OK)                                             \
			print_error(                                           \
			    "%s: %s\n", cred_errname(e_), (f)->why.text);      \
		assert_int_equal(e_, CRED_OK);                                 \
	} while (0)

#endif
