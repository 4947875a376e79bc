#include "credential/note.h"

#include "credential/ascii.h"
#include "credential/cbor.h"

/* Signature lines begin with an em dash and a blank. */
static const char DASH[] = "\xe2\x80\x94 ";

static const char B64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
b64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * RFC 4648 s4 without mercy: padded, no blanks, unused bits zero. False when
 * it is not base64; out gets the first cap bytes, *len all of them.
 */
static bool
b64_decode(struct bytes in, uint8_t *out, size_t cap, size_t *len)
{
	size_t i, k, pad, n = 0;

	if (in.len == 0 || in.len % 4 != 0)
		return false;
	pad = in.ptr[in.len - 1] != '=' ? 0 : in.ptr[in.len - 2] != '=' ? 1 : 2;
	for (i = 0; i < in.len; i += 4) {
		size_t take = i + 4 < in.len ? 4 : 4 - pad;
		uint32_t v = 0;

		for (k = 0; k < 4; k++) {
			int x = k < take ? b64_value(in.ptr[i + k]) : 0;

			if (x < 0)
				return false;
			v = v << 6 | (uint32_t)x;
		}
		if ((v & ((UINT32_C(1) << (8 * (4 - take))) - 1)) != 0)
			return false;
		for (k = 0; k + 1 < take; k++, n++)
			if (n < cap)
				out[n] = (uint8_t)(v >> (16 - 8 * k));
	}
	*len = n;
	return true;
}

static enum cred_err
put(struct outbuf *out, const void *ptr, size_t len)
{
	if (len > out->cap - out->len)
		return CRED_FAULT_SPACE;
	if (len != 0)
		memcpy(&out->ptr[out->len], ptr, len);
	out->len += len;
	return CRED_OK;
}

static enum cred_err
put_str(struct outbuf *out, const char *s)
{
	return put(out, s, strlen(s));
}

static enum cred_err
put_b64(struct outbuf *out, const uint8_t *p, size_t len)
{
	enum cred_err e = CRED_OK;
	size_t i, k;

	for (i = 0; i < len && e == CRED_OK; i += 3) {
		size_t take = len - i < 3 ? len - i : 3;
		char quad[4];
		uint32_t v = 0;

		for (k = 0; k < 3; k++)
			v = v << 8 | (k < take ? p[i + k] : 0u);
		for (k = 0; k < 4; k++)
			quad[k] = k <= take ? B64[v >> (18 - 6 * k) & 63] : '=';
		e = put(out, quad, 4);
	}
	return e;
}

/* Valid UTF-8 without control characters but newline? */
static bool
is_text(struct bytes s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 && s.ptr[i] != '\n')
			return false;
	return utf8_valid(s);
}

/* Length of the Unicode blank at the start of valid UTF-8, or 0. */
static size_t
blank_len(struct bytes s)
{
	static const char *const blanks[] = {" ", "\t", "\n", "\v", "\f", "\r",
	    "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80",
	    "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
	    "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
	    "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
	    "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
	size_t i;

	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		size_t len = strlen(blanks[i]);

		if (s.len >= len && memcmp(s.ptr, blanks[i], len) == 0)
			return len;
	}
	return 0;
}

static bool
is_name(struct bytes s)
{
	size_t i;

	if (s.len == 0 || !is_text(s))
		return false;
	for (i = 0; i < s.len; i++)
		if (s.ptr[i] == '+' ||
		    blank_len(bytes_of(&s.ptr[i], s.len - i)) != 0)
			return false;
	return true;
}

/* Cut the next line off s, without its newline. False: none, or cut short. */
static bool
next_line(struct bytes *s, struct bytes *line)
{
	const uint8_t *nl = s->len == 0 ? NULL : memchr(s->ptr, '\n', s->len);

	if (nl == NULL)
		return false;
	*line = bytes_of(s->ptr, (size_t)(nl - s->ptr));
	s->ptr += line->len + 1;
	s->len -= line->len + 1;
	return true;
}

/* One signature line. A signature of another length is skipped. */
static bool
sig_line(struct bytes line, struct note *out)
{
	const size_t dash = strlen(DASH);
	struct bytes name, b64;
	struct note_sig *sig;
	const uint8_t *sp;
	uint8_t raw[4 + 64];
	size_t len;

	if (line.len <= dash || memcmp(line.ptr, DASH, dash) != 0)
		return false;
	line = bytes_of(&line.ptr[dash], line.len - dash);
	sp = memchr(line.ptr, ' ', line.len);
	if (sp == NULL)
		return false;
	name = bytes_of(line.ptr, (size_t)(sp - line.ptr));
	b64 = bytes_of(sp + 1, line.len - name.len - 1);
	if (!is_name(name) || !b64_decode(b64, raw, sizeof(raw), &len) ||
	    len <= 4)
		return false;
	if (len != sizeof(raw))
		return true;
	if (out->n_sigs == NOTE_MAX_SIGS)
		return false;
	sig = &out->sigs[out->n_sigs++];
	sig->name = name;
	memcpy(sig->key_id, raw, 4);
	memcpy(sig->sig, &raw[4], 64);
	return true;
}

