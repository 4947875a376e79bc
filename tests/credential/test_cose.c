#include "testing.h"

#include "credential/cbor.h"
#include "credential/cose.h"

#define KID   "0102030405060708"
#define HEAD  "a2012604 48" KID /* {1: -7, 4: kid} */
#define SIG_R "1111111111111111111111111111111111111111111111111111111111111111"
#define SIG_S "2222222222222222222222222222222222222222222222222222222222222222"
#define SIG   "5840" SIG_R SIG_S
#define HALF_N                                                                 \
	"7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8"

static void
check_as(const char *hex, enum cose_profile profile, enum cred_err want)
{
	uint8_t b[2048];
	struct bytes in = unhex(hex, b, sizeof(b));
	struct cose_sign1 m = {.alg = COSE_SM2};
	uint8_t *p = boxed(in);
	enum cred_err e = cose_decode(bytes_of(p, in.len), profile, &m);
	if (e != want)
		fail_msg(
		    "%s: %s, not %s", hex, cred_errname(e), cred_errname(want));
	if (e) {
		/* Nothing is written unless all is well. */
		assert_int_equal(m.alg, COSE_SM2);
		assert_null(m.payload.ptr);
	}
	free(p);
}

static void
check(const char *hex, enum cred_err want)
{
	check_as(hex, COSE_CREDENTIAL, want);
}

static const uint8_t KID_BYTES[CRED_KID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};

static void
there_and_back_as(
    enum cose_alg alg, enum cose_profile profile, const char *head)
{
	uint8_t sig[CRED_SIG_LEN], p[64], b[256], want[64];
	memset(sig, 0x11, sizeof(sig));
	struct outbuf prot = {p, sizeof(p), 0}, out = {b, sizeof(b), 0};
	assert_err(cose_protected(alg, KID_BYTES, profile, &prot), CRED_OK);
	assert_bytes(written(&prot), unhex(head, want, sizeof(want)));
	assert_err(cose_encode(written(&prot), bytes_str("payload"), sig, &out),
	    CRED_OK);
	struct cose_sign1 m;
	assert_err(cose_decode(written(&out), profile, &m), CRED_OK);
	assert_int_equal(m.alg, alg);
	assert_bytes(m.kid, bytes_of(KID_BYTES, sizeof(KID_BYTES)));
	assert_bytes(m.protect, written(&prot));
	assert_bytes(m.payload, bytes_str("payload"));
	assert_bytes(m.sig, bytes_of(sig, sizeof(sig)));
	/* Borrowed, not copied. */
	assert_true(m.payload.ptr > b && m.payload.ptr < b + out.len);
}

static void
there_and_back(void **state)
{
	(void)state;
	there_and_back_as(COSE_ES256, COSE_CREDENTIAL, HEAD);
	there_and_back_as(COSE_EDDSA, COSE_CREDENTIAL, "a2012704 48" KID);
	there_and_back_as(COSE_SM2, COSE_CREDENTIAL, "a2013a0001000004 48" KID);
	there_and_back_as(COSE_ES256, COSE_STATUSLIST,
	    "a3012604 48" KID
	    "10781a6170706c69636174696f6e2f7374617475736c6973742b637774");
}

