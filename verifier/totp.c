#include "verifier/totp.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum cred_err
totp_code(struct bytes secret, int64_t step, unsigned digits, uint32_t *out)
{
	static const uint32_t TEN[] = {
	    1000000, 10000000, 100000000}; /* of 6, 7, 8 digits */
	uint8_t counter[8], mac[20];
	size_t len = 0;
	unsigned at;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (8 * (7 - i)));
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, secret.ptr, secret.len,
		counter, sizeof counter, mac, sizeof mac, &len) == NULL ||
	    len != sizeof mac) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	/* Dynamic truncation, RFC 4226 s5.3. */
	at = mac[19] & 15u;
	*out =
	    (((uint32_t)mac[at] & 0x7fu) << 24 | (uint32_t)mac[at + 1] << 16 |
		(uint32_t)mac[at + 2] << 8 | mac[at + 3]) %
	    TEN[digits - 6];
	OPENSSL_cleanse(mac, sizeof mac);
	return CRED_OK;
}

/* "123 456" as a number; false for anything but six digits. */
static bool
read_code(const char *s, uint32_t *out)
{
	uint32_t v = 0;
	int n = 0;

	for (; *s != '\0'; s++) {
		if (*s == ' ')
			continue;
		if (*s < '0' || *s > '9' || ++n > TOTP_DIGITS)
			return false;
		v = 10 * v + (uint32_t)(*s - '0');
	}
	*out = v;
	return n == TOTP_DIGITS;
}

enum cred_err
totp_check(struct bytes secret, const char *code, int64_t now, int64_t last,
    bool *good, int64_t *step)
{
	int64_t at = now / TOTP_STEP_S, match = 0;
	uint32_t given = 0, want;
	bool is_code = read_code(code, &given), found = false;

	/* All three are computed, whatever is found, and also for no code. */
	for (int64_t s = at - 1; s <= at + 1; s++) {
		enum cred_err e = totp_code(secret, s, TOTP_DIGITS, &want);
		if (e != CRED_OK)
			return e;
		if (want == given && s > last && !found) {
			found = true;
			match = s;
		}
	}
	*good = found && is_code;
	if (*good)
		*step = match;
	return CRED_OK;
}

void
totp_text(const uint8_t secret[static TOTP_SECRET], char out[static TOTP_TEXT])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	int n = 0;
	size_t o = 0;

	for (size_t i = 0; i < TOTP_SECRET; i++) {
		bits = bits << 8 | secret[i];
		for (n += 8; n >= 5; n -= 5)
			out[o++] = digits[bits >> (n - 5) & 31];
	}
	out[o] = '\0';
}

bool
totp_uri(const uint8_t secret[static TOTP_SECRET], const char *name, char *out,
    size_t cap)
{
	char text[TOTP_TEXT], quoted[3 * 64 + 1];
	size_t n = 0;
	int len;

	for (; *name != '\0' && n + 3 < sizeof quoted; name++)
		n += (size_t)snprintf(quoted + n, sizeof quoted - n, "%%%02X",
		    (unsigned char)*name);
	quoted[n] = '\0';
	if (*name != '\0')
		return false;
	totp_text(secret, text);
	len = snprintf(out, cap,
	    "otpauth://totp/Tamga:%s?secret=%s&issuer=Tamga&digits=6&period=30",
	    quoted, text);
	OPENSSL_cleanse(text, sizeof text);
	return len > 0 && (size_t)len < cap;
}
