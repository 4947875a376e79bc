#ifndef ISSUER_RESTORE_H
#define ISSUER_RESTORE_H

#include "issuer/backup.h"

/*
 * A home out of a backup. A home put back behind what it has published would
 * sign another tree of a size that is public, give indexes and numbers away
 * twice, and take revocations back. So nothing is put in place before
 *   - every file is what the manifest says,
 *   - the log built anew from the registry has the root that was signed, and
 *     at the size of the published checkpoint its root,
 *   - no status was published after the backup that the backup has not,
 *   - the same holds against what stands in the home, as far as it can be
 *     read: CRED_ERR_BACKUP_BEHIND if not, whatever force says.
 * What it takes the place of is moved to HOME/replaced-TIME.
 */
struct restore_opts {
	const char *from;
	const char *pub; /* folder or URL; NULL: nothing was ever published */
	bool force;      /* a home that is not empty */
	bool dry_run;    /* all but putting it in place */
};
struct restore_result {
	int64_t made;
	uint64_t size;   /* of the log */
	uint64_t staged; /* reserved or signed, not logged yet */
	char aside[64];  /* below the home; "" when nothing was moved */
};
enum cred_err restore_run(const struct cli_common *cli,
    const struct restore_opts *o, int64_t now, struct restore_result *out,
    struct why *why);

/*
 * log.c of it: build DIR/log of h (HOME_WRITE, without a log) from its
 * registry, and say the root at each of the sizes asked for, ascending.
 * CRED_ERR_BACKUP_FORM when it does not lead to the signed root.
 */
struct restore_mark {
	uint64_t size;
	struct tlog_hash root; /* out */
};
enum cred_err restore_log(
    struct home *h, struct restore_mark *marks, size_t n, struct why *why);

#endif
