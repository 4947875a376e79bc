#include "verifier/review_report.h"

#include <stdlib.h>

#include "edge/lang.h"
#include "subsidy/money.h"
#include "table/writer.h"
#include "verifier/csvout.h"

#define EXTRA   6
#define COLUMNS (N_CLAIM_COLUMNS + EXTRA)
#define REASONS (REVIEW_MAX_REASONS * REASON_TEXT_MAX)

/* Counted for one institution or body. */
struct tally {
	char *name;
	size_t n[REVIEW_FAIL + 1];
	int64_t fen[REVIEW_FAIL + 1];
};

struct tallies {
	struct tally *list;
	size_t n;
};

struct review_report {
	struct table_writer *book;
	struct csvout *csv;
	struct table_column columns[COLUMNS];
	struct tallies institutions, bodies;
	char reasons[REASONS], clauses[REASONS];
};

static const char *const EXTRA_NAMES[EXTRA] = {
    "审核结论", "理由代码", "理由", "依据", "证书核验", "发证机构"};

static const char *
verdict_word(enum review_verdict v)
{
	static const char *const zh[] = {"通过", "提示", "待定", "不通过"};

	return lang_is_zh() ? zh[v] : review_verdict_name(v);
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static void
name_columns(struct review_report *r)
{
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		r->columns[c].name = claim_column_name((enum claim_column)c);
	for (int c = 0; c < EXTRA; c++)
		r->columns[N_CLAIM_COLUMNS + c].name = EXTRA_NAMES[c];
	r->columns[CLAIM_ID_NUMBER].width = 21;
	r->columns[CLAIM_NUMBER].width = 25;
	r->columns[N_CLAIM_COLUMNS + 2].width = 60;
}

enum cred_err
review_report_open(const char *xlsx, const char *csv, bool force, int64_t now,
    struct review_report **out, struct why *why)
{
	struct review_report *r = calloc(1, sizeof *r);
	enum cred_err e = CRED_OK;

	if (r == NULL)
		return nomem(why);
	name_columns(r);
	if (xlsx != NULL) {
		e = table_writer_open(xlsx, 0600,
		    force ? TABLE_TAKEN_REPLACE : TABLE_TAKEN_REFUSE, &r->book,
		    why);
		if (e == CRED_OK)
			table_writer_created(r->book, now);
		if (e == CRED_OK)
			e = table_writer_sheet(
			    r->book, "审核结果", r->columns, COLUMNS, why);
	}
	if (e == CRED_OK && csv != NULL)
		e = csvout_open(csv, force, &r->csv, why);
	if (e != CRED_OK) {
		review_report_abort(r);
		return e;
	}
	for (int c = 0; r->csv != NULL && c < COLUMNS; c++)
		csvout_cell(r->csv, r->columns[c].name, c == COLUMNS - 1);
	*out = r;
	return CRED_OK;
}

/* Sorted by name; found or put in. */
static struct tally *
tally_of(struct tallies *t, const char *name)
{
	size_t lo = 0, hi = t->n;
	struct tally *grown;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(t->list[mid].name, name);
		if (c == 0)
			return &t->list[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	grown = reallocarray(t->list, t->n + 1, sizeof *grown);
	if (grown == NULL)
		return NULL;
	t->list = grown;
	memmove(grown + lo + 1, grown + lo, (t->n - lo) * sizeof *grown);
	grown[lo] = (struct tally){.name = strdup(name)};
	if (grown[lo].name == NULL) {
		memmove(
		    grown + lo, grown + lo + 1, (t->n - lo) * sizeof *grown);
		return NULL;
	}
	t->n++;
	return &grown[lo];
}

static enum cred_err
count(struct tallies *t, const char *name, const struct claim_row *row,
    const struct desk_answer *a, struct why *why)
{
	struct tally *x = tally_of(t, *name != '\0' ? name : "--");

	if (x == NULL)
		return nomem(why);
	x->n[a->review.verdict]++;
	if (row->claim.has_amount)
		x->fen[a->review.verdict] += row->claim.amount_fen;
	return CRED_OK;
}

/* Reasons, or what they rest on, joined by "；", each clause once. */
static void
join(const struct review *v, bool clauses, char out[static REASONS])
{
	struct outbuf o = {(uint8_t *)out, REASONS - 1, 0};

	for (size_t i = 0; i < v->n; i++) {
		const struct reason_found *f = &v->reasons[i];
		const char *clause = reason_clause(f->reason);
		out[o.len] = '\0';
		if (clauses && strstr(out, clause) != NULL)
			continue;
		if (o.len > 0 && o.len + 3 < o.cap) {
			memcpy(out + o.len, "；", 3);
			o.len += 3;
		}
		if (!clauses) {
			/* What does not fit is left out whole. */
			if (reason_text(f, lang_is_zh(), &o) != CRED_OK)
				break;
		} else if (strlen(clause) < o.cap - o.len) {
			memcpy(out + o.len, clause, strlen(clause));
			o.len += strlen(clause);
		}
	}
	out[o.len] = '\0';
}

enum cred_err
review_report_row(struct review_report *r, const struct claim_row *row,
    const struct desk_answer *a, struct why *why)
{
	static const enum table_mark MARK[] = {
	    TABLE_PLAIN, TABLE_DOUBT, TABLE_DOUBT, TABLE_BAD};
	struct table_out cells[COLUMNS] = {{0}};
	char codes[128];
	enum cred_err e;

	desk_codes(&a->review, codes);
	join(&a->review, false, r->reasons);
	join(&a->review, true, r->clauses);
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		cells[c].text = row->cells[c];
	cells[N_CLAIM_COLUMNS] = (struct table_out){
	    verdict_word(a->review.verdict), MARK[a->review.verdict]};
	cells[N_CLAIM_COLUMNS + 1].text = codes;
	cells[N_CLAIM_COLUMNS + 2].text = r->reasons;
	cells[N_CLAIM_COLUMNS + 3].text = r->clauses;
	cells[N_CLAIM_COLUMNS + 4].text = a->verdict;
	cells[N_CLAIM_COLUMNS + 5].text = a->body_name;
	e = count(&r->institutions, row->claim.institution, row, a, why);
	if (e == CRED_OK)
		e = count(&r->bodies, a->body_name, row, a, why);
	if (e == CRED_OK && r->book != NULL)
		e = table_writer_row(r->book, cells, COLUMNS, why);
	for (int c = 0; r->csv != NULL && c < COLUMNS; c++)
		csvout_cell(r->csv, cells[c].text, c == COLUMNS - 1);
	return e;
}

static enum cred_err
write_tallies(struct review_report *r, const char *sheet,
    const struct tallies *t, struct why *why)
{
	static const struct table_column columns[] = {
	    {.name = "名称", .width = 30},
	    {.name = "申领", .as = TABLE_NUMBER},
	    {.name = "通过", .as = TABLE_NUMBER},
	    {.name = "提示", .as = TABLE_NUMBER},
	    {.name = "待定", .as = TABLE_NUMBER},
	    {.name = "不通过", .as = TABLE_NUMBER},
	    {.name = "可支付金额", .as = TABLE_NUMBER},
	    {.name = "不通过金额", .as = TABLE_NUMBER},
	};
	enum cred_err e = table_writer_sheet(r->book, sheet, columns, 8, why);

	for (size_t i = 0; e == CRED_OK && i < t->n; i++) {
		const struct tally *x = &t->list[i];
		char n[5][24], fen[2][MONEY_TEXT_MAX];
		struct table_out cells[8] = {{x->name, TABLE_PLAIN}};
		size_t all = 0;
		for (int v = 0; v <= REVIEW_FAIL; v++) {
			all += x->n[v];
			snprintf(n[v + 1], sizeof n[v + 1], "%zu", x->n[v]);
			cells[v + 2].text = n[v + 1];
		}
		snprintf(n[0], sizeof n[0], "%zu", all);
		cells[1].text = n[0];
		money_format(x->fen[REVIEW_PASS] + x->fen[REVIEW_WARN], fen[0]);
		money_format(x->fen[REVIEW_FAIL], fen[1]);
		cells[6].text = fen[0];
		cells[7].text = fen[1];
		e = table_writer_row(r->book, cells, 8, why);
	}
	return e;
}

static enum cred_err
write_sources(struct review_report *r, const struct review_source *sources,
    size_t n, struct why *why)
{
	static const struct table_column columns[] = {
	    {.name = "项目", .width = 20}, {.name = "内容", .width = 80}};
	enum cred_err e = table_writer_sheet(r->book, "说明", columns, 2, why);

	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = table_writer_row(r->book,
		    (struct table_out[]){{sources[i].what, TABLE_PLAIN},
			{sources[i].value, TABLE_PLAIN}},
		    2, why);
	return e;
}

enum cred_err
review_report_close(struct review_report *r,
    const struct review_source *sources, size_t n, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (r->book != NULL) {
		e = write_tallies(r, "培训机构", &r->institutions, why);
		if (e == CRED_OK)
			e = write_tallies(r, "发证机构", &r->bodies, why);
		if (e == CRED_OK)
			e = write_sources(r, sources, n, why);
		if (e == CRED_OK) {
			e = table_writer_close(r->book, NULL, why);
			r->book = NULL;
		}
	}
	if (e == CRED_OK && r->csv != NULL) {
		e = csvout_close(r->csv, why);
		r->csv = NULL;
	}
	review_report_abort(r);
	return e;
}

static void
free_tallies(struct tallies *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->list[i].name);
	free(t->list);
}

void
review_report_abort(struct review_report *r)
{
	if (r == NULL)
		return;
	table_writer_abort(r->book);
	csvout_abort(r->csv);
	free_tallies(&r->institutions);
	free_tallies(&r->bodies);
	free(r);
}
