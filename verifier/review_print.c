#include <jansson.h>
#include <stdlib.h>

#include "edge/cli.h"
#include "verifier/review_report.h"

static json_t *
codes_of(const struct review *v)
{
	json_t *list = json_array();
	char code[8];
	unsigned last = 0;

	for (size_t i = 0; list != NULL && i < v->n; i++) {
		unsigned c = reason_code(v->reasons[i].reason);
		if (c == last)
			continue;
		last = c;
		snprintf(code, sizeof code, "C%02u", c);
		json_array_append_new(list, json_string(code));
	}
	return list;
}

static json_t *
reasons_of(const struct review *v)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < v->n; i++) {
		char text[REASON_TEXT_MAX];
		struct outbuf o = {(uint8_t *)text, sizeof text, 0};
		if (reason_text(&v->reasons[i], lang_is_zh(), &o) == CRED_OK)
			json_array_append_new(list, json_stringn(text, o.len));
	}
	return list;
}

void
review_print_json(const struct claim_row *row, const struct desk_answer *a)
{
	static const char *const odd[] = {[ODD_NOT_LOOKED] = "not checked",
	    [ODD_NO] = "no",
	    [ODD_YES] = "yes"};
	json_t *o = json_pack("{s:i,s:I,s:s,s:s,s:o,s:o,s:s,s:s}", "schema", 1,
	    "row", (json_int_t)row->row, "claim", row->claim.id, "verdict",
	    review_verdict_name(a->review.verdict), "codes",
	    codes_of(&a->review), "reasons", reasons_of(&a->review),
	    "certificate", a->verdict, "body_odd", odd[a->odd]);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

void
review_print_text(
    const char *file, const struct claim_row *row, const struct desk_answer *a)
{
	for (size_t i = 0; i < a->review.n; i++) {
		const struct reason_found *f = &a->review.reasons[i];
		static const char *const word[] = {"fail", "pending", "warn"};
		static const char *const zh[] = {"不通过", "待定", "提示"};
		char text[REASON_TEXT_MAX];
		struct outbuf o = {(uint8_t *)text, sizeof text, 0};
		enum severity s = reason_severity(f->reason);
		if (reason_text(f, lang_is_zh(), &o) != CRED_OK)
			continue;
		cli_print_safe(stdout, file, strlen(file));
		printf(":%u: ", row->row);
		cli_print_safe(stdout, row->claim.id, strlen(row->claim.id));
		printf(": %s [C%02u] ", TR(word[s], zh[s]),
		    reason_code(f->reason));
		cli_print_safe(stdout, text, o.len);
		printf(TR(" (%s)\n", "（%s）\n"), reason_clause(f->reason));
	}
}
