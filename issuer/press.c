#include "issuer/press.h"

#include <pthread.h>
#include <stdlib.h>

#include "issuer/crew.h"

#define MAX_THREADS 16
#define QUEUE       64

struct job {
	struct registry_entry e; /* its texts and bytes are the job's */
	char *path;
};

struct press {
	const struct home *h;
	const char *chosen;
	pthread_t threads[MAX_THREADS];
	size_t n_threads;
	pthread_mutex_t lock;
	pthread_cond_t more, room;
	struct job *queue[QUEUE];
	size_t head, n;
	bool closed;
	atomic_bool said;
	enum cred_err err;
	struct why why;
};

static void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	free(j->e.number);
	free(j->e.name);
	free(j->e.id_number);
	free(j->e.occupation);
	free(j->e.code);
	free(j->e.direction);
	free((uint8_t *)(uintptr_t)j->e.payload.ptr);
	free((uint8_t *)(uintptr_t)j->e.credential.ptr);
	free((uint8_t *)(uintptr_t)j->e.print.ptr);
	free(j->path);
	free(j);
}

static bool
copy_text(char **out, const char *s)
{
	*out = s == NULL ? NULL : strdup(s);
	return s == NULL || *out != NULL;
}

static bool
copy_bytes(struct bytes *out, struct bytes b)
{
	uint8_t *p = malloc(b.len + 1);

	if (p == NULL)
		return false;
	if (b.len > 0)
		memcpy(p, b.ptr, b.len);
	*out = bytes_of(p, b.len);
	return true;
}

static struct job *
job_new(const struct registry_entry *e, const char *path)
{
	struct job *j = calloc(1, sizeof *j);
	struct registry_entry *to;

	if (j == NULL)
		return NULL;
	to = &j->e;
	to->index = e->index;
	to->state = e->state;
	to->status = e->status;
	to->kind = e->kind;
	to->id_type = e->id_type;
	to->level = e->level;
	to->issued = e->issued;
	to->row = e->row;
	if (copy_text(&to->number, e->number) && copy_text(&to->name, e->name) &&
	    copy_text(&to->id_number, e->id_number) &&
	    copy_text(&to->occupation, e->occupation) &&
	    copy_text(&to->code, e->code) &&
	    copy_text(&to->direction, e->direction) &&
	    copy_bytes(&to->payload, e->payload) &&
	    copy_bytes(&to->credential, e->credential) &&
	    copy_bytes(&to->print, e->print) && copy_text(&j->path, path))
		return j;
	job_free(j);
	return NULL;
}

/* NULL: there will be no more. */
static struct job *
take(struct press *p)
{
	struct job *j = NULL;

	pthread_mutex_lock(&p->lock);
	while (p->n == 0 && !p->closed)
		pthread_cond_wait(&p->more, &p->lock);
	if (p->n > 0) {
		j = p->queue[p->head];
		p->head = (p->head + 1) % QUEUE;
		p->n--;
		pthread_cond_signal(&p->room);
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void
failed(struct press *p, enum cred_err e, const struct why *why)
{
	pthread_mutex_lock(&p->lock);
	if (p->err == CRED_OK) {
		p->err = e;
		p->why = *why;
	}
	pthread_cond_signal(&p->room);
	pthread_mutex_unlock(&p->lock);
}

static void *
work(void *arg)
{
	struct press *p = arg;
	struct printer printer;
	struct job *j;

	printer_init(&printer, p->h, p->chosen);
	printer.all_said = &p->said;
	while ((j = take(p)) != NULL) {
		struct why why = {""};
		enum cred_err e = CRED_OK;

		/* After a failure the rest is let go. */
		pthread_mutex_lock(&p->lock);
		e = p->err;
		pthread_mutex_unlock(&p->lock);
		if (e == CRED_OK) {
			e = printer_file(&printer, &j->e, j->path, &why);
			if (e != CRED_OK)
				failed(p, e, &why);
		}
		job_free(j);
	}
	printer_release(&printer);
	return NULL;
}

enum cred_err
press_start(const struct home *h, const char *chosen, size_t files,
    struct press **out, struct why *why)
{
	struct press *p = calloc(1, sizeof *p);
	size_t n = crew_size(files / 8 + 1);

	if (p == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	p->h = h;
	p->chosen = chosen;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->room, NULL);
	while (p->n_threads < n && p->n_threads < MAX_THREADS &&
	       pthread_create(&p->threads[p->n_threads], NULL, work, p) == 0)
		p->n_threads++;
	if (p->n_threads == 0) {
		free(p);
		return why_set(why, CRED_FAULT_NOMEM,
		    TR("cannot start a thread to print", "无法启动打印线程"));
	}
	*out = p;
	return CRED_OK;
}

enum cred_err
press_put(struct press *p, const struct registry_entry *e, const char *path,
    struct why *why)
{
	struct job *j = job_new(e, path);
	enum cred_err err;

	if (j == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	pthread_mutex_lock(&p->lock);
	while (p->n == QUEUE && p->err == CRED_OK)
		pthread_cond_wait(&p->room, &p->lock);
	err = p->err;
	if (err == CRED_OK) {
		p->queue[(p->head + p->n++) % QUEUE] = j;
		j = NULL;
		pthread_cond_signal(&p->more);
	} else {
		*why = p->why;
	}
	pthread_mutex_unlock(&p->lock);
	job_free(j);
	return err;
}

enum cred_err
press_stop(struct press *p, struct why *why)
{
	enum cred_err e;

	if (p == NULL)
		return CRED_OK;
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	e = p->err;
	if (e != CRED_OK)
		*why = p->why;
	pthread_cond_destroy(&p->more);
	pthread_cond_destroy(&p->room);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return e;
}
