#include "verifier/anomalies_report.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "edge/cli.h"
#include "edge/lang.h"
#include "table/writer.h"
#include "verifier/csvout.h"

static const char *
kind_word(enum anomaly_kind k)
{
	static const char *const zh[N_ANOMALIES] = {"日签发量", "突增",
	    "周末发证", "合格率", "连号", "同一手机号", "同一账户", "等级次序",
	    "同一照片", "早于结业"};

	return lang_is_zh() ? zh[k] : anomaly_name(k);
}

static void
time_text(int64_t at, char out[static 24])
{
	time_t t = at;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

#define FOUND_COLUMNS 16
#define CELL          24

/* A finding's cells, in the order of the columns. */
struct found_cells {
	char rank[CELL], certificates[CELL], score[CELL], n[CELL], limit[CELL];
	char from[11], to[11], at[CELL];
	struct table_out out[FOUND_COLUMNS];
};

static const struct table_column FOUND_NAMES[FOUND_COLUMNS] = {
    {.name = "名次", .as = TABLE_NUMBER, .width = 6},
    {.name = "机构代码", .width = 21},
    {.name = "机构名称", .width = 26},
    {.name = "得分", .as = TABLE_NUMBER, .width = 8},
    {.name = "异常", .width = 12},
    {.name = "说明", .width = 52},
    {.name = "数量", .as = TABLE_NUMBER, .width = 8},
    {.name = "阈值", .as = TABLE_NUMBER, .width = 8},
    {.name = "起", .as = TABLE_DATE, .width = 12},
    {.name = "止", .as = TABLE_DATE, .width = 12},
    {.name = "涉及", .width = 30},
    {.name = "状态", .width = 10},
    {.name = "解释人", .width = 12},
    {.name = "解释时间", .width = 22},
    {.name = "解释", .width = 40},
    {.name = "编号", .width = 44},
};

static void
fill(const struct anomalies *a, size_t i, struct found_cells *c)
{
	const struct anomalies_found *f = &a->found[i];
	const struct anomalies_body *b = &a->bodies[f->body];
	enum table_mark mark = f->open ? TABLE_BAD : TABLE_PLAIN;

	snprintf(c->rank, CELL, "%zu", f->body + 1);
	snprintf(c->score, CELL, "%u", b->score.total);
	snprintf(c->n, CELL, "%" PRIu64, f->anomaly.n);
	snprintf(c->limit, CELL, "%u", f->anomaly.limit);
	day_format(f->from, c->from);
	day_format(f->to, c->to);
	c->at[0] = '\0';
	if (f->by != NULL)
		time_text(f->at, c->at);
	memcpy(c->out,
	    (struct table_out[FOUND_COLUMNS]){{c->rank, TABLE_PLAIN},
		{b->id, TABLE_PLAIN}, {b->name, TABLE_PLAIN},
		{c->score, TABLE_PLAIN},
		{kind_word(f->anomaly.kind), TABLE_PLAIN}, {f->text, mark},
		{c->n, TABLE_PLAIN}, {c->limit, TABLE_PLAIN},
		{c->from, TABLE_PLAIN}, {c->to, TABLE_PLAIN},
		{f->about, TABLE_PLAIN},
		{f->open ? TR("open", "待查") : TR("explained", "已解释"),
		    mark},
		{f->by, TABLE_PLAIN}, {c->at, TABLE_PLAIN},
		{f->reason, TABLE_PLAIN}, {f->key, TABLE_PLAIN}},
	    sizeof c->out);
}

#define BODY_COLUMNS (7 + N_ANOMALIES)

static enum cred_err
write_bodies(const struct anomalies *a, struct table_writer *w,
    struct table_column columns[static BODY_COLUMNS], struct why *why)
{
	static const struct table_column first[7] = {
	    {.name = "名次", .as = TABLE_NUMBER, .width = 6},
	    {.name = "机构代码", .width = 21},
	    {.name = "机构名称", .width = 26},
	    {.name = "证书", .as = TABLE_NUMBER, .width = 8},
	    {.name = "得分", .as = TABLE_NUMBER, .width = 8},
	    {.name = "待查", .as = TABLE_NUMBER, .width = 8},
	    {.name = "已解释", .as = TABLE_NUMBER, .width = 8},
	};
	enum cred_err e;

	memcpy(columns, first, sizeof first);
	for (int k = 0; k < N_ANOMALIES; k++)
		columns[7 + k] = (struct table_column){
		    .name = kind_word((enum anomaly_kind)k),
		    .as = TABLE_NUMBER,
		    .width = 11};
	e = table_writer_sheet(w, "机构", columns, BODY_COLUMNS, why);
	for (size_t i = 0; e == CRED_OK && i < a->n_bodies; i++) {
		const struct anomalies_body *b = &a->bodies[i];
		uint64_t v[BODY_COLUMNS] = {i + 1, 0, 0, b->certificates,
		    b->score.total, b->n_open, b->n_explained};
		char text[BODY_COLUMNS][CELL];
		struct table_out cells[BODY_COLUMNS];
		for (int k = 0; k < N_ANOMALIES; k++)
			v[7 + k] = b->score.part[k];
		for (int c = 0; c < BODY_COLUMNS; c++) {
			snprintf(text[c], CELL, "%" PRIu64, v[c]);
			cells[c] = (struct table_out){text[c], TABLE_PLAIN};
		}
		cells[1].text = b->id;
		cells[2].text = b->name;
		e = table_writer_row(w, cells, BODY_COLUMNS, why);
	}
	return e;
}

enum cred_err
anomalies_xlsx(const struct anomalies *a, const char *path, bool force,
    int64_t now, struct why *why)
{
	struct table_column columns[BODY_COLUMNS];
	struct table_writer *w = NULL;
	struct found_cells c;
	enum cred_err e = CRED_OK;

	e = table_writer_open(path, 0600,
	    force ? TABLE_TAKEN_REPLACE : TABLE_TAKEN_REFUSE, &w, why);
	if (e != CRED_OK)
		return e;
	table_writer_created(w, now);
	e = write_bodies(a, w, columns, why);
	if (e == CRED_OK)
		e = table_writer_sheet(
		    w, "异常", FOUND_NAMES, FOUND_COLUMNS, why);
	for (size_t i = 0; e == CRED_OK && i < a->n_found; i++) {
		fill(a, i, &c);
		e = table_writer_row(w, c.out, FOUND_COLUMNS, why);
	}
	if (e == CRED_OK)
		return table_writer_close(w, NULL, why);
	table_writer_abort(w);
	return e;
}

enum cred_err
anomalies_csv(
    const struct anomalies *a, const char *path, bool force, struct why *why)
{
	struct csvout *out = NULL;
	struct found_cells c;
	enum cred_err e = csvout_open(path, force, &out, why);

	if (e != CRED_OK)
		return e;
	for (int k = 0; k < FOUND_COLUMNS; k++)
		csvout_cell(out, FOUND_NAMES[k].name, k == FOUND_COLUMNS - 1);
	for (size_t i = 0; i < a->n_found; i++) {
		fill(a, i, &c);
		for (int k = 0; k < FOUND_COLUMNS; k++)
			csvout_cell(out, c.out[k].text, k == FOUND_COLUMNS - 1);
	}
	return csvout_close(out, why);
}

json_t *
anomalies_body_json(const struct anomalies *a, size_t i)
{
	const struct anomalies_body *b = &a->bodies[i];
	json_t *parts = json_object();

	for (int k = 0; parts != NULL && k < N_ANOMALIES; k++)
		if (b->score.part[k] > 0)
			json_object_set_new(parts,
			    anomaly_name((enum anomaly_kind)k),
			    json_integer(b->score.part[k]));
	return json_pack("{s:i,s:I,s:s,s:s,s:I,s:I,s:o,s:I,s:I}", "schema", 1,
	    "rank", (json_int_t)(i + 1), "body_id", b->id, "name", b->name,
	    "certificates", (json_int_t)b->certificates, "score",
	    (json_int_t)b->score.total, "parts", parts, "open",
	    (json_int_t)b->n_open, "explained", (json_int_t)b->n_explained);
}

json_t *
anomalies_found_json(const struct anomalies *a, size_t i)
{
	const struct anomalies_found *f = &a->found[i];
	char from[11], to[11], at[24] = "";
	json_t *by = json_null();

	day_format(f->from, from);
	day_format(f->to, to);
	if (f->by != NULL) {
		time_text(f->at, at);
		by = json_pack("{s:s,s:s,s:s,s:I}", "by", f->by, "at", at,
		    "reason", f->reason, "n", (json_int_t)f->explained_n);
	}
	return json_pack(
	    "{s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s,s:s,s:b,s:o}", "schema",
	    1, "key", f->key, "anomaly", anomaly_name(f->anomaly.kind),
	    "body_id", a->bodies[f->body].id, "n", (json_int_t)f->anomaly.n,
	    "of", (json_int_t)f->anomaly.of, "limit",
	    (json_int_t)f->anomaly.limit, "from", from, "to", to, "about",
	    f->about, "text", f->text, "open", f->open, "explained", by);
}

static void
say(FILE *out, const char *s)
{
	cli_print_safe(out, s, strlen(s));
}

static void
print_found(const struct anomalies_found *f, FILE *out)
{
	char from[11], to[11], at[24];

	day_format(f->from, from);
	day_format(f->to, to);
	fprintf(out, "   %s %s%s%s  ", f->open ? "!" : "-", from,
	    f->from != f->to ? ".." : "", f->from != f->to ? to : "");
	say(out, f->text);
	if (*f->about != '\0') {
		fputs(TR(" (", "（"), out);
		say(out, f->about);
		fputs(TR(")", "）"), out);
	}
	fprintf(out, "  [%s]\n", f->key);
	if (f->by == NULL)
		return;
	time_text(f->at, at);
	fputs(f->open ? TR("     has grown since it was explained by ",
			    "     解释之后又有增加；解释人 ")
		      : TR("     explained by ", "     已解释，解释人 "),
	    out);
	say(out, f->by);
	fprintf(out, " %s: ", at);
	say(out, f->reason);
	fputc('\n', out);
}

void
anomalies_print(const struct anomalies *a, FILE *out)
{
	size_t i = 0;

	for (size_t b = 0; b < a->n_bodies; b++) {
		const struct anomalies_body *x = &a->bodies[b];
		const char *sep = "";
		fprintf(out, "%zu. %s ", b + 1, x->id);
		say(out, x->name);
		fprintf(out,
		    TR("  %" PRIu64 " certificates, score %u",
			"  证书 %" PRIu64 " 张，得分 %u"),
		    x->certificates, x->score.total);
		fputs(x->score.total > 0 ? " = " : "", out);
		for (int k = 0; k < N_ANOMALIES; k++)
			if (x->score.part[k] > 0) {
				fprintf(out, "%s%s %u", sep,
				    kind_word((enum anomaly_kind)k),
				    x->score.part[k]);
				sep = " + ";
			}
		fputc('\n', out);
		for (; i < a->n_found && a->found[i].body == b; i++)
			print_found(&a->found[i], out);
	}
}
