#include <jansson.h>
#include <stdlib.h>

#include "verifier/docket.h"

#define REASONS (2 * REVIEW_MAX_REASONS * (REASON_TEXT_MAX + 8))

static void
bind_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

/* The cells as a JSON array of texts. */
static char *
pack(const char *const cells[static N_CLAIM_COLUMNS])
{
	json_t *a = json_array();
	char *out = NULL;
	bool good = a != NULL;

	for (int c = 0; good && c < N_CLAIM_COLUMNS; c++)
		good = json_array_append_new(a, json_string(cells[c])) == 0;
	if (good)
		out = json_dumps(a, JSON_COMPACT);
	json_decref(a);
	return out;
}

/* texts live as long as what is returned; NULL: no array of that many. */
static json_t *
unpack(const char *text, const char *cells[static N_CLAIM_COLUMNS])
{
	json_t *a = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (json_array_size(a) != N_CLAIM_COLUMNS) {
		json_decref(a);
		return NULL;
	}
	for (size_t c = 0; c < N_CLAIM_COLUMNS; c++) {
		const char *s = json_string_value(json_array_get(a, c));
		cells[c] = s != NULL ? s : "";
	}
	return a;
}

enum cred_err
docket_line_put(struct deskdb *d, const struct line *l, struct why *why)
{
	enum cred_err e = CRED_OK;
	char *cells = pack(l->cells);
	sqlite3_stmt *st;

	if (cells == NULL)
		return nomem(why);
	st = deskdb_prepare(d,
	    "INSERT INTO line (sheet, row, claim, verdict, codes, reasons_zh,"
	    " reasons_en, body, institution, fen, certificate, cells, content,"
	    " state, by, at, note)"
	    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " coalesce(k.state, 0), coalesce(k.by, ''), coalesce(k.at, 0),"
	    " coalesce(k.note, '') FROM (SELECT 1) LEFT JOIN kept k"
	    " ON k.sheet = ?1 AND k.row = ?2",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, l->sheet);
		sqlite3_bind_int64(st, 2, l->row);
		bind_text(st, 3, l->claim);
		sqlite3_bind_int(st, 4, (int)l->verdict);
		bind_text(st, 5, l->codes);
		bind_text(st, 6, l->reasons_zh);
		bind_text(st, 7, l->reasons_en);
		bind_text(st, 8, l->body);
		bind_text(st, 9, l->institution);
		sqlite3_bind_int64(st, 10, l->fen);
		bind_text(st, 11, l->certificate);
		bind_text(st, 12, cells);
		sqlite3_bind_blob(st, 13, l->content, 32, SQLITE_TRANSIENT);
		e = deskdb_run(d, st, NULL, why);
	}
	free(cells);
	return e;
}

/* Each reason after its code, a line each; what does not fit is left out
 * whole. Returns the end. */
static char *
write_reasons(const struct review *v, bool zh, char *at, size_t cap)
{
	struct outbuf o = {(uint8_t *)at, cap - 1, 0};

	for (size_t i = 0; i < v->n; i++) {
		size_t keep = o.len;
		char code[8];
		int n = snprintf(code, sizeof code, "%sC%02u ",
		    i > 0 ? "\n" : "", reason_code(v->reasons[i].reason));
		if ((size_t)n > o.cap - o.len)
			break;
		memcpy(o.ptr + o.len, code, (size_t)n);
		o.len += (size_t)n;
		if (reason_text(&v->reasons[i], zh, &o) != CRED_OK) {
			o.len = keep;
			break;
		}
	}
	o.ptr[o.len] = '\0';
	return at + o.len + 1;
}

enum cred_err
docket_line_of(int64_t sheet, const struct claim_row *row,
    const struct desk_answer *a, char codes[static 128], struct line *out,
    char **reasons, struct why *why)
{
	char *buf = malloc(REASONS), *en;

	if (buf == NULL)
		return nomem(why);
	en = write_reasons(&a->review, true, buf, REASONS / 2);
	write_reasons(&a->review, false, en, REASONS / 2);
	desk_codes(&a->review, codes);
	*out = (struct line){.sheet = sheet,
	    .row = row->row,
	    .claim = row->claim.id,
	    .verdict = a->review.verdict,
	    .codes = codes,
	    .reasons_zh = buf,
	    .reasons_en = en,
	    .body = a->body_name,
	    .institution = row->claim.institution,
	    .fen = row->claim.has_amount ? row->claim.amount_fen : 0,
	    .certificate = a->verdict,
	    .by = "",
	    .note = ""};
	memcpy(out->cells, row->cells, sizeof out->cells);
	memcpy(out->content, row->content, 32);
	*reasons = buf;
	return CRED_OK;
}

