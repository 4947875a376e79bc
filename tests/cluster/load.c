#include "tests/cluster/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "registry/ledger.h"

#define ROWS 20

static const char series[] = "S000015000123254";

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct texts {
	char number[ROWS][40], id[ROWS][32];
	uint8_t payload[ROWS][16];
};

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	struct texts *t = ctx;

	(void)why;
	snprintf(
	    t->number[i], sizeof t->number[i], "%s%06u", series, r->serial);
	snprintf(
	    t->id[i], sizeof t->id[i], "15010219900101%04u", r->row % 9999);
	memcpy(t->payload[i], &r->index, 8);
	out->kind = KIND_LEVEL;
	out->name = (char *)(uintptr_t) "张三";
	out->id_type = ID_RESIDENT;
	out->id_number = t->id[i];
	out->occupation = (char *)(uintptr_t) "电工";
	out->level = 4;
	out->issued = 20000;
	out->number = t->number[i];
	out->payload = bytes_of(t->payload[i], 16);
	return CRED_OK;
}

static void
row_of(struct reservation *r, const char *batch, uint32_t row)
{
	*r = (struct reservation){.row = row, .number_series = series};
	memcpy(r->row_key, batch, strnlen(batch, 24));
	memcpy(&r->row_key[24], &row, sizeof row);
}

static void
credential_of(uint64_t index, uint32_t row, const char *batch, char out[128])
{
	snprintf(
	    out, 128, "cred %llu %u %s", (unsigned long long)index, row, batch);
}

static void
ack(int fd, const char *what, const char *text)
{
	char line[160];
	int n = snprintf(line, sizeof line, "%lld %s %s\n",
	    (long long)clock_ms(), what, text);

	if (write(fd, line, (size_t)n) != n)
		_exit(98);
}

/* As an operator would: what failed for want of a server is run again. */
static bool
again(enum cred_err e, const struct why *why)
{
	switch (e) {
	case CRED_FAULT_NETWORK:
	case CRED_FAULT_DB:
	case CRED_FAULT_IO:
	case CRED_FAULT_CONFLICT: /* another epoch */
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		return true;
	default:
		fprintf(stderr, "load: %s: %s\n", cred_errname(e), why->text);
		return false;
	}
}

struct issuer {
	struct registry *r;
	unsigned who, batch;
	int fd;
	struct why why;
};

static enum cred_err
issue(struct issuer *w, struct reservation rows[ROWS], const char *batch)
{
	struct texts *t = calloc(1, sizeof *t);
	char credentials[ROWS][128];
	uint64_t index[ROWS];
	struct bytes bytes[ROWS];
	enum cred_err e;

	registry_look(w->r);
	for (uint32_t i = 0; i < ROWS; i++)
		row_of(&rows[i], batch, i + 2);
	e = registry_reserve(
	    w->r, batch, rows, ROWS, time(NULL), fill, t, &w->why);
	free(t);
	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < ROWS; i++) {
		index[i] = rows[i].index;
		credential_of(index[i], rows[i].row, batch, credentials[i]);
		bytes[i] = bytes_str(credentials[i]);
	}
	return registry_store(w->r, index, bytes, ROWS, time(NULL), &w->why);
}

struct settled {
	uint64_t to;
};

static enum cred_err
settle(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct settled *s = ctx;

	(void)why;
	if (e->index != s->to || e->state == ENTRY_RESERVED)
		return CRED_ERR_NOT_LEVEL; /* far enough */
	s->to++;
	return CRED_OK;
}

/* The head goes as far as all is signed or void; whoever comes first. */
static enum cred_err
swap_head(struct issuer *w)
{
	struct registry_filter f = {.state = -1, .status = -1};
	struct settled s;
	uint8_t root[32] = {0}, note[NOTE_MAX_BYTES];
	char text[96], line[64];
	uint64_t size;
	size_t len;
	enum cred_err e;

	registry_look(w->r);
	e = registry_head_get(
	    w->r, &size, root, note, sizeof note, &len, &w->why);
	if (e != CRED_OK)
		return e;
	s.to = f.from = size;
	e = registry_each(w->r, &f, settle, &s, &w->why);
	if ((e != CRED_OK && e != CRED_ERR_NOT_LEVEL) || s.to == size)
		return e == CRED_ERR_NOT_LEVEL ? CRED_OK : e;
	snprintf(text, sizeof text, "%llu-%llu by %u", (unsigned long long)size,
	    (unsigned long long)s.to, w->who);
	e = registry_head_swap(
	    w->r, size, s.to, root, bytes_str(text), &w->why);
	if (e == CRED_FAULT_CONFLICT)
		return CRED_OK; /* the other was faster */
	if (e != CRED_OK)
		return e;
	snprintf(line, sizeof line, "%llu %llu %u", (unsigned long long)size,
	    (unsigned long long)s.to, w->who);
	ack(w->fd, "H", line);
	return CRED_OK;
}

