#include "issuer/skim.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "issuer/crew.h"
#include "qr/modules.h"
#include "render/printout.h"

#define CHUNK      16 /* pages a thread takes */
#define MAX_PLACES 64 /* every place beyond is drawn */

struct skim {
	struct readback *r;
	const struct own *own;
	atomic_size_t next, done;
	pthread_mutex_t lock;
	size_t n_places;
	struct {
		uint8_t kind;
		int width;
		char at[80];
	} places[MAX_PLACES];
};

/* The file that a thread has open. */
struct open_file {
	bool tried, good;
	uint32_t file;
	void *map;
	size_t len;
	struct printout p;
};

static void
let_go(struct open_file *o)
{
	if (o->good)
		printout_release(&o->p);
	if (o->map != NULL)
		munmap(o->map, o->len);
	*o = (struct open_file){.tried = false};
}

static void
take_up(struct open_file *o, const struct readback *r, uint32_t file)
{
	int fd = open(r->files[file].path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	let_go(o);
	o->tried = true;
	o->file = file;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > 0) {
		o->len = (size_t)st.st_size;
		o->map = mmap(NULL, o->len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (o->map == MAP_FAILED)
			o->map = NULL;
	}
	if (fd >= 0)
		close(fd);
	/* What follows the last page that we know of was not asked for. */
	o->good =
	    o->map != NULL &&
	    printout_open(bytes_of(o->map, o->len), &o->p) == CRED_OK;
	if (o->good && o->p.n_pages != r->files[file].n) {
		printout_release(&o->p);
		o->good = false;
	}
}

/* Was a code at this place drawn and read before? */
static bool
place_is_new(struct skim *s, uint8_t kind, const struct printout_code *c)
{
	size_t i = 0;

	pthread_mutex_lock(&s->lock);
	while (i < s->n_places &&
	       !(s->places[i].kind == kind &&
		   s->places[i].width == c->code.width &&
		   strcmp(s->places[i].at, c->place) == 0))
		i++;
	if (i == s->n_places && i < MAX_PLACES) {
		s->places[i].kind = kind;
		s->places[i].width = c->code.width;
		memcpy(s->places[i].at, c->place, sizeof c->place);
		s->n_places++;
		i = MAX_PLACES;
	}
	pthread_mutex_unlock(&s->lock);
	return i == MAX_PLACES;
}

/* Good beyond doubt, and at a place that is known? */
static bool
skim_page(struct skim *s, struct open_file *o, const struct readback_page *pg)
{
	uint8_t text[READER_MAX_TEXT];
	struct outbuf out = {text, sizeof text, 0};
	struct printout_code c;
	bool good;

	if (!o->tried || o->file != pg->file)
		take_up(o, s->r, pg->file);
	if (!o->good || printout_code(&o->p,
			    (size_t)(pg - s->r->pages) -
				s->r->files[pg->file].first,
			    &c) != CRED_OK)
		return false;
	good = qr_modules_read(&c.code, &out) == CRED_OK &&
	       readback_code_is(
		   bytes_of(out.ptr, out.len), s->own, pg->entry) &&
	       !place_is_new(s, pg->kind, &c);
	qr_code_release(&c.code);
	return good;
}

static void
work(void *arg)
{
	struct skim *s = arg;
	struct open_file o = {.tried = false};
	size_t at;

	while ((at = atomic_fetch_add(&s->next, CHUNK)) < s->r->n_pages) {
		for (size_t i = at; i < at + CHUNK && i < s->r->n_pages; i++) {
			struct readback_page *pg = &s->r->pages[i];
			pg->full =
			    !skim_page(s, &o, pg) || i % SKIM_SAMPLE == 0;
			atomic_fetch_add(&s->done, 1);
		}
	}
	let_go(&o);
}

enum cred_err
skim_run(struct readback *r, const struct own *own,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx,
    struct why *why)
{
	struct skim *s = calloc(1, sizeof *s);

	if (s == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	s->r = r;
	s->own = own;
	pthread_mutex_init(&s->lock, NULL);
	crew_run(work, s, r->n_pages / CHUNK + 1, &s->done, r->n_pages,
	    progress, ctx);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return CRED_OK;
}
