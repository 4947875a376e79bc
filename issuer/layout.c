#include "issuer/layout.h"

#include <stdio.h>
#include <string.h>

#include "edge/lang.h"

#define N(a) (sizeof(a) / sizeof(a)[0])

/* A set of kinds: bit 1 << kind. */
enum {
	K1 = 1 << KIND_QUALIFICATION,
	K2 = 1 << KIND_LEVEL,
	K3 = 1 << KIND_SPECIALISED,
	K4 = 1 << KIND_OPERATION,
	K5 = 1 << KIND_TRAINING,
	ALL = K1 | K2 | K3 | K4 | K5,
};

/* docs/templates.md "Fields". must: an error without; may: filled. */
static const struct rule {
	const char *id;
	unsigned must, may;
	const char *en, *zh;
} rules[] = {
    {"qr", ALL, ALL, "QR code", "二维码"},
    {"photo", K1 | K2 | K4, ALL, "photo", "照片"},
    {"seal", 0, ALL, "seal", "印章"},
    {"title", 0, ALL, "name of the certificate", "证书名称"},
    {"body_text", K2, ALL, "its sentence", "证书正文"},
    {"name", ALL, ALL, "name", "姓名"},
    {"id_type", ALL & ~K4, ALL, "type of the ID", "证件类型"},
    {"id_number", ALL & ~K4, ALL, "number of the ID", "证件号码"},
    {"occupation", ALL & ~K4, ALL, "occupation", "职业（项目）名称"},
    {"direction", K2, K1 | K2 | K3, "direction", "工种/职业方向"},
    {"level", K1 | K2, K1 | K2, "level", "技能等级"},
    {"category", K4, K4, "class of the operation", "作业类别"},
    {"item", K4, K4, "item of the operation", "操作项目"},
    {"number", ALL, ALL, "certificate number", "证书编号"},
    {"issued", ALL, ALL, "issue date", "发证日期"},
    {"valid_from", K4, K4, "valid from", "有效期起"},
    {"valid_to", K4, K4, "valid to", "有效期止"},
    {"review_due", K4, K4, "review due", "应复审日期"},
    {"trained_from", K5, K5, "training from", "培训起"},
    {"trained_to", K5, K5, "training to", "培训止"},
    {"issuer", ALL, ALL, "issuing body", "发证机构"},
    {"verifier_url", ALL, ALL, "address of our verifier", "查验网址"},
    {"notice", ALL, ALL, "notice beside the code", "二维码旁的提示"},
    {"query_url", 0, ALL, "official query", "官方查询网址"},
    {"serial_note", 0, ALL, "serial of the log", "日志流水号"},
};

/* Addresses that must be printed, as text or by the field query_url. */
static const struct address {
	unsigned kinds;
	const char *host;
	bool by_field;
} addresses[] = {
    {K2, "jndj.osta.org.cn", true},
    {K2, "pjjg.osta.org.cn", false},
    {K4, "cx.mem.gov.cn", true},
};

/* domain.md 1.4: not on a certificate of a body. */
static const char *const forbidden[] = {"中华人民共和国", "监制"};

const char *
layout_id(size_t i)
{
	return i < N(rules) ? rules[i].id : NULL;
}

/* Letters to insert, delete or change; 9 when the words are long. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[32];

	if (la >= N(row) || lb >= N(row))
		return 9;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j - 1] + 1 < change)
				change = row[j - 1] + 1;
			if (row[j] + 1 < change)
				change = row[j] + 1;
			row[j] = change;
		}
	}
	return row[lb];
}

const char *
layout_near(const char *id)
{
	const char *best = NULL;
	size_t least = 3;

	for (size_t i = 0; i < N(rules); i++) {
		size_t d = distance(id, rules[i].id);
		if (d < least && d < strlen(rules[i].id)) {
			least = d;
			best = rules[i].id;
		}
	}
	return best;
}

static bool
prints(const struct render_template *t, const char *words)
{
	const char *text;

	for (size_t i = 0; (text = render_template_text(t, i)) != NULL; i++)
		if (strstr(text, words) != NULL)
			return true;
	return false;
}

static bool
has_address(const struct render_template *t, const struct address *a)
{
	return prints(t, a->host) ||
	       (a->by_field && render_template_has(t, "query_url"));
}

/* How far t is from a template of the kind. */
static size_t
strangeness(const struct render_template *t, enum kind kind)
{
	size_t n = prints(t, kind_rules(kind)->title) ? 0 : 4;

	for (size_t i = 0; i < N(rules); i++) {
		bool has = render_template_has(t, rules[i].id);
		n += has ? (rules[i].may & 1u << kind) == 0
			 : (rules[i].must & 1u << kind) != 0;
	}
	for (size_t i = 0; i < N(addresses); i++)
		n += (addresses[i].kinds & 1u << kind) != 0 &&
		     !has_address(t, &addresses[i]);
	return n;
}