#define WHERE                                                                  \
	" WHERE sheet = ?1 AND (?2 < 0 OR verdict = ?2)"                       \
	" AND (?3 IS NULL OR ' ' || codes || ' ' LIKE '% ' || ?3 || ' %')"     \
	" AND (?4 < 0 OR state = ?4)"                                          \
	" AND (?5 IS NULL OR substr(claim, 1, length(?5)) = ?5)"               \
	" AND (?6 = 0 OR row = ?6) AND row > ?7"

static void
bind_filter(sqlite3_stmt *st, const struct docket_filter *f)
{
	sqlite3_bind_int64(st, 1, f->sheet);
	sqlite3_bind_int(st, 2, f->verdict);
	sqlite3_bind_text(st, 3, f->code, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int(st, 4, f->state);
	sqlite3_bind_text(st, 5, f->claim, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(st, 6, f->row);
	sqlite3_bind_int64(st, 7, f->after);
}

static const char *
text(sqlite3_stmt *st, int col)
{
	const unsigned char *s = sqlite3_column_text(st, col);

	return s != NULL ? (const char *)s : "";
}

static enum cred_err
give_line(sqlite3_stmt *st, docket_line_fn *fn, void *ctx, struct why *why)
{
	struct line l = {.sheet = sqlite3_column_int64(st, 0),
	    .row = (uint32_t)sqlite3_column_int64(st, 1),
	    .claim = text(st, 2),
	    .verdict = (enum review_verdict)sqlite3_column_int(st, 3),
	    .codes = text(st, 4),
	    .reasons_zh = text(st, 5),
	    .reasons_en = text(st, 6),
	    .body = text(st, 7),
	    .institution = text(st, 8),
	    .fen = sqlite3_column_int64(st, 9),
	    .certificate = text(st, 10),
	    .state = sqlite3_column_int(st, 12),
	    .by = text(st, 13),
	    .at = sqlite3_column_int64(st, 14),
	    .note = text(st, 15)};
	json_t *cells = unpack(text(st, 11), l.cells);
	enum cred_err e;

	if (cells == NULL)
		return nomem(why);
	deskdb_hash(st, 16, l.content);
	e = fn(ctx, &l, why);
	json_decref(cells);
	return e;
}

enum cred_err
docket_lines(struct deskdb *d, const struct docket_filter *f,
    docket_line_fn *fn, void *ctx, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "SELECT sheet, row, claim, verdict, codes, reasons_zh, reasons_en,"
	    " body, institution, fen, certificate, cells, state, by, at, note,"
	    " content FROM line" WHERE " ORDER BY row LIMIT ?8 OFFSET ?9",
	    &e, why);
	if (st != NULL) {
		bind_filter(st, f);
		sqlite3_bind_int64(
		    st, 8, f->limit > 0 ? (int64_t)f->limit : -1);
		sqlite3_bind_int64(st, 9, f->skip);
	}
	while (st != NULL && (e = deskdb_step(d, st, &row, why)) == CRED_OK &&
	       row) {
		e = give_line(st, fn, ctx, why);
		if (e != CRED_OK) {
			sqlite3_finalize(st);
			break;
		}
	}
	deskdb_unlock(d);
	return e;
}

/* Texts of a line and of its cells, in one piece behind it. */
static enum cred_err
copy_line(void *ctx, const struct line *l, struct why *why)
{
	struct line **out = ctx, *to;
	const char **texts[N_CLAIM_COLUMNS + 9];
	size_t n = 0, len = sizeof *to;
	char *at;

	to = malloc(sizeof *to);
	if (to == NULL)
		return nomem(why);
	*to = *l;
	texts[n++] = &to->claim;
	texts[n++] = &to->codes;
	texts[n++] = &to->reasons_zh;
	texts[n++] = &to->reasons_en;
	texts[n++] = &to->body;
	texts[n++] = &to->institution;
	texts[n++] = &to->certificate;
	texts[n++] = &to->by;
	texts[n++] = &to->note;
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		texts[n++] = &to->cells[c];
	for (size_t i = 0; i < n; i++)
		len += strlen(*texts[i]) + 1;
	at = malloc(len);
	if (at == NULL) {
		free(to);
		return nomem(why);
	}
	*out = (struct line *)(void *)at;
	at += sizeof *to;
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(*texts[i]) + 1;
		memcpy(at, *texts[i], size);
		*texts[i] = at;
		at += size;
	}
	memcpy(*out, to, sizeof *to);
	free(to);
	return CRED_OK;
}

