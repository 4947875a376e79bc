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
#include "edge/lang.h"

#define CONNECT_MS 5000
#define TOTAL_MS   20000
#define MAX_IDLE   8 /* connections kept for the next fetch */

struct source {
	char *dir;  /* a folder, or */
	char *url;  /* a URL ending in '/'; both NULL: copies alone */
	char *keep; /* folder of copies, or NULL */
	pthread_mutex_t lock;
	CURL *idle[MAX_IDLE];
	size_t n_idle;
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

static enum cred_err
open_where(struct source *s, const char *where, bool offline, struct why *why)
{
	size_t n = strlen(where);
	struct stat st;

	if (is_url(where)) {
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

/* One GET: no redirect, no decompression, TLS checked, bounded in time and
 * length. */
static CURLcode
curl_get(CURL *c, const char *url, struct download *d, long *status,
    char text[static CURL_ERROR_SIZE])
{
	CURLcode r;

	curl_easy_reset(c);
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
	return r;
}

static enum cred_err
get_url(struct source *s, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	char text[CURL_ERROR_SIZE] = "", *url = NULL;
	struct download d = {.max = max};
	CURL *c = curl_take(s);
	enum cred_err e;
	long status = 0;
	CURLcode r;

	if (c == NULL || asprintf(&url, "%s%s", s->url, path) < 0) {
		curl_easy_cleanup(c);
		return why_errno(why, ENOMEM, "malloc", path);
	}
	r = curl_get(c, url, &d, &status, text);
	if (d.too_long || r == CURLE_FILESIZE_EXCEEDED)
		e = why_set(why, CRED_ERR_PIC_BYTES,
		    TR("%s is larger than %zu bytes", "%s 超过 %zu 字节的上限"),
		    url, max);
	else if (r != CURLE_OK)
		e = why_set(why, CRED_FAULT_NETWORK,
		    TR("cannot fetch %s: %s", "取不到 %s：%s"), url,
		    text[0] != '\0' ? text : curl_easy_strerror(r));
	else if (status == 404 || status == 410)
		e = CRED_OK;
	else if (status >= 300 && status < 400)
		e = why_set(why, CRED_FAULT_NETWORK,
		    TR("%s redirects (%ld), which is not followed; give --pub "
		       "the address it leads to",
			"%s 要求跳转（%ld），程序不会跟随；请把 --pub "
			"改为跳转后的地址"),
		    url, status);
	else if (status != 200)
		e = why_set(why, CRED_FAULT_NETWORK,
		    TR("cannot fetch %s: the server answers %ld",
			"取不到 %s：服务器返回 %ld"),
		    url, status);
	else
		e = CRED_OK;
	if (e == CRED_OK && status == 200) {
		if (d.ptr == NULL)
			d.ptr = calloc(1, 1); /* there, and empty */
		*out = (struct blob){d.ptr, d.len};
		d.ptr = NULL;
	} else if (e == CRED_OK) {
		*out = (struct blob){0};
	}
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
