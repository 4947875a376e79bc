#include "verifier/config.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

#define FILE_MAX 65536

enum type { TEXT, NUMBER, SWITCH };

static const struct setting {
	const char *key;
	enum type type;
	size_t offset, size; /* of a text */
	unsigned min, max;   /* of a number */
} SETTINGS[] = {
#define AT(field)   offsetof(struct config, field)
#define SIZE(field) sizeof(((struct config *)0)->field)
    {"listen", TEXT, AT(listen), SIZE(listen), 0, 0},
    {"pub", TEXT, AT(pub), SIZE(pub), 0, 0},
    {"anchor", TEXT, AT(anchor), SIZE(anchor), 0, 0},
    {"host", TEXT, AT(host), SIZE(host), 0, 0},
    {"registry", TEXT, AT(registry), SIZE(registry), 0, 0},
    {"connections", NUMBER, AT(connections), 0, 8, 60000},
    {"timeout", NUMBER, AT(timeout_s), 0, 1, 600},
    {"pictures", NUMBER, AT(pictures), 0, 1, 64},
    {"rate", NUMBER, AT(rate), 0, 0, 1000000},
    {"burst", NUMBER, AT(rate_burst), 0, 1, 1000000},
    {"picture_cost", NUMBER, AT(picture_cost), 0, 1, 1000},
    {"behind_proxy", SWITCH, AT(behind_proxy), 0, 0, 0},
    {"allow_unjailed", SWITCH, AT(allow_unjailed), 0, 0, 0},
    {"worker", SWITCH, AT(worker), 0, 0, 0},
    {"tables", SWITCH, AT(tables), 0, 0, 0},
    {"log", SWITCH, AT(log), 0, 0, 0},
}, REVIEW_SETTINGS[] = {
    {"home", TEXT, AT(review.home), SIZE(review.home), 0, 0},
    {"registry", TEXT, AT(review.registry), SIZE(review.registry), 0, 0},
    {"rules", TEXT, AT(review.rules), SIZE(review.rules), 0, 0},
    {"region", TEXT, AT(review.region), SIZE(review.region), 0, 0},
    {"pension", TEXT, AT(review.pension), SIZE(review.pension), 0, 0},
    {"death", TEXT, AT(review.death), SIZE(review.death), 0, 0},
    {"student", TEXT, AT(review.student), SIZE(review.student), 0, 0},
    {"staff", TEXT, AT(review.staff), SIZE(review.staff), 0, 0},
    {"national", TEXT, AT(review.national), SIZE(review.national), 0, 0},
    {"scans", TEXT, AT(review.scans), SIZE(review.scans), 0, 0},
    {"idle_minutes", NUMBER, AT(review.idle_min), 0, 1, 240},
    {"hours", NUMBER, AT(review.hours), 0, 1, 24},
    {"max_table_mb", NUMBER, AT(review.max_table), 0, 1, 256},
    {"keep_days", NUMBER, AT(review.keep_days), 0, 0, 36500},
};

#define N_SETTINGS        (sizeof SETTINGS / sizeof *SETTINGS)
#define N_REVIEW_SETTINGS (sizeof REVIEW_SETTINGS / sizeof *REVIEW_SETTINGS)

const char config_default[] =
    "; Settings of the verifier. Lines that begin with ; are the defaults.\n"
    "; 核验服务的设置。以 ; 开头的行是默认值。\n"
    "\n"
    "[verifier]\n"
    "; Address to listen on; TLS is the proxy's in front.\n"
    "; 监听地址；TLS 由前面的代理承担。\n"
    ";listen = 127.0.0.1:8080\n"
    "; Publication (folder or URL), the authority's certificate, and the host\n"
    "; of our own QR codes besides those of the bodies.\n"
    "; 发布数据（文件夹或网址）、主管部门证书、本系统二维码的主机名。\n"
    ";pub =\n"
    ";anchor =\n"
    ";host =\n"
    "; A body's registry, sqlite:PATH or postgresql://…: ID numbers are compared\n"
    "; with the registered ones. 某机构的登记库：证件号码与登记的号码比对。\n"
    ";registry =\n"
    "; Connections at once; seconds for a body to arrive; pictures decoded at\n"
    "; once. 同时的连接数；正文到达的时限（秒）；同时解码的图片数。\n"
    ";connections = 4096\n"
    ";timeout = 10\n"
    ";pictures = 2\n"
    "; What one address may ask: a text costs 1, a picture picture_cost; rate\n"
    "; comes back a minute, burst may be saved up. rate 0: no limit.\n"
    "; 单个地址的限额：文字计 1，图片计 picture_cost；每分钟恢复 rate，\n"
    "; 最多积累 burst。rate 为 0 表示不限。\n"
    ";rate = 600\n"
    ";burst = 200\n"
    ";picture_cost = 10\n"
    "; yes: a proxy in front names the client in X-Real-IP.\n"
    "; yes：由前面的代理在 X-Real-IP 中给出客户端地址。\n"
    ";behind_proxy = no\n"
    "; yes: decode pictures though the kernel cannot lock the decoder in.\n"
    "; yes：内核无法隔离解码进程时也解码图片。\n"
    ";allow_unjailed = no\n"
    "; no: pages in browsers give up what they keep for use offline.\n"
    "; no：浏览器中的网页清除为离线使用而保存的内容。\n"
    ";worker = yes\n"
    "; no: spend no memory (150 kB a body) on verifying three times as fast.\n"
    "; no：不为加快核验而占用内存（每个机构 150 kB，快约两倍）。\n"
    ";tables = yes\n"
    "; A line a request on stderr: method, route, status, time.\n"
    "; 每个请求在 stderr 记一行：方法、路由、状态、用时。\n"
    ";log = yes\n"
    "\n"
    "[review]\n"
    "; The reviewer's page at /review/; not there unless home is set, and over\n"
    "; HTTPS alone (behind_proxy). home: desk.db, ledger.key, registry.db.\n"
    "; 审核网页 /review/；不设 home 则没有，且只通过 HTTPS（behind_proxy）。\n"
    "; home 中有 desk.db、ledger.key、registry.db。\n"
    ";home =\n"
    "; registry: sqlite:PATH or postgresql://…, the ledger.\n"
    "; Empty: of home, registry.db, rules.ini and the folder scans. The rest as\n"
    "; options of tamga-review check.\n"
    "; 留空则用 home 中的 registry.db、rules.ini 和 scans 文件夹；其余同\n"
    "; tamga-review check 的选项。\n"
    ";registry =\n"
    ";rules =\n"
    ";region =\n"
    ";pension =\n"
    ";death =\n"
    ";student =\n"
    ";staff =\n"
    ";national =\n"
    ";scans =\n"
    "; A session ends after so many minutes without use, and after so many hours.\n"
    "; 会话闲置多少分钟、总共多少小时后结束。\n"
    ";idle_minutes = 20\n"
    ";hours = 10\n"
    "; The largest table taken, MB. 申领表的上限（MB）。\n"
    ";max_table_mb = 64\n"
    "; Uploaded tables and their reports, personal data, are removed when\n"
    "; nothing was done with them for so many days; never while claims in them\n"
    "; are undecided. 0: never by the service (tamga-review prune).\n"
    "; 上传的申领表和报告（个人信息）多少天没有动过即删除；其中有未办结申领的\n"
    "; 不删。0：服务不删（用 tamga-review prune）。\n"
    ";keep_days = 730\n";

