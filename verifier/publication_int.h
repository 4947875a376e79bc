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
/* Take over what other folders beside dir remember of an anchor with one of
 * these kids, n of them: the same authority under another configuration. */
enum cred_err memory_adopt(struct memory *m, const char *dir,
    const uint8_t (*kids)[CRED_KID_LEN], size_t n, struct why *why);
/* Write what changed since the last time. */
enum cred_err memory_save(struct memory *m, struct why *why);
void memory_close(struct memory *m);

/* CRL numbers, by the kid of the anchor. */
uint64_t memory_crl(
    struct memory *m, const uint8_t anchor[static CRED_KID_LEN]);
void memory_set_crl(struct memory *m, const uint8_t anchor[static CRED_KID_LEN],
    uint64_t number);
int64_t memory_status(struct memory *m, const char *body_id, unsigned list);
void memory_set_status(
    struct memory *m, const char *body_id, unsigned list, int64_t iat);
/* log: body id and log key, log_id of pub_body. False: none seen. */
bool memory_log(
    struct memory *m, const char *log, uint64_t *size, struct tlog_hash *root);
void memory_set_log(struct memory *m, const char *log, uint64_t size,
    const struct tlog_hash *root);

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
/* why's text, else that path is not used and why not. */
void pub_note_refused(const struct pub_ctx *c, const char *path,
    enum cred_err e, const struct why *why);

/* What was seen goes to the disk at once: a crash must not forget it. That it
 * cannot is said each time. */
void pub_remember(const struct pub_ctx *c);

/*
 * publication_body.c: one body. Kept for as long as the publication, whatever
 * becomes of the trust that named it.
 */
struct pub_body {
	char id[19];
	uint8_t log_key[32];
	char log_id[36]; /* body id, '-', 16 hex digits of the log key */
	struct pub_lists *lists;
	struct pub_log *log;
};
struct pub_body *pub_body_new(const struct body *body);
void pub_body_free(struct pub_body *b);
bool pub_body_is(const struct pub_body *b, const struct body *body);

/* When a thing was last fetched, and why the last try failed. */
struct fresh {
	bool have, busy;
	int64_t next; /* ask again from then on */
	int64_t asked;
	enum cred_err why;
	pthread_cond_t done;
};
void fresh_init(struct fresh *f);
void fresh_release(struct fresh *f);
/*
 * With the lock: shall the caller fetch? Waits for another thread's fetch
 * only when there is nothing to go on with meanwhile. stale: what is at hand
 * will not do, so ask unless that was done a moment ago.
 */
bool fresh_take(
    struct fresh *f, pthread_mutex_t *lock, bool stale, int64_t now);
/* With the lock: the fetch is done, well or not. */
void fresh_give(struct fresh *f, int64_t now, enum cred_err e, int64_t again_s);

/* publication_status.c: its status lists. */
struct pub_lists;
struct pub_lists *pub_lists_new(void);
void pub_lists_free(struct pub_lists *l);
void pub_lists_fact(struct pub_lists *all, const struct pub_ctx *c,
    const struct trust *t, const struct body *body, uint64_t index,
    struct status_fact *out);

/* publication_log.c: its log. body lives longer than it. */
struct pub_log;
struct pub_log *pub_log_new(const struct pub_body *body);
void pub_log_free(struct pub_log *l);
void pub_log_fact(struct pub_log *l, const struct pub_ctx *c,
    const struct body *body, uint64_t index, const uint8_t entry[static 32],
    struct log_fact *out);

#define FRESH_MIN_S 5 /* nothing is asked again sooner */
/* Seconds after a failure in which nothing is asked again. */
#define RETRY_S     15

#endif
