#ifndef ISSUER_READBACK_H
#define ISSUER_READBACK_H

#include "issuer/home.h"
#include "qr/reader.h"

/*
 * After printing, every PDF is read back the way an employer's scanner would:
 * its QR code must decode to exactly the registry's bytes, and those must
 * verify. (A batch of another system once carried the same wrong hash in every
 * certificate.)
 */
struct readback_page {
	uint64_t index;
	uint8_t entry[32]; /* SHA-256 of the credential */
	uint32_t file;     /* its file in the list */
	uint8_t kind;
	bool full; /* quick: to be drawn all the same, skim.h */
	size_t page;       /* of its file, from 1 */
};
struct readback_file {
	char *path;      /* malloc, the list's */
	size_t first, n; /* its pages */
	unsigned columns, rows; /* of a sheet with several on a page; or 0 */
	bool bad;               /* by readback_run() */
};
struct readback {
	struct readback_file *files;
	size_t n_files, cap_files;
	struct readback_page *pages;
	size_t n_pages, cap_pages;
	bool quick; /* skim first; for files that we wrote */
};

void readback_init(struct readback *r);
void readback_release(struct readback *r);
/* A file to be read; then its pages, in order. Takes path. */
enum cred_err readback_file(struct readback *r, char *path, struct why *why);
enum cred_err readback_page(
    struct readback *r, const struct registry_entry *e, struct why *why);

/* Is this QR text the credential with that hash, and signed by us? */
bool readback_code_is(
    struct bytes text, const struct own *own, const uint8_t entry[static 32]);

/* The last one is not on the file's next page, but on this page of a sheet. */
void readback_place(struct readback *r, size_t page, unsigned columns,
    unsigned rows);

/*
 * Read all files, on as many threads as there are processors. The first one
 * that is not what it should be is CRED_FAULT_RENDER, named in why; the others
 * are still read, and marked.
 */
enum cred_err readback_run(struct readback *r, struct reader *reader,
    const struct own *own,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx,
    struct why *why);

#endif
