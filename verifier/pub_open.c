#include "verifier/pub_open.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"

static void
note(void *ctx, const char *line)
{
	const struct cli_common *c = ctx;

	if (c->quiet)
		return;
	fprintf(stderr, "%s: ", program_invocation_short_name);
	cli_print_safe(stderr, line, strlen(line));
	fputc('\n', stderr);
}

enum cred_err
pub_anchor(
    const struct cli_common *c, uint8_t **pem, size_t *len, struct why *why)
{
	char *path = cli_anchor_path(c);
	enum cred_err e;

	if (path == NULL)
		return why_set(why, CRED_FAULT_ANCHOR,
		    TR("no anchor: give the authority's certificate with "
		       "--anchor PEM, or put it at %s/anchor.pem",
			"没有信任锚：请用 --anchor 给出主管部门证书，或放在 "
			"%s/anchor.pem"),
		    c->home);
	e = file_read(path, 1 << 16, pem, len, why);
	free(path);
	return cred_is_refusal(e) ? CRED_FAULT_ANCHOR : e;
}

enum cred_err
pub_open(const struct cli_common *c, const char *source, bool offline,
    struct publication **out, struct why *why)
{
	struct publication_opts o = {.source = source,
	    .offline = offline,
	    .note = note,
	    .note_ctx = (void *)(uintptr_t)c};
	char *cache, *home_pub;
	uint8_t *pem = NULL;
	enum cred_err e = pub_anchor(c, &pem, &o.anchor.len, why);

	if (e != CRED_OK)
		return e;
	o.anchor.ptr = pem;
	home_pub = cli_home_path(c, "pub");
	if (source == NULL && access(home_pub, R_OK | X_OK) == 0)
		o.source = home_pub;
	cache = publication_cache_dir(c->home);
	if (cache == NULL)
		note((void *)(uintptr_t)c,
		    TR("no folder for the cache can be written: what was "
		       "seen before is not remembered",
			"没有可写的缓存文件夹，无法记住以前见过的版本"));
	o.cache = cache;
	e = publication_open(&o, out, why);
	free(cache);
	free(home_pub);
	free(pem);
	return e;
}
