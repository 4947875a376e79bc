#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/pub_open.h"
#include "verifier/review_cmd.h"
#include "verifier/rulefile.h"

enum {
	KEY_PUB = 0x3001,
	KEY_RULES,
	KEY_REGION,
	KEY_PENSION, /* the lists in the order of enum office_list */
	KEY_DEATH,
	KEY_STUDENT,
	KEY_STAFF,
	KEY_NATIONAL,
	KEY_SESSIONS,
	KEY_SCANS,
	KEY_ACTOR,
	KEY_OUT,
	KEY_CSV,
	KEY_AT,
	KEY_OFFLINE,
	KEY_UNJAILED,
	KEY_WARNED,
	KEY_YES,
};

const struct argp_option *
review_options(bool book)
{
	static struct argp_option options[32];
	/* The last two are book's alone. */
	const struct argp_option made[] = {
	    {"pub", KEY_PUB, "DIR|URL", 0,
		TR("publication to check certificates against (default "
		   "HOME/pub)",
		    "核验证书所用的发布数据（默认 HOME/pub）"),
		0},
	    {"rules", KEY_RULES, "FILE", 0,
		TR("rules file; without it clause (九) alone, and no amounts",
		    "规则文件；不给则只按第（九）条，没有补贴标准"),
		0},
	    {"region", KEY_REGION, "CODE", 0,
		TR("of the office, such as 1502: picks the region's rules",
		    "经办机构的地区代码，如 1502，用来选取该地区的规则"),
		0},
	    {"pension", KEY_PENSION, "FILE", 0,
		TR("people who draw a pension: CSV or XLSX with 证件号码",
		    "按月领取养老金人员名单：含“证件号码”列的 CSV 或 XLSX"),
		0},
	    {"death", KEY_DEATH, "FILE", 0,
		TR("people who have died", "死亡人员名单"), 0},
	    {"student", KEY_STUDENT, "FILE", 0,
		TR("full-time students", "在校学生名单"), 0},
	    {"staff", KEY_STAFF, "FILE", 0,
		TR("civil servants and the like", "机关事业编制人员名单"), 0},
	    {"national", KEY_NATIONAL, "FILE", 0,
		TR("certificate numbers that the national query knows: CSV or "
		   "XLSX with 证书编号",
		    "全国联网可查到的证书：含“证书编号”列的 CSV 或 XLSX"),
		0},
	    {"sessions", KEY_SESSIONS, "FILE", 0,
		TR("what bodies reported of their assessments: CSV or XLSX with "
		   "机构代码, 评价日期, 参评人数, 合格人数 and, where known, "
		   "日评价能力",
		    "机构报送的评价情况：含机构代码、评价日期、参评人数、合格人"
		    "数（有则加日评价能力）的 CSV 或 XLSX"),
		0},
	    {"scans", KEY_SCANS, "DIR", 0,
		TR("folder of the files that column 扫描件 names",
		    "“扫描件”列所指文件所在的文件夹"),
		0},
	    {"actor", KEY_ACTOR, "NAME", 0,
		TR("who acts, for the audit trail (default: the login name)",
		    "操作人，写入操作记录（默认为登录名）"),
		0},
	    {"out", KEY_OUT, "REPORT.xlsx", 0,
		TR("write the report as a spreadsheet", "写出 XLSX 审核报告"),
		0},
	    {"csv", KEY_CSV, "REPORT.csv", 0,
		TR("write the rows as CSV", "写出 CSV 审核结果"), 0},
	    {"force", 'f', NULL, 0,
		TR("write over an older report", "覆盖旧报告"), 0},
	    {"at", KEY_AT, "TIME", 0,
		TR("judge as at TIME: 2026-11-23, 2026-11-23T08:00:00Z or Unix "
		   "seconds",
		    "按此时间判断：2026-11-23、2026-11-23T08:00:00Z "
		    "或 Unix 秒数"),
		0},
	    {"offline", KEY_OFFLINE, NULL, 0,
		TR("ask no network: what the cache holds",
		    "不访问网络，只用缓存"),
		0},
	    {"no-jail", KEY_UNJAILED, NULL, 0,
		TR("read scans even where the kernel lacks the sandbox",
		    "内核不支持沙箱时仍读取扫描件"),
		0},
	    {"with-warnings", KEY_WARNED, NULL, 0,
		TR("book those with a warning too", "有提示的也记账"), 0},
	    {"yes", KEY_YES, NULL, 0,
		TR("do it; without it only say what would be done",
		    "真正记账；不给则只说明将要做什么"),
		0},
	    {0}};

	memcpy(options, made, sizeof made);
	if (!book)
		options[sizeof made / sizeof *made - 3] =
		    (struct argp_option){0};
	return options;
}

