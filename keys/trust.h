#ifndef KEYS_TRUST_H
#define KEYS_TRUST_H

#include "credential/verdict.h"
#include "credential/note.h"
#include "edge/why.h"

/*
 * Whom to believe: anchor, bodies, CRL, read once into plain facts. Immutable
 * after loading, so any number of threads may share it. A library of its own
 * (tamga_trust), without any signing code.
 */
struct trust;

struct trust_files {
	/* PEM, one or more: our configuration. A line "# retired: 2027-01-01"
	 * before one of them: what its bodies sign counts until that day
	 * begins in Asia/Shanghai (docs/format.md). */
	struct bytes anchor;
	struct bytes bodies; /* PEM, concatenated: trust/bodies.pem */
	struct bytes crl;    /* DER or PEM; ptr NULL: none at hand */
	/* The highest CRL number seen of the anchor with this kid: with a lower
	 * one the CRL's facts say CRED_ERR_CRL_OLDER; the withdrawals it names
	 * still count. May be NULL. */
	uint64_t (*crl_seen)(
	    void *ctx, const uint8_t anchor[static CRED_KID_LEN]);
	void *crl_seen_ctx;
	/* After the note on a certificate that is left out, which one of
	 * bodies it is (from 1) and why; with the notes' ctx. May be NULL. */
	void (*left_out)(void *ctx, size_t nth, enum cred_err why);
	/* Bodies' ES256 keys that verify often get tables of their multiples,
	 * 150 kB each, ES256_TABLES_MAX in a process. True: none. */
	bool no_tables;
};

/*
 * Bodies that the anchor did not sign, without the critical TamgaBody
 * extension, with another unknown critical extension or an unsupported key
 * are left out, each with a line in notes (may be NULL); the others count.
 * An anchor that cannot be read: CRED_FAULT_ANCHOR. A CRL that is not the
 * anchor's, or past nextUpdate at now: the bodies still count, crl facts
 * carry the reason.
 */
enum cred_err trust_load(const struct trust_files *files, int64_t now,
    struct trust **out, void (*note)(void *ctx, const char *line), void *ctx,
    struct why *why);
void trust_free(struct trust *t);

size_t trust_n_bodies(const struct trust *t);
const struct body *trust_body(const struct trust *t, size_t i);
const struct crl_fact *trust_crl(const struct trust *t);
/* CRL number, 0 when there is none; with several anchors the highest. */
uint64_t trust_crl_number(const struct trust *t);
/* Of each anchor by itself. Its pointers live as long as t. */
struct anchor_facts {
	const uint8_t *kid;         /* CRED_KID_LEN */
	const uint8_t *fingerprint; /* 32 bytes */
	const char *name;
	uint64_t crl_number; /* 0: none */
	struct crl_fact crl;
	bool used; /* it signed one of the bodies, or there is no other */
};
size_t trust_n_anchors(const struct trust *t);
/* Does other, PEM too, hold the same anchors and no more? Comments and their
 * order do not matter. false when either cannot be read. */
bool trust_same_anchors(struct bytes one, struct bytes other, int64_t now);
void trust_anchor_facts(
    const struct trust *t, size_t i, struct anchor_facts *out);
/* Which anchor signed body i. */
size_t trust_anchor_of(const struct trust *t, size_t body);
/* Grows whenever any anchor's CRL does; for comparison with the same anchors
 * alone. */
uint64_t trust_crl_version(const struct trust *t);
/* Bodies with that kid: returns how many, the first max into out. */
size_t trust_find(const struct trust *t, const uint8_t kid[static CRED_KID_LEN],
    const struct body **out, size_t max);
/* Is host (lower case) one of the bodies' own? */
bool trust_knows_host(const struct trust *t, struct bytes host);

/* CRED_OK, CRED_ERR_SIGNATURE, or a fault. */
enum cred_err trust_verify_cose(const struct trust *t, const struct body *body,
    const struct cose_sign1 *msg);

/*
 * A status list of this body: signature, subject, inflated. *raw is malloc'd.
 * min_iat: refuse an older one (CRED_ERR_STATUS_OLDER). max_iat: refuse a later
 * one (CRED_ERR_STATUS_FUTURE), for a thief's list of the year 9999, once
 * remembered, would make every later one too old; now + TRUST_SKEW_S. Whether
 * exp has passed is the caller's question, at the time of each verdict. Signed
 * by any certificate of the same body id.
 */
#define TRUST_SKEW_S 300 /* clocks that differ */
enum cred_err trust_open_statuslist(const struct trust *t,
    const struct body *body, struct bytes token, unsigned list, int64_t min_iat,
    int64_t max_iat, uint8_t **raw, size_t *raw_len, int64_t *iat, int64_t *exp,
    int64_t *ttl);

/* A checkpoint of this body's log: signature by its log key, origin. */
enum cred_err trust_open_checkpoint(const struct body *body, struct bytes note,
    uint64_t *size, struct tlog_hash *root);

/* "keyCompromise" (RFC 5280 s5.3.1), "es256"; "?" for what there is not. */
const char *trust_reason_name(int reason);
const char *trust_alg_name(enum cose_alg alg);

/*
 * The trust list as JSON, for the page (docs/format.md): the same facts that
 * trust_load() reads from anchor.pem, bodies.pem and authority.crl. Times are
 * Unix seconds, days since 1970-01-01, keys and scope (DER) base64, kids hex.
 * NULL: out of memory. malloc'd, with a newline.
 */
char *trust_list_json(const struct trust *t);

/* OpenSSL's SHA-256 in the shape the pure core wants. */
void trust_sha256(uint8_t out[static 32], struct bytes a, struct bytes b);

#endif
