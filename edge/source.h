#ifndef EDGE_SOURCE_H
#define EDGE_SOURCE_H

#include "credential/bytes.h"
#include "edge/why.h"

/* Bytes of our own; ptr NULL: not there. */
struct blob {
	uint8_t *ptr;
	size_t len;
};

static inline struct bytes
blob_bytes(const struct blob *b)
{
	return bytes_of(b->ptr, b->len);
}
void blob_release(struct blob *b);

/*
 * Where the files of a publication come from: a folder or an http(s) URL; and
 * the copies kept of them. Paths are relative, made by us from checked parts.
 * Safe from any number of threads.
 */
struct source;

/* where NULL: the copies alone. keep_dir NULL: no copies. */
enum cred_err source_open(const char *where, const char *keep_dir, bool offline,
    struct source **out, struct why *why);
void source_close(struct source *s);
/*
 * CRED_OK with out->ptr NULL when the source says that there is no such file,
 * or there is no source. CRED_FAULT_NETWORK, CRED_FAULT_IO, CRED_ERR_PIC_BYTES
 * above max. Of a URL's file of which a copy is kept only a change is fetched
 * (RFC 9110 s13.1.2, within one run); out is whole either way.
 */
enum cred_err source_get(struct source *s, const char *path, size_t max,
    struct blob *out, struct why *why);
/* The copy kept of it; ptr NULL when there is none. */
void source_copy(
    struct source *s, const char *path, size_t max, struct blob *out);
/* Keep a copy, of a URL's file, that was found good. Failing is no error. */
void source_keep(struct source *s, const char *path, struct bytes data);
/* Has it copies that could be newer or nearer than the source? */
bool source_has_copies(const struct source *s);

#endif
