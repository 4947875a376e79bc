#include <stdio.h>

#include "verifier/review_page.h"

#define ACTS_SHOWN 200

static enum cred_err
user_row(void *ctx, const struct account *a, struct why *why)
{
	static const char *const zh[] = {"", "审核", "批准", "管理", "审计"};
	struct page *p = ctx;
	char at[20], label[160];

	(void)why;
	page_time(a->seen_at, at);
	html_raw(&p->h, "<tr><th scope=\"row\">");
	html_str(&p->h, a->name);
	html_raw(&p->h, "</th><td>");
	html_str(&p->h, page_word(p, account_role_name(a->role), zh[a->role]));
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, at);
	html_raw(&p->h, "</td><td>");
	if (a->locked)
		html_str(&p->h, page_word(p, "locked", "已锁定"));
	html_raw(&p->h, "</td><td>");
	if (strcmp(a->name, p->account.name) != 0) {
		page_form(p, "/review/users/lock", "", false);
		html_raw(
		    &p->h, "<input type=\"hidden\" name=\"name\" value=\"");
		html_str(&p->h, a->name);
		html_raw(&p->h, "\"><input type=\"hidden\" name=\"locked\" "
				"value=\"");
		html_raw(&p->h, a->locked ? "0\">" : "1\">");
		snprintf(label, sizeof label, "%s %s",
		    a->locked ? page_word(p, "Unlock", "解锁")
			      : page_word(p, "Lock", "锁定"),
		    a->name);
		page_submit(p, label, "");
		html_raw(&p->h, "</form>");
	}
	html_raw(&p->h, "</td></tr>\n");
	return CRED_OK;
}

static void
head(struct page *p, const char *const *en, const char *const *zh, size_t n,
    const char *label)
{
	html_raw(&p->h, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			"aria-label=\"");
	html_str(&p->h, label);
	html_raw(&p->h, "\"><table><thead><tr>");
	for (size_t i = 0; i < n; i++) {
		html_raw(&p->h, *en[i] != '\0' ? "<th scope=\"col\">" : "<td>");
		html_str(&p->h, page_word(p, en[i], zh[i]));
		html_raw(&p->h, *en[i] != '\0' ? "</th>" : "</td>");
	}
	html_raw(&p->h, "</tr></thead><tbody>\n");
}

void
page_users(struct page *p)
{
	static const char *const en[] = {
	    "User", "Role", "Last sign-in", "Lock", ""};
	static const char *const zh[] = {
	    "用户", "角色", "上次登录", "锁定", ""};
	struct why why = {""};
	enum cred_err e;

	page_begin(p, page_word(p, "Users", "用户"));
	head(p, en, zh, 5, page_word(p, "Users", "用户"));
	e = account_each(p->w->db, user_row, p, &why);
	html_raw(&p->h, "</tbody></table></div><p class=\"hint\">");
	html_str(&p->h,
	    page_word(p,
		"Users are made, and get a new pass phrase or role, on the "
		"machine itself: tamga-review user --help.",
		"添加用户、更换口令或角色须在服务器上用 tamga-review user "
		"办理。"));
	html_raw(&p->h, "</p>");
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_end(p, 200);
}

void
page_users_lock(struct page *p)
{
	const char *name = form_get(&p->form, "name");
	int64_t locked = 0;
	char subject[ACCOUNT_NAME + 8];
	struct why why = {""};
	enum cred_err e;

	if (name == NULL || !form_number(&p->form, "locked", 1, &locked) ||
	    !account_name_ok(name) || strcmp(name, p->account.name) == 0) {
		page_problem(p, WEB_FORM);
		return;
	}
	e = account_lock(p->w->db, name, locked == 1, &why);
	snprintf(subject, sizeof subject, "user %s", name);
	if (e == CRED_OK)
		e = page_trail(p, locked == 1 ? "user.lock" : "user.unlock",
		    subject, "", &why);
	if (e == CRED_FAULT_CONFLICT)
		page_problem(p, WEB_NOT_FOUND);
	else if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_go(p, "/review/users");
}

static enum cred_err
act_row(void *ctx, const struct registry_act *a, struct why *why)
{
	struct page *p = ctx;
	char at[20];

	(void)why;
	page_time(a->at, at);
	html_raw(&p->h, "<tr><th scope=\"row\" class=\"num\">");
	page_printf(p, "%llu", (unsigned long long)a->seq);
	html_raw(&p->h, "</th><td>");
	html_str(&p->h, at);
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, a->actor);
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, a->action);
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, a->subject);
	html_raw(&p->h, "</td><td>");
	html_str(&p->h, a->detail);
	html_raw(&p->h, "</td></tr>\n");
	return CRED_OK;
}

/* Stops at the first line: is there one from here on? */
static enum cred_err
on_any(void *ctx, const struct registry_act *a, struct why *why)
{
	(void)a;
	(void)why;
	*(bool *)ctx = true;
	return CRED_FAULT_CONFLICT;
}

static enum cred_err
last_act(struct registry *r, uint64_t *last, struct why *why)
{
	uint64_t lo = 0, step = (uint64_t)1 << 40;

	for (; step > 0; step /= 2) {
		bool any = false;
		enum cred_err e =
		    registry_audit_each(r, lo + step, NULL, on_any, &any, why);
		if (e != CRED_OK && !any)
			return e;
		if (any)
			lo += step;
	}
	*last = lo;
	return CRED_OK;
}

/* Hashing all of it takes its time: only when asked for. */
static enum cred_err
check_chain(struct page *p, struct why *why)
{
	uint64_t count = 0;
	uint8_t last[32];
	char text[160];
	enum cred_err e =
	    registry_audit_verify(p->w->registry, &count, last, why);

	if (e == CRED_ERR_TRAIL) {
		page_notice(p, "bad", why->text);
		return CRED_OK;
	}
	snprintf(text, sizeof text,
	    page_word(p, "%llu lines, and their chain holds.",
		"共 %llu 条，链条完整。"),
	    (unsigned long long)count);
	page_notice(p, "good", text);
	return e;
}

void
page_trail_list(struct page *p)
{
	static const char *const en[] = {
	    "No.", "At", "By", "Act", "Of", "Detail"};
	static const char *const zh[] = {
	    "序号", "时间", "操作人", "操作", "对象", "说明"};
	struct registry *r = p->w->registry;
	uint64_t last = 0;
	struct why why = {""};
	enum cred_err e;

	page_begin(p, page_word(p, "Trail of acts", "操作记录"));
	review_jobs_lock(p->w->jobs);
	e = last_act(r, &last, &why);
	if (e == CRED_OK && form_get(&p->form, "check") != NULL)
		e = check_chain(p, &why);
	head(p, en, zh, 6, page_word(p, "Acts", "操作"));
	if (e == CRED_OK)
		e = registry_audit_each(r,
		    last > ACTS_SHOWN ? last - ACTS_SHOWN + 1 : 1, NULL,
		    act_row, p, &why);
	review_jobs_unlock(p->w->jobs);
	html_raw(&p->h, "</tbody></table></div><p class=\"hint\">");
	page_printf(p,
	    page_word(p, "%llu lines; shown are the last %d. ",
		"共 %llu 条，以上为最后 %d 条。"),
	    (unsigned long long)last, ACTS_SHOWN);
	html_raw(&p->h, "<a href=\"?check=1\">");
	html_str(&p->h, page_word(p, "Check the chain", "校验链条"));
	html_raw(&p->h, "</a></p>");
	if (e != CRED_OK)
		page_fault(p, e, &why);
	else
		page_end(p, 200);
}
