#include "tests/issuer/aftermath.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credential/tlog.h"
#include "edge/file.h"
#include "issuer/batch.h"
#include "keys/trust.h"

void
aftermath_hear(struct aftermath *a, const struct told *t)
{
	if (a->n == a->cap) {
		a->cap = 2 * a->cap + 256;
		a->told = realloc(a->told, a->cap * sizeof *a->told);
		if (a->told == NULL)
			abort();
	}
	a->told[a->n++] = *t;
}

void
aftermath_listen(struct aftermath *a, int fd)
{
	struct told t;

	for (;;) {
		ssize_t got = read(fd, &t, sizeof t);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != sizeof t)
			return;
		aftermath_hear(a, &t);
	}
}

static void __attribute__((format(printf, 3, 4)))
count(struct aftermath *a, unsigned *counter, const char *fmt, ...)
{
	va_list ap;

	++*counter;
	if (a->first[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(a->first, sizeof a->first, fmt, ap);
	va_end(ap);
}

struct again {
	const struct plan *plan;
	const char *home;
};
enum { NOT_VERIFIED = 77 };

static void
put(struct plan_command *c, size_t *n, const char *word)
{
	c->argv[(*n)++] = word;
	c->argv[*n] = NULL;
}

void
plan_issue(
    const struct plan *p, const char *home, unsigned b, struct plan_command *c)
{
	size_t n = 0;

	snprintf(c->text[0], sizeof c->text[0], "%s", home);
	snprintf(c->text[1], sizeof c->text[1], "%s/pass", p->made);
	snprintf(c->text[2], sizeof c->text[2], "b%u", b + 1);
	snprintf(c->text[3], sizeof c->text[3], "%s/b%u.csv", p->made, b + 1);
	snprintf(c->text[4], sizeof c->text[4], "%s/pdf", home);
	put(c, &n, "issue");
	put(c, &n, "--json");
	put(c, &n, "--home");
	put(c, &n, c->text[0]);
	put(c, &n, "--pass-file");
	put(c, &n, c->text[1]);
	put(c, &n, "--batch");
	put(c, &n, c->text[2]);
	put(c, &n, "--template");
	put(c, &n, TAMGA_SOURCE_DIR "/tests/issuer/plain.svg");
	if (p->pdf) {
		put(c, &n, "--pdf");
		put(c, &n, c->text[4]);
	}
	put(c, &n, c->text[3]);
}

void
plan_publish(const struct plan *p, const char *home, struct plan_command *c)
{
	size_t n = 0;

	snprintf(c->text[0], sizeof c->text[0], "%s", home);
	snprintf(c->text[1], sizeof c->text[1], "%s/pass", p->made);
	snprintf(c->text[2], sizeof c->text[2], "%s/pub", home);
	put(c, &n, "publish");
	put(c, &n, "--home");
	put(c, &n, c->text[0]);
	put(c, &n, "--pass-file");
	put(c, &n, c->text[1]);
	put(c, &n, "--out");
	put(c, &n, c->text[2]);
}

int
plan_run(const struct plan *p, const char *home)
{
	struct plan_command c;
	int status = 0;

	for (unsigned b = p->from; status == 0 && p->rows[b] != 0; b++) {
		plan_issue(p, home, b, &c);
		status = program_here(c.argv);
		if (status == 0 && p->publish) {
			plan_publish(p, home, &c);
			status = program_here(c.argv);
		}
	}
	return status;
}

/* verify, and with it what the plan made outside. */
static int
verify_here(const struct again *g)
{
	char dir[160];
	const char *argv[] = {
	    "verify", "-q", "--home", g->home, "--pub", dir, NULL};

	snprintf(dir, sizeof dir, "%s/pub", g->home);
	if (g->plan != NULL && g->plan->pdf) {
		argv[4] = "--pdf";
		snprintf(dir, sizeof dir, "%s/pdf", g->home);
	} else if (g->plan == NULL || !g->plan->publish) {
		argv[4] = NULL;
	}
	return program_here(argv) == 0 ? 0 : NOT_VERIFIED;
}

static int
verify_alone(void *ctx)
{
	return verify_here(ctx);
}

/* The commands again, in one child: the child's status says how far it came. */
static int
all_again(void *ctx)
{
	const struct again *g = ctx;
	int status = plan_run(g->plan, g->home);

	return status != 0 ? status : verify_here(g);
}

/* Each must end well, and say what is right. */
static void
give_again(struct aftermath *a, const struct plan *p, const char *home)
{
	struct again g = {p, home};
	struct output o;
	const char *line = o.out;
	int status = program_child(all_again, &g, &o);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_VERIFIED)
		count(a, &a->corrupt, "verify: %s %s", o.out, o.err);
	else if (status != 0)
		count(a, &a->unfinished, "again: status %x: %s %s",
		    (unsigned)status, o.out, o.err);
	for (unsigned b = p->from; status == 0 && p->rows[b] != 0; b++) {
		unsigned issued = 0, already = 0, refused = 0;
		if (!program_summary(&line, &issued, &already, &refused) ||
		    issued + already != p->rows[b] || refused != 0)
			count(
			    a, &a->unfinished, "again, b%u: %s", b + 1, o.out);
	}
}

struct walk {
	struct aftermath *a;
	struct told *is; /* by index */
	size_t n, cap;
};

static enum cred_err
look(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct walk *k = ctx;
	struct told t = {TOLD_CERTIFICATE, e->row, e->index, "", "", {0}};

	(void)why;
	if (e->index != k->n)
		count(k->a, &k->a->duplicate, "index %llu where %zu belongs",
		    (unsigned long long)e->index, k->n);
	snprintf(t.batch, sizeof t.batch, "%s", e->batch);
	snprintf(t.number, sizeof t.number, "%s",
	    e->number != NULL ? e->number : "");
	if (e->state != ENTRY_VOID &&
	    batch_entry_hash(e->credential, t.hash) != CRED_OK)
		abort();
	if (k->n == k->cap) {
		k->cap = 2 * k->cap + 64;
		k->is = realloc(k->is, k->cap * sizeof *k->is);
		if (k->is == NULL)
			abort();
	}
	k->is[k->n++] = t;
	return CRED_OK;
}

static bool
same_bytes(const struct told *x, const struct told *y)
{
	return memcmp(x->hash, y->hash, sizeof x->hash) == 0;
}

/* One told certificate against one that is there. */
static void
compare(struct aftermath *a, const struct told *t, const struct told *is)
{
	unsigned long long at = t->at;

	if (same_bytes(t, is))
		return;
	if (t->at == is->at)
		count(a, &a->duplicate, "index %llu twice", at);
	if (*t->number != '\0' && strcmp(t->number, is->number) == 0)
		count(a, &a->duplicate, "number of index %llu twice", at);
	if (t->row == is->row && strcmp(t->batch, is->batch) == 0)
		count(a, &a->duplicate, "row %u of %s twice", t->row, t->batch);
}

static void
check_told(struct aftermath *a, const struct walk *k)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct told *t = &a->told[i];
		if (t->what != TOLD_CERTIFICATE)
			continue;
		if (t->at >= k->n || !same_bytes(t, &k->is[t->at]))
			count(a, &a->lost, "index %llu, row %u of %s",
			    (unsigned long long)t->at, t->row, t->batch);
		for (size_t j = 0; j < k->n; j++)
			compare(a, t, &k->is[j]);
	}
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = i + 1; j < k->n; j++)
			compare(a, &k->is[i], &k->is[j]);
}

