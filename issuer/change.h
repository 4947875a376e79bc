#ifndef ISSUER_CHANGE_H
#define ISSUER_CHANGE_H

#include "issuer/home.h"

/*
 * Changes of status, one or many, all or none: what was asked for, resolved
 * against the registry before anything is written.
 */
enum change_verb {
	CHANGE_REVOKE,    /* valid, suspended -> revoked: for good */
	CHANGE_SUSPEND,   /* valid -> suspended */
	CHANGE_REINSTATE, /* suspended -> valid */
};

struct change_item {
	char *asked; /* as given: a number or an index */
	uint64_t index;
	enum status_value from;
	bool done; /* it has that status already */
};
struct change_set {
	enum change_verb verb;
	struct change_item *items;
	size_t n, cap;
	size_t n_bad; /* not there, or not allowed */
};

void change_init(struct change_set *s, enum change_verb verb);
void change_release(struct change_set *s);

/* By number or by index: up to twelve digits are an index. */
enum cred_err change_add(
    struct change_set *s, const char *asked, struct why *why);
/*
 * By a list, CSV or XLSX: with a header row that names 证书编号 or 日志序号 (or
 * both: then the index counts), or one number or index on each line. Blank
 * rows and those with # are skipped. CRED_FAULT_CONFIG, naming the row, for
 * anything else, hidden rows included.
 */
enum cred_err change_add_file(
    struct change_set *s, const char *path, struct why *why);

/* At most twelve digits. */
bool change_as_index(const char *asked, uint64_t *out);

/* Find them. What cannot be changed is told to say, one line each, and counted
 * in n_bad. The same certificate twice is one. */
enum cred_err change_resolve(struct change_set *s, struct registry *r,
    void (*say)(void *ctx, const char *line), void *ctx, struct why *why);

/* Write them in one transaction. */
enum cred_err change_apply(const struct change_set *s, struct registry *r,
    const char *reason, int64_t now, struct why *why);

#endif
