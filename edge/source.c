#include "edge/source.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/fnv.h"
#include "edge/lang.h"

#define CONNECT_MS 5000
#define TOTAL_MS   20000
#define MAX_IDLE   8 /* connections kept for the next fetch */
#define MAX_KNOWN  4096
#define MAX_ETAG   72

/* What a URL's file was when it last came: RFC 9110 s8.8.3. */
struct known {
	char *path;
	char etag[MAX_ETAG];
	struct mark {
		size_t len;
		uint64_t sum;
	} mark;
};

struct source {
	char *dir;  /* a folder, or */
	char *url;  /* a URL ending in '/'; both NULL: copies alone */
	char *keep; /* folder of copies, or NULL */
	pthread_mutex_t lock;
	CURL *idle[MAX_IDLE];
	size_t n_idle;
	struct known *known;
	size_t n_known, next_known;
};

void
blob_release(struct blob *b)
{
	free(b->ptr);
	*b = (struct blob){0};
}

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static bool curl_ready;

static void
curl_start(void)
{
	curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static bool
is_url(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

/* RFC 3986 s3.2.1. It would stand in messages and be given to everybody who
 * lists processes. */
static bool
has_userinfo(const char *url)
{
	const char *authority = strstr(url, "://") + 3;

	return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

static enum cred_err
open_where(struct source *s, const char *where, bool offline, struct why *why)
{
	size_t n = strlen(where);
	struct stat st;

	if (is_url(where)) {
		if (has_userinfo(where))
			return why_set(why, CRED_FAULT_CONFIG,
			    TR("--pub: the address holds a name or password; "
			       "a publication is public, give it without",
				"--pub：网址中含有用户名或口令；发布数据"
				"是公开的，请去掉后再试"));
		if (offline)
			return CRED_OK;
		pthread_once(&curl_once, curl_start);
		if (!curl_ready)
			return why_set(why, CRED_FAULT_NETWORK, "libcurl");
		if (asprintf(&s->url, "%s%s", where,
			where[n - 1] == '/' ? "" : "/") < 0)
			return CRED_FAULT_NOMEM;
		return CRED_OK;
	}
	if (strstr(where, "://") != NULL)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--pub %s: neither a folder nor an http(s) URL",
			"--pub %s：既不是文件夹，也不是 http(s) 网址"),
		    where);
	if (stat(where, &st) != 0)
		return why_errno(why, errno,
		    TR("cannot open the publication", "打不开发布数据"), where);
	if (!S_ISDIR(st.st_mode))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--pub %s: neither a folder nor an http(s) URL",
			"--pub %s：既不是文件夹，也不是 http(s) 网址"),
		    where);
	s->dir = strdup(where);
	return s->dir != NULL ? CRED_OK : CRED_FAULT_NOMEM;
}

enum cred_err
source_open(const char *where, const char *keep_dir, bool offline,
    struct source **out, struct why *why)
{
	struct source *s = calloc(1, sizeof *s);
	enum cred_err e = CRED_OK;

