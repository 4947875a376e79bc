#include "log/log_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

#define LOCK_TRIES 600 /* of 50 ms */
#define NEW_SUFFIX ".new"
#define PATH_ROOM  (TLOG_PATH_MAX + sizeof NEW_SUFFIX)

static enum cred_err
fail(const struct place *p, int err, const char *doing, const char *path,
    struct why *why)
{
	char *full = file_join(p->name, path);
	enum cred_err e =
	    why_errno(why, err, doing, full != NULL ? full : path);

	free(full);
	return e;
}

enum cred_err
place_open(const char *dir, bool make, struct place *out, struct why *why)
{
	enum cred_err e;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), up;

	if (fd < 0 && errno == ENOENT && make) {
		if ((e = file_mkdirs(dir, 0755, why)) != CRED_OK)
			return e;
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Its own name is to last, too. */
		up = fd < 0
			 ? -1
			 : openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fsync(up) != 0) {
			e = why_errno(why, errno,
			    TR("cannot sync the folder "
			       "of",
				"文件夹无法落盘："),
			    dir);
			if (up >= 0)
				close(up);
			if (fd >= 0)
				close(fd);
			return e;
		}
		close(up);
	}
	if (fd < 0)
		return why_errno(why, errno,
		    TR("cannot open the log's folder", "打不开日志文件夹"),
		    dir);
	out->fd = fd;
	out->name = dir;
	return CRED_OK;
}

void
place_close(struct place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

enum cred_err
place_lock(const struct place *p, struct why *why)
{
	const struct timespec wait = {.tv_nsec = 50000000};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
			return CRED_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return why_errno(why, errno,
			    TR("cannot lock", "无法加锁："), p->name);
		nanosleep(&wait, NULL);
	}
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("another program is writing in %s and has not finished; try "
	       "again later",
		"另一程序正在写入 %s 且尚未结束，请稍后再试"),
	    p->name);
}

void
place_unlock(const struct place *p)
{
	flock(p->fd, LOCK_UN);
}

/* Every folder on the way to path. */
static enum cred_err
make_folders(const struct place *p, const char *path, struct why *why)
{
	char part[PATH_ROOM];

	for (const char *s = strchr(path, '/'); s != NULL;
	     s = strchr(s + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(s - path), path);
		if (mkdirat(p->fd, part, 0755) != 0 && errno != EEXIST)
			return fail(p, errno,
			    TR("cannot make the folder", "无法建立文件夹"),
			    part, why);
	}
	return CRED_OK;
}

void
batch_init(struct batch *b, const struct place *p, tlog_sha256_fn *sha256)
{
	*b = (struct batch){.place = p, .sha256 = sha256};
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
			return fail(
			    p, errno, TR("cannot write", "写不了"), path, why);
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return CRED_OK;
}

