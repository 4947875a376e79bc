#include "issuer/press.h"

#include <pthread.h>
#include <stdlib.h>

#include "issuer/crew.h"

#define MAX_THREADS 16
#define QUEUE       64
#define TURN        32 /* pages that a thread draws at once, about */

struct job {
	struct registry_entry *e; /* n; their texts and bytes are the job's */
	size_t n, cap;
	char *path; /* of a file of one */
	uint64_t turn;
};

struct worker {
	struct press *press;
	struct render_part *part; /* NULL: files */
	pthread_t thread;
};

struct press {
	const struct home *h;
	const char *chosen;
	struct worker workers[MAX_THREADS];
	size_t n_workers;
	pthread_mutex_t lock;
	pthread_cond_t more, room;
	struct job *queue[QUEUE];
	size_t head, n;
	struct job *turn; /* pages that are being collected */
	uint64_t turns;
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
	for (size_t i = 0; i < j->n; i++) {
		free(j->e[i].number);
		free(j->e[i].name);
		free(j->e[i].id_number);
		free(j->e[i].occupation);
		free(j->e[i].code);
		free(j->e[i].direction);
		free((uint8_t *)(uintptr_t)j->e[i].payload.ptr);
		free((uint8_t *)(uintptr_t)j->e[i].credential.ptr);
		free((uint8_t *)(uintptr_t)j->e[i].print.ptr);
	}
	free(j->e);
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

static bool
job_add(struct job *j, const struct registry_entry *e)
{
	struct registry_entry *to;

	if (j->n == j->cap) {
		size_t cap = j->cap == 0 ? 1 : 2 * j->cap;
		to = reallocarray(j->e, cap, sizeof *to);
		if (to == NULL)
			return false;
		j->e = to;
		j->cap = cap;
	}
	to = &j->e[j->n++];
	*to = (struct registry_entry){.index = e->index,
	    .state = e->state,
	    .status = e->status,
	    .kind = e->kind,
	    .id_type = e->id_type,
	    .level = e->level,
	    .issued = e->issued,
	    .row = e->row};
	return copy_text(&to->number, e->number) &&
	       copy_text(&to->name, e->name) &&
	       copy_text(&to->id_number, e->id_number) &&
	       copy_text(&to->occupation, e->occupation) &&
	       copy_text(&to->code, e->code) &&
	       copy_text(&to->direction, e->direction) &&
	       copy_bytes(&to->payload, e->payload) &&
	       copy_bytes(&to->credential, e->credential) &&
	       copy_bytes(&to->print, e->print);
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

static enum cred_err
print_job(struct printer *printer, const struct job *j,
    struct render_part *part, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (part == NULL)
		return printer_file(printer, &j->e[0], j->path, why);
	e = render_part_turn(part, j->turn, why);
	for (size_t i = 0; e == CRED_OK && i < j->n; i++)
		e = printer_page(printer, &j->e[i], part, why);
	return e;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct press *p = w->press;
	struct why why = {""};
	struct printer printer;
	enum cred_err e;
	struct job *j;

	printer_init(&printer, p->h, p->chosen);
	printer.all_said = &p->said;
	while ((j = take(p)) != NULL) {
		/* After a failure the rest is let go. */
		pthread_mutex_lock(&p->lock);
		e = p->err;
		pthread_mutex_unlock(&p->lock);
		if (e == CRED_OK) {
			e = print_job(&printer, j, w->part, &why);
			if (e != CRED_OK)
				failed(p, e, &why);
		}
		job_free(j);
	}
	if (w->part != NULL) {
		e = render_part_end(w->part, &why);
		if (e != CRED_OK)
			failed(p, e, &why);
	}
	printer_release(&printer);
	return NULL;
}

enum cred_err
press_start(const struct home *h, const char *chosen, size_t n,
    struct render_pdf *whole, struct press **out, struct why *why)
{
	struct press *p = calloc(1, sizeof *p);
	size_t threads = crew_size(n / 8 + 1);
	enum cred_err e = CRED_OK;

	if (p == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	p->h = h;
	p->chosen = chosen;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->room, NULL);
	while (p->n_workers < threads && p->n_workers < MAX_THREADS) {
		struct worker *w = &p->workers[p->n_workers];
		w->press = p;
		if (whole != NULL)
			e = render_pdf_part(whole, &w->part, why);
		if (e != CRED_OK ||
		    pthread_create(&w->thread, NULL, work, w) != 0)
			break;
		p->n_workers++;
	}
	if (p->n_workers == 0) {
		free(p);
		return e != CRED_OK ? e
				    : why_set(why, CRED_FAULT_NOMEM,
					  TR("cannot start a thread to print",
					      "无法启动打印线程"));
	}
	*out = p;
	return CRED_OK;
}

/* Takes j. */
static enum cred_err
put(struct press *p, struct job *j, struct why *why)
{
	enum cred_err err;

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
press_put(struct press *p, const struct registry_entry *e, const char *path,
    struct why *why)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL || !job_add(j, e) || !copy_text(&j->path, path)) {
		job_free(j);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	return put(p, j, why);
}

/* The pages that were collected. */
static enum cred_err
put_turn(struct press *p, struct why *why)
{
	struct job *j = p->turn;

	if (j == NULL)
		return CRED_OK;
	p->turn = NULL;
	j->turn = p->turns++;
	return put(p, j, why);
}

enum cred_err
press_put_page(
    struct press *p, const struct registry_entry *e, bool full, struct why *why)
{
	if (p->turn == NULL)
		p->turn = calloc(1, sizeof *p->turn);
	if (p->turn == NULL || !job_add(p->turn, e))
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	return full && p->turn->n >= TURN ? put_turn(p, why) : CRED_OK;
}

enum cred_err
press_stop(struct press *p, struct why *why)
{
	enum cred_err e;

	if (p == NULL)
		return CRED_OK;
	e = put_turn(p, why);
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_workers; i++)
		pthread_join(p->workers[i].thread, NULL);
	if (e == CRED_OK && p->err != CRED_OK)
		*why = p->why;
	if (e == CRED_OK)
		e = p->err;
	pthread_cond_destroy(&p->more);
	pthread_cond_destroy(&p->room);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return e;
}
