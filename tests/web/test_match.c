#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "keys/trust.h"
#include "verifier/match.h"

#define HOLDER "150102199001010019"
#define OTHER  "150102199001010027"
#define COSE   "the bytes of a certificate"

static struct body body = {.kid = {1, 2, 3, 4, 5, 6, 7, 8}};
static struct why why;

/* A certificate of HOLDER that may be shown. */
static void
shown(struct verification *v)
{
	uint8_t buf[ID_CHECK_MAX], hash[32];
	struct outbuf in = {buf, sizeof buf, 0};

	memset(v, 0, sizeof *v);
	memcpy(v->cose, COSE, sizeof COSE - 1);
	v->verdict.show = true;
	v->verdict.body = &body;
	assert_int_equal(
	    id_check_input(body.kid, 0, bytes_str(HOLDER), &in), CRED_OK);
	trust_sha256(hash, bytes_of(buf, in.len), (struct bytes){0});
	v->cred.claims.cert.id_check = id_check_value(hash);
}

static void
is(struct registry *r, const struct verification *v, const char *id,
    enum match_method method, bool same)
{
	struct match m = {MATCH_NONE, !same};

	assert_int_equal(match_id(r, v, bytes_str(id), &m, &why), CRED_OK);
	assert_int_equal(m.method, method);
	assert_int_equal(m.same, same);
}

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *w)
{
	static char name[] = "n", number[] = HOLDER, work[] = "o";

	(void)ctx;
	(void)r;
	(void)i;
	(void)w;
	out->kind = KIND_OPERATION;
	out->name = name;
	out->id_number = number;
	out->id_type = ID_RESIDENT;
	out->occupation = work;
	out->payload = bytes_str("p");
	return CRED_OK;
}

static struct registry *
registry_with(const char *cose)
{
	struct reservation row = {.row = 2, .row_key = {1}};
	struct registry *r = NULL;
	uint64_t index = 0;
	struct bytes credential = bytes_str(cose);

	assert_int_equal(
	    registry_open("memory:", REGISTRY_WRITE, &r, &why), CRED_OK);
	assert_int_equal(
	    registry_reserve(r, "b", &row, 1, 1, fill, NULL, &why), CRED_OK);
	if (*cose != '\0')
		assert_int_equal(
		    registry_store(r, &index, &credential, 1, 1, &why),
		    CRED_OK);
	return r;
}

static void
by_digest(void **state)
{
	static struct verification v;

	(void)state;
	shown(&v);
	is(NULL, &v, HOLDER, MATCH_DIGEST, true);
	is(NULL, &v, " 150102-19900101 0019\n", MATCH_DIGEST, true);
	is(NULL, &v, OTHER, MATCH_DIGEST, false);
	v.verdict.show = false; /* forged: nothing of it is compared */
	is(NULL, &v, HOLDER, MATCH_NONE, false);
}

static void
no_number(void **state)
{
	static struct verification v;
	struct match m = {MATCH_EXACT, true};
	char longer[300];

	(void)state;
	shown(&v);
	memset(longer, '1', sizeof longer);
	for (size_t i = 0; i < 4; i++) {
		struct bytes id[] = {bytes_str(""), bytes_str("王小明"),
		    bytes_of(longer, 33), bytes_of(longer, sizeof longer)};
		assert_int_equal(
		    match_id(NULL, &v, id[i], &m, &why), CRED_ERR_CLAIMS_ID);
	}
	assert_int_equal(m.method, MATCH_EXACT); /* not written */
}

static void
by_register(void **state)
{
	static struct verification v;
	struct registry *r = registry_with(COSE);

	(void)state;
	shown(&v);
	is(r, &v, HOLDER, MATCH_EXACT, true);
	is(r, &v, OTHER, MATCH_EXACT, false);
	is(r, &v, HOLDER "0", MATCH_EXACT, false);
	v.cred.claims.cert.id_check ^=
	    1; /* the register's word is the better */
	is(r, &v, HOLDER, MATCH_EXACT, true);
	v.cred.claims.cert.index = 1; /* no such index */
	is(r, &v, HOLDER, MATCH_DIGEST, false);
	registry_close(r);
}

/* Another body's register, or one that has not signed yet. */
static void
by_no_register(void **state)
{
	static struct verification v;
	static const char *const others[] = {"other bytes", COSE "x", ""};

	(void)state;
	shown(&v);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct registry *r = registry_with(others[i]);

		is(r, &v, HOLDER, MATCH_DIGEST, true);
		is(r, &v, OTHER, MATCH_DIGEST, false);
		registry_close(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_digest),
	    cmocka_unit_test(no_number),
	    cmocka_unit_test(by_register),
	    cmocka_unit_test(by_no_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
