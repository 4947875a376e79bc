#ifndef CREDENTIAL_NOTE_H
#define CREDENTIAL_NOTE_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"
#include "credential/tlog.h"

/*
 * C2SP signed-note and tlog-checkpoint. A note is text, an empty line, and
 * signature lines; we sign with Ed25519 (type 0x01).
 */
struct note_sig {
	struct bytes name;   /* key name */
	uint8_t key_id[4];
	uint8_t sig[64];     /* Ed25519; lines of other lengths are skipped */
};

struct note {
	struct bytes text; /* what is signed: up to and with its last newline */
	size_t n_sigs;     /* lines with a 64-byte signature */
	struct note_sig sigs[NOTE_MAX_SIGS];
};

struct checkpoint {
	struct bytes origin;
	uint64_t size;
	struct tlog_hash root;
};

/* Form only; verifies no signature. */
enum cred_err note_decode(struct bytes in, struct note *out);

/* First 4 bytes of this hash are the key id: SHA-256(name || "\n" || 0x01 ||
 * key). */
void note_key_id(tlog_sha256_fn *sha256, struct bytes name,
    const uint8_t key[static 32], uint8_t out[static 4]);

/* text, empty line and one signature line. */
enum cred_err note_encode(struct bytes text, struct bytes name,
    const uint8_t key_id[static 4], const uint8_t sig[static 64],
    struct outbuf *out);

/* The text of a checkpoint (origin, size, root in base64, no extension
 * lines) and back; a leading zero, a sign or a seventh byte too many is
 * CRED_ERR_CHECKPOINT_FORM. Extension lines are accepted and ignored. */
enum cred_err checkpoint_decode(struct bytes text, struct checkpoint *out);
enum cred_err checkpoint_encode(const struct checkpoint *c, struct outbuf *out);

/* Origin of a body's log: base without "https://", then "bodies/ID/log". */
enum cred_err checkpoint_origin(struct bytes base, struct bytes body_id,
    struct outbuf *out);

#endif
