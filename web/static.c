#include "web/static.h"

#include <stdio.h>

const struct asset *
asset_find(const struct asset *set, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(set[i].path, path) == 0)
			return &set[i];
	return NULL;
}

void
static_reply(
    const struct asset *a, const struct web_request *rq, struct web_reply *rp)
{
	snprintf(rp->etag, sizeof rp->etag, "%s", a->etag);
	rp->cache = "no-cache";
	rp->page = true;
	rp->vary_encoding = true;
	if (reply_not_modified(rp, rq))
		return;
	if (a->gz_len > 0 && a->gz_len < a->len && request_takes_gzip(rq)) {
		rp->gzip = true;
		reply_bytes(rp, a->type, bytes_of(a->gz, a->gz_len));
	} else {
		reply_bytes(rp, a->type, bytes_of(a->ptr, a->len));
	}
}
