#ifndef VERIFIER_PUBLICATION_INT_H
#define VERIFIER_PUBLICATION_INT_H

#include <pthread.h>

#include "edge/source.h"
#include "verifier/publication.h"

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
