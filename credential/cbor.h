#ifndef CREDENTIAL_CBOR_H
#define CREDENTIAL_CBOR_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * Strict CBOR: RFC 8949 with the deterministic encoding of s4.2.1, definite
 * lengths only, no floats, no simple values. A pull reader over borrowed
 * bytes: it allocates nothing, and its cost is linear in the bytes.
 *
 * Every cbor_get_* reads one item of one type and moves on, or returns why
 * not and leaves the reader where it was.
 */
struct cbor {
	const uint8_t *p, *end;
};

struct cbor cbor_reader(struct bytes in);

/* CRED_ERR_CBOR_TRAILING unless everything was read. */
enum cred_err cbor_end(const struct cbor *r);

enum cred_err cbor_get_uint(struct cbor *r, uint64_t *v);
/* Any integer of int64; CRED_ERR_CBOR_RANGE beyond. */
enum cred_err cbor_get_int(struct cbor *r, int64_t *v);
enum cred_err cbor_get_bstr(struct cbor *r, struct bytes *v);
/* Checked UTF-8: no surrogates, no overlong forms, no NUL check. */
enum cred_err cbor_get_tstr(struct cbor *r, struct bytes *v);
/* n: elements, or pairs. Never more than the bytes that are left. */
enum cred_err cbor_get_array(struct cbor *r, size_t *n);
enum cred_err cbor_get_map(struct cbor *r, size_t *n);
enum cred_err cbor_get_tag(struct cbor *r, uint64_t *tag);

/* Major type of the next item, 0..7, or -1 at the end. Moves nothing. */
int cbor_peek(const struct cbor *r);

/*
 * The next key of a map with integer keys. In a map the keys ascend in the
 * bytewise order of their encoding (0, 1, …, 23, 24, …, -1, -2, …).
 * state starts as {0}.
 */
struct cbor_keys {
	const uint8_t *prev;
	size_t prev_len;
};
enum cred_err cbor_get_key(struct cbor *r, struct cbor_keys *state, int64_t *k);

/* Is in exactly one well-formed item of the profile (any types, any depth up
 * to CBOR_MAX_DEPTH, map keys of any type in order)? For vectors and fuzzing. */
enum cred_err cbor_check(struct bytes in);

/*
 * Writers append to out; CRED_FAULT_SPACE when it does not fit. Shortest
 * heads always; order and pairing of map keys is the caller's duty.
 */
enum cred_err cbor_put_uint(struct outbuf *out, uint64_t v);
enum cred_err cbor_put_int(struct outbuf *out, int64_t v);
enum cred_err cbor_put_bstr(struct outbuf *out, struct bytes v);
enum cred_err cbor_put_tstr(struct outbuf *out, struct bytes v);
enum cred_err cbor_put_array(struct outbuf *out, size_t n);
enum cred_err cbor_put_map(struct outbuf *out, size_t n);
enum cred_err cbor_put_tag(struct outbuf *out, uint64_t tag);
enum cred_err cbor_put_raw(struct outbuf *out, struct bytes v);

/* Valid UTF-8 (RFC 3629)? */
bool utf8_valid(struct bytes s);

#endif
