#include "issuer/conf.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "issuer/kind.h"

/* What is printed unless the body says otherwise: domain.md 1.4 and 2.2. */
static const char *const body_texts[6] = {
    [KIND_QUALIFICATION] = "本证书表明持证人具备从事本职业（工种）"
			   "所要求的知识和技能，达到相应等级水平。",
    [KIND_LEVEL] = "本证书由评价机构颁发，表明持证人通过本机构组织的职业"
		   "技能等级认定，具备该职业（工种）相应技能等级水平。",
    [KIND_SPECIALISED] = "本证书表明持证人经考核合格，"
			 "具备该专项职业能力。",
    [KIND_OPERATION] = "持证人经安全技术培训并考核合格，"
		       "准予从事本证所载的特种作业操作项目。",
    [KIND_TRAINING] = "本证书表明持证人参加了所载项目的培训，"
		      "经结业考核合格。",
};

static const char *const query_urls[6] = {
    [KIND_QUALIFICATION] = "http://zscx.osta.org.cn",
    [KIND_LEVEL] = "http://jndj.osta.org.cn",
    [KIND_SPECIALISED] = "",
    [KIND_OPERATION] = "http://cx.mem.gov.cn",
    [KIND_TRAINING] = "",
};

#define NOTICE "以从官方网址打开后扫码结果为准"

static void
defaults(struct conf *c)
{
	char exe[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	memset(c, 0, sizeof *c);
	snprintf(c->templates, sizeof c->templates, "%s", TAMGA_TEMPLATES);
	if (n > 0) {
		exe[n] = '\0';
		slash = strrchr(exe, '/');
		*slash = '\0';
		if (strlen(exe) + sizeof "/../share/tamga/templates" <
		    sizeof c->templates) {
			char at[CONF_TEXT_MAX];
			snprintf(at, sizeof at, "%.500s%s", exe,
			    "/../share/tamga/templates");
			if (access(at, R_OK) == 0)
				memcpy(c->templates, at, sizeof at);
		}
	}
	for (int k = 1; k <= 5; k++) {
		snprintf(c->template_name[k], sizeof c->template_name[k], "%s",
		    kind_rules((enum kind)k)->template_name);
		snprintf(c->body_text[k], CONF_TEXT_MAX, "%s", body_texts[k]);
		snprintf(c->query_url[k], CONF_TEXT_MAX, "%s", query_urls[k]);
		snprintf(c->notice[k], CONF_TEXT_MAX, "%s", NOTICE);
	}
	c->orders[0].from = INT32_MIN;
	c->n_orders = 1;
	c->exp_days = 7;
	c->ttl_hours = 24;
	c->mass = 20;
}

struct reading {
	struct conf *c;
	struct why *why;
	const char *path;
	enum cred_err err;
};

/* Of a key "name.N": the kind, if key is it. */
static int
kind_of_key(const char *key, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(key, name, n) != 0 || key[n] != '.' || key[n + 1] < '1' ||
	    key[n + 1] > '5' || key[n + 2] != '\0')
		return 0;
	return key[n + 1] - '0';
}

static bool
set_text(char *out, size_t cap, const char *value)
{
	size_t n = strlen(value);

	if (n >= cap)
		return false;
	memcpy(out, value, n + 1);
	return true;
}

static bool
set_number(int *out, int min, int max, const char *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || n < min || n > max)
		return false;
	*out = (int)n;
	return true;
}

/* "mn-first, 2022-01-01 zh-first": since when which. */
static bool
set_orders(struct conf *c, const char *value)
{
	size_t n = 0;

	for (;;) {
		struct conf_order o = {.from = INT32_MIN};
		int y, m, d, end = 0;
		size_t len;

		value += strspn(value, " ");
		if (sscanf(value, "%4d-%2d-%2d %n", &y, &m, &d, &end) == 3 &&
		    end > 0) {
			if (!day_from_civil(y, m, d, &o.from))
				return false;
			value += end;
		}
		len = strcspn(value, " ,");
		o.zh_first = len == 8 && memcmp(value, "zh-first", 8) == 0;
		if (!o.zh_first &&
		    (len != 8 || memcmp(value, "mn-first", 8) != 0))
			return false;
		if (n == CONF_ORDERS || (n == 0) != (o.from == INT32_MIN) ||
		    (n > 0 && o.from <= c->orders[n - 1].from))
			return false;
		c->orders[n++] = o;
		value += len;
		value += strspn(value, " ");
		if (*value == '\0')
			break;
		if (*value++ != ',')
			return false;
	}
	c->n_orders = n;
	return true;
}

static bool
set_print(struct conf *c, const char *key, const char *value)
{
	int k;

	if (strcmp(key, "templates") == 0)
		return set_text(c->templates, sizeof c->templates, value);
	if (strcmp(key, "order") == 0)
		return set_orders(c, value);
	if ((k = kind_of_key(key, "template")) != 0)
		return set_text(
		    c->template_name[k], sizeof c->template_name[k], value);
	if ((k = kind_of_key(key, "body_text")) != 0)
		return set_text(c->body_text[k], CONF_TEXT_MAX, value);
	if ((k = kind_of_key(key, "query_url")) != 0)
		return set_text(c->query_url[k], CONF_TEXT_MAX, value);
	if ((k = kind_of_key(key, "notice")) != 0)
		return set_text(c->notice[k], CONF_TEXT_MAX, value);
	return false;
}

