#include <jansson.h>
#include <stdlib.h>

#include "credential/digits.h"
#include "domain/idnum.h"
#include "domain/words.h"
#include "issuer/cmd.h"
#include "issuer/intent.h"

struct args {
	struct cli_common common;
	const char *number;
	bool has_index;
	uint64_t index;
};

enum { KEY_NUMBER = 1, KEY_INDEX };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_NUMBER:
		a->number = arg;
		return 0;
	case KEY_INDEX:
		a->index = cmd_index(arg, state);
		a->has_index = true;
		return 0;
	case ARGP_KEY_END:
		if ((a->number != NULL) == a->has_index)
			argp_error(
			    state, TR("either --number or --index",
				       "请给出 --number 或 --index 之一"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *
state_text(const struct registry_entry *e)
{
	switch (e->state) {
	case ENTRY_RESERVED:
		return TR("reserved, not signed yet", "已预留，尚未签名");
	case ENTRY_SIGNED:
		return TR("signed, not in the log yet", "已签名，尚未写入日志");
	case ENTRY_LOGGED:
		return TR("in the log", "已写入日志");
	case ENTRY_VOID:
		break;
	}
	return TR("void: reserved and never signed", "作废：已预留但未签发");
}

static void
line(const char *label, const char *text)
{
	printf("%s: ", label);
	cli_print_safe(stdout, text, strlen(text));
	putchar('\n');
}

static void
line_day(const char *label, bool has, int32_t value)
{
	char day[11];

	if (!has)
		return;
	day_format(value, day);
	line(label, day);
}

static void
line_link(const char *label, bool has, uint64_t index, const char *reason)
{
	if (!has)
		return;
	printf("%s: %llu", label, (unsigned long long)index);
	if (*reason != '\0') {
		fputs(TR(" (", "（"), stdout);
		cli_print_safe(stdout, reason, strlen(reason));
		fputs(TR(")", "）"), stdout);
	}
	putchar('\n');
}

static void
show_text(
    const struct registry_entry *e, const struct claims *c, const char *qr)
{
	struct intent_print extra;
	char s[64];

	snprintf(s, sizeof s, "%llu", (unsigned long long)e->index);
	line(TR("Index", "序号"), s);
	line(TR("Status", "状态"), cmd_status_word(e));
	line(TR("State", "阶段"), state_text(e));
	line(TR("Kind", "证书种类"), kind_word(e->kind));
	if (e->number != NULL)
		line(TR("Number", "证书编号"), e->number);
	line(TR("Name", "姓名"), e->name);
	line(TR("Document", "证件类型"), idnum_type_name(e->id_type));
	line(TR("Occupation", "职业名称"), e->occupation);
	if (e->code != NULL)
		line(TR("Code", "职业编码"), e->code);
	if (e->direction != NULL)
		line(TR("Direction", "工种"), e->direction);
	if (e->level != 0)
		line(TR("Level", "等级"), level_word(e->level));
	line_day(TR("Issued", "发证日期"), true, e->issued);
	line_day(
	    TR("Valid to", "有效期止"), c->cert.has_valid_to, c->cert.valid_to);
	line_day(TR("Review due", "应复审日期"), c->cert.has_review_due,
	    c->cert.review_due);
	line(TR("Batch", "批次"), e->batch);
	snprintf(s, sizeof s, "%u", e->row);
	line(TR("Row", "行"), s);
	if (intent_read_print(e->print, &extra) != CRED_OK)
		extra.reason[0] = '\0';
	line_link(TR("Replaces index", "取代序号"), e->has_replaces,
	    e->replaces, extra.reason);
	line_link(TR("Replaced by index", "被取代于序号"), e->has_replaced_by,
	    e->replaced_by, "");
	if (qr != NULL)
		line("QR", qr);
}

static enum cred_err
history(void *ctx, const struct registry_act *a, struct why *why)
{
	char day[11];

	(void)ctx;
	(void)why;
	day_format(claims_day(a->at), day);
	printf("%s  %s  %s  ", day, a->actor, a->action);
	cli_print_safe(stdout, a->detail, strlen(a->detail));
	putchar('\n');
	return CRED_OK;
}

static void
set_day(json_t *j, const char *key, bool has, int32_t value)
{
	char day[11];

	if (has)
		day_format(value, day);
	json_object_set_new(j, key, has ? json_string(day) : json_null());
}

static enum cred_err
show_json(
    const struct registry_entry *e, const struct claims *c, const char *qr)
{
	struct intent_print extra;
	json_t *j = json_pack("{s:i, s:I, s:s?, s:s, s:s, s:i, s:s, s:s, s:s?, "
			      "s:s?, s:i, s:s, s:I, s:s?}",
	    "schema", 1, "index", (json_int_t)e->index, "number", e->number,
	    "status", cmd_status_word(e), "name", e->name, "kind", (int)e->kind,
	    "id_type", idnum_type_name(e->id_type), "occupation", e->occupation,
	    "code", e->code, "direction", e->direction, "level", (int)e->level,
	    "batch", e->batch, "row", (json_int_t)e->row, "qr", qr);

	if (j == NULL)
		return CRED_FAULT_NOMEM;
	set_day(j, "issued", true, e->issued);
	set_day(j, "valid_to", c->cert.has_valid_to, c->cert.valid_to);
	set_day(j, "review_due", c->cert.has_review_due, c->cert.review_due);
	json_object_set_new(j, "replaces",
	    e->has_replaces ? json_integer((json_int_t)e->replaces)
			    : json_null());
	json_object_set_new(j, "replaced_by",
	    e->has_replaced_by ? json_integer((json_int_t)e->replaced_by)
			       : json_null());
	if (e->has_replaces && intent_read_print(e->print, &extra) == CRED_OK)
		json_object_set_new(j, "reason", json_string(extra.reason));
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	return CRED_OK;
}

static enum cred_err
show(const struct args *a, struct home *h, const struct registry_entry *e,
    struct why *why)
{
	char qr[CRED_MAX_TEXT], subject[32];
	struct outbuf o = {(uint8_t *)qr, sizeof qr - 1, 0};
	struct claims c = {0};
	enum cred_err err = claims_decode(e->payload, &c);

	if (err != CRED_OK)
		return why_set(why, CRED_FAULT_DB,
		    TR("the entry is damaged: %s", "记录已损坏：%s"),
		    cred_strerr(err));
	if (e->credential.len > 0) {
		err = qrtext_make(
		    bytes_str(h->body->scope.base), e->credential, &o);
		if (err != CRED_OK)
			return err;
	}
	qr[o.len] = '\0';
	if (a->common.json)
		return show_json(e, &c, o.len > 0 ? qr : NULL);
	show_text(e, &c, o.len > 0 ? qr : NULL);
	snprintf(subject, sizeof subject, "index %llu",
	    (unsigned long long)e->index);
	return registry_audit_each(h->registry, 1, subject, history, NULL, why);
}

int
cmd_show(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"number", KEY_NUMBER, "N", 0,
		TR("the certificate with this number", "此编号的证书"), 0},
	    {"index", KEY_INDEX, "I", 0,
		TR("the certificate at this index", "此序号的证书"), 0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Shows one certificate as the registry has it, and what was "
		"done to it. Never the ID number. Verifies nothing: "
		"tamga-scan does."
		"\vExit status: 0 shown; 2 could not run; 3 there is none."
		"\n\nExample:\n  tamga-issuer show --home /var/lib/tamga "
		"--index 17",
		"显示登记库中的一份证书及其变更记录。不显示证件号码。"
		"本命令不做验证，验证请用 tamga-scan。"
		"\v退出码：0 已显示；2 无法运行；3 没有这份证书。\n\n示例：\n"
		"  tamga-issuer show --home /var/lib/tamga --index 17")};
	struct args a = {.number = NULL};
	struct registry_entry entry;
	struct why why = {""};
	struct home h;
	bool found = false;
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK && a.has_index)
		e = registry_by_index(
		    h.registry, a.index, &entry, &found, &why);
	else if (e == CRED_OK)
		e = registry_by_number(
		    h.registry, a.number, &entry, &found, &why);
	if (e == CRED_OK && found) {
		e = show(&a, &h, &entry, &why);
		registry_entry_release(&entry);
	}
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else if (!found) {
		cli_say(&a.common,
		    TR("there is no such certificate", "没有这份证书"));
		status = EXIT_NOTHING;
	} else {
		status = EXIT_OK;
	}
	home_close(&h);
	return status;
}
