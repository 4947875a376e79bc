#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "subsidy/money.h"
#include "verifier/card.h"
#include "verifier/review_view.h"
#include "web/static.h"

#define SHOWN_S  900 /* personal data stay in sight for a quarter of an hour */
#define SCAN_MAX ((size_t)32 << 20)

extern const struct asset verifier_assets[];
extern const size_t n_verifier_assets;

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	desk_answer_release(&v->answer);
	claimfile_close(v->file);
	docket_line_free(v->line);
	office_release(v->office);
	free(v);
}

void
view_lay_out(struct page *p, struct view *v)
{
	v->office = review_jobs_office(p->w->jobs);
	office_desk(v->office, &v->desk);
	v->desk.now = v->desk.verify.now = p->now;
	v->desk.registry = p->w->registry;
	v->desk.scans = p->w->job_opts.scans;
	v->desk.reader = p->w->service->reader;
}

enum cred_err
view_load(struct page *p, struct view **out, struct why *why)
{
	struct view *v = calloc(1, sizeof *v);
	enum cred_err e;

	*out = NULL;
	if (v == NULL)
		return CRED_FAULT_NOMEM;
	e = docket_line_get(
	    p->w->db, p->ids[0], (uint32_t)p->ids[1], &v->line, why);
	if (e == CRED_OK && v->line == NULL) {
		view_free(v);
		return CRED_OK;
	}
	if (e == CRED_OK)
		e = claimfile_of_cells(
		    v->line->cells, v->line->row, &v->file, &v->row, why);
	if (e != CRED_OK) {
		view_free(v);
		return e;
	}
	v->shown = (p->rights & RIGHT_SHOW) != 0 &&
		   session_granted(p->w->sessions, p->token, p->ids[0],
		       (uint32_t)p->ids[1], page_clock());
	*out = v;
	return CRED_OK;
}

/* What the certificate says today, and how the claim stands. */
static enum cred_err
look(struct page *p, struct view *v, struct why *why)
{
	struct service *s = p->w->service;
	enum cred_err e;

	review_jobs_lock(p->w->jobs);
	if (v->office == NULL)
		view_lay_out(p, v);
	desk_answer_release(&v->answer);
	pthread_rwlock_rdlock(&s->lock);
	v->desk.pub = s->pub;
	e = desk_review(&v->desk, v->row, &v->answer, why);
	v->desk.pub = NULL;
	pthread_rwlock_unlock(&s->lock);
	if (e == CRED_OK)
		e = decide_standing(p->w->registry, v->line, &v->standing, why);
	review_jobs_unlock(p->w->jobs);
	return e;
}

/* Head and tail that stay, for columns of personal data; head 99: all. */
static void
cell_text(const struct view *v, enum claim_column c, char *out, size_t cap)
{
	const char *s = v->row->cells[c];

	if (v->shown) {
		snprintf(out, cap, "%s", s);
		return;
	}
	switch (c) {
	case CLAIM_NAME:
		page_mask(s, 1, 0, out, cap);
		return;
	case CLAIM_ID_NUMBER:
		page_mask(s, 2, 2, out, cap);
		return;
	case CLAIM_ACCOUNT:
	case CLAIM_PHONE:
		page_mask(s, 0, 2, out, cap);
		return;
	case CLAIM_NUMBER: /* of kind 4: T and the ID number */
		if (v->row->claim.kind == KIND_OPERATION)
			page_mask(s, 2, 2, out, cap);
		else
			snprintf(out, cap, "%s", s);
		return;
	case CLAIM_SCAN: /* people name files after people */
		page_mask(s, 0, 0, out, cap);
		return;
	default:
		snprintf(out, cap, "%s", s);
	}
}

static void
claim_fields(struct page *p, const struct view *v)
{
	static const char *const en[N_CLAIM_COLUMNS] = {"Claim", "Name",
	    "Document", "Document number", "Kind", "Certificate number",
	    "QR text", "Scan", "Occupation", "Code", "Level", "Issued",
	    "Institution", "Training from", "to", "Scheme", "Part", "Applied",
	    "Amount", "Account", "Telephone"};
	char text[TABLE_MAX_CELL + 1];

	html_raw(&p->h, "<section class=\"sheet\" id=\"claim\"><h2>");
	html_str(&p->h, page_word(p, "The claim", "申领内容"));
	html_raw(&p->h, "</h2><dl>");
	for (int c = 0; c < N_CLAIM_COLUMNS; c++) {
		if (c == CLAIM_QR)
			snprintf(text, sizeof text, "%s",
			    *v->row->cells[c] != '\0'
				? page_word(p, "given", "有")
				: "");
		else
			cell_text(v, (enum claim_column)c, text, sizeof text);
		page_row(p,
		    page_word(
			p, en[c], claim_column_name((enum claim_column)c)),
		    text);
	}
	html_raw(&p->h, "</dl>");
	explicit_bzero(text, sizeof text);
}