/* Trees that were signed are beginnings of the tree that is there. */
static void
check_heads(struct aftermath *a, const struct walk *k)
{
	struct tlog_edge edge = {0};
	struct tlog_hash leaf, root;

	for (size_t size = 0; size <= k->n; size++) {
		tlog_edge_root(trust_sha256, &edge, &root);
		for (size_t i = 0; i < a->n; i++)
			if (a->told[i].what == TOLD_HEAD &&
			    a->told[i].at == size &&
			    memcmp(a->told[i].hash, root.b, 32) != 0)
				count(a, &a->split, "two trees of size %zu",
				    size);
		if (size == k->n)
			break;
		tlog_leaf(trust_sha256, bytes_of(k->is[size].hash, 32), &leaf);
		tlog_edge_append(trust_sha256, &edge, &leaf);
	}
	for (size_t i = 0; i < a->n; i++)
		if (a->told[i].what == TOLD_HEAD && a->told[i].at > k->n)
			count(a, &a->lost, "a tree of %llu",
			    (unsigned long long)a->told[i].at);
}

/* Exactly the plan: every row once, nothing else. */
static void
check_rows(struct aftermath *a, const struct plan *p, const struct walk *k)
{
	size_t want = 0;

	for (unsigned b = 0; p->rows[b] != 0; b++) {
		char batch[16];
		snprintf(batch, sizeof batch, "b%u", b + 1);
		want += p->rows[b];
		for (uint32_t row = 2; row < p->rows[b] + 2; row++) {
			unsigned n = 0;
			for (size_t i = 0; i < k->n; i++)
				n += k->is[i].row == row &&
				     strcmp(k->is[i].batch, batch) == 0;
			if (n > 1)
				count(a, &a->duplicate, "row %u of %s: %u", row,
				    batch, n);
			if (n == 0)
				count(a, &a->unfinished, "no row %u of %s", row,
				    batch);
		}
	}
	if (k->n != want)
		count(a, &a->unfinished, "%zu entries, not %zu", k->n, want);
}

