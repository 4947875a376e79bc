#include "table/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"
#include "table/table.h"

enum cred_err
input_temporary(int *fd, struct why *why)
{
	const char *dir = getenv("TMPDIR");
	char *name = NULL;

	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	*fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd >= 0)
		return CRED_OK;
	/* Not every file system has files without a name. */
	if (asprintf(&name, "%s/tamga-table-XXXXXX", dir) < 0)
		return why_errno(
		    why, ENOMEM, TR("cannot create", "无法创建"), dir);
	*fd = mkostemp(name, O_CLOEXEC);
	if (*fd < 0) {
		enum cred_err e = why_errno(why, errno,
		    TR("cannot create a temporary file in",
			"无法在此处建立临时文件："),
		    dir);
		free(name);
		return e;
	}
	unlink(name);
	free(name);
	return CRED_OK;
}

static enum cred_err
too_large(const char *path, struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_LIMIT,
	    TR("%s is larger than %u MB; split it", "%s 超过 %u MB，请拆分"),
	    path, TABLE_MAX_BYTES >> 20);
}

/* What cannot be read twice, a pipe: into a file that can. */
static enum cred_err
copy_stream(int fd, const char *name, struct input *in, struct why *why)
{
	uint8_t buf[65536];
	enum cred_err e = input_temporary(&in->fd, why);
	ssize_t n;

	while (e == CRED_OK && (n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(
			    why, errno, TR("cannot read", "读不了"), name);
		in->size += (uint64_t)n;
		if (in->size > TABLE_MAX_BYTES)
			return too_large(name, why);
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(in->fd, buf + done, (size_t)(n - done));
			if (w < 0 && errno == EINTR)
				w = 0;
			else if (w < 0)
				return why_errno(why, errno,
				    TR("cannot write", "写不了"),
				    TR("a temporary file", "临时文件"));
		}
	}
	return e;
}

enum cred_err
input_open(const char *path, struct input *out, struct why *why)
{
	struct input in = {.fd = -1};
	struct stat st;
	enum cred_err e = CRED_OK;

	if (strcmp(path, "-") == 0) {
		e = copy_stream(STDIN_FILENO, TR("standard input", "标准输入"),
		    &in, why);
	} else {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return why_errno(
			    why, errno, TR("cannot open", "打不开"), path);
		if (fstat(fd, &st) != 0) {
			e = why_errno(
			    why, errno, TR("cannot read", "读不了"), path);
		} else if (S_ISFIFO(st.st_mode)) {
			e = copy_stream(fd, path, &in, why);
		} else if (!S_ISREG(st.st_mode)) {
			e = why_set(why, CRED_FAULT_IO,
			    TR("%s is not a file", "%s 不是文件"), path);
		} else {
			in.fd = fd;
			fd = -1;
			in.size = (uint64_t)st.st_size;
			if (in.size > TABLE_MAX_BYTES)
				e = too_large(path, why);
		}
		if (fd >= 0)
			close(fd);
	}
	if (e != CRED_OK) {
		input_close(&in);
		return e;
	}
	*out = in;
	return CRED_OK;
}

void
input_of_bytes(struct bytes bytes, struct input *out)
{
	*out = (struct input){.fd = -1, .bytes = bytes, .size = bytes.len};
}

void
input_close(struct input *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

enum cred_err
input_read(const struct input *in, uint64_t at, void *buf, size_t n,
    size_t *got, struct why *why)
{
	size_t have = 0;

	if (in->fd < 0) {
		if (at < in->bytes.len) {
			have = in->bytes.len - (size_t)at;
			have = have < n ? have : n;
			memcpy(buf, in->bytes.ptr + at, have);
		}
		*got = have;
		return CRED_OK;
	}
	while (have < n) {
		ssize_t r = pread(
		    in->fd, (char *)buf + have, n - have, (off_t)(at + have));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return why_errno(why, errno,
			    TR("cannot read", "读不了"),
			    TR("the spreadsheet", "电子表格"));
		if (r == 0)
			break;
		have += (size_t)r;
	}
	*got = have;
	return CRED_OK;
}
