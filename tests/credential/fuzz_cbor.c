#include <assert.h>

#include "credential/cbor.h"
#include "credential/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_item(struct cbor *r, struct outbuf *out);

static void
copy_items(struct cbor *r, struct outbuf *out, size_t n)
{
	while (n-- > 0)
		copy_item(r, out);
}

/* Reads an item that was found good and writes it again. */
static void
copy_item(struct cbor *r, struct outbuf *out)
{
	struct bytes s;
	uint64_t v;
	int64_t i;
	size_t n;
	enum cred_err e = CRED_OK;
	switch (cbor_peek(r)) {
	case 0:
		assert(cbor_get_uint(r, &v) == CRED_OK);
		e = cbor_put_uint(out, v);
		break;
	case 1:
		if (cbor_get_int(r, &i) == CRED_OK) {
			e = cbor_put_int(out, i);
		} else {
			/* -1 - n of more than 63 bits: nine bytes as they are
			 */
			assert(r->end - r->p >= 9);
			e = cbor_put_raw(out, bytes_of(r->p, 9));
			r->p += 9;
		}
		break;
	case 2:
		assert(cbor_get_bstr(r, &s) == CRED_OK);
		e = cbor_put_bstr(out, s);
		break;
	case 3:
		assert(cbor_get_tstr(r, &s) == CRED_OK);
		assert(utf8_valid(s));
		e = cbor_put_tstr(out, s);
		break;
	case 4:
		assert(cbor_get_array(r, &n) == CRED_OK);
		e = cbor_put_array(out, n);
		copy_items(r, out, n);
		break;
	case 5:
		assert(cbor_get_map(r, &n) == CRED_OK);
		e = cbor_put_map(out, n);
		copy_items(r, out, 2 * n);
		break;
	case 6:
		assert(cbor_get_tag(r, &v) == CRED_OK);
		e = cbor_put_tag(out, v);
		copy_item(r, out);
		break;
	default:
		assert(0);
	}
	assert(e == CRED_OK);
}

/* What is good has one encoding: read and written it is the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[8192];
	if (size > sizeof(buf) || cbor_check(bytes_of(data, size)))
		return 0;
	struct cbor r = cbor_reader(bytes_of(data, size));
	struct outbuf out = {buf, sizeof(buf), 0};
	copy_item(&r, &out);
	assert(cbor_end(&r) == CRED_OK);
	assert(out.len == size && memcmp(buf, data, size) == 0);
	return 0;
}
