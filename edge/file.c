#include "edge/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"

#define CHUNK 65536

enum cred_err
file_read(const char *path, size_t max, uint8_t **out, size_t *len,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	uint8_t *buf = NULL;
	size_t n = 0, cap = 0;
	int fd = 0;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why_errno(why, errno, TR("cannot open", "打不开"), path);
	for (;;) {
		ssize_t got;
		if (cap - n < CHUNK) {
			uint8_t *more = realloc(buf, cap + 2 * CHUNK + cap / 2 + 1);
			if (more == NULL) {
				e = why_errno(why, ENOMEM,
				    TR("cannot read", "读不了"), path);
				goto out;
			}
			buf = more;
			cap += 2 * CHUNK + cap / 2;
		}
		got = read(fd, buf + n, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			e = why_errno(why, errno, TR("cannot read", "读不了"), path);
			goto out;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max) {
			e = why_set(why, CRED_ERR_PIC_BYTES,
			    TR("%s is larger than %zu bytes",
				"%s 超过 %zu 字节的上限"), path, max);
			goto out;
		}
	}
	buf[n] = '\0';
	*out = buf;
	buf = NULL;
	*len = n;
out:
	free(buf);
	if (fd > 0)
		close(fd);
	return e;
}

static enum cred_err
write_all(int fd, struct bytes data, const char *path, struct why *why)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, errno,
			    TR("cannot write", "写不了"), path);
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return CRED_OK;
}

static enum cred_err
sync_folder_of(const char *path, struct why *why)
{
	char *dir = strdup(path), *slash;
	enum cred_err e = CRED_OK;
	int fd;

	if (dir == NULL)
		return CRED_FAULT_NOMEM;
	slash = strrchr(dir, '/');
	if (slash == dir)
		slash[1] = '\0';
	else if (slash != NULL)
		*slash = '\0';
	fd = open(slash != NULL ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	free(dir);
	return e;
}

void
file_date_after(int fd, int dir, const char *path)
{
	struct stat old, new;

	if (fstatat(dir, path, &old, 0) == 0 && fstat(fd, &new) == 0 &&
	    new.st_mtim.tv_sec <= old.st_mtim.tv_sec) {
		const struct timespec times[2] = {
		    {.tv_nsec = UTIME_OMIT},
		    {.tv_sec = old.st_mtim.tv_sec + 1}};
		(void)futimens(fd, times);
	}
}

static enum cred_err
write_by_name(const char *path, struct bytes data, mode_t mode,
    bool replace, struct why *why)
{
	enum cred_err e;
	char *tmp = NULL;
	int fd = -1;

	if (asprintf(&tmp, "%s.tmp.XXXXXX", path) < 0)
		return CRED_FAULT_NOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		e = why_errno(why, errno, TR("cannot create", "无法创建"), path);
		free(tmp);
		return e;
	}
	e = write_all(fd, data, path, why);
	if (e == CRED_OK && replace)
		file_date_after(fd, AT_FDCWD, path);
	if (e == CRED_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		e = why_errno(why, errno, TR("cannot write", "写不了"), path);
	if (close(fd) != 0 && e == CRED_OK)
		e = why_errno(why, errno, TR("cannot write", "写不了"), path);
	if (e == CRED_OK && replace && rename(tmp, path) != 0)
		e = why_errno(why, errno, TR("cannot rename to", "无法改名为"), path);
	if (e == CRED_OK && !replace && link(tmp, path) != 0) {
		if (errno == EEXIST)
			e = why_set(why, CRED_FAULT_EXISTS,
			    TR("%s exists already; it is not overwritten",
				"%s 已经存在，不会覆盖"), path);
		else
			e = why_errno(why, errno,
			    TR("cannot create", "无法创建"), path);
	}
	if (e != CRED_OK || !replace)
		unlink(tmp);
	if (e == CRED_OK)
		e = sync_folder_of(path, why);
	free(tmp);
	return e;
}

enum cred_err
file_write(const char *path, struct bytes data, mode_t mode, struct why *why)
{
	return write_by_name(path, data, mode, true, why);
}

enum cred_err
file_create(const char *path, struct bytes data, mode_t mode, struct why *why)
{
	return write_by_name(path, data, mode, false, why);
}

enum cred_err
file_mkdirs(const char *path, mode_t mode, struct why *why)
{
	enum cred_err e = CRED_OK;
	char *p = strdup(path);
	struct stat st;

	if (p == NULL)
		return CRED_FAULT_NOMEM;
	if (*p == '\0') {
		free(p);
		return why_set(why, CRED_FAULT_IO, "%s",
		    TR("a folder without a name cannot be made",
			"文件夹名称为空，无法建立"));
	}
	for (char *s = p + 1;; s++) {
		char keep = *s;
		if (keep != '/' && keep != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, mode) != 0 && errno != EEXIST) {
			e = why_errno(why, errno,
			    TR("cannot make the folder", "无法建立文件夹"), p);
			break;
		}
		*s = keep;
		if (keep == '\0')
			break;
	}
	if (e == CRED_OK && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
		e = why_set(why, CRED_FAULT_IO, TR("%s is not a folder",
		    "%s 不是文件夹"), path);
	free(p);
	return e;
}

char *
file_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);
	char *out;

	if (asprintf(&out, "%s%s%s", dir,
	    n > 0 && dir[n - 1] == '/' ? "" : "/", name) < 0)
		return NULL;
	return out;
}