static int
on_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	struct conf *c = r->c;
	bool good = false;

	if (strcmp(section, "print") == 0)
		good = set_print(c, key, value);
	else if (strcmp(section, "status") == 0 && strcmp(key, "exp_days") == 0)
		good = set_number(&c->exp_days, 1, 30, value);
	else if (strcmp(section, "status") == 0 &&
		 strcmp(key, "ttl_hours") == 0)
		good = set_number(&c->ttl_hours, 1, 720, value);
	else if (strcmp(section, "status") == 0 && strcmp(key, "mass") == 0)
		good = set_number(&c->mass, 0, 1000000, value);
	else if (strcmp(section, "print") != 0 &&
		 strcmp(section, "status") != 0)
		good = true; /* another program's section */
	if (!good && r->err == CRED_OK)
		r->err = why_set(r->why, CRED_FAULT_CONFIG,
		    TR("%s: [%s] %s: no such setting, or its value is out of "
		       "range; correct the line or remove it",
			"%s：[%s] %s：没有这个设置，或取值超出范围；"
			"请改正或删去该行"),
		    r->path, section, key);
	return good;
}

enum cred_err
conf_load(const char *path, struct conf *out, struct why *why)
{
	struct reading r = {.c = out, .why = why, .path = path};
	uint8_t *text;
	enum cred_err e;
	size_t len;
	int line;

	defaults(out);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return CRED_OK;
	e = file_read(path, 1 << 16, &text, &len, why);
	if (e != CRED_OK)
		return e == CRED_ERR_PIC_BYTES ? CRED_FAULT_CONFIG : e;
	line = ini_parse_string((const char *)text, on_pair, &r);
	free(text);
	if (line != 0 && r.err == CRED_OK)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: neither [section] nor key = value",
			"%s 第 %d 行：既不是 [节] 也不是 键 = 值"),
		    path, line);
	return r.err;
}

static const char default_file[] =
    "; Settings of this body. Lines that begin with ; are the defaults.\n"
    "; 本机构的设置。以 ; 开头的行是默认值。\n"
    "\n"
    "[print]\n"
    "; Folder of SVG templates, and the template of each kind (1 to 5): a\n"
    "; name in that folder, or a path.\n"
    "; 模板所在文件夹；各证书种类（1–5）的模板名称或路径。\n"
    ";templates =\n"
    ";template.2 = level\n"
    ";template.4 = operation\n"
    "; On bilingual templates (level-mn, operation-card-mn and others), which\n"
    "; language comes first; with a date, for those issued from then on.\n"
    "; 蒙汉两种文字的模板（level-mn 等）以哪种文字在前；写有日期的，\n"
    "; 用于该日起签发的证书。例：order = mn-first, 2022-01-01 zh-first\n"
    ";order = mn-first\n"
    "; Text of the certificate, official query address, notice at the QR.\n"
    "; 证书正文、官方查询网址、二维码旁的提示。\n"
    ";body_text.2 =\n"
    ";query_url.2 = http://jndj.osta.org.cn\n"
    ";query_url.4 = http://cx.mem.gov.cn\n"
    ";notice.2 = " NOTICE "\n"
    "\n"
    "[status]\n"
    "; For how many days a published status list is good; after how many\n"
    "; hours verifiers should fetch it anew. Publish at least that often.\n"
    "; 状态列表的有效天数；核验方多少小时后应重新获取。\n"
    ";exp_days = 7\n"
    ";ttl_hours = 24\n"
    "; Changing more certificates than this at once takes --yes and, on a\n"
    "; terminal, their count typed.\n"
    "; 一次更改超过此数的证书时，需要 --yes，在终端上还要输入份数。\n"
    ";mass = 20\n";

enum cred_err
conf_write_default(const char *path, struct why *why)
{
	enum cred_err e;

	if (access(path, F_OK) == 0)
		return CRED_OK;
	e = file_create(path, bytes_str(default_file), 0644, why);
	return e == CRED_FAULT_EXISTS ? CRED_OK : e;
}

const char *
conf_order(const struct conf *c, int32_t issued)
{
	size_t i = c->n_orders;

	while (i > 1 && c->orders[i - 1].from > issued)
		i--;
	return c->orders[i - 1].zh_first ? "zh-first" : "mn-first";
}

char *
conf_template_path(const struct conf *c, const char *name)
{
	size_t n = strlen(name);
	char *file = NULL, *path;

	if (strchr(name, '/') != NULL ||
	    (n > 4 && strcmp(name + n - 4, ".svg") == 0))
		return strdup(name);
	if (asprintf(&file, "%s.svg", name) < 0)
		return NULL;
	path = file_join(c->templates, file);
	free(file);
	return path;
}
