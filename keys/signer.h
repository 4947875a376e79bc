#ifndef KEYS_SIGNER_H
#define KEYS_SIGNER_H

#include "credential/claims.h"
#include "credential/cose.h"
#include "credential/note.h"
#include "credential/scope.h"
#include "edge/pass.h"

/*
 * A private key that signs this project's own messages and nothing else. It
 * builds the bytes itself, from claims: there is no call that signs bytes or
 * a digest of the caller's choosing. Opaque; the key may be a file or a token.
 * Not thread-safe: signer_clone() gives another thread its own.
 */
struct signer;

/*
 * Open a body's signer: its key, and the certificate that says what it may
 * sign. key_uri is a PKCS#8 PEM file (scrypt) or "pkcs11:…".
 * cert_pem the installed certificate (body.pem). The key must be the
 * certificate's. CRED_FAULT_KEY, CRED_FAULT_PASS, CRED_ERR_X509_*.
 */
enum cred_err signer_open(const char *key_uri, struct bytes cert_pem,
    const struct pass_source *pass, struct signer **out, struct why *why);

/*
 * Both keys of a body's home with one reading of the pass phrase: HOME/body.key
 * with HOME/body.pem, and HOME/log.key, which must be the one that the
 * certificate names. What programs use: a descriptor can be read only once.
 */
struct logkey;
enum cred_err signer_open_home(const char *home, const struct pass_source *pass,
    struct signer **signer, struct logkey **log, struct why *why);

/* The same key and certificate for another thread. */
enum cred_err signer_clone(
    const struct signer *s, struct signer **out, struct why *why);
void signer_free(struct signer *s);

enum cose_alg signer_alg(const struct signer *s);
const uint8_t *signer_kid(const struct signer *s); /* CRED_KID_LEN bytes */
const struct scope *signer_scope(const struct signer *s);
const char *signer_name(const struct signer *s); /* registered name */

/*
 * Sign one certificate. payload is the claims' encoding (as stored with the
 * intent): it is decoded strictly, and refused with CRED_ERR_NOT_* if the
 * scope does not allow it; iat must lie in the certificate's validity. The
 * signature is verified before it is handed out. out: at least CRED_MAX_BYTES.
 */
enum cred_err signer_credential(struct signer *s, struct bytes payload,
    struct outbuf *out, struct why *why);

/*
 * Sign a status list of this body: raw is n_entries 2-bit values (a multiple
 * of 4), compressed here. list is the list's number: sub is
 * <base>bodies/<body id>/status/<list>. out: STATUSLIST_TOKEN_MAX.
 */
enum cred_err signer_statuslist(struct signer *s, unsigned list,
    struct bytes raw, int64_t iat, int64_t exp, int64_t ttl, struct outbuf *out,
    struct why *why);

/* The log's key, Ed25519 from its own file (log.key): signs checkpoints of
 * one origin, built here from size and root. */
enum cred_err logkey_open(const char *key_uri, const struct pass_source *pass,
    struct logkey **out, struct why *why);
/* The same with a pass phrase that was read already. */
enum cred_err logkey_open_with(const char *key_uri, const char *pass,
    struct logkey **out, struct why *why);
void logkey_free(struct logkey *k);
const uint8_t *logkey_public(const struct logkey *k); /* 32 bytes */
/* out: a signed note, NOTE_MAX_BYTES. */
enum cred_err logkey_checkpoint(struct logkey *k, struct bytes origin,
    uint64_t size, const struct tlog_hash *root, struct outbuf *out,
    struct why *why);

#endif