enum kind
layout_kind(const struct render_template *t)
{
	enum kind best = KIND_QUALIFICATION;

	for (enum kind k = KIND_LEVEL; k <= KIND_TRAINING; k++)
		if (strangeness(t, k) < strangeness(t, best))
			best = k;
	return best;
}

static void
check_missing(const struct render_template *t, enum kind kind,
    render_tell *tell, void *ctx)
{
	char text[300];

	for (size_t i = 0; i < N(rules); i++) {
		const struct rule *r = &rules[i];
		if ((r->must & 1u << kind) == 0 ||
		    render_template_has(t, r->id))
			continue;
		snprintf(text, sizeof text,
		    TR("no %s: a %s needs \"%s\" (%s)",
			"缺少 %s：%s需要“%s”（%s）"),
		    strcmp(r->id, "qr") == 0 || strcmp(r->id, "photo") == 0
			? "<rect>"
			: "<text>",
		    kind_rules(kind)->title, r->id, TR(r->en, r->zh));
		tell(ctx, true, 0, text);
	}
	for (size_t i = 0; i < N(addresses); i++) {
		if ((addresses[i].kinds & 1u << kind) == 0 ||
		    has_address(t, &addresses[i]))
			continue;
		snprintf(text, sizeof text,
		    TR("the official query %s is not printed; write it as text",
			"没有印官方查询网址 %s，请写成文字"),
		    addresses[i].host);
		tell(ctx, true, 0, text);
	}
	if (!prints(t, kind_rules(kind)->title) &&
	    !render_template_has(t, "title")) {
		snprintf(text, sizeof text,
		    TR("the name %s is not printed",
			"没有印证书名称“%s”"),
		    kind_rules(kind)->title);
		tell(ctx, true, 0, text);
	}
	if (!render_template_has(t, "photo") &&
	    (1u << kind & (K3 | K5)) != 0)
		tell(ctx, false, 0,
		    TR("no <rect> \"photo\": the photo is not printed",
			"缺少矩形“photo”：不印照片"));
}

static void
check_id(const struct render_template *t, const char *id, enum kind kind,
    render_tell *tell, void *ctx)
{
	const char *near;
	char text[300];

	for (size_t i = 0; i < N(rules); i++) {
		if (strcmp(rules[i].id, id) != 0)
			continue;
		if ((rules[i].may & 1u << kind) != 0)
			return;
		snprintf(text, sizeof text,
		    TR("\"%s\" stays empty on a %s", "“%s”在%s上是空的"), id,
		    kind_rules(kind)->title);
		tell(ctx, false, render_template_line(t, id), text);
		return;
	}
	near = layout_near(id);
	snprintf(text, sizeof text,
	    TR("nothing fills a text of id \"%.60s\"%s%s%s; for a label write "
	       "an id that begins with \"label\"",
		"没有内容填入 id“%.60s”%s%s%s；若是固定文字，"
		"请用以 label 开头的 id"),
	    id, near == NULL ? "" : TR("; is it \"", "；是不是“"),
	    near == NULL ? "" : near, near == NULL ? "" : TR("\"?", "”？"));
	tell(ctx, true, render_template_line(t, id), text);
}

void
layout_check(const struct render_template *t, enum kind kind,
    render_tell *tell, void *ctx)
{
	const char *id;
	char text[300];

	check_missing(t, kind, tell, ctx);
	for (size_t i = 0; (id = render_template_id(t, i)) != NULL; i++)
		check_id(t, id, kind, tell, ctx);
	for (size_t i = 0; i < N(forbidden); i++) {
		if (!prints(t, forbidden[i]))
			continue;
		snprintf(text, sizeof text,
		    TR("\"%s\" may not be printed on it",
			"证书上不得印“%s”"),
		    forbidden[i]);
		tell(ctx, true, 0, text);
	}
}
