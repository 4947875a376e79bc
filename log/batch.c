#include "log/log_int.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

#define NEW_SUFFIX ".new"
#define PATH_ROOM  (TLOG_PATH_MAX + sizeof NEW_SUFFIX)

/* Every folder on the way to path. */
static enum cred_err
make_folders(const struct place *p, const char *path, struct why *why)
{
	char part[PATH_ROOM];

	for (const char *s = strchr(path, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(s - path), path);
		if (mkdirat(p->fd, part, 0755) != 0 && errno != EEXIST)
			return place_fail(p, errno,
			    TR("cannot make the folder", "无法建立文件夹"),
			    part, why);
	}
	return CRED_OK;
}

void
batch_init(
    struct batch *b, struct place *p, tlog_sha256_fn *sha256, bool by_rename)
{
	*b = (struct batch){
	    .place = p, .sha256 = sha256, .by_rename = by_rename};
}

static enum cred_err
write_all(const struct place *p, int fd, struct bytes data, const char *path,
    struct why *why)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return place_fail(
			    p, errno, TR("cannot write", "写不了"), path, why);
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return CRED_OK;
}

struct waiting {
	int fd, err;
	pthread_t thread;
	bool threaded;
};

static void *
wait_for_one(void *arg)
{
	struct waiting *w = arg;

	w->err = fsync(w->fd) == 0 ? 0 : errno;
	return NULL;
}

/*
 * fsync of several at once: the file system's journal takes them together,
 * where one after the other each waits for a commit of its own.
 */
static void
sync_together(struct waiting *w, size_t n)
{
	for (size_t i = 1; i < n; i++)
		w[i].threaded = pthread_create(&w[i].thread, NULL, wait_for_one,
				    &w[i]) == 0;
	for (size_t i = 0; i < n; i++)
		if (!w[i].threaded)
			wait_for_one(&w[i]);
	for (size_t i = 0; i < n; i++)
		if (w[i].threaded)
			pthread_join(w[i].thread, NULL);
}

static void
name_of(const struct batch *b, const char *path, char out[static PATH_ROOM])
{
	snprintf(out, PATH_ROOM, "%s%s", path, b->by_rename ? NEW_SUFFIX : "");
}

/* What was written stands under its names, if all of it reached the disk. */
static enum cred_err
batch_move(struct batch *b, struct why *why)
{
	struct waiting w[BATCH_OPEN] = {0};
	size_t n = b->n - b->n_moved;
	enum cred_err e = CRED_OK;
	char tmp[PATH_ROOM];

	for (size_t i = 0; i < n; i++)
		w[i].fd = b->fds[i];
	sync_together(w, n);
	for (size_t i = 0; i < n; i++) {
		const char *path = b->files[b->n_moved + i].path;
		b->sync_failed |= w[i].err != 0;
		if (w[i].err != 0 && e == CRED_OK)
			e = place_fail(b->place, w[i].err,
			    TR("cannot sync", "无法落盘"), path, why);
		if (close(w[i].fd) != 0 && e == CRED_OK)
			e = place_fail(b->place, errno,
			    TR("cannot write", "写不了"), path, why);
	}
	for (size_t i = b->n_moved; e == CRED_OK && b->by_rename && i < b->n;
	     i++) {
		name_of(b, b->files[i].path, tmp);
		if (renameat(
			b->place->fd, tmp, b->place->fd, b->files[i].path) != 0)
			e = place_fail(b->place, errno,
			    TR("cannot rename to", "无法改名为"),
			    b->files[i].path, why);
	}
	b->n_moved = b->n;
	b->failed |= e != CRED_OK;
	return e;
}

static bool
batch_room(struct batch *b)
{
	size_t cap = 2 * b->cap + 32;
	void *more;

	if (b->n < b->cap)
		return true;
	more = realloc(b->files, cap * sizeof *b->files);
	if (more == NULL)
		return false;
	b->files = more;
	b->cap = cap;
	return true;
}

