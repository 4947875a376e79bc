#include "table/spill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"
#include "table/input.h"

#define TAIL   (1u << 20)
#define BLOCK  16384u
#define BLOCKS 256u /* 4 MB */

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
flush(struct spill *s, struct why *why)
{
	size_t done = 0;
	enum cred_err e;

	if (s->flushed == 0) {
		e = input_temporary(&s->fd, why);
		if (e != CRED_OK)
			return e;
	}
	while (done < s->tail_len) {
		ssize_t n = pwrite(s->fd, s->tail + done, s->tail_len - done,
		    (off_t)s->flushed);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			e = why_errno(why, errno, TR("cannot write", "写不了"),
			    TR("a temporary file", "临时文件"));
			if (s->flushed == 0)
				close(s->fd);
			return e;
		}
		done += (size_t)n;
		s->flushed += (uint64_t)n;
	}
	s->tail_len = 0;
	return CRED_OK;
}

enum cred_err
spill_append(struct spill *s, const void *p, size_t n, struct why *why)
{
	enum cred_err e;

	if (s->tail == NULL && (s->tail = malloc(TAIL)) == NULL)
		return nomem(why);
	while (n > 0) {
		size_t room = TAIL - s->tail_len, now = n < room ? n : room;
		memcpy(s->tail + s->tail_len, p, now);
		s->tail_len += now;
		p = (const char *)p + now;
		n -= now;
		if (s->tail_len == TAIL && (e = flush(s, why)) != CRED_OK)
			return e;
	}
	return CRED_OK;
}

uint64_t
spill_len(const struct spill *s)
{
	return s->flushed + s->tail_len;
}

/* The block of the file that at stands in. */
static enum cred_err
block(struct spill *s, uint64_t at, const char **out, struct why *why)
{
	struct input in = {.fd = s->fd, .size = s->flushed};
	uint64_t number = at / BLOCK;
	size_t place = number % BLOCKS, got;
	enum cred_err e;

	if (s->cache == NULL) {
		s->cache = malloc((size_t)BLOCK * BLOCKS);
		s->cached = calloc(BLOCKS, sizeof *s->cached);
	}
	if (s->cache == NULL || s->cached == NULL)
		return nomem(why);
	*out = s->cache + place * BLOCK;
	if (s->cached[place] == number + 1)
		return CRED_OK;
	s->cached[place] = 0;
	e = input_read(
	    &in, number * BLOCK, s->cache + place * BLOCK, BLOCK, &got, why);
	if (e == CRED_OK)
		s->cached[place] = number + 1;
	return e;
}

enum cred_err
spill_read(struct spill *s, uint64_t at, void *buf, size_t n, struct why *why)
{
	char *to = buf;
	enum cred_err e;

	while (n > 0 && at < s->flushed) {
		size_t from = at % BLOCK, now = BLOCK - from;
		const char *p = NULL;

		if (now > s->flushed - at)
			now = (size_t)(s->flushed - at);
		if (now > n)
			now = n;
		e = block(s, at, &p, why);
		if (e != CRED_OK)
			return e;
		memcpy(to, p + from, now);
		to += now;
		at += now;
		n -= now;
	}
	if (n > 0)
		memcpy(to, s->tail + (at - s->flushed), n);
	return CRED_OK;
}

void
spill_release(struct spill *s)
{
	if (s->flushed > 0)
		close(s->fd);
	free(s->tail);
	free(s->cache);
	free(s->cached);
	*s = (struct spill){0};
}