struct reading {
	struct config *c;
	struct why *why;
	const char *path;
	const char *key; /* that was refused */
	bool known;      /* the key is, its value is not good */
	bool seen[N_SETTINGS + N_REVIEW_SETTINGS];
	const char *section;
};

static bool
set_number(unsigned *out, const struct setting *s, const char *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || errno != 0 || *end != '\0' ||
	    n < s->min || n > s->max)
		return false;
	*out = (unsigned)n;
	return true;
}

static bool
set_switch(bool *out, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return false;
	*out = *value == 'y';
	return true;
}

static bool
set(struct config *c, const struct setting *s, const char *value)
{
	char *at = (char *)c + s->offset;

	switch (s->type) {
	case TEXT:
		if (strlen(value) >= s->size)
			return false;
		strcpy(at, value);
		return true;
	case NUMBER:
		return set_number((unsigned *)(void *)at, s, value);
	case SWITCH:
		return set_switch((bool *)(void *)at, value);
	}
	return false;
}

static int
on_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;

	bool review = strcmp(section, "review") == 0;
	const struct setting *all = review ? REVIEW_SETTINGS : SETTINGS;
	bool *seen = r->seen + (review ? N_SETTINGS : 0);

	if (!review && strcmp(section, "verifier") != 0)
		return 1;
	r->key = NULL;
	r->section = review ? "review" : "verifier";
	for (size_t i = 0; i < (review ? N_REVIEW_SETTINGS : N_SETTINGS); i++) {
		if (strcmp(all[i].key, key) != 0)
			continue;
		if (!seen[i] && set(r->c, &all[i], value)) {
			seen[i] = true;
			return 1;
		}
		r->key = all[i].key;
		return 0;
	}
	r->key = "";
	return 0;
}

/* inih would take the rest of a longer line for another one. */
static int
long_line(const char *text)
{
	int line = 1;

	for (const char *p = text; *p != '\0'; line++) {
		size_t n = strcspn(p, "\n");
		if (n > CONFIG_PATH_MAX + 15)
			return line;
		p += n;
		p += *p == '\n';
	}
	return 0;
}

static enum cred_err
refused(const struct reading *r, int line)
{
	if (r->key == NULL)
		return why_set(r->why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: neither [section] nor key = value; "
		       "correct or remove it",
			"%s 第 %d 行：既不是 [节] 也不是 键 = "
			"值，请改正或删去"),
		    r->path, line);
	if (*r->key == '\0')
		return why_set(r->why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: [%s] has no such setting; "
		       "correct or remove it",
			"%s 第 %d 行：[%s] 没有这个设置，请改正或删去"),
		    r->path, line, r->section);
	return why_set(r->why, CRED_FAULT_CONFIG,
	    TR("%s, line %d: %s stands twice, or its value is out of range; "
	       "the default file tells what it takes",
		"%s 第 %d 行：%s 重复，或取值超出范围；默认文件写明了取值"),
	    r->path, line, r->key);
}

enum cred_err
config_load(const char *path, struct config *out, struct why *why)
{
	struct config c = {.listen = "127.0.0.1:8080",
	    .connections = 4096,
	    .timeout_s = 10,
	    .pictures = 2,
	    .rate = 600,
	    .rate_burst = 200,
	    .picture_cost = 10,
	    .worker = true,
	    .tables = true,
	    .log = true,
	    .review = {.idle_min = 20, .hours = 10, .max_table = 64,
		.keep_days = 730}};
	struct reading r = {.c = &c, .why = why, .path = path};
	uint8_t *text = NULL;
	enum cred_err e;
	size_t len;
	int line;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*out = c;
		return CRED_OK;
	}
	e = file_read(path, FILE_MAX, &text, &len, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
	line = long_line((const char *)text);
	if (line == 0)
		line = ini_parse_string((const char *)text, on_pair, &r);
	free(text);
	if (line != 0)
		return refused(&r, line);
	*out = c;
	return CRED_OK;
}