static bool
is_pdf(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".pdf") == 0;
}

void
aftermath_pdfs(struct aftermath *a, const char *home, const char *whole)
{
	char dir[160], path[512];
	struct dirent *d;
	struct why why;
	DIR *list;

	snprintf(dir, sizeof dir, "%s/pdf", home);
	if ((list = opendir(dir)) == NULL)
		return;
	while ((d = readdir(list)) != NULL) {
		uint8_t *is = NULL, *want = NULL;
		size_t n_is = 0, n_want = 0;

		if (!is_pdf(d->d_name))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, d->d_name);
		if (file_read(path, 1 << 24, &is, &n_is, &why) != CRED_OK)
			count(a, &a->corrupt, "%s cannot be read", d->d_name);
		snprintf(path, sizeof path, "%s/%s", whole, d->d_name);
		if (file_read(path, 1 << 24, &want, &n_want, &why) != CRED_OK ||
		    !bytes_eq(bytes_of(is, n_is), bytes_of(want, n_want)))
			count(a, &a->corrupt, "%s is not whole", d->d_name);
		free(is);
		free(want);
	}
	closedir(list);
}

static void
look_around(struct aftermath *a, const struct plan *p, const char *home)
{
	struct walk k = {.a = a};
	struct registry *r = NULL;
	struct why why = {""};
	char spec[200];
	enum cred_err e;

	snprintf(spec, sizeof spec, "sqlite:%s/registry.db", home);
	e = registry_open(spec, REGISTRY_READ, &r, &why);
	if (e == CRED_OK)
		e = registry_each(r, NULL, look, &k, &why);
	if (e != CRED_OK)
		count(a, &a->corrupt, "registry: %s", why.text);
	check_told(a, &k);
	check_heads(a, &k);
	if (p != NULL)
		check_rows(a, p, &k);
	registry_close(r);
	free(k.is);
}

void
aftermath_check(struct aftermath *a, const struct plan *p, const char *home,
    const char *whole)
{
	int fd = program_told_fd;

	if (whole != NULL)
		aftermath_pdfs(a, home, whole);
	program_told_fd = -1;
	give_again(a, p, home);
	program_told_fd = fd;
	look_around(a, p, home);
}

void
aftermath_look(struct aftermath *a, const struct plan *p, const char *home)
{
	struct again g = {p, home};
	struct output o;
	int status = program_child(verify_alone, &g, &o);

	if (status != 0)
		count(a, &a->corrupt, "verify: %s %s", o.out, o.err);
	look_around(a, p, home);
}

enum cred_err
aftermath_learn(struct aftermath *a, const char *home, const char *batch)
{
	struct walk k = {.a = a};
	struct told head = {.what = TOLD_HEAD};
	struct registry *r = NULL;
	struct why why = {""};
	uint8_t note[2048];
	char spec[200];
	size_t len;
	enum cred_err e;

	snprintf(spec, sizeof spec, "sqlite:%s/registry.db", home);
	e = registry_open(spec, REGISTRY_READ, &r, &why);
	if (e == CRED_OK)
		e = registry_head_get(
		    r, &head.at, head.hash, note, sizeof note, &len, &why);
	if (e == CRED_OK && len > 0)
		aftermath_hear(a, &head);
	if (e == CRED_OK && batch != NULL)
		e = registry_each(r, NULL, look, &k, &why);
	for (size_t i = 0; e == CRED_OK && batch != NULL && i < k.n; i++)
		if (strcmp(k.is[i].batch, batch) == 0)
			aftermath_hear(a, &k.is[i]);
	registry_close(r);
	free(k.is);
	return e;
}

bool
aftermath_good(const struct aftermath *a, const char *what)
{
	if (a->lost + a->duplicate + a->split + a->corrupt + a->unfinished == 0)
		return true;
	fprintf(stderr, "%s: " AFTERMATH_COUNTERS ": %s\n", what,
	    AFTERMATH_VALUES(a), a->first);
	return false;
}

void
aftermath_release(struct aftermath *a)
{
	free(a->told);
	*a = (struct aftermath){0};
}
