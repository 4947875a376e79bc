#include "credential/note.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken is written back the same, but for lines that are skipped. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct note n, m;
	static uint8_t buf[NOTE_MAX_BYTES * 2];
	struct bytes in = bytes_of(data, size);
	struct checkpoint c, d;

	if (note_decode(in, &n) == CRED_OK) {
		assert(n.text.ptr == data && n.text.len < size);
		assert(n.text.ptr[n.text.len - 1] == '\n');
		assert(n.n_sigs <= NOTE_MAX_SIGS);
		for (size_t i = 0; i < n.n_sigs; i++) {
			struct outbuf out = {buf, sizeof(buf), 0};
			assert(note_encode(n.text, n.sigs[i].name,
				   n.sigs[i].key_id, n.sigs[i].sig,
				   &out) == CRED_OK);
			/* This line stands in the note, byte for byte. */
			struct bytes line = bytes_of(
			    &buf[n.text.len + 1], out.len - n.text.len - 1);
			assert(memmem(&data[n.text.len], size - n.text.len,
				   line.ptr, line.len) != NULL);
			if (out.len > NOTE_MAX_BYTES)
				continue;
			assert(
			    note_decode(bytes_of(buf, out.len), &m) == CRED_OK);
			assert(bytes_eq(m.text, n.text) && m.n_sigs == 1);
		}
	}
	if (checkpoint_decode(in, &c) == CRED_OK) {
		struct outbuf out = {buf, sizeof(buf), 0};
		assert(checkpoint_encode(&c, &out) == CRED_OK);
		/* All but extension lines comes out as it went in. */
		assert(out.len <= size && memcmp(buf, data, out.len) == 0);
		assert(
		    checkpoint_decode(bytes_of(buf, out.len), &d) == CRED_OK);
		assert(d.size == c.size && bytes_eq(d.origin, c.origin));
	}
	return 0;
}
