#ifndef KEYS_MAKE_INT_H
#define KEYS_MAKE_INT_H

#include "keys/crl_int.h"
#include "keys/key_int.h"

/*
 * X.509 for this project's profile: anchor, request, body certificate, CRL.
 * DER out, malloc'd. Whatever key signs, a file or a token, it signs the
 * to-be-signed bytes through key_sign().
 */
struct der {
	uint8_t *ptr;
	size_t len;
};

struct validity {
	int64_t from, to; /* Unix seconds */
};

enum cred_err make_anchor(struct key *key, const char *name,
    struct validity when, struct der *out, struct why *why);

/* PKCS#10 (RFC 2986); scope goes into the requested extension. */
enum cred_err make_request(struct key *key, const char *name,
    const struct scope *scope, struct der *out, struct why *why);

/* What a body asks for; its signature was checked. */
struct request {
	struct pubkey key;
	char name[256];
	struct scope scope;
};
enum cred_err request_read(
    struct bytes der, struct request *out, struct why *why);

/* A random serial number each time: another call gives another kid. */
enum cred_err make_body(struct key *key, const struct anchor *by,
    const struct pubkey *subject, const char *name, const struct scope *scope,
    struct validity when, struct der *out, struct why *why);

enum cred_err make_crl(struct key *key, const struct anchor *by,
    const struct crl *crl, struct der *out, struct why *why);

/*
 * COSE_Sign1 of this payload under this protected header (cose_protected()),
 * appended to out.
 */
enum cred_err make_cose(struct key *key, struct bytes head,
    struct bytes payload, struct outbuf *out, struct why *why);

/*
 * A status list token of the body with this scope: raw is 2-bit values,
 * compressed here. out: STATUSLIST_TOKEN_MAX.
 */
struct list_claims {
	unsigned list; /* the list's number */
	struct bytes raw;
	int64_t iat, exp, ttl; /* ttl 0: none */
};
enum cred_err make_statuslist(struct key *key, struct bytes head,
    const struct scope *scope, const struct list_claims *claims,
    struct outbuf *out, struct why *why);

/* DER as PEM (RFC 7468), NUL-terminated, malloc'd. label: "CERTIFICATE" … */
char *make_pem(const char *label, struct bytes der);

#endif
