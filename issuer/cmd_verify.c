#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "credential/verdict.h"
#include "issuer/batch.h"
#include "issuer/cmd.h"
#include "issuer/compare.h"
#include "issuer/progress.h"

struct args {
	struct cli_common common;
	const char *pub, *pdf, *batch;
};

enum { KEY_PUB = 1, KEY_PDF, KEY_BATCH };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_PUB:
		a->pub = arg;
		return 0;
	case KEY_PDF:
		a->pdf = arg;
		return 0;
	case KEY_BATCH:
		a->batch = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct verifying {
	const struct args *a;
	struct home *h;
	struct reader *reader; /* for --pdf */
	struct progress bar;
	uint64_t size, next; /* of the log; expected index */
	size_t n, voids, staged, bad, behind;
	uint8_t *bits; /* of a window of the status list */
	uint64_t bits_from;
};
#define WINDOW 4096

/* wrong: something disagrees; else behind: the next run of something mends
 * it. */
static void
tell(void *ctx, bool wrong, uint64_t index, const char *check, const char *text)
{
	struct verifying *v = ctx;
	json_t *j;

	*(wrong ? &v->bad : &v->behind) += 1;
	progress_end(&v->bar);
	if (v->a->common.json) {
		j = json_pack("{s:i, s:s, s:s, s:s, s:o}", "schema", 1, "check",
		    check, "result", wrong ? "fail" : "behind", "message", text,
		    "index",
		    index == COMPARE_NONE ? json_null()
					  : json_integer((json_int_t)index));
		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(j);
		return;
	}
	if (index != COMPARE_NONE)
		printf(TR("index %llu: ", "序号 %llu："),
		    (unsigned long long)index);
	if (!wrong)
		fputs(TR("behind: ", "滞后："), stdout);
	printf("%s: ", check);
	cli_print_safe(stdout, text, strlen(text));
	putchar('\n');
}

static void
wrong(struct verifying *v, uint64_t index, const char *check, const char *text)
{
	tell(v, true, index, check, text);
}

static bool
same_text(struct bytes claim, const char *column)
{
	return column == NULL ? claim.ptr == NULL
			      : bytes_eq(claim, bytes_str(column));
}

/* Do the registry's columns say what was signed? */
static bool
same_content(const struct registry_entry *e, const struct certificate *c)
{
	return c->index == e->index && c->kind == e->kind &&
	       c->level == e->level && c->issued == e->issued &&
	       c->id_type == e->id_type && same_text(c->name, e->name) &&
	       same_text(c->number, e->number) &&
	       same_text(c->occupation, e->occupation) &&
	       same_text(c->code, e->code) &&
	       same_text(c->direction, e->direction);
}

static void
check_credential(struct verifying *v, const struct registry_entry *e)
{
	struct credential c;
	enum cred_err err = credential_decode(e->credential, &c);

	if (err == CRED_OK && !bytes_eq(c.sign1.payload, e->payload))
		err = CRED_ERR_COSE_PAYLOAD;
	if (err != CRED_OK) {
		wrong(v, e->index, "encoding", cred_strerr(err));
		return;
	}
	err = own_verify_cose(v->h->own, &c.sign1);
	if (err != CRED_OK)
		wrong(v, e->index, "signature", cred_strerr(err));
	if (!same_content(e, &c.claims.cert))
		wrong(v, e->index, "content",
		    TR("the registry's columns are not what was signed",
			"登记库各列与签入的内容不一致"));
}

static enum cred_err
check_log(struct verifying *v, const struct registry_entry *e, struct why *why)
{
	uint8_t want[TLOG_ENTRY_LEN] = {0}, got[TLOG_ENTRY_LEN];
	enum cred_err err = CRED_OK;

	if (e->state != ENTRY_VOID)
		err = batch_entry_hash(e->credential, want);
	if (err == CRED_OK)
		err = log_entry(v->h->log, e->index, got, why);
	if (err == CRED_OK && memcmp(want, got, sizeof want) != 0) {
		wrong(v, e->index, "log",
		    TR("the log holds another entry", "日志中是另一条记录"));
		return CRED_OK;
	}
	if (cred_is_refusal(err) || err == CRED_FAULT_LOG) {
		wrong(v, e->index, "log", why->text);
		return CRED_OK;
	}
	return err;
}

