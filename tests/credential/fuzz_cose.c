#include <assert.h>

#include "credential/cbor.h"
#include "credential/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(struct bytes in, enum cose_profile profile)
{
	static uint8_t buf[8192];
	struct cose_sign1 m;
	if (in.len > sizeof(buf) || cose_decode(in, profile, &m))
		return;
	assert(m.kid.len == CRED_KID_LEN && m.sig.len == CRED_SIG_LEN);
	assert(m.payload.len > 0);
	struct outbuf out = {buf, sizeof(buf), 0};
	assert(cose_encode(m.protect, m.payload, m.sig.ptr, &out) == CRED_OK);
	assert(bytes_eq(bytes_of(buf, out.len), in));
	assert(cbor_check(in) == CRED_OK);
	out = (struct outbuf){buf, m.payload.len + m.protect.len + 32, 0};
	if (out.cap <= sizeof(buf))
		assert(cose_tbs(m.protect, m.payload, &out) == CRED_OK);
}

/* What is good is, taken apart and put together, the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	again(bytes_of(data, size), COSE_CREDENTIAL);
	again(bytes_of(data, size), COSE_STATUSLIST);
	return 0;
}
