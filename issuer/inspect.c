#include "issuer/inspect.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "issuer/progress.h"

#define CHUNK 1000 /* rows */

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
folder_of(const char *path, char **out)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		*out = strdup(".");
	else
		*out =
		    strndup(path, slash == path ? 1 : (size_t)(slash - path));
	return *out == NULL ? CRED_FAULT_NOMEM : CRED_OK;
}

/* The file's bytes: SHA-256 of them, and of them with the kind, which names
 * the batch. */
struct hashing {
	EVP_MD_CTX *md;
};

static enum cred_err
hash_piece(void *ctx, struct bytes piece, struct why *why)
{
	struct hashing *h = ctx;

	if (EVP_DigestUpdate(h->md, piece.ptr, piece.len) == 1)
		return CRED_OK;
	ERR_clear_error();
	return why_set(
	    why, CRED_FAULT_CRYPTO, "%s", cred_strerr(CRED_FAULT_CRYPTO));
}

static enum cred_err
hash_file(struct table *t, int kind, uint8_t whole[static 32],
    uint8_t with_kind[static 32], struct why *why)
{
	struct hashing h = {.md = EVP_MD_CTX_new()};
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	char k = (char)('0' + kind);
	enum cred_err e = CRED_OK;

	if (h.md == NULL || copy == NULL ||
	    EVP_DigestInit_ex(h.md, EVP_sha256(), NULL) != 1)
		e = nomem(why);
	if (e == CRED_OK && t != NULL)
		e = table_each_bytes(t, hash_piece, &h, why);
	if (e == CRED_OK && (EVP_MD_CTX_copy_ex(copy, h.md) != 1 ||
				EVP_DigestFinal_ex(copy, whole, NULL) != 1 ||
				EVP_DigestUpdate(h.md, &k, 1) != 1 ||
				EVP_DigestFinal_ex(h.md, with_kind, NULL) != 1))
		e = why_set(why, CRED_FAULT_CRYPTO, "%s",
		    cred_strerr(CRED_FAULT_CRYPTO));
	ERR_clear_error();
	EVP_MD_CTX_free(copy);
	EVP_MD_CTX_free(h.md);
	return e;
}

static enum cred_err
check_person(
    struct home *h, struct row *r, struct inspection *x, struct why *why)
{
	const struct registry_same same = {r->id_type, r->id_number, r->kind,
	    *r->code != '\0' ? r->code : NULL, r->occupation, r->level,
	    r->issued, NULL};
	struct registry_entry entry;
	uint64_t index = 0;
	bool found = false;
	enum cred_err e;

	/* A special operation that has run out may be issued again. */
	e = registry_find_same(h->registry, &same, &index, &found, why);
	if (e != CRED_OK || !found)
		return e;
	e = registry_by_index(h->registry, index, &entry, &found, why);
	if (e != CRED_OK || !found)
		return e;
	if (strcmp(entry.batch, x->batch) != 0 ||
	    memcmp(entry.row_key, r->key, sizeof r->key) != 0) {
		r->bad = true;
		findings_add(&x->findings, r->row, column_name(COL_ID_NUMBER),
		    FIND_DUPLICATE_REGISTRY,
		    TR("the same person has this occupation and level already: "
		       "index %llu, batch %s, row %u. Remove the row; if that "
		       "batch is being repeated, give --batch %s; if the old "
		       "one is wrong, revoke it first",
			"此人已有同一职业、同一等级的证书：序号 %llu，批次 %s，"
			"第 %u 行。请删去本行；如在重做该批次，请加 --batch "
			"%s；"
			"如旧证有误，请先撤销"),
		    (unsigned long long)index, entry.batch, entry.row,
		    entry.batch);
	}
	registry_entry_release(&entry);
	return CRED_OK;
}

static enum cred_err
check_number(
    struct home *h, struct row *r, struct inspection *x, struct why *why)
{
	struct registry_entry entry;
	bool found = false;
	enum cred_err e;

	if (r->bad || *r->number == '\0')
		return CRED_OK;
	e = registry_by_number(h->registry, r->number, &entry, &found, why);
	if (e != CRED_OK || !found)
		return e;
	if (strcmp(entry.batch, x->batch) != 0 ||
	    memcmp(entry.row_key, r->key, sizeof r->key) != 0) {
		r->bad = true;
		findings_add(&x->findings, r->row, column_name(COL_NUMBER),
		    FIND_NUMBER_TAKEN,
		    TR("the number was issued already, at index %llu; leave "
		       "it empty to have one made",
			"该编号已签发过，序号 %llu；留空则自动编号"),
		    (unsigned long long)entry.index);
	}
	registry_entry_release(&entry);
	return CRED_OK;
}

/* What the chunks of one roster share. */
struct inspecting {
	struct home *h;
	const struct inspect_opts *opts;
	struct inspection *x;
	struct row *rows; /* CHUNK of them */
	struct seen *seen;
	struct printer printer;
	bool no_printer;
	struct progress bar;
};