static void
algorithms(void **state)
{
	(void)state;
	check("d2844d a2012604 48" KID "a04100" SIG, CRED_OK);
	check("d2844d a2012804 48" KID "a04100" SIG, CRED_OK); /* -9 */
	check("d2844d a2012704 48" KID "a04100" SIG, CRED_OK);
	check("d2844d a2013204 48" KID "a04100" SIG, CRED_OK); /* -19 */
	check("d28451 a2013a0001000004 48" KID "a04100" SIG, CRED_OK);
	check("d2844d a2010704 48" KID "a04100" SIG, CRED_ERR_COSE_ALG);
	check("d2844e a201382204 48" KID "a04100" SIG, CRED_ERR_COSE_ALG);
	check("d2844f a20139ffff04 48" KID "a04100" SIG, CRED_ERR_COSE_ALG);
	check("d28451 a2013a0001000104 48" KID "a04100" SIG, CRED_ERR_COSE_ALG);
	check("d2844e a201616104 48" KID "a04100" SIG, CRED_ERR_COSE_ALG);
	check("d28455 a2013bffffffffffffffff04 48" KID "a04100" SIG,
	    CRED_ERR_COSE_ALG);
	/* Present, but only unprotected: no algorithm at all. */
	check("d2844b a104 48" KID "a101264100" SIG, CRED_ERR_COSE_ALG);
	check("d28440 a04100" SIG, CRED_ERR_COSE_ALG);
	check("d28441a0 a04100" SIG, CRED_ERR_COSE_ALG);
}

static void
size(void **state)
{
	(void)state;
	static uint8_t b[CRED_MAX_BYTES + 1], payload[CRED_MAX_BYTES];
	static const uint8_t SIG0[CRED_SIG_LEN] = {1};
	struct cose_sign1 m;
	check("", CRED_ERR_COSE_SIZE);
	for (size_t n = 500; n < 520; n++) {
		uint8_t p[16];
		struct outbuf prot = {p, sizeof(p), 0};
		struct outbuf out = {b, sizeof(b), 0};
		assert_err(cose_protected(
			       COSE_EDDSA, KID_BYTES, COSE_CREDENTIAL, &prot),
		    CRED_OK);
		enum cred_err e = cose_encode(
		    written(&prot), bytes_of(payload, n), SIG0, &out);
		/* tag, array, header 14, map, payload's head 3, 66 */
		size_t len = 2 + 14 + 1 + 3 + n + 66;
		if (len > sizeof(b)) {
			assert_err(e, CRED_FAULT_SPACE);
			continue;
		}
		assert_err(e, CRED_OK);
		assert_int_equal(out.len, len);
		assert_err(cose_decode(written(&out), COSE_CREDENTIAL, &m),
		    len <= CRED_MAX_BYTES ? CRED_OK : CRED_ERR_COSE_SIZE);
	}
}

static void
envelope(void **state)
{
	(void)state;
	check("844d" HEAD "a04100" SIG, CRED_ERR_COSE_TAG);
	check("d1844d" HEAD "a04100" SIG, CRED_ERR_COSE_TAG);
	check("d83dd2844d" HEAD "a04100" SIG, CRED_ERR_COSE_TAG);
	check("d2d2844d" HEAD "a04100" SIG, CRED_ERR_COSE_ARRAY);
	check("d812844d" HEAD "a04100" SIG, CRED_ERR_CBOR_HEAD);
	check("d2834d" HEAD "a04100", CRED_ERR_COSE_ARRAY);
	check("d2854d" HEAD "a04100" SIG "00", CRED_ERR_COSE_ARRAY);
	check("d2a24d" HEAD "a04100" SIG, CRED_ERR_COSE_ARRAY);
	check("d29f4d" HEAD "a04100" SIG "ff", CRED_ERR_CBOR_INDEFINITE);
	check("d298044d" HEAD "a04100" SIG, CRED_ERR_CBOR_HEAD);
	check("d2844d" HEAD "a04100" SIG "00", CRED_ERR_CBOR_TRAILING);
	check("d284", CRED_ERR_CBOR_TRUNCATED);
	check("d2", CRED_ERR_CBOR_TRUNCATED);
}

