#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/publication_int.h"

void
fresh_init(struct fresh *f)
{
	*f = (struct fresh){.why = CRED_OK};
	pthread_cond_init(&f->done, NULL);
}

void
fresh_release(struct fresh *f)
{
	pthread_cond_destroy(&f->done);
}

bool
fresh_take(struct fresh *f, pthread_mutex_t *lock, bool stale, int64_t now)
{
	while (f->busy && !f->have)
		pthread_cond_wait(&f->done, lock);
	if (f->busy)
		return false;
	if (f->asked != 0 && now < f->next &&
	    (!stale || now - f->asked < FRESH_MIN_S))
		return false;
	f->busy = true;
	f->asked = now;
	return true;
}

void
fresh_give(struct fresh *f, int64_t now, enum cred_err e, int64_t again_s)
{
	f->busy = false;
	f->why = e;
	f->next = now + (e == CRED_OK ? again_s : RETRY_S);
	pthread_cond_broadcast(&f->done);
}

void
pub_note_refused(const struct pub_ctx *c, const char *path, enum cred_err e,
    const struct why *why)
{
	if (why->text[0] != '\0')
		pub_note(c, "%s", why->text);
	else
		pub_note(c,
		    TR("%s is not used: %s (%s)", "%s 不采用：%s（%s）"), path,
		    cred_strerr(e), cred_errname(e));
}

struct pub_body *
pub_body_new(const struct body *body)
{
	struct pub_body *b = calloc(1, sizeof *b);
	size_t n;

	if (b == NULL)
		return NULL;
	memcpy(b->id, body->scope.body_id, sizeof b->id);
	memcpy(b->log_key, body->scope.log_key, sizeof b->log_key);
	n = (size_t)snprintf(b->log_id, sizeof b->log_id, "%s-", b->id);
	for (size_t i = 0; i < 8; i++)
		n += (size_t)snprintf(
		    b->log_id + n, sizeof b->log_id - n, "%02x", b->log_key[i]);
	b->lists = pub_lists_new();
	b->log = pub_log_new(b);
	if (b->lists == NULL || b->log == NULL) {
		pub_body_free(b);
		return NULL;
	}
	return b;
}

void
pub_body_free(struct pub_body *b)
{
	if (b == NULL)
		return;
	pub_lists_free(b->lists);
	pub_log_free(b->log);
	free(b);
}

bool
pub_body_is(const struct pub_body *b, const struct body *body)
{
	return strcmp(b->id, body->scope.body_id) == 0 &&
	       memcmp(b->log_key, body->scope.log_key, sizeof b->log_key) == 0;
}