/* Always a new file: what a crash left under the name stays as it is for
 * whoever has it open. */
static int
open_new(const struct batch *b, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(b->place->fd, path, flags, 0644);

	if (fd < 0 && errno == EEXIST && unlinkat(b->place->fd, path, 0) == 0)
		fd = openat(b->place->fd, path, flags, 0644);
	return fd;
}

enum cred_err
batch_put(struct batch *b, const char *path, struct bytes data, struct why *why)
{
	struct batch_file *f;
	char tmp[PATH_ROOM];
	enum cred_err e;
	int fd;

	if (b->n - b->n_moved == BATCH_OPEN &&
	    (e = batch_move(b, why)) != CRED_OK)
		return e;
	if (!batch_room(b))
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	name_of(b, path, tmp);
	fd = open_new(b, tmp);
	if (fd < 0 && errno == ENOENT) {
		if ((e = make_folders(b->place, path, why)) != CRED_OK)
			return e;
		fd = open_new(b, tmp);
	}
	if (fd < 0)
		return place_fail(b->place, errno,
		    TR("cannot create", "无法创建"), path, why);
	if ((e = write_all(b->place, fd, data, path, why)) != CRED_OK) {
		close(fd);
		unlinkat(b->place->fd, tmp, 0);
		b->failed = true;
		return e;
	}
	if (b->by_rename)
		file_date_after(fd, b->place->fd, path);
	/* All on their way before the first is waited for. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	b->fds[b->n - b->n_moved] = fd;
	f = &b->files[b->n++];
	snprintf(f->path, sizeof f->path, "%s", path);
	f->len = data.len;
	b->sha256(f->hash, data, bytes_of("", 0));
	return CRED_OK;
}

static bool
folders_have(const struct folders *f, const char *path, size_t len)
{
	for (size_t i = f->n; i-- > 0;)
		if (strncmp(f->names[i], path, len) == 0 &&
		    f->names[i][len] == '\0')
			return true;
	return false;
}

static bool
folders_add(struct folders *f, const char *path, size_t len)
{
	if (folders_have(f, path, len))
		return true;
	if (f->n == f->cap) {
		size_t cap = 2 * f->cap + 16;
		void *more = realloc(f->names, cap * sizeof *f->names);
		if (more == NULL)
			return false;
		f->names = more;
		f->cap = cap;
	}
	snprintf(f->names[f->n++], TLOG_PATH_MAX, "%.*s", (int)len, path);
	return true;
}

/* The folder of path[0..len), "." at the top. */
static bool
add_parent(struct folders *f, const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len == 0 ? folders_add(f, ".", 1)
			: folders_add(f, path, len - 1);
}

/*
 * Which folders a file needs: its own, which has a new name in it; and of each
 * folder on the way that this handle has not yet synced, that one and the one
 * above. It need not be new: one that an earlier, killed run made may be there
 * and yet not be on the disk.
 */
static bool
folders_of(const struct batch *b, const char *path, struct folders *out)
{
	const char *last = strrchr(path, '/');

	if (last == NULL)
		return folders_add(out, ".", 1);
	for (const char *s = strchr(path, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		size_t len = (size_t)(s - path);
		bool known = folders_have(&b->place->synced, path, len);
		if ((s == last || !known) && !folders_add(out, path, len))
			return false;
		if (!known && !add_parent(out, path, len))
			return false;
	}
	return true;
}

/* The folders [from, from + n) of f, together. */
static enum cred_err
sync_some(struct batch *b, const struct folders *f, size_t from, size_t n,
    struct why *why)
{
	struct waiting w[BATCH_OPEN] = {0};
	enum cred_err e = CRED_OK;
	size_t opened = 0;

	for (; e == CRED_OK && opened < n; opened++) {
		w[opened].fd = openat(b->place->fd, f->names[from + opened],
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (w[opened].fd < 0) {
			e = place_fail(b->place, errno,
			    TR("cannot sync", "无法落盘"),
			    f->names[from + opened], why);
			break;
		}
	}
	if (e == CRED_OK)
		sync_together(w, n);
	for (size_t i = 0; i < opened; i++) {
		close(w[i].fd);
		b->sync_failed |= w[i].err != 0;
		if (w[i].err != 0 && e == CRED_OK)
			e = place_fail(b->place, w[i].err,
			    TR("cannot sync", "无法落盘"), f->names[from + i],
			    why);
	}
	return e;
}

static enum cred_err
sync_folders(struct batch *b, struct why *why)
{
	struct folders f = {0};
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < b->n; i++)
		if (!folders_of(b, b->files[i].path, &f))
			goto nomem;
	for (size_t i = 0; e == CRED_OK && i < f.n; i += BATCH_OPEN)
		e = sync_some(
		    b, &f, i, f.n - i < BATCH_OPEN ? f.n - i : BATCH_OPEN, why);
	for (size_t i = 0; e == CRED_OK && i < f.n; i++)
		if (strstr(f.names[i], ".p") == NULL &&
		    !folders_add(
			&b->place->synced, f.names[i], strlen(f.names[i])))
			goto nomem;
	free(f.names);
	return e;
nomem:
	free(f.names);
	return why_set(why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
}

/* From the disk rather than from the cache, as far as the kernel obliges. */
static enum cred_err
read_back(const struct batch *b, const struct batch_file *f, struct why *why)
{
	uint8_t buf[TLOG_BUNDLE_MAX + 1], hash[32];
	size_t n = 0;
	ssize_t got = 1;
	int fd =
	    openat(b->place->fd, f->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return place_fail(b->place, errno,
		    TR("cannot read back", "无法读回"), f->path, why);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while (got > 0 && n < sizeof buf) {
		got = read(fd, buf + n, sizeof buf - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (got < 0) {
		int err = errno;
		close(fd);
		return place_fail(b->place, err,
		    TR("cannot read back", "无法读回"), f->path, why);
	}
	close(fd);
	b->sha256(hash, bytes_of(buf, n), bytes_of("", 0));
	if (n != f->len || memcmp(hash, f->hash, 32) != 0)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/%s reads back otherwise than it was written; "
		       "check the disk",
			"%s/%s 读回的内容与写入的不同，请检查磁盘"),
		    b->place->name, f->path);
	return CRED_OK;
}

enum cred_err
batch_finish(struct batch *b, struct why *why)
{
	enum cred_err e;

	if ((e = batch_move(b, why)) != CRED_OK ||
	    (e = sync_folders(b, why)) != CRED_OK)
		return e;
	for (size_t i = 0; e == CRED_OK && i < b->n; i++)
		e = read_back(b, &b->files[i], why);
	return e;
}

void
batch_release(struct batch *b)
{
	char tmp[PATH_ROOM];

	for (size_t i = b->n_moved; i < b->n; i++)
		close(b->fds[i - b->n_moved]);
	/* Nobody was promised these: make room again. */
	for (size_t i = 0; i < b->n && (b->failed || b->n_moved < b->n); i++) {
		name_of(b, b->files[i].path, tmp);
		unlinkat(b->place->fd, tmp, 0);
	}
	free(b->files);
	b->files = NULL;
	b->n = b->n_moved = b->cap = 0;
}

enum cred_err
checkpoint_write(struct place *p, struct bytes note, tlog_sha256_fn *sha256,
    bool *sync_failed, struct why *why)
{
	struct batch b;
	enum cred_err e;

	batch_init(&b, p, sha256, true);
	e = batch_put(&b, "checkpoint", note, why);
	if (e == CRED_OK)
		e = batch_finish(&b, why);
	*sync_failed |= b.sync_failed;
	batch_release(&b);
	return e;
}
