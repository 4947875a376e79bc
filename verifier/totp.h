#ifndef VERIFIER_TOTP_H
#define VERIFIER_TOTP_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * Time-based one-time passwords, RFC 6238 with HMAC-SHA-1, steps of 30 s from
 * the epoch: what every authenticator app knows. Codes are of six digits;
 * digits is a parameter for the RFC's own vectors, which have eight.
 */
#define TOTP_STEP_S 30
#define TOTP_SECRET 20 /* bytes, RFC 4226 s4 R6 */
#define TOTP_DIGITS 6

enum cred_err totp_code(
    struct bytes secret, int64_t step, unsigned digits, uint32_t *out);

/*
 * Is code (six digits, blanks between them allowed) that of now, or of the step
 * before or after it, and of a step above last? Then *step is it: to be kept
 * as last, so that no code is taken twice (RFC 6238 s5.2).
 */
enum cred_err totp_check(struct bytes secret, const char *code, int64_t now,
    int64_t last, bool *good, int64_t *step);

/* RFC 4648 base 32 without padding; 32 characters for TOTP_SECRET bytes. */
#define TOTP_TEXT (TOTP_SECRET / 5 * 8 + 1)
void totp_text(
    const uint8_t secret[static TOTP_SECRET], char out[static TOTP_TEXT]);

/* "otpauth://totp/Tamga:NAME?secret=…&issuer=Tamga", name percent-encoded.
 * False when out is too small. */
bool totp_uri(const uint8_t secret[static TOTP_SECRET], const char *name,
    char *out, size_t cap);

#endif
