#include "issuer/mistakes.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "table/writer.h"

#define SHEET_COLUMNS (ROSTER_MAX_CELLS + 3)

struct mistakes {
	const struct cli_common *cli;
	const char *roster;
	char *path; /* of the spreadsheet; NULL: none is written */
	bool asked; /* --errors: it must be written */
	struct table_writer *writer;
	size_t rows;
	/* Of the sheet, with the texts of the roster's header. */
	struct table_column columns[SHEET_COLUMNS];
	char *header[ROSTER_MAX_CELLS];
	size_t width;
};

static char *
beside(const char *roster)
{
	const char *slash = strrchr(roster, '/'), *dot = strrchr(roster, '.');
	const char *base = slash == NULL ? roster : slash + 1;
	int stem = (int)strlen(roster);
	char *out;

	if (dot != NULL && dot > base)
		stem = (int)(dot - roster);
	return asprintf(&out, "%.*s-errors.xlsx", stem, roster) < 0 ? NULL
								    : out;
}

/* Beside a pipe there is no place. */
static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

enum cred_err
mistakes_open(const struct cli_common *cli, const char *path,
    const char *errors, struct mistakes **out, struct why *why)
{
	struct mistakes *m = calloc(1, sizeof *m);

	if (m == NULL)
		goto nomem;
	m->cli = cli;
	m->roster = path;
	m->asked = errors != NULL;
	if (errors != NULL && strcmp(errors, "none") != 0)
		m->path = strdup(errors);
	else if (errors == NULL && is_file(path))
		m->path = beside(path);
	else
		goto done;
	if (m->path == NULL)
		goto nomem;
done:
	*out = m;
	return CRED_OK;
nomem:
	free(m);
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
begin_sheet(struct mistakes *m, const struct roster_head *head, struct why *why)
{
	size_t n = head->n;
	enum cred_err e;

	for (size_t i = 0; i < n; i++) {
		m->header[i] = strdup(head->cells[i].text);
		if (m->header[i] == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		m->columns[i].name = m->header[i];
		/* ID numbers whole, without widening. */
		m->columns[i].width = 20;
	}
	m->width = n;
	m->columns[n++] =
	    (struct table_column){.name = "错误原因", .width = 70};
	m->columns[n++] =
	    (struct table_column){.name = "错误代码", .width = 20};
	m->columns[n++] = (struct table_column){
	    .name = "原行号", .as = TABLE_NUMBER, .width = 8};
	e = table_writer_open(m->path, 0600,
	    m->asked ? TABLE_TAKEN_REFUSE : TABLE_TAKEN_NUMBER, &m->writer,
	    why);
	if (e == CRED_OK)
		e = table_writer_sheet(m->writer, "错误", m->columns, n, why);
	return e;
}

/* Which cell of the row a finding is about; the row's width: none. */
static size_t
cell_of(const struct roster_head *head, const struct finding *f)
{
	for (int c = 0; c < N_COLUMNS; c++)
		if (strcmp(column_name((enum column)c), f->column) == 0)
			return head->has[c] ? head->at[c] : head->n;
	return head->n;
}

static enum cred_err
write_row(struct mistakes *m, const struct roster_head *head,
    const struct roster_row *row, const struct finding *list, size_t n,
    struct why *why)
{
	struct table_out out[SHEET_COLUMNS] = {{NULL, TABLE_PLAIN}};
	char reason[4096], codes[512], number[16];
	struct outbuf r = {(uint8_t *)reason, sizeof reason - 1, 0};
	size_t c = 0;

	for (size_t i = 0; i < row->raw.n && i < m->width; i++)
		out[i].text = row->raw.cells[i].text;
	*codes = '\0';
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &list[i];
		size_t at = cell_of(head, f), room = r.cap - r.len;
		bool error = finding_severity(f->code) == SEV_ERROR;
		int k;

		if (at < m->width && out[at].mark != TABLE_BAD)
			out[at].mark = error ? TABLE_BAD : TABLE_DOUBT;
		k = snprintf(reason + r.len, room + 1, "%s%s%s%s",
		    i > 0 ? "\n" : "", f->column,
		    *f->column != '\0' ? TR(": ", "：") : "", f->message);
		/* What does not fit whole is left out. */
		if (k < 0 || (size_t)k > room)
			reason[r.len] = '\0';
		else
			r.len += (size_t)k;
		if (c < sizeof codes - 32)
			c += (size_t)snprintf(codes + c, sizeof codes - c,
			    "%s%s", i > 0 ? " " : "", finding_name(f->code));
	}
	snprintf(number, sizeof number, "%u", row->row);
	out[m->width].text = reason;
	out[m->width + 1].text = codes;
	out[m->width + 2].text = number;
	m->rows++;
	return table_writer_row(m->writer, out, m->width + 3, why);
}

/* Without --errors it is a courtesy: what keeps it from being written does not
 * keep the roster from being checked. */
static enum cred_err
not_written(struct mistakes *m, enum cred_err e, struct why *why)
{
	table_writer_abort(m->writer);
	m->writer = NULL;
	free(m->path);
	m->path = NULL;
	if (m->asked || e == CRED_FAULT_NOMEM)
		return e;
	cli_say(m->cli,
	    TR("note: no spreadsheet of the refused rows: %s",
		"注意：未能写出错误行的表格：%s"),
	    why->text);
	why->text[0] = '\0';
	return CRED_OK;
}

enum cred_err
mistakes_report(void *ctx, const struct roster_head *head,
    const struct roster_row *row, const struct finding *list, size_t n,
    struct why *why)
{
	struct mistakes *m = ctx;
	bool error = false;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < n; i++) {
		bool bad = finding_severity(list[i].code) == SEV_ERROR;
		error = error || bad;
		if (m->cli->json)
			finding_print_json(stdout, &list[i]);
		else if (!m->cli->quiet || bad)
			finding_print(stdout, m->roster, &list[i]);
	}
	if (!error || row == NULL || m->path == NULL)
		return CRED_OK;
	if (m->writer == NULL)
		e = begin_sheet(m, head, why);
	if (e == CRED_OK)
		e = write_row(m, head, row, list, n, why);
	return e == CRED_OK ? CRED_OK : not_written(m, e, why);
}

enum cred_err
mistakes_close(struct mistakes *m, struct why *why)
{
	struct table_writer *w = m->writer;
	char *name = NULL;
	enum cred_err e = CRED_OK;

	m->writer = NULL;
	if (w != NULL) {
		e = table_writer_close(w, &name, why);
		if (e != CRED_OK)
			e = not_written(m, e, why);
		else
			cli_say(m->cli,
			    TR("%zu refused rows, with their reasons: %s",
				"%zu 行错误及原因已写入：%s"),
			    m->rows, name);
	}
	free(name);
	mistakes_abort(m);
	return e;
}

void
mistakes_abort(struct mistakes *m)
{
	if (m == NULL)
		return;
	table_writer_abort(m->writer);
	for (size_t i = 0; i < ROSTER_MAX_CELLS; i++)
		free(m->header[i]);
	free(m->path);
	free(m);
}
