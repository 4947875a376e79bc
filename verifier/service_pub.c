#include "verifier/service.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "credential/tlog.h"

#define MAX_FILE (4u << 20) /* bodies.pem of a few thousand bodies */

/* What a path of the publication is, and how long it stays as it is. */
struct kind_of_file {
	const char *type;
	const char *cache;
	bool page; /* HTML of ours */
};
#define CHANGES  "public, max-age=60"
#define FOR_EVER "public, max-age=31536000, immutable"

/* GB 32100: 18 characters, digits and capitals without I, O, S, V, Z. */
static bool
take_body_id(const char **p)
{
	size_t n = strspn(*p, "0123456789ABCDEFGHJKLMNPQRTUWXY");

	if (n != 18)
		return false;
	*p += n;
	return true;
}

/* A number without leading zeros, at most six digits. */
static bool
is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= 6 && s[n] == '\0' && (n == 1 || s[0] != '0');
}

static bool
after(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* The four files of tamga-review statistics. */
static bool
classify_statistics(const char *name, struct kind_of_file *out)
{
	out->page = strcmp(name, "index.html") == 0 ||
		    strcmp(name, "en.html") == 0;
	out->type = out->page ? "text/html; charset=utf-8"
		    : strcmp(name, "statistics.css") == 0
			? "text/css; charset=utf-8"
			: "text/csv; charset=utf-8";
	return out->page || strcmp(name, "statistics.css") == 0 ||
	       strcmp(name, "statistics.csv") == 0;
}

/* The shapes of design 5 and nothing else; path without its first '/'. */
static bool
classify(const char *path, struct kind_of_file *out)
{
	const char *p = path;
	struct tlog_tile tile;

	out->cache = CHANGES;
	out->page = false;
	if (after(&p, "trust/")) {
		out->type = "application/x-pem-file";
		if (strcmp(p, "anchor.pem") == 0 ||
		    strcmp(p, "bodies.pem") == 0)
			return true;
		out->type = "application/pkix-crl";
		if (strcmp(p, "authority.crl") == 0)
			return true;
		out->type = "application/json";
		return strcmp(p, "trust.json") == 0;
	}
	if (after(&p, "statistics/"))
		return classify_statistics(p, out);
	if (!after(&p, "bodies/") || !take_body_id(&p))
		return false;
	out->type = "application/statuslist+cwt";
	if (after(&p, "/status/"))
		return is_number(p);
	out->type = "text/plain; charset=utf-8";
	if (strcmp(p, "/log/checkpoint") == 0)
		return true;
	out->type = "application/octet-stream";
	if (!after(&p, "/log/") || !tlog_tile_parse(bytes_str(p), &tile))
		return false;
	out->cache = FOR_EVER; /* tiles, partial ones too, never change */
	return true;
}

/* Beneath dir: no ".." and no link leads out of it. */
static int
open_beneath(const char *dir, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, err;

	if (dirfd < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	err = errno;
	close(dirfd);
	errno = err;
	return fd;
}

static int
open_file(struct service *s, const char *path)
{
	int fd = -1, err = ENOENT;

	pthread_rwlock_rdlock(&s->lock);
	if (s->pub_dir != NULL) {
		fd = open_beneath(s->pub_dir, path);
		err = errno;
	}
	pthread_rwlock_unlock(&s->lock);
	errno = err;
	return fd;
}

/* The whole file, or NULL. */
static uint8_t *
read_all(int fd, size_t len)
{
	uint8_t *buf = malloc(len + 1);
	size_t have = 0;

	while (buf != NULL && have < len) {
		ssize_t n = read(fd, buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(buf);
			return NULL;
		}
		have += (size_t)n;
	}
	return buf;
}

/* From the publication's URL. True when there is a mirror, and rp is filled. */
static bool
serve_mirrored(struct service *s, const struct web_request *rq,
    const char *path, const struct kind_of_file *kind, struct web_reply *rp)
{
	struct blob blob = {0};
	struct why why = {0};
	enum cred_err e = CRED_OK;
	bool mirrored;

	pthread_rwlock_rdlock(&s->lock);
	mirrored = s->mirror != NULL;
	if (mirrored)
		e = mirror_get(s->mirror, path,
		    strcmp(kind->cache, FOR_EVER) == 0, MAX_FILE, &blob, &why);
	pthread_rwlock_unlock(&s->lock);
	if (!mirrored)
		return false;
	if (e != CRED_OK) {
		fprintf(stderr, "tamga-verifier: %s\n", why.text);
		reply_problem(rp, rq, WEB_NOT_READY);
	} else if (blob.ptr == NULL) {
		reply_problem(rp, rq, WEB_NOT_FOUND);
	} else {
		service_etag(rp, blob_bytes(&blob));
		rp->cache = kind->cache;
		if (reply_not_modified(rp, rq))
			blob_release(&blob);
		else
			reply_owned(rp, kind->type, blob.ptr, blob.len);
	}
	return true;
}

void
service_pub(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;
	const char *path = rq->path + 1;
	struct kind_of_file kind;
	struct stat st;
	uint8_t *buf;
	int fd;

	rp->cors = true;
	if (strcmp(path, "statistics/") == 0)
		path = "statistics/index.html";
	if (!classify(path, &kind)) {
		reply_problem(rp, rq, WEB_NOT_FOUND);
		return;
	}
	if (serve_mirrored(s, rq, path, &kind, rp))
		return;
	fd = open_file(s, path);
	if (fd < 0) {
		reply_problem(rp, rq,
		    errno == ENOENT || errno == ENOTDIR || errno == EXDEV
			? WEB_NOT_FOUND
			: WEB_FAULT);
		return;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0 ||
	    (uint64_t)st.st_size > MAX_FILE) {
		close(fd);
		reply_problem(rp, rq, WEB_NOT_FOUND);
		return;
	}
	/* files appear whole, by rename: inode, time and size name a version */
	snprintf(rp->etag, sizeof rp->etag, "\"%llx-%llx-%llx\"",
	    (unsigned long long)st.st_ino,
	    (unsigned long long)st.st_mtim.tv_sec * 1000000000ull +
		(unsigned long long)st.st_mtim.tv_nsec,
	    (unsigned long long)st.st_size);
	rp->cache = kind.cache;
	rp->page = kind.page;
	if (reply_not_modified(rp, rq)) {
		close(fd);
		return;
	}
	buf = read_all(fd, (size_t)st.st_size);
	close(fd);
	if (buf == NULL) {
		reply_problem(rp, rq, WEB_FAULT);
		return;
	}
	reply_owned(rp, kind.type, buf, (size_t)st.st_size);
}