static void
check_links(struct verifying *v, const struct registry_entry *e)
{
	if (e->status == STATUS_SUPERSEDED && !e->has_replaced_by)
		wrong(v, e->index, "links",
		    TR("superseded, but by none", "标为已换发，但没有新证"));
	if (e->has_replaced_by && e->state != ENTRY_VOID &&
	    (e->status == STATUS_VALID || e->status == STATUS_SUSPENDED))
		tell(v, false, e->index, "links",
		    TR("its replacement is half made; publish finishes it",
			"换发尚未完成；运行 publish 即可补完"));
}

static enum cred_err
check_one(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct verifying *v = ctx;

	for (; v->next < e->index; v->next++)
		wrong(v, v->next, "registry",
		    TR("the registry has no such entry", "登记库缺少此记录"));
	v->next = e->index + 1;
	v->n++;
	if (v->size > 0)
		progress_step(&v->bar, v->n, (size_t)v->size);
	if (e->state == ENTRY_VOID)
		v->voids++;
	if (e->state == ENTRY_VOID && e->status != STATUS_REVOKED)
		wrong(v, e->index, "status",
		    TR("void, but not revoked", "已作废，但状态不是撤销"));
	if (e->state == ENTRY_SIGNED || e->state == ENTRY_LOGGED)
		check_credential(v, e);
	check_links(v, e);
	if (e->index >= v->size) {
		v->staged++;
		if (e->state == ENTRY_LOGGED)
			wrong(v, e->index, "log",
			    TR("called logged, but the log is shorter",
				"标为已入日志，但日志没有这么长"));
		return CRED_OK;
	}
	if (e->state == ENTRY_RESERVED || e->state == ENTRY_SIGNED) {
		wrong(v, e->index, "log",
		    TR("the log is past it, but it is not marked so",
			"日志已超过此序号，但登记库未标记"));
		return CRED_OK;
	}
	return check_log(v, e, why);
}

/* The published bits come from another query than the entries' columns. */
static enum cred_err
check_bits(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct verifying *v = ctx;
	enum status_value s = STATUS_VALID, want;
	enum cred_err err;

	if (v->bits_from == UINT64_MAX || e->index >= v->bits_from + WINDOW) {
		v->bits_from = e->index / WINDOW * WINDOW;
		err = registry_status_bits(
		    v->h->registry, v->bits_from, WINDOW, v->bits, why);
		if (err != CRED_OK)
			return err;
	}
	err = statuslist_get(
	    bytes_of(v->bits, WINDOW / 4), e->index - v->bits_from, &s);
	if (err != CRED_OK)
		return err;
	want = e->state == ENTRY_VOID ? STATUS_REVOKED : e->status;
	if (s != want)
		wrong(v, e->index, "status",
		    TR("the status list would say something else",
			"状态列表与登记状态不一致"));
	return CRED_OK;
}

static enum cred_err
verify(struct verifying *v, struct why *why)
{
	const struct registry_filter all = {.state = -1, .status = -1};
	uint64_t count, bad = 0, acts;
	uint8_t last[32];
	enum cred_err e;

	e = home_open_log(v->h, why);
	if (e != CRED_OK)
		return e;
	v->size = log_size(v->h->log);
	progress_start(&v->bar, v->h->cli, TR("verifying", "核对"));
	e = log_verify(v->h->log, &bad, why);
	if (cred_is_refusal(e) || e == CRED_FAULT_LOG) {
		wrong(v, bad, "log", why->text);
		e = CRED_OK;
	}
	if (e == CRED_OK)
		e = registry_each(v->h->registry, &all, check_one, v, why);
	for (; e == CRED_OK && v->next < v->size; v->next++)
		wrong(v, v->next, "registry",
		    TR("in the log, but not in the registry",
			"日志中有，登记库中没有"));
	v->bits_from = UINT64_MAX;
	if (e == CRED_OK)
		e = registry_each(v->h->registry, &all, check_bits, v, why);
	if (e == CRED_OK)
		e = registry_next_index(v->h->registry, &count, why);
	if (e == CRED_OK && count != v->next)
		wrong(v, v->next, "registry",
		    TR("entries are missing at the end", "末尾缺少记录"));
	if (e == CRED_OK)
		e = registry_audit_verify(v->h->registry, &acts, last, why);
	if (e == CRED_ERR_TRAIL) {
		wrong(v, UINT64_MAX, "audit", why->text);
		e = CRED_OK;
	}
	progress_end(&v->bar);
	if (e == CRED_OK && v->a->pub != NULL)
		e = compare_publication(
		    v->h, v->a->pub, time(NULL), tell, v, why);
	if (e == CRED_OK && v->a->pdf != NULL)
		e = compare_pdfs(
		    v->h, v->reader, v->a->pdf, v->a->batch, tell, v, why);
	return e;
}

