#include "tests/log/witness.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/trust.h"

void
witness_hear(struct witness *w, const struct told *t)
{
	if (w->n == w->cap) {
		w->cap = 2 * w->cap + 1024;
		w->told = realloc(w->told, w->cap * sizeof *w->told);
		if (w->told == NULL)
			abort();
	}
	w->told[w->n++] = *t;
}

void
witness_listen(struct witness *w, int fd)
{
	struct told t;

	for (;;) {
		ssize_t got = read(fd, &t, sizeof t);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != sizeof t)
			return;
		witness_hear(w, &t);
	}
}

void
tell(int fd, int what, uint64_t at, const uint8_t *hash)
{
	struct told t = {what, at, {0}};

	if (hash != NULL)
		memcpy(t.hash, hash, 32);
	if (write(fd, &t, sizeof t) != sizeof t)
		_exit(9);
}

static void __attribute__((format(printf, 3, 4)))
count(struct witness *w, unsigned *counter, const char *fmt, ...)
{
	va_list ap;

	++*counter;
	if (w->first[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(w->first, sizeof w->first, fmt, ap);
	va_end(ap);
}

struct walk {
	struct witness *w;
	struct store *s;
	uint64_t next;
	char (*numbers)[32];
	uint8_t (*entries)[32];
	uint8_t *status;
	size_t n, cap;
};

static enum cred_err
look(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct walk *k = ctx;
	struct witness *w = k->w;
	uint8_t hash[32] = {0}, sig[32];
	bool in = e->index < log_size(k->s->l);

	(void)why;
	if (e->index != k->next++)
		count(w, &w->duplicate, "index %llu out of order",
		    (unsigned long long)e->index);
	if (k->n == k->cap) {
		k->cap = 2 * k->cap + 4096;
		k->numbers = realloc(k->numbers, k->cap * 32);
		k->entries = realloc(k->entries, k->cap * 32);
		k->status = realloc(k->status, k->cap);
		if (!k->numbers || !k->entries || !k->status)
			abort();
	}
	snprintf(k->numbers[k->n], 32, "%s", e->number);
	k->status[k->n] = (uint8_t)e->status;
	if (e->state == ENTRY_SIGNED || e->state == ENTRY_LOGGED) {
		store_sign(e->payload, sig);
		if (!bytes_eq(e->credential, bytes_of(sig, 32)))
			count(w, &w->corrupt, "credential %llu changed",
			    (unsigned long long)e->index);
		store_entry(e->credential, hash);
	}
	if (e->state != ENTRY_VOID && in != (e->state == ENTRY_LOGGED))
		count(w, &w->corrupt, "state of %llu against the log",
		    (unsigned long long)e->index);
	memcpy(k->entries[k->n++], hash, 32);
	return CRED_OK;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
by_size(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Everything that was ever acknowledged against what is there. */
static void
check_told(struct witness *w, const struct walk *k, uint64_t logged)
{
	if (w->n > 0)
		qsort(w->told, w->n, sizeof *w->told, by_size);
	for (size_t i = 0; i < w->n; i++) {
		const struct told *t = &w->told[i];
		unsigned long long at = t->at;
		if (t->what == TOLD_ISSUED &&
		    (t->at >= logged ||
			memcmp(k->entries[t->at], t->hash, 32) != 0))
			count(w, &w->lost, "certificate %llu", at);
		if (t->what == TOLD_REVOKED &&
		    (t->at >= k->n || k->status[t->at] != STATUS_REVOKED))
			count(w, &w->lost, "revocation of %llu", at);
		if (t->what == TOLD_SIGNED_HEAD && i > 0 &&
		    t[-1].what == t->what && t[-1].at == t->at &&
		    memcmp(t[-1].hash, t->hash, 32) != 0)
			count(w, &w->split, "two roots of size %llu", at);
	}
}

static void
check_root(struct witness *w, const struct walk *k)
{
	struct tlog_edge edge = {0};
	struct tlog_hash leaf, root;
	struct log *l = k->s->l;
	uint64_t bad;

	if (log_verify(l, &bad, &k->s->why) != CRED_OK)
		count(w, &w->corrupt, "log: %s", k->s->why.text);
	for (size_t i = 0; i < log_size(l) && i < k->n; i++) {
		tlog_leaf(trust_sha256, bytes_of(k->entries[i], 32), &leaf);
		tlog_edge_append(trust_sha256, &edge, &leaf);
	}
	tlog_edge_root(trust_sha256, &edge, &root);
	if (log_size(l) > 0 && memcmp(root.b, log_head(l)->root.b, 32) != 0)
		count(w, &w->corrupt, "the log is not of the registry");
}

/* A publication must be whole by itself, and not behind what was told. */
struct published {
	struct log_head head;
};

static enum cred_err
published_head(void *ctx, struct log_head *out, struct why *why)
{
	(void)why;
	*out = ((struct published *)ctx)->head;
	return CRED_OK;
}

static void
check_publication(struct witness *w, const struct store *s)
{
	struct published p = {0};
	struct log_ops ops = {
	    .ctx = &p, .head_get = published_head, .sha256 = trust_sha256};
	struct checkpoint c = {0};
	struct note note;
	struct why why;
	struct log *l = NULL;
	char path[192];
	uint64_t bad;
	FILE *fp;

	snprintf(path, sizeof path, "%s/checkpoint", s->pub);
	if ((fp = fopen(path, "r")) != NULL) {
		p.head.note_len = fread(p.head.note, 1, NOTE_MAX_BYTES, fp);
		fclose(fp);
		if (note_decode(
			bytes_of(p.head.note, p.head.note_len), &note) ||
		    checkpoint_decode(note.text, &c)) {
			count(w, &w->corrupt, "published checkpoint");
			return;
		}
		p.head.size = c.size;
		p.head.root = c.root;
		if (log_open(s->pub, &ops, &l, &why) ||
		    log_verify(l, &bad, &why))
			count(w, &w->corrupt, "publication: %s", why.text);
		log_close(l);
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->told[i].what == TOLD_PUBLISHED && w->told[i].at > c.size)
			count(w, &w->lost, "publication of %llu",
			    (unsigned long long)w->told[i].at);
}

void
witness_check(struct witness *w, const char *dir, bool recover)
{
	struct store s = {.signed_hook = NULL};
	struct walk k = {.w = w, .s = &s};
	uint64_t acts;
	uint8_t last[32];
	enum cred_err e = store_open(&s, dir);

	if (e != CRED_OK) {
		count(w, &w->unopened, "%s: %s", cred_errname(e), s.why.text);
		return;
	}
	if (registry_each(s.r, NULL, look, &k, &s.why) != CRED_OK ||
	    registry_audit_verify(s.r, &acts, last, &s.why) != CRED_OK)
		count(w, &w->corrupt, "%s", s.why.text);
	check_told(w, &k, log_size(s.l));
	check_root(w, &k);
	check_publication(w, &s);
	if (k.n > 0)
		qsort(k.numbers, k.n, 32, by_text);
	for (size_t i = 1; i < k.n; i++)
		if (strcmp(k.numbers[i - 1], k.numbers[i]) == 0)
			count(w, &w->duplicate, "number %s", k.numbers[i]);
	if (recover) {
		e = store_recover(&s);
		if (e == CRED_OK && log_size(s.l) > 0)
			e = log_publish(s.l, s.pub, &s.why);
		if (e != CRED_OK)
			count(w, &w->unopened, "recovery: %s: %s",
			    cred_errname(e), s.why.text);
	}
	free(k.numbers);
	free(k.entries);
	free(k.status);
	store_close(&s);
}

bool
witness_content(const struct witness *w)
{
	return w->lost + w->duplicate + w->split + w->corrupt + w->unopened ==
	       0;
}

void
witness_release(struct witness *w)
{
	free(w->told);
	*w = (struct witness){0};
}

enum cred_err
issue_chunk(
    struct store *s, int fd, const char *batch, uint32_t first, size_t n)
{
	uint64_t index[512], highest = 0;
	struct registry_entry entry;
	uint8_t hash[32];
	bool reached = false, found;
	enum cred_err e = store_issue(s, batch, first, n, index);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < n; i++)
		highest = index[i] > highest ? index[i] : highest;
	/* Another process may hold an index below ours for a while. */
	while (!reached) {
		if ((e = store_append(s, highest + 1, &reached)) != CRED_OK)
			return e;
		if (!reached)
			usleep(500);
	}
	for (size_t i = 0; i < n; i++) {
		e = registry_by_index(s->r, index[i], &entry, &found, &s->why);
		if (e != CRED_OK)
			return e;
		store_entry(entry.credential, hash);
		tell(fd, TOLD_ISSUED, index[i], hash);
		registry_entry_release(&entry);
	}
	return CRED_OK;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
