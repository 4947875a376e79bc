#include "credential/statuslist.h"

#include <assert.h>

/* A list that is taken is the only encoding of what it says. */
static void
payload_is_the_only_one(struct bytes payload, const struct statuslist *s)
{
	static uint8_t buf[STATUSLIST_TOKEN_MAX];
	struct outbuf out = {buf, sizeof(buf), 0};

	assert(statuslist_payload(
		   s->sub, s->iat, s->exp, s->ttl, s->zlib, &out) == CRED_OK);
	assert(bytes_eq(bytes_of(buf, out.len), payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a token, and as the payload of a token. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kid[CRED_KID_LEN], sig[CRED_SIG_LEN];
	static uint8_t token[STATUSLIST_TOKEN_MAX + 256];
	struct outbuf out = {token, sizeof(token), 0};
	uint8_t head[64];
	struct outbuf h = {head, sizeof(head), 0};
	struct statuslist s;
	enum status_value v;

	if (statuslist_decode(bytes_of(data, size), &s) == CRED_OK)
		payload_is_the_only_one(s.sign1.payload, &s);
	if (size == 0 || size > STATUSLIST_RAW_MAX)
		return 0;
	assert(cose_protected(COSE_EDDSA, kid, COSE_STATUSLIST, &h) == CRED_OK);
	assert(cose_encode(bytes_of(head, h.len), bytes_of(data, size), sig,
		   &out) == CRED_OK);
	if (statuslist_decode(bytes_of(token, out.len), &s) == CRED_OK)
		payload_is_the_only_one(bytes_of(data, size), &s);
	for (uint64_t i = 0; i < size * 4 && i < 64; i++) {
		static uint8_t raw[STATUSLIST_RAW_MAX];
		memcpy(raw, data, size);
		assert(statuslist_get(bytes_of(data, size), i, &v) == CRED_OK);
		statuslist_set(raw, i, v);
		assert(memcmp(raw, data, size) == 0);
	}
	assert(statuslist_get(bytes_of(data, size), size * 4, &v) ==
	       CRED_ERR_STATUS_INDEX);
	return 0;
}
