#include "verifier/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "verifier/card.h"
#include "verifier/review_web.h"
#include "web/multipart.h"
#include "web/static.h"

extern const struct asset verifier_assets[];
extern const size_t n_verifier_assets;
extern const char verifier_assets_version[];

#define SLOT "<!--verdict-->" /* where the page takes its cards */

/* In Mongolian only where it is asked for; its verdicts are in Chinese. */
static const struct asset *
page_of(const struct web_request *rq)
{
	char lang[4];
	bool mn = request_query(rq, "lang", lang, sizeof lang) &&
		  strcmp(lang, "mn") == 0;

	return asset_find(verifier_assets, n_verifier_assets,
	    mn                    ? "/index.mn.html"
	    : rq->lang == LANG_EN ? "/index.en.html"
				  : "/index.zh.html");
}

void
service_page(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	static_reply(page_of(rq), rq, rp);
}

void
service_asset(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	const struct asset *a =
	    asset_find(verifier_assets, n_verifier_assets, rq->path);

	(void)ctx;
	static_reply(a, rq, rp);
}

/*
 * The page's service worker, named by the version of all it keeps. With the
 * setting worker = no it is one that takes itself and its stores away.
 */
void
service_worker(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	const struct service *s = ctx;
	const struct asset *a =
	    asset_find(verifier_assets, n_verifier_assets, "/sw.js");
	char *js;
	int len = asprintf(&js, "const VERSION = '%s';\n%.*s",
	    atomic_load(&s->no_worker) ? "" : verifier_assets_version,
	    (int)a->len, (const char *)a->ptr);

	(void)rq;
	if (len < 0) {
		reply_problem(rp, rq, WEB_BUSY);
		return;
	}
	rp->page = true;
	rp->cache = "no-cache";
	reply_owned(rp, a->type, js, (size_t)len);
}

/* The page with cards in it. */
static void
reply_cards(struct web_reply *rp, const struct asset *page, struct html *cards)
{
	const uint8_t *slot =
	    memmem(page->ptr, page->len, SLOT, sizeof SLOT - 1);
	const uint8_t *rest = slot + sizeof SLOT - 1;
	struct html h = {0};

	html_raw_bytes(&h, bytes_of(page->ptr, (size_t)(slot - page->ptr)));
	html_raw_bytes(&h, bytes_of(cards->buf, cards->len));
	html_raw_bytes(
	    &h, bytes_of(rest, page->len - (size_t)(rest - page->ptr)));
	h.failed = h.failed || cards->failed;
	free(cards->buf);
	if (h.failed) {
		free(h.buf);
		return; /* the problem, in JSON, stays */
	}
	rp->page = true;
	rp->cache = NULL;
	reply_owned(rp, "text/html; charset=utf-8", h.buf, h.len);
}

void
service_problem(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	const struct asset *page = page_of(rq);
	struct html cards = {0};

	if (((struct service *)ctx)->review != NULL &&
	    strncmp(rq->path, "/review", 7) == 0) {
		review_web_problem(ctx, rq, rp);
		return;
	}
	card_problem(&cards, bytes_of(page->ptr, page->len), rq->lang,
	    rp->problem, rq->id);
	reply_cards(rp, page, &cards);
}

struct sheet {
	struct html html;
	struct bytes words;
	enum report_lang lang;
	struct service *s;
	struct bytes id; /* typed; len 0: none */
	const char *client;
	const char *file; /* name as uploaded, "" when there is one only */
};

static void
add_card(void *ctx, const struct verification *v, unsigned page)
{
	struct sheet *sh = ctx;
	char label[128] = "", source[700], n[16];
	const char *word = NULL;
	struct match m;

	if (sh->id.len > 0 && v->verdict.show) {
		enum web_problem p = service_id(sh->s, v, sh->id, &m);

		word = p == WEB_OK     ? match_word(&m)
		       : p == WEB_JSON ? "match-bad"
				       : "match-none";
	}

	if (page > 1) {
		snprintf(n, sizeof n, "%u", page);
		card_word(sh->words, "page", n, label, sizeof label);
	}
	snprintf(source, sizeof source, "%s%s%s", sh->file,
	    *sh->file != '\0' && *label != '\0' ? " · " : "", label);
	card_verdict(&sh->html, sh->words, sh->lang, v, source, word);
}

static bool
is_field(const struct part *p, const char *name)
{
	return bytes_eq(p->name, bytes_str(name));
}

static struct bytes
trimmed(struct bytes b)
{
	while (b.len > 0 && strchr(" \t\r\n", b.ptr[0]) != NULL) {
		b.ptr++;
		b.len--;
	}
	while (b.len > 0 && strchr(" \t\r\n", b.ptr[b.len - 1]) != NULL)
		b.len--;
	return b;
}

/* Every file that was chosen, else the text; an ID number may stand anywhere
 * among them. */
static enum web_problem
check_form(struct service *s, const struct multipart *m, struct sheet *sh)
{
	enum web_problem p = WEB_EMPTY;
	struct bytes text = {0};
	char name[513];
	size_t files = 0;

	for (size_t i = 0; i < m->n; i++) {
		files +=
		    is_field(&m->parts[i], "file") && m->parts[i].data.len > 0;
		if (is_field(&m->parts[i], "id"))
			sh->id = trimmed(m->parts[i].data);
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct part *part = &m->parts[i];

		if (is_field(part, "text"))
			text = trimmed(part->data);
		else if (!is_field(part, "file") && !is_field(part, "id"))
			return WEB_MULTIPART;
		if (!is_field(part, "file") || part->data.len == 0)
			continue;
		if (part->filename.ptr == NULL)
			return WEB_MULTIPART;
		snprintf(name, sizeof name, "%.*s",
		    files > 1 ? (int)part->filename.len : 0,
		    (const char *)part->filename.ptr);
		sh->file = name;
		p = service_file(s, sh->client, part->data, add_card, sh);
		if (p != WEB_OK)
			return p;
	}
	sh->file = "";
	return files == 0 ? service_text(s, text, add_card, sh) : p;
}

void
service_form(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;
	const struct asset *page = page_of(rq);
	struct sheet sh = {.words = bytes_of(page->ptr, page->len),
	    .lang = rq->lang,
	    .s = s,
	    .client = rq->client,
	    .file = ""};
	struct multipart m;
	enum web_problem p;

	p = multipart_parse(request_header(rq, "Content-Type"), rq->body, &m);
	if (p == WEB_OK)
		p = check_form(s, &m, &sh);
	if (p != WEB_OK) {
		free(sh.html.buf);
		reply_problem(rp, rq, p);
		return;
	}
	reply_cards(rp, page, &sh.html);
}
