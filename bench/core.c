/*
 * bench-core HOME ANCHOR PASS-FILE [NAME]; with a NAME only its signatures.
 * Core verification against raw EVP, and issuing's signature against raw EVP.
 * bench-core HOME ANCHOR PASS-FILE: HOME is a body's home.
 */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "bench/pair.h"
#include "edge/file.h"
#include "keys/signer.h"
#include "keys/verify.h"

static void
must(enum cred_err e, const struct why *why)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "bench-core: %s: %s\n", cred_errname(e), why->text);
	exit(2);
}

/* Status and log that say yes at once: what is measured is the core. */
static void
good_status(void *ctx, const struct body *body, uint64_t index,
    struct status_fact *out)
{
	const int64_t *now = ctx;

	(void)body;
	(void)index;
	*out = (struct status_fact){.value = STATUS_VALID, .iat = *now - 60,
	    .exp = *now + 3600};
}

static void
good_log(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	(void)entry;
	*out = (struct log_fact){.state = LOG_SAME, .size = 1};
}

struct sides {
	struct trust *trust, *evp_trust;
	struct evidence ev;
	struct verify_opts opts;
	struct bytes text;
	EVP_MD_CTX *proto, *use;
	uint8_t tbs[CRED_MAX_TBS], der[80];
	size_t tbs_len, der_len;
	struct signer *signer;
	struct bytes payload;
	EVP_MD_CTX *sign_proto;
};

static void
verify_with(const struct trust *trust, struct sides *s)
{
	static struct verification v;

	if (verify_text(trust, &s->ev, s->text, &s->opts, &v) != CRED_OK ||
	    v.verdict.status != VERDICT_STATUS_UNKNOWN)
		exit(2);
}

static void
ours_verify(void *ctx)
{
	struct sides *s = ctx;

	verify_with(s->trust, s);
}

/* The same without tables of the issuer's key. */
static void
ours_verify_evp(void *ctx)
{
	struct sides *s = ctx;

	verify_with(s->evp_trust, s);
}

static void
raw_verify(void *ctx)
{
	struct sides *s = ctx;

	if (EVP_MD_CTX_copy_ex(s->use, s->proto) != 1 ||
	    EVP_DigestVerify(s->use, s->der, s->der_len, s->tbs, s->tbs_len) !=
		1)
		exit(2);
}

static void
ours_sign(void *ctx)
{
	struct sides *s = ctx;
	uint8_t buf[CRED_MAX_BYTES];
	struct outbuf out = {buf, sizeof buf, 0};
	struct why why;

	must(signer_credential(s->signer, s->payload, &out, &why), &why);
}

static void
raw_sign(void *ctx)
{
	struct sides *s = ctx;
	uint8_t sig[80];
	size_t len = sizeof sig;

	if (EVP_MD_CTX_copy_ex(s->use, s->sign_proto) != 1 ||
	    EVP_DigestSign(s->use, sig, &len, s->tbs, s->tbs_len) != 1)
		exit(2);
}

static void
compare(struct sides *s, void (*ours)(void *), void (*raw)(void *),
    const char *name, const char *raw_name)
{
	bench_pair((struct bench_side){name, ours, s},
	    (struct bench_side){raw_name, raw, s});
}

/* A payload of the usual size for this body. */
static struct bytes
make_payload(struct signer *signer, int64_t now, uint8_t *buf, size_t cap)
{
	struct outbuf out = {buf, cap, 0};
	char number[23];
	int32_t issued = 18443; /* 2020-06-30 */
	struct why why = {""};
	struct claims c = {.iat = now, .cert = {.index = 17, .kind = KIND_LEVEL,
	    .name = bytes_str("乌云其木格"), .id_type = ID_RESIDENT,
	    .id_check = 0xabc, .occupation = bytes_str("电工"),
	    .code = bytes_str("6-31-01-03"), .level = 4, .issued = issued}};

	snprintf(number, sizeof number, "%s%s", signer_scope(signer)->prefix,
	    "204000017");
	c.cert.number = bytes_str(number);
	must(claims_encode(&c, &out), &why);
	return bytes_of(buf, out.len);
}

static EVP_PKEY *
new_key(void)
{
	return EVP_EC_gen("P-256");
}

int
main(int argc, char **argv)
{
	struct sides s = {0};
	struct why why = {""};
	uint8_t *pem, *anchor, buf[CRED_MAX_BYTES], text[2048], payload[600];
	size_t pem_len, anchor_len;
	struct outbuf cose = {buf, sizeof buf, 0}, qr = {text, sizeof text, 0};
	struct pass_source pass = {.fd = -1};
	struct trust_files files = {0};
	char *key, *cert;
	int64_t now = time(NULL);
	EVP_PKEY *raw = new_key();
	struct credential cred;
	struct outbuf tbs = {s.tbs, sizeof s.tbs, 0};

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: bench-core HOME ANCHOR PASS-FILE [NAME]\n");
		return 2;
	}
	pass.file = argv[3];
	key = file_join(argv[1], "body.key");
	cert = file_join(argv[1], "body.pem");
	must(file_read(cert, 65536, &pem, &pem_len, &why), &why);
	must(file_read(argv[2], 65536, &anchor, &anchor_len, &why), &why);
	must(signer_open(key, bytes_of(pem, pem_len), &pass, &s.signer, &why),
	    &why);
	files.anchor = bytes_of(anchor, anchor_len);
	files.bodies = bytes_of(pem, pem_len);
	must(trust_load(&files, now, &s.trust, NULL, NULL, &why),
	    &why);
	files.no_tables = true;
	must(trust_load(&files, now, &s.evp_trust, NULL, NULL, &why),
	    &why);
	s.payload = make_payload(s.signer, now, payload, sizeof payload);
	must(signer_credential(s.signer, s.payload, &cose, &why), &why);
	must(qrtext_make(bytes_str(signer_scope(s.signer)->base),
	    bytes_of(buf, cose.len), &qr), &why);
	s.text = bytes_of(text, qr.len);
	s.ev = (struct evidence){&now, good_status, good_log};
	s.opts.now = now;

	/* Raw: the same bytes to verify, with a key of its own. */
	must(credential_decode(bytes_of(buf, cose.len), &cred), &why);
	must(cose_tbs(cred.sign1.protect, cred.sign1.payload, &tbs), &why);
	s.tbs_len = tbs.len;
	s.proto = EVP_MD_CTX_new();
	s.use = EVP_MD_CTX_new();
	s.sign_proto = EVP_MD_CTX_new();
	s.der_len = sizeof s.der;
	if (raw == NULL ||
	    EVP_DigestSignInit(s.sign_proto, NULL, EVP_sha256(), NULL, raw) != 1 ||
	    EVP_MD_CTX_copy_ex(s.use, s.sign_proto) != 1 ||
	    EVP_DigestSign(s.use, s.der, &s.der_len, s.tbs, s.tbs_len) != 1 ||
	    EVP_DigestVerifyInit(s.proto, NULL, EVP_sha256(), NULL, raw) != 1)
		return 2;
	if (argc == 5) {
		compare(&s, ours_sign, raw_sign, argv[4], "raw-evp-sign");
		return 0;
	}
	compare(&s, ours_verify_evp, raw_verify, "core-verify",
	    "raw-evp-verify");
	compare(&s, ours_verify, raw_verify, "core-verify-tables",
	    "raw-evp-verify");
	compare(&s, ours_sign, raw_sign, "signer-sign", "raw-evp-sign");
	return 0;
}
