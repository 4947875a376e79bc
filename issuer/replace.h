#ifndef ISSUER_REPLACE_H
#define ISSUER_REPLACE_H

#include "issuer/batch.h"
#include "issuer/change.h"

/*
 * A new certificate in the place of an old one (lost, corrected, reviewed):
 * the old content with some cells changed, checked by the same rules as a
 * roster. Both are linked in the registry; the old one becomes superseded when
 * the new one is in the log, not before. The number stays the old one's
 * (domain.md 3.1), unless a changed level or year makes it wrong (kind 2) or
 * another is given.
 *
 * Order of writes as for a batch: reserve, with the link -> sign -> store ->
 * log -> superseded. What a crash leaves, batch_complete() goes on with.
 */
#define REPLACE_BATCH "replace"   /* of all entries made so */
#define REPLACE_AGAIN (24 * 3600) /* seconds, see replace_find() */

struct replace_wish {
	const char *cell[N_COLUMNS]; /* NULL or "": as it is */
	enum cell_type type[N_COLUMNS]; /* of a cell from a roster */
	const char *photo_dir;       /* where cell[COL_PHOTO] is */
	const char *reason; /* kept with the new one, and in the trail */
};

struct replace_item {
	uint64_t old, by;
	bool already; /* done before, by this very wish: by is the new one */
	bool refused; /* by the signer: by is void, the old one is as it was */
	bool keeps_number;
	char number[CLAIMS_MAX_NUMBER + 1]; /* the old one's; "" for kind 4 */
	char *photo_dir;
	struct row row; /* its key is of the wish and of the old index */
};

struct replace_set {
	struct replace_item *items;
	size_t n;
	size_t n_bad; /* not there, or may not be replaced */
};
void replace_release(struct replace_set *s);

/*
 * Find the certificates asked for and make the new rows. What cannot be
 * replaced is told to say and counted in n_bad; what is wrong with a new row
 * is in f, with the old index in the place of a row.
 *
 * Asked for by a number that its replacement kept, the newest is meant; but
 * when that one was made by the same wish in the last REPLACE_AGAIN seconds,
 * the command is being repeated, and it is already done. By an index there is
 * no doubt. out is to be released also after a failure.
 */
enum cred_err replace_find(struct home *h, const struct change_set *asked,
    const struct replace_wish *wish, int64_t now, struct replace_set *out,
    struct findings *f, void (*say)(void *ctx, const char *line), void *ctx,
    struct why *why);

/* Issue them: all reserved or none. Fills by and refused. Needs HOME_SIGN and
 * nothing staged. */
enum cred_err replace_issue(struct home *h, struct replace_set *s,
    const char *reason, int64_t now, struct why *why);

#endif
