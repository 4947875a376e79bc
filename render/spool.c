#include "render/spool_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
spool_init(struct spool *s, const char *path)
{
	*s = (struct spool){.path = path, .fd = -1};
}

static bool
failed(struct spool *s, int err)
{
	if (s->err == 0)
		s->err = err;
	return false;
}

static bool
open_file(struct spool *s)
{
	char *tmp;

	if (s->path == NULL)
		return failed(s, EFBIG);
	if (asprintf(&tmp, "%s.tmp.XXXXXX", s->path) < 0)
		return failed(s, ENOMEM);
	s->fd = mkostemp(tmp, O_CLOEXEC);
	if (s->fd < 0)
		failed(s, errno);
	else if (unlink(tmp) != 0)
		failed(s, errno);
	free(tmp);
	return s->err == 0;
}

static bool
to_file(struct spool *s)
{
	for (size_t at = 0; at < s->n;) {
		ssize_t got = write(s->fd, s->buf + at, s->n - at);
		if (got < 0 && errno != EINTR)
			return failed(s, errno);
		if (got > 0)
			at += (size_t)got;
	}
	s->filed += s->n;
	s->n = 0;
	return true;
}

/* Memory for len more, as far as it may have it. */
static bool
room(struct spool *s, size_t len)
{
	size_t cap = s->cap == 0 ? 65536 : s->cap;
	uint8_t *more;

	while (cap < SPOOL_MEMORY && cap - s->n < len)
		cap *= 2;
	more = cap == s->cap ? s->buf : realloc(s->buf, cap);
	if (more == NULL)
		return failed(s, ENOMEM);
	s->buf = more;
	s->cap = cap;
	return true;
}

bool
spool_put(struct spool *s, const void *data, size_t len)
{
	const uint8_t *from = data;

	if (s->err != 0 || !room(s, len))
		return false;
	while (len > 0) {
		size_t k = s->cap - s->n < len ? s->cap - s->n : len;
		memcpy(s->buf + s->n, from, k);
		s->n += k;
		from += k;
		len -= k;
		if (len > 0 && ((s->fd < 0 && !open_file(s)) || !to_file(s)))
			return false;
	}
	return true;
}

bool
spool_bytes(struct spool *s, struct bytes *out)
{
	if (s->err != 0)
		return false;
	if (s->fd < 0) {
		*out = bytes_of(s->buf, s->n);
		return true;
	}
	if (!to_file(s))
		return false;
	s->map = mmap(NULL, (size_t)s->filed, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		return failed(s, errno);
	}
	*out = bytes_of(s->map, (size_t)s->filed);
	return true;
}

void
spool_release(struct spool *s)
{
	if (s->map != NULL)
		munmap(s->map, (size_t)s->filed);
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	spool_init(s, NULL);
}