static enum cred_err
check_registry(struct inspecting *g, size_t n, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; g->h->registry != NULL && e == CRED_OK && i < n;
	     i++) {
		if (g->rows[i].bad)
			continue;
		e = check_person(g->h, &g->rows[i], g->x, why);
		if (e == CRED_OK)
			e = check_number(g->h, &g->rows[i], g->x, why);
	}
	return e;
}

static enum cred_err
check_print(struct inspecting *g, size_t n, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; !g->no_printer && e == CRED_OK && i < n; i++)
		if (!g->rows[i].bad)
			e = printer_check(&g->printer, g->x->photo_dir,
			    &g->rows[i], g->opts->now, &g->x->findings, why);
	if (e == CRED_FAULT_RENDER && !g->opts->must_print) {
		g->no_printer = true;
		cli_say(g->h->cli,
		    TR("note: not checked whether it can be printed: %s",
			"注意：未检查能否打印：%s"),
		    why->text);
		why->text[0] = '\0';
		e = CRED_OK;
	}
	return e;
}

/* Is the file itself at fault, so that the rows below may be missing or mean
 * something else? */
static bool
is_unreadable(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (finding_severity(f->list[i].code) == SEV_ERROR &&
		    f->list[i].code <= FIND_COLUMN_DUPLICATE)
			return true;
	return false;
}

/* The findings in hand, row by row. */
static enum cred_err
report(struct inspecting *g, struct why *why)
{
	struct findings *f = &g->x->findings;
	const struct roster_chunk *c = &g->x->chunk;
	enum cred_err e = CRED_OK;
	size_t row = 0, n;

	for (size_t i = 0; e == CRED_OK && i < f->n; i += n) {
		const struct roster_row *of = NULL;
		for (n = 1;
		     i + n < f->n && f->list[i + n].row == f->list[i].row;)
			n++;
		while (row < c->n && c->rows[row].row < f->list[i].row)
			row++;
		if (row < c->n && c->rows[row].row == f->list[i].row)
			of = &c->rows[row];
		if (g->opts->report != NULL)
			e = g->opts->report(g->opts->report_ctx,
			    roster_head(g->x->roster), of, &f->list[i], n, why);
	}
	g->x->n_errors += f->n_errors;
	g->x->n_warnings += f->n_warnings;
	findings_release(f);
	return e;
}

static bool
keep_keys(struct inspection *x, const struct row *rows, size_t n)
{
	if (x->cap - x->n < n) {
		size_t cap = x->cap + x->cap / 2 + n + 4096;
		void *more = reallocarray(x->keys, cap, sizeof *x->keys);
		if (more == NULL)
			return false;
		x->keys = more;
		x->cap = cap;
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].bad)
			memset(x->keys[x->n], 0, sizeof *x->keys);
		else
			memcpy(x->keys[x->n], rows[i].key, sizeof *x->keys);
		x->n++;
		x->n_bad += rows[i].bad;
	}
	return true;
}

static enum cred_err
inspect_chunk(struct inspecting *g, struct why *why)
{
	struct inspection *x = g->x;
	struct findings *f = &x->findings;
	enum cred_err e = roster_read(x->roster, CHUNK, &x->chunk, f, why);
	size_t n = x->chunk.n;

	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = row_check(&x->chunk.rows[i], &x->rules, &g->rows[i], f);
	if (e == CRED_OK)
		e = rows_check_duplicates(g->seen, g->rows, n, f);
	if (e == CRED_OK)
		e = check_registry(g, n, why);
	if (e == CRED_OK)
		e = check_print(g, n, why);
	if (e == CRED_OK)
		e = findings_state(f);
	if (e != CRED_OK)
		return e;
	findings_sort(f);
	x->unreadable = x->unreadable || is_unreadable(f);
	if (!keep_keys(x, g->rows, n))
		return nomem(why);
	return report(g, why);
}

enum cred_err
inspection_open(const char *path, const struct inspect_opts *opts,
    struct inspection *out, struct why *why)
{
	struct inspection x = {.n = 0};
	enum cred_err e = CRED_OK;

	findings_init(&x.findings);
	if (opts->photo_dir == NULL)
		e = folder_of(path, &x.photo_dir);
	else if ((x.photo_dir = strdup(opts->photo_dir)) == NULL)
		e = CRED_FAULT_NOMEM;
	if (e != CRED_OK)
		e = nomem(why);
	else
		e = roster_open(path, opts->sheet, &x.roster, &x.findings, why);
	if (e != CRED_OK) {
		inspection_close(&x);
		return e;
	}
	*out = x;
	return CRED_OK;
}