static void
protected_header(void **state)
{
	(void)state;
	/* Not a byte string; not a map; bytes after it; not minimal. */
	check("d284" HEAD "a04100" SIG, CRED_ERR_CBOR_TYPE);
	check("d2844100 a04100" SIG, CRED_ERR_CBOR_TYPE);
	check("d2844e" HEAD "00 a04100" SIG, CRED_ERR_CBOR_TRAILING);
	check("d2844e b8020126 0448" KID "a04100" SIG, CRED_ERR_CBOR_HEAD);
	check("d284580d" HEAD "a04100" SIG, CRED_ERR_CBOR_HEAD);
	check("d2845f4d" HEAD "ff a04100" SIG, CRED_ERR_CBOR_INDEFINITE);
	/* Order and repetition. */
	check("d2844d a20448" KID "0126 a04100" SIG, CRED_ERR_CBOR_ORDER);
	check(
	    "d2844f a3012601260448" KID "a04100" SIG, CRED_ERR_CBOR_DUPLICATE);
	/* Parameters the profile lacks: crit, content type, typ, text. */
	check("d28451 a301260281040448" KID "a04100" SIG, CRED_ERR_COSE_HEADER);
	check("d2844f a3012603000448" KID "a04100" SIG, CRED_ERR_COSE_HEADER);
	check("d2844f a301260448" KID "1000 a04100" SIG, CRED_ERR_COSE_HEADER);
	check(
	    "d28450 a301260448" KID "616100 a04100" SIG, CRED_ERR_COSE_HEADER);
	/* kid */
	check("d28443 a10126 a04100" SIG, CRED_ERR_COSE_KID);
	check("d28443 a10126 a10448" KID "4100" SIG, CRED_ERR_COSE_KID);
	check("d2844c a201260447 01020304050607 a04100" SIG, CRED_ERR_COSE_KID);
	check("d2844e a201260449 010203040506070809 a04100" SIG,
	    CRED_ERR_COSE_KID);
	check("d28445 a201260440 a04100" SIG, CRED_ERR_COSE_KID);
	check("d2844d a201260468" KID "a04100" SIG, CRED_ERR_COSE_KID);
	check("d28445 a201260401 a04100" SIG, CRED_ERR_COSE_KID);
	/* The header ends inside. */
	check("d2844c a201260448 01020304050607 a04100" SIG,
	    CRED_ERR_CBOR_TRUNCATED);
}

static void
unprotected_header(void **state)
{
	(void)state;
	check("d2844d" HEAD "a10126 4100" SIG, CRED_ERR_COSE_UNPROTECTED);
	check("d2844d" HEAD "a10448" KID "4100" SIG, CRED_ERR_COSE_UNPROTECTED);
	check("d2844d" HEAD "a1182103 4100" SIG, CRED_ERR_COSE_UNPROTECTED);
	check("d2844d" HEAD "80 4100" SIG, CRED_ERR_CBOR_TYPE);
	check("d2844d" HEAD "f6 4100" SIG, CRED_ERR_CBOR_SIMPLE);
	check("d2844d" HEAD "bfff 4100" SIG, CRED_ERR_CBOR_INDEFINITE);
	check("d2844d" HEAD "b800 4100" SIG, CRED_ERR_CBOR_HEAD);
}

static void
payload(void **state)
{
	(void)state;
	check("d2844d" HEAD "a0 f6" SIG, CRED_ERR_COSE_PAYLOAD);
	check("d2844d" HEAD "a0 40" SIG, CRED_ERR_COSE_PAYLOAD);
	check("d2844d" HEAD "a0 f5" SIG, CRED_ERR_CBOR_SIMPLE);
	check("d2844d" HEAD "a0 6161" SIG, CRED_ERR_CBOR_TYPE);
	check("d2844d" HEAD "a0 5f4100ff" SIG, CRED_ERR_CBOR_INDEFINITE);
	check("d2844d" HEAD "a0 580100" SIG, CRED_ERR_CBOR_HEAD);
	check("d2844d" HEAD "a0 58ff00" SIG, CRED_ERR_CBOR_TRUNCATED);
}

