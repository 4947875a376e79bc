#include <openssl/crypto.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"
#include "qr/encode.h"
#include "verifier/account.h"
#include "verifier/review_cmd.h"

/* user add, reset, lock, unlock, role, list: who may use the page. */
struct args {
	struct cli_common common;
	const char *role, *actor, *name;
};

enum { KEY_ROLE = 0x3001, KEY_ACTOR };

enum what { ADD, RESET, LOCK, UNLOCK, ROLE, LIST };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_ROLE:
		a->role = arg;
		return 0;
	case KEY_ACTOR:
		a->actor = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (a->name != NULL)
			argp_error(state,
			    TR("one user at a time", "一次只能处理一个用户"));
		a->name = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Two modules a character; black on white whatever the terminal's colours. */
static void
print_qr(const char *text)
{
	static const char *const BLOCK[] = {" ", "▄", "▀", "█"};
	struct qr_code q;
	struct why why;

	if (qr_encode(bytes_str(text), &q, &why) != CRED_OK)
		return;
	for (int y = -QR_QUIET; y < q.width + QR_QUIET; y += 2) {
		fputs("\033[30;107m", stdout);
		for (int x = -QR_QUIET; x < q.width + QR_QUIET; x++) {
			unsigned dark = 0;
			for (int i = 0; i < 2; i++)
				if (x >= 0 && x < q.width && y + i >= 0 &&
				    y + i < q.width &&
				    q.modules[(y + i) * q.width + x] != 0)
					dark |= i == 0 ? 2u : 1u;
			fputs(BLOCK[dark], stdout);
		}
		fputs("\033[0m\n", stdout);
	}
	qr_code_release(&q);
}

/* Once, on stdout: nobody can ask for it again. */
static int
print_secret(const struct args *a, const uint8_t secret[static TOTP_SECRET])
{
	char uri[512];

	if (!totp_uri(secret, a->name, uri, sizeof uri))
		return cli_fail(CRED_FAULT_SPACE, NULL);
	cli_say(&a->common,
	    TR("for the authenticator app of %s; shown this once:",
		"供 %s 的验证器应用扫描，只显示这一次："),
	    a->name);
	if (isatty(STDOUT_FILENO) && !a->common.quiet)
		print_qr(uri);
	puts(uri);
	OPENSSL_cleanse(uri, sizeof uri);
	return EXIT_OK;
}

static enum cred_err
on_account(void *ctx, const struct account *u, struct why *why)
{
	const struct args *a = ctx;
	char seen[32] = "";
	time_t t = (time_t)u->seen_at;
	struct tm tm;

	(void)why;
	if (u->seen_at > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(seen, sizeof seen, "%Y-%m-%dT%H:%M:%SZ", &tm);
	/* A name has no characters that JSON escapes: account_name_ok(). */
	if (a->common.json)
		printf("{\"schema\":1,\"name\":\"%s\",\"role\":\"%s\","
		       "\"locked\":%s,\"last_sign_in\":%s%s%s}\n",
		    u->name, account_role_name(u->role),
		    u->locked ? "true" : "false", *seen != '\0' ? "\"" : "",
		    *seen != '\0' ? seen : "null", *seen != '\0' ? "\"" : "");
	else
		printf("%s\t%s\t%s\t%s\n", u->name, account_role_name(u->role),
		    u->locked ? TR("locked", "已锁定") : "-",
		    *seen != '\0' ? seen : "-");
	return CRED_OK;
}

/* Who did it, behind what was done. */
static enum cred_err
trail(const struct args *a, enum what what, struct registry *r,
    struct why *why)
{
	static const char *const ACTION[] = {
	    "user.add", "user.reset", "user.lock", "user.unlock", "user.role"};
	char subject[ACCOUNT_NAME + 8];

	snprintf(subject, sizeof subject, "user %s", a->name);
	return registry_audit_append(r, review_actor(a->actor), ACTION[what],
	    subject, a->role, time(NULL), why);
}

static enum cred_err
act(const struct args *a, enum what what, struct deskdb *d,
    uint8_t secret[static TOTP_SECRET], struct why *why)
{
	enum account_role role = ROLE_REVIEWER;
	struct registry *r = NULL;
	char pass[PASS_MAX] = "";
	enum cred_err e = CRED_OK;

	if (a->role != NULL && !account_role_by_name(a->role, &role))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--role: reviewer, approver, administrator or auditor, "
		       "not %s",
			"--role：应为 reviewer、approver、administrator 或 "
			"auditor，不是 %s"),
		    a->role);
	if (what == ADD || what == RESET)
		e = pass_read(&a->common.pass,
		    TR("pass phrase for the page", "网页登录口令"), true, pass,
		    why);
	/* Nothing is done that the trail could not be told. */
	if (e == CRED_OK)
		e = review_registry(&a->common,
		    what == ADD ? LEDGER_MAKE : LEDGER_CHANGE,
		    review_actor(a->actor), &r, why);
	if (e != CRED_OK) {
		pass_clear(pass);
		return e;
	}
	switch (what) {
	case ADD:
		e = account_add(
		    d, a->name, role, pass, time(NULL), secret, why);
		break;
	case RESET:
		e = account_reset(d, a->name, pass, secret, why);
		break;
	case LOCK:
	case UNLOCK:
		e = account_lock(d, a->name, what == LOCK, why);
		break;
	case ROLE:
		e = account_role_set(d, a->name, role, why);
		break;
	case LIST:
		break;
	}
	pass_clear(pass);
	if (e == CRED_OK)
		e = trail(a, what, r, why);
	registry_close(r);
	return e;
}

