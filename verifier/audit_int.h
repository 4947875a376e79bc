#ifndef VERIFIER_AUDIT_INT_H
#define VERIFIER_AUDIT_INT_H

#include <stdarg.h>

#include "verifier/audit.h"
#include "verifier/publication_int.h"

#define AUDIT_PATH_MAX  128
#define AUDIT_MAX_ALIKE 16 /* findings of one check and body told singly */
#define NO_INDEX        UINT64_MAX

/*
 * audit_state.c: what was seen at the last audit, and what will be remembered
 * of this one.
 *   {"schema":1,"at":S,"crls":{"<kid of the anchor>":N},
 *    "certificates":{"<kid>":{"body":"<id>","tree_size":N}},
 *    "logs":{"<id>":{"size":N,"root":"<hex>","at":S}},
 *    "lists":{"<id>/<n>":{"iat":S,"lst":"<base64 of zlib>"}}}
 * tree_size only where the certificate is withdrawn. Before 0.2 there was one
 * "crl":N, which counts while there are no "crls".
 */
struct audit_state;

/* path NULL, or no such file: the empty state. */
enum cred_err audit_state_open(
    const char *path, struct audit_state **out, struct why *why);
void audit_state_close(struct audit_state *s); /* takes NULL */
/* Replace the file. Nothing to do without a path. */
enum cred_err audit_state_save(
    struct audit_state *s, int64_t now, struct why *why);

/* Of an anchor; 0: none. */
uint64_t audit_state_crl(
    const struct audit_state *s, const uint8_t anchor[static CRED_KID_LEN]);
void audit_state_set_crl(struct audit_state *s,
    const uint8_t anchor[static CRED_KID_LEN], uint64_t number);
struct audit_seen_log {
	uint64_t size;
	struct tlog_hash root;
	int64_t at;
};
bool audit_state_log(const struct audit_state *s, const char *body_id,
    struct audit_seen_log *out);
void audit_state_set_log(struct audit_state *s, const char *body_id,
    const struct audit_seen_log *log);
/* *raw: malloc'd, STATUSLIST_RAW_MAX, what is beyond *len zero. */
bool audit_state_list(const struct audit_state *s, const char *body_id,
    unsigned list, int64_t *iat, uint8_t **raw, size_t *len);
void audit_state_set_list(struct audit_state *s, const char *body_id,
    unsigned list, int64_t iat, struct bytes raw);
struct audit_seen_cert {
	char body_id[19];
	bool withdrawn;
	uint64_t tree_size;
};
bool audit_state_cert(const struct audit_state *s,
    const uint8_t kid[static CRED_KID_LEN], struct audit_seen_cert *out);
void audit_state_set_cert(struct audit_state *s,
    const uint8_t kid[static CRED_KID_LEN], const struct audit_seen_cert *c);
/* Each certificate and log that was seen before. */
void audit_state_each_cert(const struct audit_state *s,
    void (*each)(void *ctx, const uint8_t kid[static CRED_KID_LEN],
	const struct audit_seen_cert *c),
    void *ctx);

/* Findings of one body, kept until it is sure that the publication did not
 * change under our hands. */
struct audit_kept {
	struct audit_finding f;
	char path[AUDIT_PATH_MAX];
	char message[512];
};

struct audit {
	const struct audit_opts *o;
	struct source *source;
	struct trust *trust;
	struct audit_state *state;
	struct audit_count count;
	const char *body; /* id of the one being audited, or NULL */
	struct audit_kept *kept;
	size_t n_kept, cap_kept;
	bool nomem, anchor_same;
	char note[1024]; /* of the last certificate that was left out */
};

/* path and index: NULL and NO_INDEX where there is none. */
void audit_say(struct audit *a, const char *check, enum audit_result r,
    enum cred_err code, const char *path, uint64_t index, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
/* FAIL for a refusal; UNKNOWN for what is missing or could not be had. */
enum audit_result audit_result_of(enum cred_err e);
/* "2026-11-16T08:00:00Z" */
void audit_day(int64_t unix_s, char out[static 32]);
/* A sentence for a file that was refused. */
const char *audit_words(enum cred_err e);

/*
 * A file of the publication. CRED_OK; missing when there is none; why it could
 * not be had.
 */
enum cred_err audit_get(struct audit *a, const char *path, size_t max,
    enum cred_err missing, struct blob *out, struct why *why);

/* audit_trustjson.c: trust.json against what the certificates and the CRL say,
 * which is given. anchor_same: anchor.pem is the anchor given. */
void audit_trustjson(struct audit *a, bool anchor_same);

/* audit_status.c: the lists of one body, one at a time, in order. */
struct audit_lists {
	struct audit *a;
	const struct body *body;
	bool sized; /* size is known: there is a checkpoint */
	uint64_t size;
	unsigned next; /* list to be opened */
	bool have;     /* raw is list next - 1 */
	uint8_t *raw;
	size_t len;
	uint64_t n_status[4], n_void, n_bad_void;
};
/* List n, with all its checks. */
void audit_list_open(struct audit_lists *l, unsigned n);
/* Entry index is void; its list is the one that is open. */
void audit_list_void(struct audit_lists *l, uint64_t index, const char *path);
/* The remaining lists, and that there are no more; how many of each. */
void audit_lists_end(struct audit_lists *l);

/* audit_log.c: checkpoint, tiles and entries of one body. */
void audit_log(struct audit *a, const struct body *body);

#endif