enum cred_err
note_decode(struct bytes in, struct note *out)
{
	struct note n = {0};
	struct bytes rest, line;
	size_t i;

	if (in.len < 3 || in.len > NOTE_MAX_BYTES || !is_text(in))
		return CRED_ERR_NOTE_FORM;
	/* The last empty line parts the text from its signatures. */
	for (i = in.len - 2; i > 0; i--)
		if (in.ptr[i] == '\n' && in.ptr[i - 1] == '\n')
			break;
	if (i == 0)
		return CRED_ERR_NOTE_FORM;
	n.text = bytes_of(in.ptr, i);
	rest = bytes_of(&in.ptr[i + 1], in.len - i - 1);
	while (next_line(&rest, &line))
		if (!sig_line(line, &n))
			return CRED_ERR_NOTE_FORM;
	if (rest.len != 0)
		return CRED_ERR_NOTE_FORM;
	*out = n;
	return CRED_OK;
}

void
note_key_id(tlog_sha256_fn *sha256, struct bytes name,
    const uint8_t key[static 32], uint8_t out[static 4])
{
	uint8_t tail[2 + 32] = {'\n', 0x01};
	uint8_t hash[32];

	memcpy(&tail[2], key, 32);
	sha256(hash, name, bytes_of(tail, sizeof(tail)));
	memcpy(out, hash, 4);
}

enum cred_err
note_encode(struct bytes text, struct bytes name,
    const uint8_t key_id[static 4], const uint8_t sig[static 64],
    struct outbuf *out)
{
	uint8_t raw[4 + 64];
	enum cred_err e;

	if (text.len == 0 || text.ptr[text.len - 1] != '\n' || !is_text(text) ||
	    !is_name(name))
		return CRED_ERR_NOTE_FORM;
	memcpy(raw, key_id, 4);
	memcpy(&raw[4], sig, 64);
	if ((e = put(out, text.ptr, text.len)) != CRED_OK ||
	    (e = put_str(out, "\n")) != CRED_OK ||
	    (e = put_str(out, DASH)) != CRED_OK ||
	    (e = put(out, name.ptr, name.len)) != CRED_OK ||
	    (e = put_str(out, " ")) != CRED_OK ||
	    (e = put_b64(out, raw, sizeof(raw))) != CRED_OK)
		return e;
	return put_str(out, "\n");
}

/* Decimal without sign or leading zero, at most TLOG_MAX_SIZE. */
static bool
get_size(struct bytes s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.len == 0 || s.len > 13 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (s.ptr[i] - '0');
	}
	*out = v;
	return v <= TLOG_MAX_SIZE;
}

enum cred_err
checkpoint_decode(struct bytes text, struct checkpoint *out)
{
	struct checkpoint c = {0};
	struct bytes size, root, line;
	size_t len;

	if (text.len > NOTE_MAX_BYTES || !is_text(text) ||
	    !next_line(&text, &c.origin) || c.origin.len == 0 ||
	    !next_line(&text, &size) || !get_size(size, &c.size) ||
	    !next_line(&text, &root) ||
	    !b64_decode(root, c.root.b, sizeof(c.root.b), &len) ||
	    len != sizeof(c.root.b))
		return CRED_ERR_CHECKPOINT_FORM;
	while (next_line(&text, &line))
		if (line.len == 0)
			return CRED_ERR_CHECKPOINT_FORM;
	if (text.len != 0)
		return CRED_ERR_CHECKPOINT_FORM;
	*out = c;
	return CRED_OK;
}

enum cred_err
checkpoint_encode(const struct checkpoint *c, struct outbuf *out)
{
	char size[24] = "\n", *end;
	enum cred_err e;

	if (c->origin.len == 0 || !is_text(c->origin) ||
	    memchr(c->origin.ptr, '\n', c->origin.len) != NULL ||
	    c->size > TLOG_MAX_SIZE)
		return CRED_ERR_CHECKPOINT_FORM;
	end = put_decimal(&size[1], c->size, 1);
	memcpy(end, "\n", 2);
	if ((e = put(out, c->origin.ptr, c->origin.len)) != CRED_OK ||
	    (e = put_str(out, size)) != CRED_OK ||
	    (e = put_b64(out, c->root.b, sizeof(c->root.b))) != CRED_OK)
		return e;
	return put_str(out, "\n");
}

enum cred_err
checkpoint_origin(struct bytes base, struct bytes body_id, struct outbuf *out)
{
	static const char scheme[] = "https://";
	const size_t skip = sizeof(scheme) - 1;
	enum cred_err e;

	if (base.len <= skip + 1 || memcmp(base.ptr, scheme, skip) != 0 ||
	    base.ptr[base.len - 1] != '/')
		return CRED_ERR_SCOPE_BASE;
	if (body_id.len == 0)
		return CRED_ERR_SCOPE_BODY_ID;
	if ((e = put(out, &base.ptr[skip], base.len - skip)) != CRED_OK ||
	    (e = put_str(out, "bodies/")) != CRED_OK ||
	    (e = put(out, body_id.ptr, body_id.len)) != CRED_OK)
		return e;
	return put_str(out, "/log");
}
