#include <stdlib.h>
#include <string.h>

#include "issuer/cmd.h"
#include "registry/copy.h"

struct args {
	struct cli_common common;
	const char *spec[2]; /* FROM and TO */
	unsigned n, want;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case ARGP_KEY_ARG:
		if (a->n == a->want)
			return ARGP_ERR_UNKNOWN;
		a->spec[a->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->n < a->want)
			argp_error(state,
			    TR("FROM and TO are needed, each sqlite:PATH or "
			       "postgresql://…",
				"需要来源和目标，各为 sqlite:路径 或 "
				"postgresql://…"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum cred_err
open_one(const struct cli_common *c, const char *spec, enum registry_mode mode,
    struct registry **out, struct why *why)
{
	return registry_open_told(
	    spec, mode, cli_retry, (void *)(uintptr_t)c, out, why);
}

/* --registry, else HOME's. */
static enum cred_err
open_own(const struct cli_common *c, enum registry_mode mode,
    struct registry **out, struct why *why)
{
	char *path = cli_home_path(c, "registry.db"), *spec = NULL;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (c->registry == NULL && asprintf(&spec, "sqlite:%s", path) < 0)
		spec = NULL;
	if (c->registry != NULL || spec != NULL)
		e = open_one(c, c->registry != NULL ? c->registry : spec, mode,
		    out, why);
	else
		e = why_set(why, e, "%s", cred_strerr(e));
	free(spec);
	free(path);
	return e;
}

/* A path may hold what JSON must have escaped. */
static void
put_json(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++)
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", (unsigned)*s);
		else
			putchar(*s);
	putchar('"');
}

static void
print_about(const struct cli_common *c, const struct registry_about *x,
    uint64_t next, uint64_t size)
{
	if (c->json) {
		printf("{\"schema\":1,\"engine\":\"%s\",\"place\":", x->engine);
		put_json(x->place);
		printf(",\"server\":");
		put_json(x->server);
		printf(",\"version\":%d,\"epoch\":%lld,\"standby\":%s,"
		       "\"behind_s\":%lld,\"standbys\":%d,"
		       "\"next_index\":%llu,\"log_size\":%llu}\n",
		    x->schema, (long long)x->epoch,
		    x->standby ? "true" : "false", (long long)x->behind_s,
		    x->standbys,
		    (unsigned long long)next, (unsigned long long)size);
		return;
	}
	printf(TR("%s %s, %s, schema version %d\n", "%s %s，%s，结构版本 %d\n"),
	    x->engine, x->server, x->place, x->schema);
	if (x->epoch > 0)
		printf(TR("epoch %lld\n", "纪元 %lld\n"), (long long)x->epoch);
	if (x->standby && x->behind_s < 0)
		printf("%s\n",
		    TR("this is a standby that follows no primary; how old it "
		       "is, it cannot tell",
			"这是没有跟随主库的备库，无法得知其新旧"));
	else if (x->standby)
		printf(TR("this is a standby, %lld s behind\n",
			   "这是备库，落后 %lld 秒\n"),
		    (long long)x->behind_s);
	else if (x->standbys < 0)
		printf("%s\n",
		    TR("how many standbys a commit waits for, this role may "
		       "not see; GRANT pg_monitor to it",
			"当前角色看不到提交时等待几个备库，"
			"请授予 pg_monitor"));
	else if (strcmp(x->engine, "postgresql") == 0)
		printf(TR("standbys that a commit waits for: %d\n",
			   "提交时等待的备库：%d 个\n"),
		    x->standbys);
	printf(TR("%llu indexes given, %llu in the log\n",
		   "已分配序号 %llu 个，其中入日志 %llu 个\n"),
	    (unsigned long long)next, (unsigned long long)size);
}

static int
status_of(const struct cli_common *c, enum registry_mode mode)
{
	uint8_t root[32], note[NOTE_MAX_BYTES];
	struct registry *r = NULL;
	struct registry_about x;
	uint64_t next = 0, size = 0;
	struct why why = {""};
	size_t len;
	enum cred_err e = open_own(c, mode, &r, &why);

	if (e == CRED_OK)
		e = registry_about(r, &x, &why);
	if (e == CRED_OK)
		e = registry_next_index(r, &next, &why);
	if (e == CRED_OK)
		e = registry_head_get(
		    r, &size, root, note, sizeof note, &len, &why);
	registry_close(r);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	print_about(c, &x, next, size);
	return EXIT_OK;
}

static int
copy(const struct args *a)
{
	uint64_t rows = 0, entries = 0, acts = 0;
	struct registry *from = NULL, *to = NULL;
	struct why why = {""};
	enum cred_err e;

	e = open_one(&a->common, a->spec[0], REGISTRY_READ, &from, &why);
	if (e == CRED_OK)
		e = open_one(&a->common, a->spec[1], REGISTRY_WRITE, &to, &why);
	if (e == CRED_OK)
		e = registry_copy(from, to, &rows, &why);
	if (e == CRED_OK)
		e = registry_compare(from, to, &entries, &acts, &why);
	registry_close(from);
	registry_close(to);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (a->common.json)
		printf("{\"schema\":1,\"rows\":%llu,\"entries\":%llu,"
		       "\"acts\":%llu}\n",
		    (unsigned long long)rows, (unsigned long long)entries,
		    (unsigned long long)acts);
	else if (!a->common.quiet)
		printf(
		    TR("%llu rows copied; %llu certificates and %llu lines "
		       "of the audit trail compared, all the same\n",
			"已复制 %llu 行；核对证书 %llu 份、审计记录 %llu 条，"
			"全部一致\n"),
		    (unsigned long long)rows, (unsigned long long)entries,
		    (unsigned long long)acts);
	return EXIT_OK;
}

static bool
parsed(int argc, char **argv, unsigned want, const char *usage, const char *doc,
    struct args *a)
{
	unsigned own = want == 0 ? CLI_HOME | CLI_REGISTRY : 0;
	const struct argp_child children[] = {
	    {cli_argp(own | CLI_JSON | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse,
	    .children = children,
	    .args_doc = usage,
	    .doc = doc};

	*a = (struct args){.want = want};
	cli_common_init(&a->common);
	return argp_parse(&argp, argc, argv, 0, NULL, a) == 0;
}

int
cmd_db_status(int argc, char **argv)
{
	struct args a;

	if (!parsed(argc, argv, 0, NULL,
		TR("Says what stands behind --registry: engine, schema, how "
		   "many standbys a commit waits for, how much is in it."
		   "\vExit status: 0 said; 2 could not be read.\n\nExample:\n"
		   "  tamga-issuer db status --registry "
		   "postgresql://tamga@db1,db2/tamga",
		    "说明 --registry 所指的登记库：引擎、结构版本、"
		    "提交时等待几个备库、内容多少。"
		    "\v退出码：0 已说明；2 无法读取。\n\n示例：\n"
		    "  tamga-issuer db status --registry "
		    "postgresql://tamga@db1,db2/tamga"),
		&a))
		return EXIT_FAULT;
	return status_of(&a.common, REGISTRY_READ_STALE);
}

int
cmd_db_migrate(int argc, char **argv)
{
	struct args a;

	if (!parsed(argc, argv, 0, NULL,
		TR("Makes the tables where there are none, and brings older "
		   "ones to this program's version (there is only one so far)."
		   "\vExit status: 0 done, or nothing to do; 2 could not be "
		   "done.\n\nExample:\n  tamga-issuer db migrate --registry "
		   "postgresql://tamga@db1,db2/tamga",
		    "没有表时建表，旧结构升级到本程序的版本（目前只有一个版本）"
		    "。"
		    "\v退出码：0 完成或无需处理；2 无法完成。\n\n示例：\n"
		    "  tamga-issuer db migrate --registry "
		    "postgresql://tamga@db1,db2/tamga"),
		&a))
		return EXIT_FAULT;
	return status_of(&a.common, REGISTRY_WRITE);
}

int
cmd_db_copy(int argc, char **argv)
{
	struct args a;

	if (!parsed(argc, argv, 2, TR("FROM TO", "来源 目标"),
		TR("Copies a registry into an empty one of any engine, every "
		   "row, then compares both. Nobody may write to FROM "
		   "meanwhile; TO takes its place afterwards."
		   "\vExit status: 0 copied and the same; 2 could not be "
		   "copied, or differs.\n\nExample:\n  tamga-issuer db copy "
		   "sqlite:/var/lib/tamga/registry.db "
		   "postgresql://tamga@db1,db2/tamga",
		    "把登记库逐行复制到任一引擎的空库，再核对两者。"
		    "其间不得写入来源；之后由目标取代来源。"
		    "\v退出码：0 已复制且一致；2 无法复制或不一致。\n\n示例：\n"
		    "  tamga-issuer db copy sqlite:/var/lib/tamga/registry.db "
		    "postgresql://tamga@db1,db2/tamga"),
		&a))
		return EXIT_FAULT;
	return copy(&a);
}