enum cred_err
docket_line_get(struct deskdb *d, int64_t sheet, uint32_t row,
    struct line **out, struct why *why)
{
	const struct docket_filter f = {
	    .sheet = sheet, .verdict = -1, .state = -1, .row = row, .limit = 1};

	*out = NULL;
	return row == 0 ? CRED_OK : docket_lines(d, &f, copy_line, out, why);
}

void
docket_line_free(struct line *l)
{
	/* Cells held ID numbers. */
	if (l != NULL)
		for (int c = 0; c < N_CLAIM_COLUMNS; c++)
			explicit_bzero((char *)(uintptr_t)l->cells[c],
			    strlen(l->cells[c]));
	free(l);
}

enum cred_err
docket_count(struct deskdb *d, const struct docket_filter *f, uint32_t *out,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d, "SELECT count(*) FROM line" WHERE, &e, why);
	if (st != NULL) {
		bind_filter(st, f);
		e = deskdb_step(d, st, &row, why);
		if (e == CRED_OK && row) {
			*out = (uint32_t)sqlite3_column_int64(st, 0);
			sqlite3_finalize(st);
		}
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_codes(struct deskdb *d, int64_t sheet, docket_code_fn *fn, void *ctx,
    struct why *why)
{
	uint32_t n[100] = {0};
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "SELECT codes, count(*) FROM line WHERE sheet = ?1 GROUP BY codes",
	    &e, why);
	if (st != NULL)
		sqlite3_bind_int64(st, 1, sheet);
	while (
	    st != NULL && (e = deskdb_step(d, st, &row, why)) == CRED_OK && row)
		for (const char *p = text(st, 0); *p != '\0'; p++)
			if (*p == 'C')
				n[strtoul(p + 1, NULL, 10) % 100] +=
				    (uint32_t)sqlite3_column_int64(st, 1);
	deskdb_unlock(d);
	for (unsigned c = 0; e == CRED_OK && c < 100; c++) {
		char code[8];
		snprintf(code, sizeof code, "C%02u", c);
		if (n[c] > 0)
			e = fn(ctx, code, n[c], why);
	}
	return e;
}

enum cred_err
docket_line_state(struct deskdb *d, int64_t sheet, uint32_t row, int state,
    const char *by, int64_t at, const char *note, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE line SET state = ?3, by = ?4, at = ?5, note = ?6"
	    " WHERE sheet = ?1 AND row = ?2",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, sheet);
		sqlite3_bind_int64(st, 2, row);
		sqlite3_bind_int(st, 3, state);
		bind_text(st, 4, by);
		sqlite3_bind_int64(st, 5, at);
		bind_text(st, 6, note);
		e = deskdb_run(d, st, NULL, why);
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_line_swap(struct deskdb *d, int64_t sheet, uint32_t row, int from,
    int to, const char *by, int64_t at, const char *note, bool *done,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	int changed = 0;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE line SET state = ?4, by = ?5, at = ?6, note = ?7"
	    " WHERE sheet = ?1 AND row = ?2 AND state = ?3",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, sheet);
		sqlite3_bind_int64(st, 2, row);
		sqlite3_bind_int(st, 3, from);
		sqlite3_bind_int(st, 4, to);
		bind_text(st, 5, by);
		sqlite3_bind_int64(st, 6, at);
		bind_text(st, 7, note);
		e = deskdb_run(d, st, &changed, why);
	}
	deskdb_unlock(d);
	*done = changed == 1;
	return e;
}