static int
run(int argc, char **argv, enum what what, const char *doc)
{
	const struct argp_option options[] = {
	    {"actor", KEY_ACTOR, "NAME", 0,
		TR("who acts, for the audit trail (default: the login name)",
		    "操作人，写入操作记录（默认为登录名）"),
		0},
	    {what == ADD || what == ROLE ? "role" : NULL, KEY_ROLE, "ROLE", 0,
		what == ADD || what == ROLE
		    ? TR("reviewer (default), approver, administrator, auditor",
			  "reviewer（默认，审核）、approver（批准）、"
			  "administrator（管理）、auditor（审计）")
		    : NULL,
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_QUIET |
		      (what == ADD || what == RESET ? CLI_PASS : 0)),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .args_doc = TR("NAME", "用户名"),
	    .doc = doc};
	uint8_t secret[TOTP_SECRET];
	struct args a = {.name = NULL};
	struct deskdb *d = NULL;
	struct why why = {""};
	enum cred_err e;
	int status = EXIT_OK;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.name == NULL)
		return cli_usage(TR("which user?", "请给出用户名"));
	if (what == ROLE && a.role == NULL)
		return cli_usage(TR("--role is needed", "请给出 --role"));
	e = what == ADD ? CRED_OK : deskdb_there(a.common.home, &why);
	if (e == CRED_OK)
		e = deskdb_open(a.common.home, &d, &why);
	if (e == CRED_OK)
		e = act(&a, what, d, secret, &why);
	deskdb_close(d);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (what == ADD || what == RESET)
		status = print_secret(&a, secret);
	OPENSSL_cleanse(secret, sizeof secret);
	return status;
}

#define STATUS_EN "\vExit status: 0 done; 2 could not."
#define STATUS_ZH "\v退出码：0 已办理；2 无法办理。"

int
review_cmd_user_add(int argc, char **argv)
{
	return run(argc, argv, ADD,
	    TR("Makes a user of the reviewer's page. Asks for a pass phrase "
	       "and shows, once, the secret for an authenticator app." STATUS_EN
	       "\n\nExample:\n  tamga-review user add wang --role approver",
		"添加审核网页的用户。询问口令，并把验证器应用所需的密钥显示"
		"一次。" STATUS_ZH
		"\n\n示例：\n  tamga-review user add 王芳 --role approver"));
}

int
review_cmd_user_reset(int argc, char **argv)
{
	return run(argc, argv, RESET,
	    TR("Gives a user a new pass phrase and a new secret; who is "
	       "signed in under the name is signed out." STATUS_EN,
		"为用户更换口令和密钥；以该用户名登录的会话随即失效"
		"。" STATUS_ZH));
}

int
review_cmd_user_lock(int argc, char **argv)
{
	return run(argc, argv, LOCK,
	    TR("Lets a user in no more, and signs the user out." STATUS_EN,
		"锁定用户，已登录的会话随即失效。" STATUS_ZH));
}

int
review_cmd_user_unlock(int argc, char **argv)
{
	return run(argc, argv, UNLOCK,
	    TR("Lets a locked user in again." STATUS_EN,
		"解除锁定。" STATUS_ZH));
}

int
review_cmd_user_role(int argc, char **argv)
{
	return run(argc, argv, ROLE,
	    TR("Gives a user another role, and signs the user out." STATUS_EN,
		"更改用户的角色，已登录的会话随即失效。" STATUS_ZH));
}

int
review_cmd_user_list(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_JSON), 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse,
	    .children = children,
	    .doc = TR("Lists the users: name, role, lock, last sign-in."
		      "\vExit status: 0 listed; 2 could not.",
		"列出用户：名称、角色、锁定、上次登录。"
		"\v退出码：0 已列出；2 无法列出。")};
	struct args a = {.name = NULL};
	struct deskdb *d = NULL;
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.name != NULL)
		return cli_usage(
		    TR("unexpected argument: %s", "多余的参数：%s"), a.name);
	e = deskdb_there(a.common.home, &why);
	if (e == CRED_OK)
		e = deskdb_open(a.common.home, &d, &why);
	if (e == CRED_OK)
		e = account_each(d, on_account, &a, &why);
	deskdb_close(d);
	return e == CRED_OK ? EXIT_OK : cli_fail(e, &why);
}
