#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "keys/cmd.h"
#include "keys/key_int.h"

static void
line(FILE *f, const char *indent, const char *label, const char *value)
{
	fprintf(f, "%s%s: ", indent, label);
	cli_print_safe(f, value, strlen(value));
	fputc('\n', f);
}

static void
print_kind(FILE *f, const char *indent, int kind, const struct scope_kind *k)
{
	fprintf(f, "%s%s %d:", indent, TR("kind", "种类"), kind);
	if (k->all)
		fputs(TR(" all", " 全部"), f);
	else if (k->n == 0)
		fputs(TR(" nothing", " 无"), f);
	for (size_t i = 0; i < k->n; i++) {
		const struct scope_item *it = &k->items[i];

		fprintf(f, " %s", it->code);
		if (it->level_high != 0)
			fprintf(f, ":%d-%d", it->level_high, it->level_low);
	}
	fputc('\n', f);
}

void
cmd_print_scope(FILE *f, const char *indent, const struct scope *s)
{
	char day[11], hex[65];
	bool any = false;

	line(f, indent, TR("body id", "统一社会信用代码"), s->body_id);
	line(f, indent, TR("number prefix", "证书编号前缀"), s->prefix);
	line(f, indent, TR("publication", "发布地址"), s->base);
	cmd_hex(s->log_key, 32, hex);
	line(f, indent, TR("log key", "日志公钥"), hex);
	if (s->has_not_before) {
		day_format(s->not_before, day);
		line(f, indent, TR("first issue day", "最早发证日期"), day);
	}
	if (s->has_not_after) {
		day_format(s->not_after, day);
		line(f, indent, TR("last issue day", "最晚发证日期"), day);
	}
	for (int k = 1; k <= 5; k++) {
		if (!s->kinds[k].granted)
			continue;
		print_kind(f, indent, k, &s->kinds[k]);
		any = true;
	}
	if (!any)
		line(f, indent, TR("kinds", "种类"),
		    TR("none granted", "未授予任何种类"));
}

void
cmd_print_body(FILE *f, const struct body *b)
{
	char from[32], to[32], kid[2 * CRED_KID_LEN + 1];

	cmd_hex(b->kid, CRED_KID_LEN, kid);
	cmd_time(b->not_before, from);
	cmd_time(b->not_after, to);
	line(f, "  ", TR("name", "名称"), b->name);
	line(f, "  ", "kid", kid);
	line(f, "  ", TR("algorithm", "算法"), trust_alg_name(b->alg));
	fprintf(f, "  %s: %s .. %s\n", TR("valid", "有效期"), from, to);
	cmd_print_scope(f, "  ", &b->scope);
	if (!b->withdrawn)
		return;
	fprintf(f,
	    TR("  WITHDRAWN: %s, log entries below %llu stay good\n",
		"  已撤销：%s，日志中前 %llu 条仍有效\n"),
	    trust_reason_name(b->reason), (unsigned long long)b->tree_size);
	if (b->invalid_since != 0) {
		cmd_time(b->invalid_since, from);
		line(f, "  ", TR("not to be trusted since", "不可信起始时间"),
		    from);
	}
}

enum cred_err
cmd_print_json(json_t *j, const char *what)
{
	char *text;

	if (j == NULL)
		return CRED_FAULT_NOMEM;
	json_object_set_new(j, "schema", json_integer(1));
	json_object_set_new(j, "what", json_string(what));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	if (text == NULL)
		return CRED_FAULT_NOMEM;
	puts(text);
	free(text);
	return CRED_OK;
}
