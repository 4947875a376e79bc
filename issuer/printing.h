#ifndef ISSUER_PRINTING_H
#define ISSUER_PRINTING_H

#include "issuer/home.h"
#include "qr/reader.h"
#include "render/render.h"

/* Certificates of the registry to PDF files, each read back. */
struct printing_opts {
	const char *dir; /* one file each; NULL: not */
	const char *one; /* all in one file; NULL: not */
	const char *template_name;
	bool full; /* draw every page to read it back: skim.h */
	struct render_sheet sheet; /* of one; columns 0: a page each */
};
struct printing_result {
	size_t made;  /* files written now */
	size_t there; /* files that were there and are good */
};

/*
 * Print what filter names and is in the log, valid or suspended. Files that an
 * earlier run left are read back first and kept if good. Whatever does not
 * read back as its certificate is CRED_FAULT_RENDER.
 */
enum cred_err printing_run(struct home *h, struct reader *reader,
    const struct registry_filter *filter, const struct printing_opts *opts,
    struct printing_result *out, struct why *why);

/* How many, and where they are. */
void printing_say(const struct cli_common *cli, const struct printing_opts *opts,
    const struct printing_result *r);

#endif