int
cmd_verify(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"pub", KEY_PUB, "DIR", 0,
		TR("also compare what is published in DIR",
		    "同时核对此发布目录"),
		0},
	    {"pdf", KEY_PDF, "DIR", 0,
		TR("also read every PDF in DIR", "同时回读此文件夹中的 PDF"),
		0},
	    {"batch", KEY_BATCH, "ID", 0,
		TR("--pdf: DIR is to hold this batch alone",
		    "--pdf：此文件夹只应有该批次"),
		0},
	    {0}};
	const struct reader_opts reading = {
	    .only_drawn = true,
	    .effort = EFFORT_HARD,
	    .max_bytes = 1u << 30, .max_pages = 10000};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Checks the whole registry: that every credential is signed "
		"by this body's certificates and says what the registry says, "
		"that the log holds exactly these entries and its root is "
		"right, that statuses agree, and that the audit trail is "
		"unbroken; with --pub, that what is published is ours and "
		"not taken back; with --pdf, that each code is the registry's. "
		"Needs no key and changes nothing."
		"\vExit status: 0 all agrees, or is merely behind (it says "
		"what to run); 1 something does not; 2 could not run."
		"\n\nExample:\n  tamga-issuer verify --home /var/lib/tamga "
		"--pub /srv/pub",
		"核对整个登记库：每份证书都由本机构证书签名且内容与登记一致，"
		"日志恰好是这些记录且根正确，状态一致，审计记录未中断。"
		"用 --pub 时核对已发布的内容，用 --pdf 时回读每个二维码。"
		"不需要密钥，不作更改。"
		"\v退出码：0 全部一致，或仅是滞后（会说明应运行什么）；"
		"1 有不一致；2 无法运行。\n\n示例：\n  "
		"tamga-issuer verify --home /var/lib/tamga --pub /srv/pub")};
	struct args a = {.common = {0}};
	struct verifying v = {.a = &a};
	struct why why = {""};
	struct home h = {.lock = -1};
	enum cred_err e = CRED_OK;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	v.h = &h;
	v.bits = malloc(WINDOW / 4 + 1);
	if (a.pdf != NULL)
		e = reader_start(&reading, &v.reader, &why);
	if (e == CRED_OK)
		e = home_open(&a.common, HOME_READ, &h, &why);
	if (e == CRED_OK && v.bits == NULL)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK)
		e = verify(&v, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else {
		status = v.bad > 0 ? EXIT_REFUSED : EXIT_OK;
		if (a.common.json)
			printf("{\"schema\":1,\"entries\":%zu,\"void\":%zu,"
			       "\"staged\":%zu,\"log_size\":%llu,"
			       "\"wrong\":%zu,\"behind\":%zu}\n",
			    v.n, v.voids, v.staged, (unsigned long long)v.size,
			    v.bad, v.behind);
		else
			printf(TR("%zu entries (%zu void, %zu not in the log "
				  "yet), log of %llu: signatures, content, "
				  "log, status, audit trail checked; %zu "
				  "wrong\n",
				   "%zu 条记录（作废 %zu，尚未入日志 "
				   "%zu），日志 %llu 条："
				   "已核对签名、内容、日志、状态、审计记录；"
				   "%zu 处不一致\n"),
			    v.n, v.voids, v.staged, (unsigned long long)v.size,
			    v.bad);
	}
	home_close(&h);
	reader_stop(v.reader);
	free(v.bits);
	return status;
}