static void
signature(void **state)
{
	(void)state;
	check("d2844d" HEAD "a04100 583f" SIG_R
	      "22222222222222222222222222222222222222222222222222222222222222",
	    CRED_ERR_COSE_SIG_LEN);
	check("d2844d" HEAD "a04100 5841" SIG_R SIG_S "00",
	    CRED_ERR_COSE_SIG_LEN);
	check("d2844d" HEAD "a04100 40", CRED_ERR_COSE_SIG_LEN);
	check("d2844d" HEAD "a04100 f6", CRED_ERR_CBOR_SIMPLE);
	check("d2844d" HEAD "a04100 80", CRED_ERR_CBOR_TYPE);
	check("d2844d" HEAD "a04100 5840" SIG_R, CRED_ERR_CBOR_TRUNCATED);
}

/* The largest low s is n / 2 rounded down; Ed25519 and SM2 have no such rule.
 */
static void
low_s(void **state)
{
	(void)state;
	check("d2844d" HEAD "a04100 5840" SIG_R HALF_N, CRED_OK);
	check("d2844d" HEAD "a04100 5840" SIG_R "7fffffff800000007fffffffffff"
	      "ffffde737d56d38bcf4279dce5617e3192a9",
	    CRED_ERR_COSE_HIGH_S);
	check("d2844d a2012804 48" KID "a04100 5840" SIG_R
	      "80000000000000000000000000000000000000000000000000000000000000"
	      "00",
	    CRED_ERR_COSE_HIGH_S);
	check("d2844d a2012704 48" KID "a04100 5840" SIG_R
	      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	      "ff",
	    CRED_OK);
	check("d28451 a2013a0001000004 48" KID "a04100 5840" SIG_R
	      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	      "ff",
	    CRED_OK);
}

static void
make_low(const char *s, const char *want)
{
	uint8_t sig[CRED_SIG_LEN], w[32];
	memset(sig, 0x33, 32);
	unhex(s, sig + 32, 32);
	cose_es256_low_s(sig);
	assert_bytes(bytes_of(sig + 32, 32), unhex(want, w, 32));
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(sig[i], 0x33);
}

