#ifndef TESTS_KEYS_WORLD_H
#define TESTS_KEYS_WORLD_H

/* cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keys/authority.h"
#include "keys/bodyhome.h"
#include "keys/signer.h"
#include "keys/verify.h"

#define NOW         INT64_C(1763856000) /* 2025-11-23T00:00:00Z */
#define DAY         86400
#define BODY_ID     "52150000MJ00000X1X"
#define PREFIX      "S000015000123"
#define BASE        "https://jd.example.cn/"
#define NAME        "通辽市某某职业培训学校"
#define PASS_PHRASE "correct horse"

#define assert_err(got, want)                                                  \
	assert_string_equal(cred_errname(got), cred_errname(want))

static inline struct bytes
written(const struct outbuf *out)
{
	return bytes_of(out->ptr, out->len);
}

/*
 * An authority with one body, in a folder of its own, as tamga-keys makes
 * them: the body may issue kind 2 for electricians of level 3 to 5, and all of
 * kind 4.
 */
struct world {
	char dir[64];
	char authority[96], body[96], pass_file[96];
	struct pass_source pass;
	enum cose_alg alg;
	struct signer *signer;
	struct logkey *log;
	struct bytes anchor, bodies, crl; /* of pub/trust */
	struct trust *trust;
	struct why why;
};

struct world *world_new(enum cose_alg alg);
/* The same, with its body withdrawn since an hour before NOW. */
struct world *world_withdrawn(
    enum cose_alg alg, int reason, uint64_t tree_size);
void world_free(struct world *w);
/* Publish anew and load the trust list as it stands then. */
void world_reload(struct world *w, int64_t now);
/* A second body with this id and prefix, of the same scope: its home. */
void world_add_body(struct world *w, const char *home, const char *id,
    const char *prefix, enum cose_alg alg, int64_t now);
struct bytes world_read(const char *dir, const char *name);
void world_write(const char *dir, const char *name, struct bytes data);
char *world_path(const struct world *w, const char *name);

/* Claims of an electrician, level 4, that the body may sign. */
struct claims claims_plain(uint64_t index);
/* Signed; asserts success. buf: CRED_MAX_BYTES. */
struct bytes sign_claims(
    struct signer *s, const struct claims *c, uint8_t *buf);

#endif