static void
show_form(struct page *p, const struct view *v)
{
	char action[96];

	if (v->shown || !(p->rights & RIGHT_SHOW)) {
		html_raw(&p->h, "</section>\n");
		return;
	}
	snprintf(action, sizeof action, "/review/tables/%lld/%u/show",
	    (long long)v->line->sheet, v->line->row);
	page_form(p, action, "acts", false);
	page_input(p,
	    page_word(p,
		"Show personal data. What for? Who, when and what for stays "
		"in the trail.",
		"显示个人信息的用途（何人、何时、作何用途都会留下记录）"),
	    "purpose", "text", "required minlength=\"4\" maxlength=\"60\"");
	page_submit(p, page_word(p, "Show", "显示"), "id=\"show\"");
	html_raw(&p->h, "</form></section>\n");
}

static void
reasons(struct page *p, const struct view *v, const struct sheet *sheet)
{
	const char *s = p->en ? v->line->reasons_en : v->line->reasons_zh;
	char codes[128];

	html_raw(&p->h, "<section class=\"sheet\" id=\"verdict\" "
			"data-verdict=\"");
	html_raw(&p->h, review_verdict_name(v->line->verdict));
	html_raw(&p->h, "\"><h2>");
	page_printf(p, "%s%s",
	    page_word(p, "Review of the table: ", "整表审核结论："),
	    page_verdict(p, v->line->verdict));
	html_raw(&p->h, "</h2><ul class=\"reasons\">");
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");
		html_raw(&p->h, "<li>");
		html_text(&p->h, bytes_of(s, n));
		html_raw(&p->h, "</li>");
		s += n + (s[n] == '\n');
	}
	html_raw(&p->h, "</ul><p class=\"hint\" id=\"odd\">");
	page_printf(p, "%s%s",
	    page_word(p, "What is odd about the issuing body (C13): ",
		"发证机构异常（C13）："),
	    desk_looked_text(*v->line->body != '\0'
				 ? (enum desk_looked)sheet->looked
				 : LOOKED_NOT,
		!p->en));
	html_raw(&p->h, "</p>");
	/* Without the rest of the table: what has changed since. */
	desk_codes(&v->answer.review, codes);
	html_raw(&p->h, "<p class=\"hint\">");
	page_printf(p, "%s%s %s",
	    page_word(p, "This claim alone, as of now: ", "单笔复核（此刻）："),
	    page_verdict(p, v->answer.review.verdict), codes);
	html_raw(&p->h, "</p></section>\n");
}

/* The verdict on what the row's QR text or scan holds; NULL: none was given. */
static const struct verification *
verification_of(const struct view *v)
{
	if (*v->answer.verdict == '\0')
		return NULL;
	return v->answer.scan.n == 1 ? &v->answer.scan.items[0].v
				     : &v->answer.v;
}

/* The card as everybody sees it, the holder's name masked like the rest. */
static void
certificate(struct page *p, const struct view *v)
{
	const struct asset *words = asset_find(verifier_assets,
	    n_verifier_assets, p->en ? "/index.en.html" : "/index.zh.html");
	const struct verification *x = verification_of(v);
	struct verification *copy;
	struct credential *cred;
	char name[512], plain[512];

	html_raw(&p->h, "<div id=\"certificate\">");
	if (x == NULL) {
		html_raw(&p->h, "<section class=\"sheet\"><h2>");
		html_str(&p->h, page_word(p, "The certificate", "证书"));
		html_raw(&p->h, "</h2><p>");
		html_str(&p->h,
		    *v->answer.fault != '\0'
			? v->answer.fault
			: page_word(p,
			      "No certificate was given that could be checked.",
			      "没有可核验的证书。"));
		html_raw(&p->h, "</p></section></div>\n");
		return;
	}
	copy = malloc(sizeof *copy);
	cred = malloc(sizeof *cred);
	if (copy != NULL && cred != NULL) {
		*copy = *x;
		if (!v->shown && x->verdict.show && x->verdict.cred != NULL) {
			*cred = *x->verdict.cred;
			snprintf(plain, sizeof plain, "%.*s",
			    (int)cred->claims.cert.name.len,
			    (const char *)cred->claims.cert.name.ptr);
			page_mask(plain, 1, 0, name, sizeof name);
			cred->claims.cert.name = bytes_str(name);
			copy->verdict.cred = cred;
		}
		card_verdict(&p->h, bytes_of(words->ptr, words->len),
		    p->en ? LANG_EN : LANG_ZH, copy, "", NULL);
	} else {
		p->h.failed = true;
	}
	free(copy);
	free(cred);
	html_raw(&p->h, "</div>\n");
}

static void
scan(struct page *p, const struct view *v)
{
	char at[96];

	if (*v->row->scan == '\0' || p->w->job_opts.scans == NULL)
		return;
	html_raw(&p->h, "<section class=\"sheet\" id=\"scan\"><h2>");
	html_str(&p->h, page_word(p, "The scan", "扫描件"));
	html_raw(&p->h, "</h2>");
	if (!v->shown) {
		html_raw(&p->h, "<p class=\"hint\">");
		html_str(&p->h,
		    page_word(p, "Shown together with the personal data.",
			"与个人信息一并显示。"));
		html_raw(&p->h, "</p></section>\n");
		return;
	}
	snprintf(at, sizeof at, "/review/tables/%lld/%u/scan",
	    (long long)v->line->sheet, v->line->row);
	html_raw(&p->h, "<a href=\"");
	html_raw(&p->h, at);
	html_raw(&p->h, "\"><img class=\"scan\" src=\"");
	html_raw(&p->h, at);
	html_raw(&p->h, "\" alt=\"");
	html_str(&p->h, page_word(p, "Scan of the certificate: open or save",
			    "证书扫描件：打开或保存"));
	html_raw(&p->h, "\"></a></section>\n");
}

