#include "issuer/finding.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cli.h"

static const struct {
	const char *name;
	enum severity severity;
} codes[] = {
#define X(id, name, severity) {name, severity},
    FINDING_CODES(X)
#undef X
};

void
findings_init(struct findings *f)
{
	*f = (struct findings){0};
}

void
findings_release(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->list[i].message);
	free(f->list);
	findings_init(f);
}

void
findings_add(struct findings *f, uint32_t row, const char *column,
    enum finding_code code, const char *fmt, ...)
{
	char *message;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&message, fmt, ap);
	va_end(ap);
	if (n < 0) {
		f->nomem = true;
		return;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap == 0 ? 64 : f->cap * 2;
		struct finding *more = reallocarray(f->list, cap, sizeof *more);
		if (more == NULL) {
			free(message);
			f->nomem = true;
			return;
		}
		f->list = more;
		f->cap = cap;
	}
	f->list[f->n] = (struct finding){row, column, code, message, f->n};
	f->n++;
	if (codes[code].severity == SEV_ERROR)
		f->n_errors++;
	else
		f->n_warnings++;
}

enum cred_err
findings_state(const struct findings *f)
{
	return f->nomem ? CRED_FAULT_NOMEM : CRED_OK;
}

void
findings_drop(struct findings *f, enum finding_code code)
{
	size_t m = 0, *count = codes[code].severity == SEV_ERROR
				   ? &f->n_errors
				   : &f->n_warnings;

	for (size_t i = 0; i < f->n; i++) {
		if (f->list[i].code != code) {
			f->list[m++] = f->list[i];
			continue;
		}
		free(f->list[i].message);
		(*count)--;
	}
	f->n = m;
}

static int
by_row(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

void
findings_sort(struct findings *f)
{
	if (f->n > 1)
		qsort(f->list, f->n, sizeof *f->list, by_row);
}

bool
findings_row_bad(const struct findings *f, uint32_t row)
{
	size_t lo = 0, hi = f->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (f->list[mid].row < row)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < f->n && f->list[lo].row == row; lo++)
		if (codes[f->list[lo].code].severity == SEV_ERROR)
			return true;
	return false;
}

const char *
finding_name(enum finding_code c)
{
	return codes[c].name;
}

enum severity
finding_severity(enum finding_code c)
{
	return codes[c].severity;
}

void
finding_print(FILE *out, const char *file, const struct finding *f)
{
	cli_print_safe(out, file, strlen(file));
	fprintf(out, ":%u: ", f->row);
	if (*f->column != '\0')
		fprintf(out, "%s: ", f->column);
	fprintf(out, "%s [%s]: ",
	    codes[f->code].severity == SEV_ERROR ? TR("error", "错误")
						 : TR("warning", "提醒"),
	    codes[f->code].name);
	cli_print_safe(out, f->message, strlen(f->message));
	fputc('\n', out);
}

void
finding_print_json(FILE *out, const struct finding *f)
{
	json_t *j = json_pack("{s:i, s:I, s:s, s:s, s:s, s:s}", "schema", 1,
	    "row", (json_int_t)f->row, "column", f->column, "code",
	    codes[f->code].name, "severity",
	    codes[f->code].severity == SEV_ERROR ? "error" : "warning",
	    "message", f->message);

	if (j == NULL) /* a message that is not UTF-8 */
		j = json_pack("{s:i, s:I, s:s, s:s, s:s, s:s}", "schema", 1,
		    "row", (json_int_t)f->row, "column", f->column, "code",
		    codes[f->code].name, "severity",
		    codes[f->code].severity == SEV_ERROR ? "error" : "warning",
		    "message", codes[f->code].name);
	json_dumpf(j, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(j);
}
