#ifndef KEYS_HOME_INT_H
#define KEYS_HOME_INT_H

#include "keys/key_int.h"

#define PASS_MIN     8
#define PEM_FILE_MAX (1 << 16)

/* Files that appear together: all of them, or none. Refuses before it writes
 * when one exists already. */
struct home_file {
	const char *name;
	struct bytes data;
	mode_t mode;
};
enum cred_err home_create(
    const char *home, const struct home_file *files, size_t n, struct why *why);

/* Pass phrase for new keys: asked twice, at least PASS_MIN bytes. */
enum cred_err home_new_pass(
    const struct pass_source *src, char out[static PASS_MAX], struct why *why);

/*
 * The key for a new home: made (text is its sealed PEM), or the one at
 * key_uri, of which text is then the reference. free() text.
 */
enum cred_err home_new_key(enum cose_alg alg, const char *key_uri,
    const char *pass, struct bytes *text, struct key **key, struct why *why);
void home_free_key(struct bytes *text, struct key *key);

/*
 * HOME/name stands there, the file that tells what home this is: else
 * CRED_FAULT_CONFIG, with the command that makes one. For commands that make no
 * home, before they write into what may be another folder.
 */
enum cred_err home_has(const char *home, const char *name, const char *command,
    struct why *why);

/* HOME/name whole. */
enum cred_err home_read(const char *home, const char *name, size_t max,
    struct bytes *out, struct why *why);

/* The first block with this label as DER. CRED_ERR_X509_FORM when none. */
enum cred_err pem_first(
    struct bytes pem, const char *label, uint8_t **der, size_t *len);

#endif