enum cred_err
inspect(struct home *h, const struct inspect_opts *opts, struct inspection *x,
    struct why *why)
{
	struct inspecting g = {.h = h, .opts = opts, .x = x};
	uint8_t with_kind[32];
	enum cred_err e;

	x->rules = (struct row_rules){.scope = &h->body->scope,
	    .kind = opts->kind,
	    .today = claims_day(opts->now),
	    .photo_dir = x->photo_dir};
	e = hash_file(
	    roster_table(x->roster), opts->kind, x->hash, with_kind, why);
	if (e != CRED_OK)
		return e;
	if (opts->batch != NULL)
		snprintf(x->batch, sizeof x->batch, "%s", opts->batch);
	else
		batch_default_id(with_kind, x->batch);
	g.rows = reallocarray(NULL, CHUNK, sizeof *g.rows);
	if (g.rows == NULL)
		return nomem(why);
	e = seen_open(&g.seen);
	printer_init(&g.printer, h, opts->template_name);
	progress_start(&g.bar, h->cli, TR("checking", "检查"));
	while (e == CRED_OK) {
		double part;
		e = inspect_chunk(&g, why);
		if (x->chunk.n == 0)
			break;
		part = roster_part(x->roster);
		if (part > 0)
			progress_step(
			    &g.bar, x->n, (size_t)((double)x->n / part));
	}
	progress_end(&g.bar);
	printer_release(&g.printer);
	seen_close(g.seen);
	free(g.rows);
	if (e != CRED_OK && why->text[0] == '\0')
		return why_set(why, e, "%s", cred_strerr(e));
	return e;
}

static enum cred_err
changed(struct why *why)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("the roster or a photo was changed while it was being issued; "
	       "what was not changed before stands, nothing of the rest was "
	       "issued. Let it alone and run again",
		"签发过程中名册或照片被改动；改动之前的部分有效，"
		"其余未签发。请不要改动文件，重新运行"));
}

/* Back to the first row, of the same bytes. */
static enum cred_err
begin_again(struct inspection *x, struct why *why)
{
	uint8_t whole[32], with_kind[32];
	struct findings f;
	enum cred_err e = hash_file(
	    roster_table(x->roster), x->rules.kind, whole, with_kind, why);

	if (e != CRED_OK)
		return e;
	if (memcmp(whole, x->hash, sizeof whole) != 0)
		return changed(why);
	findings_init(&f);
	e = roster_rewind(x->roster, &f, why);
	findings_release(&f);
	x->chunk.n = 0;
	x->chunk_at = x->next = 0;
	return e;
}

/* The next row, checked again; false in *more at the end. */
static enum cred_err
next_row(struct inspection *x, struct row *out, bool *more, struct why *why)
{
	struct findings f;
	enum cred_err e = CRED_OK;

	findings_init(&f);
	if (x->chunk_at == x->chunk.n) {
		e = roster_read(x->roster, CHUNK, &x->chunk, &f, why);
		x->chunk_at = 0;
	}
	*more = e == CRED_OK && x->chunk_at < x->chunk.n;
	if (*more)
		e = row_check(
		    &x->chunk.rows[x->chunk_at++], &x->rules, out, &f);
	findings_release(&f);
	return e;
}

enum cred_err
inspection_good_rows(struct inspection *x, struct row *rows, size_t max,
    size_t *n, struct why *why)
{
	static const uint8_t bad[16];
	bool more = true;
	enum cred_err e = CRED_OK;

	*n = 0;
	if (x->next == 0)
		e = begin_again(x, why);
	while (e == CRED_OK && *n < max) {
		const uint8_t *key;
		e = next_row(x, &rows[*n], &more, why);
		if (e != CRED_OK || !more)
			break;
		if (x->next == x->n)
			return changed(why);
		key = x->keys[x->next++];
		if (memcmp(key, bad, sizeof bad) == 0)
			continue;
		if (rows[*n].bad || memcmp(key, rows[*n].key, sizeof bad) != 0)
			return changed(why);
		(*n)++;
	}
	if (e == CRED_OK && !more && x->next != x->n)
		return changed(why);
	if (e != CRED_OK && why->text[0] == '\0')
		return why_set(why, e, "%s", cred_strerr(e));
	return e;
}

void
inspection_close(struct inspection *x)
{
	roster_close(x->roster);
	roster_chunk_release(&x->chunk);
	findings_release(&x->findings);
	free(x->keys);
	free(x->photo_dir);
	*x = (struct inspection){.n = 0};
}

void
inspection_print(const struct inspection *x, const struct cli_common *cli)
{
	if (cli->json)
		return;
	printf(
	    TR("%zu rows: %zu good, %zu refused; %zu errors, %zu "
	       "warnings\n",
		"%zu 行：%zu 行合格，%zu 行不合格；%zu 个错误，%zu 个提醒\n"),
	    x->n, x->n - x->n_bad, x->n_bad, x->n_errors, x->n_warnings);
}
