#ifndef TESTS_LOG_FIXTURE_H
#define TESTS_LOG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "log/log.h"

/* A log in a folder of its own, its head kept here. */
struct fixture {
	char dir[64]; /* with "log" and "pub" in it */
	char log_dir[80], pub[80];
	struct log_head head;
	struct log_ops ops;
	struct log *l;
	struct why why;
	/* What the ops do next. */
	enum cred_err fail_sign, fail_swap;
	bool swap_then_fail; /* fail_swap after the head has moved */
	uint64_t wrong_sign; /* sign for another size */
	unsigned signs, swaps;
};

struct fixture *fixture_new(void);
void fixture_free(struct fixture *f);
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

/* Entry i of every test's log. */
void entry_of(uint64_t i, uint8_t out[static TLOG_ENTRY_LEN]);
/* Append the next n of them. */
enum cred_err append_n(struct fixture *f, size_t n);
/* Root of the tree of the first n, computed on its own. */
void root_of(uint64_t n, struct tlog_hash *out);

/* A note over size and root with a signature of zeros. */
void fake_note(
    uint64_t size, const struct tlog_hash *root, struct outbuf *note);

bool exists(const char *dir, const char *name);
/* Flip one bit of a byte of a file. */
void flip(const char *dir, const char *name, long at);
/* Delete a file. */
void drop(const char *dir, const char *name);
void remove_all(const char *dir);

#define assert_ok(f, expr)                                                     \
	do {                                                                   \
		enum cred_err e_ = (expr);                                     \
		if (e_ != CRED_OK)                                             \
			print_error(                                           \
			    "%s: %s\n", cred_errname(e_), (f)->why.text);      \
		assert_int_equal(e_, CRED_OK);                                 \
	} while (0)

#endif
