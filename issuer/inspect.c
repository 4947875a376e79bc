#include "issuer/inspect.h"

#include <stdlib.h>

#include "edge/file.h"
#include "issuer/progress.h"

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

static enum cred_err
check_registry(struct home *h, struct inspection *x, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; h->registry != NULL && e == CRED_OK && i < x->n;
	     i++) {
		if (x->rows[i].bad)
			continue;
		e = check_person(h, &x->rows[i], x, why);
		if (e == CRED_OK)
			e = check_number(h, &x->rows[i], x, why);
	}
	return e;
}

static enum cred_err
check_print(struct home *h, const struct inspect_opts *opts,
    struct inspection *x, struct why *why)
{
	struct printer p;
	struct progress bar;
	enum cred_err e = CRED_OK;

	printer_init(&p, h, opts->template_name);
	progress_start(&bar, h->cli, TR("checking", "检查"));
	for (size_t i = 0; e == CRED_OK && i < x->n; i++) {
		progress_step(&bar, i, x->n);
		if (!x->rows[i].bad)
			e = printer_check(&p, x->photo_dir, &x->rows[i],
			    opts->now, &x->findings, why);
	}
	progress_end(&bar);
	printer_release(&p);
	if (e == CRED_FAULT_RENDER && !opts->must_print) {
		cli_say(h->cli,
		    TR("note: not checked whether it can be printed: %s",
			"注意：未检查能否打印：%s"),
		    why->text);
		e = CRED_OK;
	}
	return e;
}

/* Is the file itself at fault, so that the rows below may be missing or mean
 * something else? */
static bool
is_unreadable(const struct inspection *x)
{
	for (size_t i = 0; i < x->findings.n; i++) {
		enum finding_code c = x->findings.list[i].code;
		if (finding_severity(c) == SEV_ERROR &&
		    c <= FIND_COLUMN_DUPLICATE)
			return true;
	}
	return false;
}

enum cred_err
inspect_read(const char *path, struct bytes *out, struct why *why)
{
	uint8_t *file;
	size_t len;
	enum cred_err e = file_read(path, ROSTER_MAX_BYTES, &file, &len, why);

	if (e == CRED_OK)
		*out = bytes_of(file, len);
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}

enum cred_err
inspect(struct home *h, const char *path, struct bytes file,
    const struct inspect_opts *opts, struct inspection *out, struct why *why)
{
	struct row_rules rules = {.scope = &h->body->scope,
	    .kind = opts->kind,
	    .today = claims_day(opts->now)};
	struct inspection x = {.n = 0};
	enum cred_err e = CRED_OK;

	findings_init(&x.findings);
	if (opts->batch != NULL)
		snprintf(x.batch, sizeof x.batch, "%s", opts->batch);
	else
		e = batch_default_id(file, opts->kind, x.batch);
	if (e == CRED_OK && opts->photo_dir == NULL)
		e = folder_of(path, &x.photo_dir);
	else if (e == CRED_OK &&
		 (x.photo_dir = strdup(opts->photo_dir)) == NULL)
		e = nomem(why);
	rules.photo_dir = x.photo_dir;
	if (e == CRED_OK)
		e = roster_parse(file, &x.roster, &x.findings, why);
	if (e != CRED_OK)
		goto out;
	x.unreadable = is_unreadable(&x);
	x.rows = reallocarray(NULL, x.roster.n + 1, sizeof *x.rows);
	if (x.rows == NULL) {
		e = nomem(why);
		goto out;
	}
	for (size_t i = 0; e == CRED_OK && i < x.roster.n; i++) {
		e = row_check(
		    &x.roster.rows[i], &rules, &x.rows[i], &x.findings);
		x.n++;
	}
	if (e == CRED_OK)
		e = rows_check_duplicates(x.rows, x.n, &x.findings);
	if (e == CRED_OK)
		e = check_registry(h, &x, why);
	if (e == CRED_OK)
		e = check_print(h, opts, &x, why);
	if (e == CRED_OK)
		e = findings_state(&x.findings);
	findings_sort(&x.findings);
	for (size_t i = 0; i < x.n; i++) {
		x.rows[i].bad |= findings_row_bad(&x.findings, x.rows[i].row);
		x.n_bad += x.rows[i].bad;
	}
out:
	if (e == CRED_OK)
		*out = x;
	else
		inspection_release(&x);
	if (e != CRED_OK && why->text[0] == '\0')
		return why_set(why, e, "%s", cred_strerr(e));
	return e;
}

void
inspection_release(struct inspection *x)
{
	roster_release(&x->roster);
	findings_release(&x->findings);
	free(x->rows);
	free(x->photo_dir);
	*x = (struct inspection){.n = 0};
}

void
inspection_print(
    const struct inspection *x, const char *file, const struct cli_common *cli)
{
	for (size_t i = 0; i < x->findings.n; i++) {
		const struct finding *f = &x->findings.list[i];
		if (cli->json)
			finding_print_json(stdout, f);
		else if (!cli->quiet || finding_severity(f->code) == SEV_ERROR)
			finding_print(stdout, file, f);
	}
	if (cli->json)
		return;
	printf(
	    TR("%zu rows: %zu good, %zu refused; %zu errors, %zu "
	       "warnings\n",
		"%zu 行：%zu 行合格，%zu 行不合格；%zu 个错误，%zu 个提醒\n"),
	    x->n, x->n - x->n_bad, x->n_bad, x->findings.n_errors,
	    x->findings.n_warnings);
}