static void
make_s_low(void **state)
{
	(void)state;
	make_low(SIG_S, SIG_S);
	make_low(HALF_N, HALF_N);
	/* n - (n / 2 + 1) = n / 2, n being odd; n - (n - 1) = 1. */
	make_low(
	    "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9",
	    HALF_N);
	make_low(
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
	    "0000000000000000000000000000000000000000000000000000000000000001");
	/* Not a signature's s: left for the verifier. */
	make_low(
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
}

static void
status_list(void **state)
{
	(void)state;
#define TYP "781a6170706c69636174696f6e2f7374617475736c6973742b637774"
	check_as("d284582a a301260448" KID "10" TYP "a04100" SIG,
	    COSE_STATUSLIST, CRED_OK);
	check_as(
	    "d2844d" HEAD "a04100" SIG, COSE_STATUSLIST, CRED_ERR_COSE_TYP);
	check_as("d284582a a301260448" KID "10" TYP "a04100" SIG,
	    COSE_CREDENTIAL, CRED_ERR_COSE_HEADER);
	check_as("d2844f a301260448" KID "1000 a04100" SIG, COSE_STATUSLIST,
	    CRED_ERR_COSE_TYP);
	check_as("d28450 a301260448" KID "106161 a04100" SIG, COSE_STATUSLIST,
	    CRED_ERR_COSE_TYP);
	check_as("d28450 a301260448" KID "1061ff a04100" SIG, COSE_STATUSLIST,
	    CRED_ERR_CBOR_UTF8);
	check_as("d28450 a301260448" KID "111819 a04100" SIG, COSE_STATUSLIST,
	    CRED_ERR_COSE_HEADER);

	struct cose_sign1 m;
	uint8_t *big = calloc(1, STATUSLIST_TOKEN_MAX + 1);
	assert_non_null(big);
	assert_err(cose_decode(bytes_of(big, STATUSLIST_TOKEN_MAX + 1),
		       COSE_STATUSLIST, &m),
	    CRED_ERR_COSE_SIZE);
	assert_err(cose_decode(bytes_of(big, STATUSLIST_TOKEN_MAX),
		       COSE_STATUSLIST, &m),
	    CRED_ERR_COSE_TAG);
	free(big);
}

static void
to_be_signed(void **state)
{
	(void)state;
	uint8_t b[CRED_MAX_TBS], want[64], head[16];
	struct outbuf out = {b, sizeof(b), 0};
	assert_err(
	    cose_tbs(unhex(HEAD, head, sizeof(head)), bytes_str("x"), &out),
	    CRED_OK);
	assert_bytes(
	    written(&out), unhex("846a5369676e617475726531 4d" HEAD "40 4178",
			       want, sizeof(want)));
	/* The longest credential's fits CRED_MAX_TBS; payload + protected + 32
	 * is always enough. */
	static const uint8_t LONG[CRED_MAX_BYTES];
	out = (struct outbuf){b, sizeof(LONG) + 13 + 32, 0};
	assert_true(out.cap <= sizeof(b));
	assert_err(
	    cose_tbs(bytes_of(head, 13), bytes_of(LONG, sizeof(LONG)), &out),
	    CRED_OK);
	for (size_t cap = 0; cap < 29; cap++) {
		out = (struct outbuf){b, cap, 0};
		assert_err(cose_tbs(bytes_of(head, 13), bytes_str("x"), &out),
		    CRED_FAULT_SPACE);
	}
}

#define GOOD "d2844d" HEAD "a0 450102030405" SIG

static void
every_truncation(void **state)
{
	(void)state;
	uint8_t b[256];
	struct bytes in = unhex(GOOD, b, sizeof(b));
	struct cose_sign1 m;
	assert_err(cose_decode(in, COSE_CREDENTIAL, &m), CRED_OK);
	for (size_t n = 0; n < in.len; n++) {
		uint8_t *p = boxed(bytes_of(b, n));
		assert_err(cose_decode(bytes_of(p, n), COSE_CREDENTIAL, &m),
		    n == 0 ? CRED_ERR_COSE_SIZE : CRED_ERR_CBOR_TRUNCATED);
		free(p);
	}
}

/* Each bit belongs to something: it is refused, or means something else. */
static void
every_bit(void **state)
{
	(void)state;
	uint8_t b[256];
	struct bytes in = unhex(GOOD, b, sizeof(b));
	struct cose_sign1 good, m;
	size_t decoded = 0;
	uint8_t copy[256];
	memcpy(copy, b, in.len);
	assert_err(cose_decode(bytes_of(copy, in.len), COSE_CREDENTIAL, &good),
	    CRED_OK);
	for (size_t bit = 0; bit < in.len * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		enum cred_err e = cose_decode(in, COSE_CREDENTIAL, &m);
		assert_true(e == CRED_OK || cred_is_refusal(e));
		if (!e) {
			decoded++;
			assert_false(m.alg == good.alg &&
				     bytes_eq(m.kid, good.kid) &&
				     bytes_eq(m.payload, good.payload) &&
				     bytes_eq(m.sig, good.sig));
		}
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* kid, payload, signature but s's top bit, and -7 to -8 */
	assert_int_equal(decoded, 8 * 8 + 5 * 8 + 64 * 8 - 1 + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(algorithms),
	    cmocka_unit_test(size),
	    cmocka_unit_test(envelope),
	    cmocka_unit_test(protected_header),
	    cmocka_unit_test(unprotected_header),
	    cmocka_unit_test(payload),
	    cmocka_unit_test(signature),
	    cmocka_unit_test(low_s),
	    cmocka_unit_test(make_s_low),
	    cmocka_unit_test(status_list),
	    cmocka_unit_test(to_be_signed),
	    cmocka_unit_test(every_truncation),
	    cmocka_unit_test(every_bit),
	};
	return cmocka_run_group_tests_name("cose", tests, NULL, NULL);
}
