#include "table/strings.h"

#include <string.h>

#include "edge/lang.h"
#include "table/table.h"
#include "table/value.h"

struct reading {
	struct strings *out;
	bool in_item, in_text, phonetic;
	size_t len;
	char buf[TABLE_MAX_CELL + 1];
};

static void
on_start(struct xml *x, const char *name, const char **atts)
{
	struct reading *r = x->ctx;

	(void)atts;
	if (strcmp(name, "si") == 0) {
		r->in_item = true;
		r->phonetic = r->in_text = false;
		r->len = 0;
	} else if (strcmp(name, "rPh") == 0) {
		r->phonetic = true;
	} else if (strcmp(name, "t") == 0) {
		r->in_text = r->in_item && !r->phonetic;
	}
}

static void
on_text(struct xml *x, const char *s, size_t n)
{
	struct reading *r = x->ctx;

	if (!r->in_text)
		return;
	if (n > sizeof r->buf - r->len)
		n = sizeof r->buf - r->len;
	memcpy(r->buf + r->len, s, n);
	r->len += n;
}

static void
on_end(struct xml *x, const char *name)
{
	struct reading *r = x->ctx;
	struct strings *s = r->out;
	uint64_t end;
	enum cred_err e;

	if (strcmp(name, "t") == 0) {
		r->in_text = false;
	} else if (strcmp(name, "rPh") == 0) {
		r->phonetic = false;
	} else if (strcmp(name, "si") == 0) {
		r->in_item = false;
		if (s->n == STRINGS_MAX) {
			xml_refuse(x, CRED_ERR_TABLE_LIMIT,
			    TR("the XLSX file has more than %u texts; split "
			       "the table",
				"XLSX 文件的文本超过 %u 条；请拆分表格"),
			    STRINGS_MAX);
			return;
		}
		/* Cut off it is too long anyway. */
		if (r->len < sizeof r->buf)
			r->len = value_unescape(r->buf, r->len);
		e = spill_append(&s->text, r->buf, r->len, &x->why);
		end = spill_len(&s->text);
		if (e == CRED_OK)
			e = spill_append(&s->ends, &end, sizeof end, &x->why);
		s->n++;
		if (e != CRED_OK) {
			struct why why = x->why;
			xml_refuse(x, e, "%s", why.text);
		}
	}
}

enum cred_err
strings_read(
    struct package *p, const char *path, struct strings *out, struct why *why)
{
	static const struct xml_calls calls = {on_start, on_end, on_text};
	struct strings s = {.n = 0};
	struct reading r = {.out = &s};
	enum cred_err e =
	    package_read(p, path, PACKAGE_MAX_DATA, &calls, &r, why);

	if (e != CRED_OK)
		strings_release(&s);
	else
		*out = s;
	return e;
}

enum cred_err
strings_get(struct strings *s, uint32_t i, char *buf, size_t cap, size_t *len,
    struct why *why)
{
	uint64_t ends[2] = {0, 0};
	enum cred_err e;

	if (i >= s->n)
		return why_set(why, CRED_ERR_TABLE_STRING,
		    TR("a cell refers to text %u, and the XLSX file has %u; "
		       "save the table anew as .xlsx",
			"单元格引用第 %u 条文本，而 XLSX 文件只有 %u 条；"
			"请重新另存为 .xlsx"),
		    i, s->n);
	if (i == 0)
		e = spill_read(&s->ends, 0, &ends[1], sizeof ends[1], why);
	else
		e = spill_read(&s->ends, (uint64_t)(i - 1) * sizeof *ends, ends,
		    sizeof ends, why);
	if (e != CRED_OK)
		return e;
	*len = (size_t)(ends[1] - ends[0]);
	if (*len > cap)
		return why_set(why, CRED_FAULT_INTERNAL, "%s",
		    cred_strerr(CRED_FAULT_INTERNAL));
	return spill_read(&s->text, ends[0], buf, *len, why);
}

void
strings_release(struct strings *s)
{
	spill_release(&s->text);
	spill_release(&s->ends);
	*s = (struct strings){.n = 0};
}
