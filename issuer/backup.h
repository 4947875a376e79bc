#ifndef ISSUER_BACKUP_H
#define ISSUER_BACKUP_H

#include "issuer/home.h"
#include "issuer/manifest.h"

/*
 * A backup is a folder: manifest, registry.db as of one moment (safe while
 * others issue), and the home's other files: keys as they are (encrypted, or
 * only a token's address), certificates, photos, settings, approvals. Not the
 * log: its tiles follow from the registry (restore.h), and not what is
 * temporary.
 */

/*
 * Make one at out, which must not be there nor in the home; it appears whole.
 * All is synced, and read again against the manifest, before. Needs HOME_READ.
 * *m (may be NULL): what is in it, to be released.
 */
enum cred_err backup_make(struct home *h, const char *out, int64_t now,
    struct manifest *m, struct why *why);

/* Read the manifest at dir, and every file against it. CRED_ERR_BACKUP_FORM
 * naming the file that is missing, damaged or too many. *m to be released. */
enum cred_err backup_check(
    const char *dir, struct manifest *m, struct why *why);

/* Copy a file, not synced; *len and hash of what was written. */
enum cred_err backup_copy(const char *from, const char *to, unsigned mode,
    uint64_t *len, uint8_t hash[static 32], struct why *why);
/* Everything written to the file system that holds path. */
enum cred_err backup_sync(const char *path, struct why *why);
/* rm -r */
void backup_remove(const char *dir);

#endif