void
view_page(struct page *p, struct view *v, const char *kind, const char *text,
    int status)
{
	struct why why = {""};
	struct sheet sheet = {0};
	bool found = false;
	char title[300];
	enum cred_err e = look(p, v, &why);

	if (e == CRED_OK)
		e = docket_sheet(
		    p->w->db, v->line->sheet, &sheet, &found, &why);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	snprintf(title, sizeof title, "%s %s", page_word(p, "Claim", "申领"),
	    v->line->claim);
	page_begin(p, title);
	if (kind != NULL)
		page_notice(p, kind, text);
	html_raw(&p->h, "<p><a href=\"/review/tables/");
	page_printf(p, "%lld", (long long)v->line->sheet);
	html_raw(&p->h, "\">");
	html_str(&p->h, page_word(p, "Back to the table", "返回申领表"));
	html_raw(&p->h, "</a></p><div class=\"beside\"><div>");
	claim_fields(p, v);
	show_form(p, v);
	scan(p, v);
	html_raw(&p->h, "</div><div>");
	reasons(p, v, &sheet);
	certificate(p, v);
	view_decide_form(p, v);
	html_raw(&p->h, "</div></div>");
	page_end(p, status);
}

struct view *
view_of(struct page *p)
{
	struct why why = {""};
	struct view *v = NULL;
	enum cred_err e = view_load(p, &v, &why);

	if (e != CRED_OK)
		page_fault(p, e, &why);
	else if (v == NULL)
		page_problem(p, WEB_NOT_FOUND);
	return v;
}

void
page_claim(struct page *p)
{
	const char *note = form_get(&p->form, "n");
	struct view *v = view_of(p);

	if (v == NULL)
		return;
	if (note != NULL && strcmp(note, "done") == 0)
		view_page(p, v, "good", page_word(p, "Done.", "已办理。"), 200);
	else if (note != NULL && strcmp(note, "purpose") == 0)
		view_page(p, v, "bad",
		    page_word(p,
			"Say what for, in four characters or more, without "
			"numbers of persons.",
			"请写明用途，至少四个字，不要写个人号码。"),
		    200);
	else
		view_page(p, v, NULL, NULL, 200);
	view_free(v);
}

void
view_go(struct page *p, const char *note)
{
	page_go(p, "/review/tables/%lld/%lld%s", (long long)p->ids[0],
	    (long long)p->ids[1], note);
}

void
page_show(struct page *p)
{
	const char *purpose = form_get(&p->form, "purpose");
	struct view *v = view_of(p);
	char subject[300];
	struct why why = {""};
	enum cred_err e;

	if (v == NULL)
		return;
	if (purpose == NULL || !page_reason_ok(purpose)) {
		view_go(p, "?n=purpose");
		view_free(v);
		return;
	}
	/* In the trail before anything is in sight. */
	snprintf(subject, sizeof subject, "claim %s", v->line->claim);
	e = page_trail(p, "show", subject, purpose, &why);
	view_free(v);
	if (e != CRED_OK) {
		page_fault(p, e, &why);
		return;
	}
	session_grant(p->w->sessions, p->token, p->ids[0], (uint32_t)p->ids[1],
	    page_clock() + SHOWN_S);
	view_go(p, "");
}

/* Only what browsers draw without running anything. */
static const char *
picture_type(const uint8_t *d, size_t len)
{
	if (len > 8 && memcmp(d, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (len > 3 && memcmp(d, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (len > 12 && memcmp(d, "RIFF", 4) == 0 &&
	    memcmp(d + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

void
page_scan(struct page *p)
{
	const char *dir = p->w->job_opts.scans, *type;
	struct view *v = view_of(p);
	struct why why = {""};
	uint8_t *data = NULL;
	struct stat st;
	char *path = NULL;
	size_t len = 0;

	if (v == NULL)
		return;
	if (!v->shown) {
		page_problem(p, WEB_FORBIDDEN);
	} else if (dir == NULL || *v->row->scan == '\0' ||
		   *v->row->scan == '.' || strchr(v->row->scan, '/') != NULL ||
		   (path = file_join(dir, v->row->scan)) == NULL ||
		   lstat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
		   file_read(path, SCAN_MAX, &data, &len, &why) != CRED_OK) {
		page_problem(p, WEB_NOT_FOUND);
	} else {
		type = picture_type(data, len);
		if (type == NULL)
			snprintf(p->rp->disposition, sizeof p->rp->disposition,
			    "attachment; filename=\"scan-%u\"", v->line->row);
		reply_owned(p->rp,
		    type != NULL ? type : "application/octet-stream", data,
		    len);
	}
	free(path);
	view_free(v);
}
