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

enum cred_err
place_fail(const struct place *p, int err, const char *doing, const char *path,
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
	*out = (struct place){.fd = fd, .name = dir};
	return CRED_OK;
}

void
place_close(struct place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	free(p->synced.names);
	p->synced = (struct folders){0};
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
		return place_fail(
		    p, errno, TR("cannot open", "打不开"), path, why);
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
		return place_fail(
		    p, err, TR("cannot read", "读不了"), path, why);
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
			return place_fail(p, errno, TR("cannot open", "打不开"),
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