	if (s == NULL)
		return why_errno(why, ENOMEM, "calloc", "source");
	pthread_mutex_init(&s->lock, NULL);
	if (where != NULL)
		e = open_where(s, where, offline, why);
	if (e == CRED_OK && keep_dir != NULL && s->dir == NULL) {
		s->keep = strdup(keep_dir);
		if (s->keep == NULL)
			e = CRED_FAULT_NOMEM;
	}
	if (e != CRED_OK) {
		source_close(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_idle; i++)
		curl_easy_cleanup(s->idle[i]);
	for (size_t i = 0; i < s->n_known; i++)
		free(s->known[i].path);
	free(s->known);
	pthread_mutex_destroy(&s->lock);
	free(s->dir);
	free(s->url);
	free(s->keep);
	free(s);
}

bool
source_has_copies(const struct source *s)
{
	return s->keep != NULL;
}

/* A file below dir; a missing one is no error. */
static enum cred_err
get_file(const char *dir, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	char *full = file_join(dir, path);
	enum cred_err e;

	if (full == NULL)
		return why_errno(why, ENOMEM, "malloc", path);
	if (access(full, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*out = (struct blob){0};
		e = CRED_OK;
	} else {
		e = file_read(full, max, &out->ptr, &out->len, why);
	}
	free(full);
	return e;
}

struct download {
	uint8_t *ptr;
	size_t len, max;
	bool too_long;
};

static size_t
download_write(char *data, size_t size, size_t n, void *ctx)
{
	struct download *d = ctx;
	uint8_t *more;

	(void)size; /* always 1 */
	if (n > d->max - d->len) {
		d->too_long = true;
		return 0;
	}
	more = realloc(d->ptr, d->len + n + 1);
	if (more == NULL)
		return 0;
	d->ptr = more;
	memcpy(d->ptr + d->len, data, n);
	d->len += n;
	d->ptr[d->len] = '\0';
	return n;
}

static CURL *
curl_take(struct source *s)
{
	CURL *c = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->n_idle > 0)
		c = s->idle[--s->n_idle];
	pthread_mutex_unlock(&s->lock);
	return c != NULL ? c : curl_easy_init();
}

static void
curl_give(struct source *s, CURL *c)
{
	pthread_mutex_lock(&s->lock);
	if (s->n_idle < MAX_IDLE) {
		s->idle[s->n_idle++] = c;
		c = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	curl_easy_cleanup(c);
}

/* Tells a copy that changed by itself; what a copy says is believed for its
 * signatures alone. */
static struct mark
mark_of(struct bytes b)
{
	return (struct mark){b.len, fnv(FNV_BASIS, b)};
}

/* With the lock. */
static struct known *
find_known(struct source *s, const char *path)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (strcmp(s->known[i].path, path) == 0)
			return &s->known[i];
	return NULL;
}

/* With the lock: a place for path, the oldest one when all are taken. */
static struct known *
place_known(struct source *s, const char *path)
{
	struct known *k = find_known(s, path), *more;
	char *name;

	if (k != NULL)
		return k;
	name = strdup(path);
	if (name == NULL)
		return NULL;
	if (s->n_known < MAX_KNOWN) {
		more = realloc(s->known, (s->n_known + 1) * sizeof *more);
		if (more == NULL) {
			free(name);
			return NULL;
		}
		s->known = more;
		k = &s->known[s->n_known++];
	} else {
		k = &s->known[s->next_known++ % MAX_KNOWN];
		free(k->path);
	}
	*k = (struct known){.path = name};
	return k;
}

static void
remember(struct source *s, const char *path, const char *etag, struct bytes b)
{
	struct known *k;

	if (s->keep == NULL || *etag == '\0')
		return;
	pthread_mutex_lock(&s->lock);
	k = place_known(s, path);
	if (k != NULL) {
		snprintf(k->etag, sizeof k->etag, "%s", etag);
		k->mark = mark_of(b);
	}
	pthread_mutex_unlock(&s->lock);
}

/* The copy, if it is what the server once gave under this ETag. */
static bool
known_copy(struct source *s, const char *path, size_t max,
    char etag[static MAX_ETAG], struct blob *copy)
{
	struct mark was = {0}, is;
	struct known *k;

	*copy = (struct blob){0};
	pthread_mutex_lock(&s->lock);
	k = s->keep != NULL ? find_known(s, path) : NULL;
	if (k != NULL) {
		memcpy(etag, k->etag, MAX_ETAG);
		was = k->mark;
	}
	pthread_mutex_unlock(&s->lock);
	if (k == NULL)
		return false;
	source_copy(s, path, max, copy);
	is = mark_of(blob_bytes(copy));
	if (copy->ptr != NULL && is.len == was.len && is.sum == was.sum)
		return true;
	blob_release(copy);
	return false;
}

/* A header of ours must not carry what a server put between its lines. */
static void
take_etag(CURL *c, char out[static MAX_ETAG])
{
	struct curl_header *h;
	size_t n = 0;

	*out = '\0';
	if (curl_easy_header(c, "ETag", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return;
	while (h->value[n] > ' ' && h->value[n] < 0x7f)
		n++;
	if (h->value[n] == '\0' && n < MAX_ETAG)
		memcpy(out, h->value, n + 1);
}

/* One GET: no redirect, no decompression, TLS checked, bounded in time and
 * length; with an etag, only what has changed. */
static CURLcode
curl_get(CURL *c, const char *url, const char *etag, struct download *d,
    long *status, char text[static CURL_ERROR_SIZE])
{
	struct curl_slist *headers = NULL;
	char line[MAX_ETAG + 20];
	CURLcode r;

	curl_easy_reset(c);
	if (*etag != '\0') {
		snprintf(line, sizeof line, "If-None-Match: %s", etag);
		headers = curl_slist_append(NULL, line);
		if (headers == NULL)
			return CURLE_OUT_OF_MEMORY;
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	}
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)d->max);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "tamga/" TAMGA_VERSION);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, download_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, d);
	curl_easy_setopt(c, CURLOPT_URL, url);
	r = curl_easy_perform(c);
	if (r == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	/* The handle outlives both. */
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return r;
}

