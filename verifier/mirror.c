#include "verifier/mirror.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "edge/fnv.h"
#include "edge/lang.h"

#define N_SEEN 4096

/* When a path was asked for last; a table by hash, where paths that share a
 * place forget each other, so that nobody can make it grow. */
struct seen {
	uint64_t key; /* 0: none */
	int64_t at;
	bool missing;
};

struct mirror {
	struct source *source;
	int64_t (*clock)(void);
	sem_t fetches;
	pthread_mutex_t lock;
	int64_t rest_until;
	struct seen seen[N_SEEN];
};

static int64_t
unix_now(void)
{
	return time(NULL);
}

enum cred_err
mirror_open(const char *url, const char *dir, int64_t (*clock)(void),
    struct mirror **out, struct why *why)
{
	struct mirror *m = calloc(1, sizeof *m);
	enum cred_err e;

	if (m == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = source_open(url, dir, false, &m->source, why);
	if (e != CRED_OK) {
		free(m);
		return e;
	}
	m->clock = clock != NULL ? clock : unix_now;
	sem_init(&m->fetches, 0, MIRROR_FETCHES);
	pthread_mutex_init(&m->lock, NULL);
	*out = m;
	return CRED_OK;
}

void
mirror_close(struct mirror *m)
{
	if (m == NULL)
		return;
	source_close(m->source);
	sem_destroy(&m->fetches);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static uint64_t
key_of(const char *path)
{
	return fnv(FNV_BASIS, bytes_str(path)) | 1;
}

/* With the lock. A clock set back asks rather than waits. */
static bool
rests(const struct mirror *m, int64_t now)
{
	return now < m->rest_until && m->rest_until - now <= MIRROR_REST_S;
}

/* Was path asked for just now? Else it counts as asked for from here on, so
 * that of many clients one goes and the others get the copy. */
static bool
claim(struct mirror *m, uint64_t key, int64_t now, bool *missing)
{
	struct seen *s = &m->seen[key / 2 % N_SEEN];
	bool fresh;

	pthread_mutex_lock(&m->lock);
	fresh = s->key == key && now - s->at < MIRROR_FRESH_S && now >= s->at;
	*missing = fresh && s->missing;
	if (!fresh && !rests(m, now))
		*s = (struct seen){key, now, false};
	else if (!fresh)
		fresh = true;
	pthread_mutex_unlock(&m->lock);
	return fresh;
}

static void
note(struct mirror *m, uint64_t key, int64_t now, enum cred_err e, bool missing)
{
	struct seen *s = &m->seen[key / 2 % N_SEEN];

	pthread_mutex_lock(&m->lock);
	if (e == CRED_FAULT_NETWORK)
		m->rest_until = now + MIRROR_REST_S;
	if (e == CRED_OK)
		*s = (struct seen){key, now, missing};
	else if (s->key == key)
		s->key = 0;
	pthread_mutex_unlock(&m->lock);
}

static enum cred_err
fetch(struct mirror *m, const char *path, size_t max, struct blob *out,
    struct why *why)
{
	int64_t now = m->clock();
	enum cred_err e;
	bool resting;

	pthread_mutex_lock(&m->lock);
	resting = rests(m, now);
	pthread_mutex_unlock(&m->lock);
	*out = (struct blob){0};
	if (resting || sem_trywait(&m->fetches) != 0)
		return why_set(why, CRED_FAULT_NETWORK,
		    TR("%s: the publication's server cannot be asked now",
			"%s：暂时无法访问发布数据的服务器"),
		    path);
	e = source_get(m->source, path, max, out, why);
	sem_post(&m->fetches);
	note(m, key_of(path), now, e, out->ptr == NULL);
	if (e == CRED_OK && out->ptr != NULL)
		source_keep(m->source, path, blob_bytes(out));
	return e;
}

enum cred_err
mirror_get(struct mirror *m, const char *path, bool for_ever, size_t max,
    struct blob *out, struct why *why)
{
	bool missing, fresh = claim(m, key_of(path), m->clock(), &missing);
	enum cred_err e = CRED_OK;

	*out = (struct blob){0};
	if (missing)
		return CRED_OK;
	if (fresh || for_ever)
		source_copy(m->source, path, max, out);
	if (out->ptr != NULL)
		return CRED_OK;
	e = fetch(m, path, max, out, why);
	if (e != CRED_OK)
		source_copy(m->source, path, max, out);
	return out->ptr != NULL ? CRED_OK : e;
}