static int
issuer_run(struct issuer *w, const volatile bool *stop)
{
	struct reservation rows[ROWS];
	char batch[32], line[96];
	enum cred_err e;
	size_t n;

	while (!*stop) {
		snprintf(batch, sizeof batch, "i%u-%u", w->who, w->batch++);
		while ((e = issue(w, rows, batch)) != CRED_OK)
			if (!again(e, &w->why))
				return 1;
		for (size_t i = 0; i < ROWS; i++) {
			snprintf(line, sizeof line, "%llu %u %s %u",
			    (unsigned long long)rows[i].index, rows[i].serial,
			    batch, rows[i].row);
			ack(w->fd, "R", line);
		}
		/* Whoever reserved an hour ago and has not signed is gone. */
		while ((e = registry_void_stale(w->r, time(NULL) - 600, "gone",
			    time(NULL), &n, &w->why)) != CRED_OK ||
		       (e = swap_head(w)) != CRED_OK)
			if (!again(e, &w->why))
				return 1;
	}
	return 0;
}

static enum cred_err
book(struct registry *r, unsigned i, unsigned who, int fd, struct why *why)
{
	static const struct ledger_rules three = {.max_per_year = 3};
	unsigned person = i * 7919 % LOAD_PEOPLE;
	char id[32], subject[32], line[96];
	struct ledger_answer a;
	struct ledger_claim c = {.id = id,
	    .subject = subject,
	    .scheme = 1,
	    .part = LEDGER_FULL,
	    .year = 2020 + (int)(i % 2),
	    .kind = 2,
	    .level = 4,
	    .fen = 150000,
	    .number = "",
	    .institution = "甲",
	    .body_id = "",
	    .index = -1,
	    .codes = ""};
	enum cred_err e;

	snprintf(id, sizeof id, "C%u-%u", who, i);
	snprintf(subject, sizeof subject, "sp:%u", i / 5);
	memcpy(c.person, &person, sizeof person);
	snprintf((char *)c.content, 32, "%s", id);
	e = ledger_book(r, &c, &three, "r", time(NULL), &a, why);
	if (e == CRED_OK &&
	    (a.outcome == LEDGER_DONE || a.outcome == LEDGER_ALREADY)) {
		snprintf(line, sizeof line, "%s %u %d", id, person, c.year);
		ack(fd, "B", line);
	}
	return e;
}

int
load_run(enum load_role role, unsigned who, const char *spec, const char *acks,
    const volatile bool *stop)
{
	struct issuer w = {.who = who};
	enum cred_err e;

	w.fd = open(acks, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (w.fd < 0)
		return 1;
	while (
	    (e = registry_open(spec, REGISTRY_WRITE, &w.r, &w.why)) != CRED_OK)
		if (!again(e, &w.why))
			return 1;
	if (role == LOAD_ISSUER)
		return issuer_run(&w, stop);
	for (unsigned i = 0; !*stop; i++)
		while ((e = book(w.r, i, who, w.fd, &w.why)) != CRED_OK)
			if (!again(e, &w.why))
				return 1;
	return 0;
}

int
load_die(const char *spec)
{
	struct texts *t = calloc(1, sizeof *t);
	struct reservation rows[5];
	struct registry *r;
	struct why why;

	for (uint32_t i = 0; i < 5; i++)
		row_of(&rows[i], "dead", i + 2);
	return registry_open(spec, REGISTRY_WRITE, &r, &why) != CRED_OK ||
	       registry_reserve(r, "dead", rows, 5, time(NULL) - 3600, fill, t,
		   &why) != CRED_OK;
}

/* Who has an index, a serial, a head. */
#define MOST 400000
struct sums {
	struct load_count *out;
	struct registry *r;
	uint8_t index[MOST], serial[MOST], head[MOST];
	int64_t at[MOST];
	size_t n;
};

static bool
taken(uint8_t *of, unsigned long long i)
{
	if (i >= MOST)
		return true;
	return of[i]++ > 0;
}

static enum cred_err
check_entry(struct sums *s, unsigned long long index, unsigned serial,
    const char *batch, unsigned row, struct why *why)
{
	struct registry_entry e = {0};
	char number[40], credential[128];
	bool found = false;
	enum cred_err err = registry_by_index(s->r, index, &e, &found, why);

	if (err != CRED_OK)
		return err;
	snprintf(number, sizeof number, "%s%06u", series, serial);
	credential_of(index, row, batch, credential);
	/* A serial of 0: had it already, from an earlier attempt. */
	if (!found || strcmp(e.batch, batch) != 0 || e.row != row ||
	    (serial != 0 && strcmp(e.number, number) != 0) ||
	    !bytes_eq(e.credential, bytes_str(credential)))
		s->out->lost++;
	if (found && serial == 0)
		serial = (unsigned)atoi(e.number + strlen(series));
	registry_entry_release(&e);
	s->out->entries++;
	s->out->twice += taken(s->index, index);
	s->out->twice += taken(s->serial, serial);
	return CRED_OK;
}

static enum cred_err
found_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	(void)c, (void)why;
	++*(unsigned *)ctx;
	return CRED_OK;
}

