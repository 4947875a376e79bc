#ifndef WEB_STATIC_H
#define WEB_STATIC_H

#include "web/server.h"

/*
 * The files of the pages, compiled into the program: nothing is read from a
 * folder while serving. Each has an ETag, its SHA-256; browsers ask every time
 * and mostly hear 304.
 */
struct asset {
	const char
	    *path; /* "/app.js"; pages are "/index.zh.html", "/index.en.html" */
	const char *type;
	const char *etag; /* with quotes */
	const uint8_t *ptr;
	size_t len;
	const uint8_t *gz; /* the same, gzip */
	size_t gz_len;
};

/* NULL when there is none of that path. */
const struct asset *asset_find(
    const struct asset *set, size_t n, const char *path);

/* Answers with the asset, packed for browsers that take it, or with 304. */
void static_reply(
    const struct asset *a, const struct web_request *rq, struct web_reply *rp);

#endif