/* What was written stands under its names, if all of it reached the disk. */
static enum cred_err
batch_move(struct batch *b, struct why *why)
{
	enum cred_err e = CRED_OK;
	char tmp[PATH_ROOM];

	for (size_t i = b->n_moved; i < b->n; i++) {
		int *fd = &b->fds[i - b->n_moved];
		if (e == CRED_OK && fsync(*fd) != 0) {
			e = fail(b->place, errno, TR("cannot sync", "无法落盘"),
			    b->files[i].path, why);
			b->sync_failed = true;
		}
		if (close(*fd) != 0 && e == CRED_OK)
			e = fail(b->place, errno, TR("cannot write", "写不了"),
			    b->files[i].path, why);
		*fd = -1;
	}
	for (size_t i = b->n_moved; e == CRED_OK && i < b->n; i++) {
		snprintf(tmp, sizeof tmp, "%s" NEW_SUFFIX, b->files[i].path);
		if (renameat(
			b->place->fd, tmp, b->place->fd, b->files[i].path) != 0)
			e = fail(b->place, errno,
			    TR("cannot rename to", "无法改名为"),
			    b->files[i].path, why);
	}
	b->n_moved = b->n;
	b->failed |= e != CRED_OK;
	return e;
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
	if (b->n == b->cap) {
		size_t cap = 2 * b->cap + 32;
		f = realloc(b->files, cap * sizeof *f);
		if (f == NULL)
			return why_set(why, CRED_FAULT_NOMEM,
			    TR("out of memory", "内存不足"));
		b->files = f;
		b->cap = cap;
	}
	snprintf(tmp, sizeof tmp, "%s" NEW_SUFFIX, path);
	fd = openat(b->place->fd, tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 && errno == ENOENT) {
		if ((e = make_folders(b->place, path, why)) != CRED_OK)
			return e;
		fd = openat(b->place->fd, tmp,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	}
	if (fd < 0)
		return fail(b->place, errno, TR("cannot create", "无法创建"),
		    path, why);
	if ((e = write_all(b->place, fd, data, path, why)) != CRED_OK) {
		close(fd);
		unlinkat(b->place->fd, tmp, 0);
		return e;
	}
	b->fds[b->n - b->n_moved] = fd;
	f = &b->files[b->n++];
	snprintf(f->path, sizeof f->path, "%s", path);
	f->len = data.len;
	b->sha256(f->hash, data, bytes_of("", 0));
	return CRED_OK;
}

struct folders {
	char (*names)[TLOG_PATH_MAX];
	size_t n, cap;
};

static bool
folders_add(struct folders *f, const char *path, size_t len)
{
	for (size_t i = f->n; i-- > 0;)
		if (strncmp(f->names[i], path, len) == 0 &&
		    f->names[i][len] == '\0')
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

/*
 * Each folder on the way to a file, up to the place itself: one that an
 * earlier, killed run made may be there and yet not be on the disk.
 */
static enum cred_err
sync_folders(struct batch *b, struct why *why)
{
	struct folders f = {0};
	enum cred_err e = CRED_OK;

	if (!folders_add(&f, ".", 1))
		goto nomem;
	for (size_t i = 0; i < b->n; i++)
		for (const char *s = strchr(b->files[i].path, '/'); s != NULL;
		     s = strchr(s + 1, '/'))
			if (!folders_add(&f, b->files[i].path,
				(size_t)(s - b->files[i].path)))
				goto nomem;
	for (size_t i = f.n; e == CRED_OK && i-- > 0;) {
		int fd = openat(b->place->fd, f.names[i],
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) != 0) {
			e = fail(b->place, errno, TR("cannot sync", "无法落盘"),
			    f.names[i], why);
			b->sync_failed = true;
		}
		if (fd >= 0)
			close(fd);
	}
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
		return fail(b->place, errno, TR("cannot read back", "无法读回"),
		    f->path, why);
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
		return fail(b->place, err, TR("cannot read back", "无法读回"),
		    f->path, why);
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
	/* Whatever did not get its name. */
	for (size_t i = 0; i < b->n; i++) {
		snprintf(tmp, sizeof tmp, "%s" NEW_SUFFIX, b->files[i].path);
		if (i >= b->n_moved || b->failed)
			unlinkat(b->place->fd, tmp, 0);
	}
	free(b->files);
	b->files = NULL;
	b->n = b->n_moved = b->cap = 0;
}

enum cred_err
checkpoint_write(const struct place *p, struct bytes note,
    tlog_sha256_fn *sha256, bool *sync_failed, struct why *why)
{
	struct batch b;
	enum cred_err e;

	batch_init(&b, p, sha256);
	e = batch_put(&b, "checkpoint", note, why);
	if (e == CRED_OK)
		e = batch_finish(&b, why);
	*sync_failed |= b.sync_failed;
	batch_release(&b);
	return e;
}

enum cred_err
place_read(const struct place *p, const char *path, uint8_t *out, size_t len,
    struct why *why)
{
	size_t n = 0;
	ssize_t got = 1;
	uint8_t past;
	int fd = openat(p->fd, path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return why_set(why, CRED_FAULT_LOG,
		    TR("the log lacks %s/%s; restore it from the publication "
		       "or a backup",
			"日志缺少 %s/%s，请从发布目录或备份恢复"),
		    p->name, path);
	if (fd < 0)
		return fail(p, errno, TR("cannot open", "打不开"), path, why);
	while (n < len && got > 0) {
		got = read(fd, out + n, len - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (got >= 0 && n == len)
		got = read(fd, &past, 1) == 0 ? 1 : 0;
	err = errno;
	close(fd);
	if (got < 0)
		return fail(p, err, TR("cannot read", "读不了"), path, why);
	if (got == 0)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/%s has not the %zu bytes it should; restore it "
		       "from the publication or a backup",
			"%s/%s 应为 %zu 字节但不符，请从发布目录或备份恢复"),
		    p->name, path, len);
	return CRED_OK;
}

enum cred_err
place_checkpoint(const struct place *p, uint8_t buf[static NOTE_MAX_BYTES],
    size_t *len, struct why *why)
{
	struct stat st;
	enum cred_err e;

	if (fstatat(p->fd, "checkpoint", &st, 0) != 0) {
		if (errno != ENOENT)
			return fail(p, errno, TR("cannot open", "打不开"),
			    "checkpoint", why);
		*len = 0;
		return CRED_OK;
	}
	if (st.st_size <= 0 || st.st_size > NOTE_MAX_BYTES)
		return why_set(why, CRED_FAULT_LOG,
		    TR("%s/checkpoint is no checkpoint",
			"%s/checkpoint 不是检查点文件"),
		    p->name);
	e = place_read(p, "checkpoint", buf, (size_t)st.st_size, why);
	if (e == CRED_OK)
		*len = (size_t)st.st_size;
	return e;
}

void
place_drop_partials(const struct place *p, const struct tlog_tile *full)
{
	char path[TLOG_PATH_MAX + 4];
	struct dirent *d;
	DIR *dir;
	int fd;

	tlog_tile_path(full, path);
	strcat(path, ".p");
	fd = openat(
	    p->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			unlinkat(fd, d->d_name, 0);
	closedir(dir);
	unlinkat(p->fd, path, AT_REMOVEDIR);
}