static enum cred_err
check_line(struct sums *s, const char *line, struct why *why)
{
	unsigned long long a, b;
	unsigned serial, row, who, n = 0;
	char text[64];
	long long at;
	enum cred_err e;

	if (sscanf(line, "%lld R %llu %u %63s %u", &at, &a, &serial, text,
		&row) == 5) {
		e = check_entry(s, a, serial, text, row, why);
	} else if (sscanf(line, "%lld H %llu %llu %u", &at, &a, &b, &who) ==
		   4) {
		s->out->swaps++;
		s->out->forks += taken(s->head, a);
		e = CRED_OK;
	} else if (sscanf(line, "%lld B %63s", &at, text) == 2) {
		s->out->claims++;
		e = ledger_each(s->r, &(struct ledger_filter){.id = text},
		    found_claim, &n, why);
		s->out->lost += n != 1;
	} else {
		return CRED_FAULT_INTERNAL;
	}
	if (s->n < MOST)
		s->at[s->n++] = at;
	return e;
}

static uint8_t years[LOAD_PEOPLE][2];

static enum cred_err
tally(void *ctx, const struct ledger_claim *c, struct why *why)
{
	unsigned person;

	(void)why;
	memcpy(&person, c->person, sizeof person);
	if (++years[person % LOAD_PEOPLE][c->year - 2020] > 3)
		((struct load_count *)ctx)->over++;
	return CRED_OK;
}

struct scan {
	struct load_count *out;
	uint64_t size;
};

static enum cred_err
scan_entry(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct scan *s = ctx;

	(void)why;
	s->out->void_ += e->state == ENTRY_VOID;
	s->out->waiting += e->index < s->size && e->state == ENTRY_RESERVED;
	return CRED_OK;
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

enum cred_err
load_count(struct registry *r, const char *const *acks, size_t n,
    struct load_count *out, struct why *why)
{
	struct sums *s = calloc(1, sizeof *s);
	struct scan scan = {.out = out};
	uint8_t root[32], note[NOTE_MAX_BYTES];
	char line[256];
	size_t len;
	enum cred_err e = CRED_OK;
	FILE *f;

	if (s == NULL)
		return CRED_FAULT_NOMEM;
	*out = (struct load_count){0};
	s->out = out;
	s->r = r;
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		if ((f = fopen(acks[i], "r")) == NULL) {
			e = CRED_FAULT_IO;
			break;
		}
		while (e == CRED_OK && fgets(line, sizeof line, f) != NULL)
			e = check_line(s, line, why);
		fclose(f);
	}
	qsort(s->at, s->n, sizeof *s->at, by_time);
	for (size_t i = 1; i < s->n; i++)
		if (s->at[i] - s->at[i - 1] > out->silent_ms)
			out->silent_ms = (unsigned)(s->at[i] - s->at[i - 1]);
	if (e == CRED_OK)
		e = registry_head_get(
		    r, &scan.size, root, note, sizeof note, &len, why);
	if (e == CRED_OK)
		e = registry_each(r, NULL, scan_entry, &scan, why);
	if (e == CRED_OK)
		e = ledger_each(r, &(struct ledger_filter){0}, tally, out, why);
	free(s);
	return e;
}