error_t
review_parse(int key, char *arg, struct argp_state *state)
{
	struct review_opts *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_PUB:
		o->pub = arg;
		return 0;
	case KEY_RULES:
		o->rules = arg;
		return 0;
	case KEY_REGION:
		if (strlen(arg) < 2 || strlen(arg) > 6 ||
		    strspn(arg, "0123456789") != strlen(arg))
			argp_error(state, TR("--region: two to six digits",
					      "--region：2 至 6 位数字"));
		o->region = arg;
		return 0;
	case KEY_PENSION:
	case KEY_DEATH:
	case KEY_STUDENT:
	case KEY_STAFF:
		o->lists[key - KEY_PENSION] = arg;
		return 0;
	case KEY_NATIONAL:
		o->national = arg;
		return 0;
	case KEY_SESSIONS:
		o->sessions = arg;
		return 0;
	case KEY_SCANS:
		o->scans = arg;
		return 0;
	case KEY_ACTOR:
		o->actor = arg;
		return 0;
	case KEY_OUT:
		o->xlsx = arg;
		return 0;
	case KEY_CSV:
		o->csv = arg;
		return 0;
	case 'f':
		o->force = true;
		return 0;
	case KEY_AT:
		o->at_given = cli_parse_time(arg, &o->at);
		if (!o->at_given)
			argp_error(state,
			    TR("--at: no such time: %s",
				"--at：无法识别的时间：%s"),
			    arg);
		return 0;
	case KEY_OFFLINE:
		o->offline = true;
		return 0;
	case KEY_UNJAILED:
		o->unjailed = true;
		return 0;
	case KEY_WARNED:
		o->warned = true;
		return 0;
	case KEY_YES:
		o->yes = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->table != NULL)
			argp_error(state, TR("one table at a time",
					      "一次只能处理一份申领表"));
		o->table = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->table == NULL)
			argp_error(state,
			    TR("which table of claims?", "请给出申领表"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const char *
review_actor(const char *given)
{
	const struct passwd *pw;

	if (given != NULL)
		return given;
	pw = getpwuid(getuid());
	return pw != NULL ? pw->pw_name : "-";
}

/* A file that is not there, of the engine that makes one when asked to write.
 * One is made with a word: a new ledger knows of nothing that was paid. */
static enum cred_err
ledger_there(const struct cli_common *c, const char *spec,
    enum review_ledger mode, struct why *why)
{
	const char *path = strncmp(spec, "sqlite:", 7) == 0 ? spec + 7 : NULL;

	if (path == NULL || access(path, F_OK) == 0 ||
	    (errno != ENOENT && errno != ENOTDIR))
		return CRED_OK;
	if (mode != LEDGER_MAKE)
		return why_set(why, CRED_FAULT_DB,
		    TR("there is no ledger at %s. Are --home and --registry "
		       "right? Else tamga-review book --yes makes it",
			"%s 处没有台账。--home 和 --registry 是否正确？"
			"否则由 tamga-review book --yes 建立"),
		    path);
	cli_say(c,
	    TR("%s is a new ledger: nothing was paid before, as far as it "
	       "knows",
		"%s 是新建的台账：它不知道以前支付过什么"),
	    path);
	return CRED_OK;
}

enum cred_err
review_registry(const struct cli_common *c, enum review_ledger mode,
    const char *actor, struct registry **out, struct why *why)
{
	char *path = cli_home_path(c, "registry.db"), *made = NULL;
	const char *spec = c->registry;
	enum cred_err e = CRED_OK;

	if (spec == NULL && asprintf(&made, "sqlite:%s", path) >= 0)
		spec = made;
	free(path);
	if (spec == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = ledger_there(c, spec, mode, why);
	if (e == CRED_OK)
		e = registry_open_told(spec,
		    mode != LEDGER_LOOK ? REGISTRY_WRITE : REGISTRY_READ,
		    cli_retry, (void *)(uintptr_t)c, out, why);
	free(made);
	if (e == CRED_OK && mode != LEDGER_LOOK)
		e = ledger_init(*out, why);
	if (e == CRED_OK && actor != NULL)
		e = registry_actor_set(*out, actor);
	return e;
}

static enum cred_err
load_lists(const struct review_opts *o, struct desk *d, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (unsigned l = 0; e == CRED_OK && l < N_LISTS; l++) {
		if (o->lists[l] == NULL)
			continue;
		e = officelist_people(o->lists[l], &d->key, &d->lists[l], why);
		if (e != CRED_OK)
			break;
		d->lists_given |= 1u << l;
		if (d->lists[l].unreadable > 0)
			cli_say(&o->common,
			    TR("%s: %zu rows without a readable number were "
			       "left out",
				"%s：有 %zu 行没有可识别的号码，未计入"),
			    o->lists[l], d->lists[l].unreadable);
	}
	if (e == CRED_OK && o->national != NULL) {
		e = officelist_numbers(o->national, &d->key, &d->national, why);
		d->national_given = e == CRED_OK;
	}
	return e;
}

/* Is there a registry? One that was named must be. */
static bool
has_registry(const struct review_opts *o)
{
	char *path;
	bool there;

	if (o->common.registry != NULL)
		return true;
	path = cli_home_path(&o->common, "registry.db");
	there = access(path, F_OK) == 0;
	free(path);
	return there;
}

static enum cred_err
load_rules(const struct review_opts *o, struct review_desk *d, struct why *why)
{
	enum cred_err e;

	rulebook_init(&d->book);
	d->desk.book = &d->book;
	if (o->rules == NULL) {
		cli_say(&o->common,
		    TR("no rules file: clause (九) alone, and no amounts",
			"没有规则文件：只按第（九）条，没有补贴标准"));
		return CRED_OK;
	}
	e = rulefile_load(o->rules, &d->book, d->rules_sha256, why);
	d->has_rules = e == CRED_OK;
	return e;
}

static enum cred_err
on_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	bool *knows = ctx;

	(void)c;
	(void)why;
	*knows = true;
	return CRED_OK;
}

/* A ledger with claims knows people by the key it has; an empty one has none
 * yet, and gets it with its first. */
static enum cred_err
load_key(const struct review_opts *o, enum review_ledger mode, struct desk *k,
    struct why *why)
{
	bool knows = false;
	enum cred_err e = CRED_OK;

	if (k->registry != NULL)
		e = ledger_each(k->registry,
		    &(struct ledger_filter){.newest = 1}, on_claim, &knows,
		    why);
	if (e != CRED_OK)
		return e;
	return knows || mode != LEDGER_LOOK
		   ? person_key_load(o->common.home, !knows, &k->key, why)
		   : person_key_random(&k->key, why);
}

enum cred_err
review_desk_open(const struct review_opts *o, enum review_ledger mode,
    struct review_desk *d, struct why *why)
{
	const struct reader_opts reading = {.max_bytes = 64u << 20,
	    .max_pages = 20,
	    .effort = EFFORT_NORMAL,
	    .allow_unjailed = o->unjailed};
	struct desk *k = &d->desk;
	enum cred_err e = CRED_OK;

	memset(k, 0, sizeof *k);
	d->has_rules = false;
	k->region = o->region != NULL ? o->region : "";
	k->now = o->at_given ? o->at : time(NULL);
	k->verify.now = k->now;
	k->scans = o->scans;
	k->sessions = o->sessions;
	if (o->scans != NULL)
		e = reader_start(&reading, &k->reader, why);
	if (e == CRED_OK)
		e = load_rules(o, d, why);
	if (e == CRED_OK && mode == LEDGER_MAKE)
		e = file_mkdirs(o->common.home, 0700, why);
	if (e == CRED_OK && (mode != LEDGER_LOOK || has_registry(o)))
		e = review_registry(&o->common, mode, review_actor(o->actor),
		    &k->registry, why);
	else if (e == CRED_OK)
		cli_say(&o->common,
		    TR("no ledger (--registry): what was paid before is not "
		       "known",
			"没有台账（--registry）：不知道以前支付过什么"));
	if (e == CRED_OK)
		e = load_key(o, mode, k, why);
	if (e == CRED_OK)
		e = load_lists(o, k, why);
	if (e == CRED_OK)
		e = pub_open(&o->common, o->pub, o->offline, &k->pub, why);
	if (e == CRED_OK)
		e = seen_new(&k->seen, why);
	return e;
}

void
review_desk_close(struct review_desk *d)
{
	struct desk *k = &d->desk;

	desk_odd_release(k);
	seen_free(k->seen);
	publication_close(k->pub);
	registry_close(k->registry);
	for (unsigned l = 0; l < N_LISTS; l++)
		officelist_release(&k->lists[l]);
	officelist_release(&k->national);
	person_key_clear(&k->key);
	reader_stop(k->reader);
}
