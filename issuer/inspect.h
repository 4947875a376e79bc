#ifndef ISSUER_INSPECT_H
#define ISSUER_INSPECT_H

#include "issuer/batch.h"
#include "issuer/print.h"

/*
 * A whole roster against everything there is to check it by: its own form,
 * the rules of a row, the other rows, the registry, the fonts. Writes nothing.
 */
struct inspect_opts {
	int kind;                  /* --kind; 0: none */
	const char *batch;         /* --batch; NULL: from the roster's bytes */
	const char *photo_dir;     /* NULL: the roster's folder */
	const char *template_name; /* NULL: by kind */
	bool must_print;           /* no template is a fault, not a remark */
	int64_t now;
};

struct inspection {
	struct roster roster;
	struct findings findings; /* sorted */
	struct row *rows;
	size_t n, n_bad;
	bool unreadable; /* the file as a whole: no --skip-bad helps */
	char batch[BATCH_ID_MAX + 1];
	char *photo_dir;
};

/* The roster's bytes; malloc. Before anything else, so that a wrong name
 * leaves nothing behind. */
enum cred_err inspect_read(
    const char *path, struct bytes *out, struct why *why);
/* CRED_FAULT_* alone; what is wrong in the roster is in out->findings. path
 * says only where photos are. */
enum cred_err inspect(struct home *h, const char *path, struct bytes file,
    const struct inspect_opts *opts, struct inspection *out, struct why *why);
void inspection_release(struct inspection *x);

/* The findings: on stdout, text or JSON lines. */
void inspection_print(
    const struct inspection *x, const char *file, const struct cli_common *cli);

#endif