/* What one GET came to, as an error; CRED_OK for 200, 304, 404 and 410. */
static enum cred_err
outcome(CURLcode r, const struct download *d, long status, const char *url,
    const char *text, struct why *why)
{
	if (d->too_long || r == CURLE_FILESIZE_EXCEEDED)
		return why_set(why, CRED_ERR_PIC_BYTES,
		    TR("%s is larger than %zu bytes", "%s 超过 %zu 字节的上限"),
		    url, d->max);
	if (r != CURLE_OK)
		return why_set(why, CRED_FAULT_NETWORK,
		    TR("cannot fetch %s: %s", "取不到 %s：%s"), url,
		    text[0] != '\0' ? text : curl_easy_strerror(r));
	if (status == 200 || status == 304 || status == 404 || status == 410)
		return CRED_OK;
	if (status >= 300 && status < 400)
		return why_set(why, CRED_FAULT_NETWORK,
		    TR("%s redirects (%ld), which is not followed; give --pub "
		       "the address it leads to",
			"%s 要求跳转（%ld），程序不会跟随；请把 --pub "
			"改为跳转后的地址"),
		    url, status);
	return why_set(why, CRED_FAULT_NETWORK,
	    TR("cannot fetch %s: the server answers %ld",
		"取不到 %s：服务器返回 %ld"),
	    url, status);
}

static enum cred_err
get_url(struct source *s, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	char text[CURL_ERROR_SIZE] = "", etag[MAX_ETAG] = "", *url = NULL;
	struct download d = {.max = max};
	CURL *c = curl_take(s);
	struct blob copy;
	enum cred_err e;
	long status = 0;
	CURLcode r;

	if (c == NULL || asprintf(&url, "%s%s", s->url, path) < 0) {
		curl_easy_cleanup(c);
		return why_errno(why, ENOMEM, "malloc", path);
	}
	if (!known_copy(s, path, max, etag, &copy))
		*etag = '\0';
	r = curl_get(c, url, etag, &d, &status, text);
	e = outcome(r, &d, status, url, text, why);
	if (e == CRED_OK && status == 304 && copy.ptr == NULL)
		e = why_set(why, CRED_FAULT_NETWORK, /* nobody asked for it */
		    TR("cannot fetch %s: the server answers %ld",
			"取不到 %s：服务器返回 %ld"),
		    url, status);
	*out = (struct blob){0};
	if (e == CRED_OK && status == 304) {
		*out = copy;
		copy.ptr = NULL;
	} else if (e == CRED_OK && status == 200) {
		if (d.ptr == NULL)
			d.ptr = calloc(1, 1); /* there, and empty */
		*out = (struct blob){d.ptr, d.len};
		d.ptr = NULL;
		take_etag(c, etag);
		remember(s, path, etag, blob_bytes(out));
	}
	free(copy.ptr);
	free(d.ptr);
	free(url);
	curl_give(s, c);
	return e;
}

enum cred_err
source_get(struct source *s, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	if (s->dir != NULL)
		return get_file(s->dir, path, max, out, why);
	if (s->url != NULL)
		return get_url(s, path, max, out, why);
	*out = (struct blob){0};
	return CRED_OK;
}

void
source_copy(struct source *s, const char *path, size_t max, struct blob *out)
{
	struct why why;

	if (s->keep == NULL ||
	    get_file(s->keep, path, max, out, &why) != CRED_OK)
		*out = (struct blob){0};
}

void
source_keep(struct source *s, const char *path, struct bytes data)
{
	struct blob old = {0};
	struct why why;
	char *full, *slash;

	if (s->keep == NULL || s->url == NULL)
		return;
	source_copy(s, path, data.len, &old);
	if (old.ptr != NULL && bytes_eq(blob_bytes(&old), data)) {
		blob_release(&old);
		return;
	}
	blob_release(&old);
	full = file_join(s->keep, path);
	if (full == NULL)
		return;
	slash = strrchr(full, '/');
	*slash = '\0';
	if (file_mkdirs(full, 0700, &why) == CRED_OK) {
		*slash = '/';
		(void)file_write(full, data, 0600, &why);
	}
	free(full);
}
