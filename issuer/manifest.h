#ifndef ISSUER_MANIFEST_H
#define ISSUER_MANIFEST_H

#include "credential/limits.h"
#include "credential/tlog.h"
#include "edge/why.h"

/*
 * What a backup holds: a text, so that sha256sum and eyes can check it too.
 *
 *   tamga-backup 1
 *   made 2026-11-23T08:00:00Z
 *   body 52150100MJY000000J
 *   size 266                       of the log when it was made, and its root
 *   root <hex>
 *   file <SHA-256> <bytes> <mode, octal> <path>     ascending by path
 *   end <SHA-256 of all above>
 *
 * It protects against damage, not against people: it is not signed.
 */
#define MANIFEST_NAME      "manifest"
#define MANIFEST_REGISTRY  "registry.db"
#define MANIFEST_MAX       (64u << 20) /* bytes */
#define MANIFEST_PATH_MAX  255
#define MANIFEST_FILES_MAX 1000000
#define MANIFEST_FILE_MAX  (UINT64_C(1) << 40)

struct manifest_file {
	uint8_t hash[32];
	uint64_t len;
	unsigned mode;
	char *path; /* relative, without "." and ".." */
};
struct manifest {
	int64_t made;
	char body_id[32];
	uint64_t size;
	struct tlog_hash root;
	size_t n, cap;
	struct manifest_file *files;
};
void manifest_release(struct manifest *m);

/* May a file of this name be in one? Visible UTF-8, relative, no "..". */
bool manifest_path_ok(const char *path);
/* The path is copied. */
enum cred_err manifest_add(
    struct manifest *m, const struct manifest_file *f, struct why *why);
const struct manifest_file *manifest_find(
    const struct manifest *m, const char *path);

/* The text, malloc'd; sorts the files. */
enum cred_err manifest_print(struct manifest *m, char **text, struct why *why);
/* CRED_ERR_BACKUP_FORM for anything that manifest_print() would not write
 * exactly so, or without a registry. */
enum cred_err manifest_parse(
    struct bytes text, struct manifest *out, struct why *why);

#endif
