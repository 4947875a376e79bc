#ifndef VERIFIER_PUBLICATION_INT_H
#define VERIFIER_PUBLICATION_INT_H

#include <pthread.h>

#include "verifier/publication.h"

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
 * publication_source.c: where files come from, and the copies kept of them.
 * Paths are relative, made by us from checked parts.
 */
struct source;

/* where NULL: the copies alone. keep_dir NULL: no copies. */
enum cred_err source_open(const char *where, const char *keep_dir, bool offline,
    struct source **out, struct why *why);
void source_close(struct source *s);
/*
 * CRED_OK with out->ptr NULL when the source says that there is no such file,
 * or there is no source. CRED_FAULT_NETWORK, CRED_FAULT_IO, CRED_ERR_PIC_BYTES
 * above max.
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

/*
 * publication_memory.c: the newest that was seen, on disk between runs.
 * Thread-safe.
 */
struct memory;

enum cred_err memory_open(
    const char *dir, struct memory **out, struct why *why);
/* Write what changed, at once or when the last time is some seconds ago. */
enum cred_err memory_save(struct memory *m, bool now, struct why *why);
void memory_close(struct memory *m);

/* CRL numbers, by the kid of the anchor. */
uint64_t memory_crl(
    struct memory *m, const uint8_t anchor[static CRED_KID_LEN]);
void memory_set_crl(struct memory *m, const uint8_t anchor[static CRED_KID_LEN],
    uint64_t number);
int64_t memory_status(struct memory *m, const char *body_id, unsigned list);
void memory_set_status(
    struct memory *m, const char *body_id, unsigned list, int64_t iat);
/* log: body id and log key, see body_log_id(). False: none seen. */
bool memory_log(
    struct memory *m, const char *log, uint64_t *size, struct tlog_hash *root);
void memory_set_log(struct memory *m, const char *log, uint64_t size,
    const struct tlog_hash *root);

/*
 * publication_body.c: one body's status lists and log. Kept for as long as
 * the publication, whatever becomes of the trust that named it.
 */
struct pub_body;

struct pub_ctx {
	struct source *source;
	struct memory *memory;
	int64_t refresh_s;
	int64_t (*clock)(void);
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
};
void pub_note(const struct pub_ctx *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

struct pub_body *pub_body_new(const struct body *body);
void pub_body_free(struct pub_body *b);
bool pub_body_is(const struct pub_body *b, const struct body *body);
void pub_body_status(struct pub_body *b, const struct pub_ctx *c,
    const struct trust *t, const struct body *body, uint64_t index,
    struct status_fact *out);
void pub_body_log(struct pub_body *b, const struct pub_ctx *c,
    const struct body *body, uint64_t index, const uint8_t entry[static 32],
    struct log_fact *out);

/* Seconds after a failure in which nothing is asked again. */
#define RETRY_S 15

#endif
