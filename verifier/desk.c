#include "verifier/desk.h"

#include <stdlib.h>
#include <unistd.h>

#include "credential/report.h"
#include "domain/catalogue.h"
#include "domain/normal.h"
#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/scan.h"
#include "verifier/suspects.h"

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

/* The photo's hash as the text claims it: enough to find two alike, and looked
 * at only once the signature holds. */
static bool
photo_of(struct bytes text, uint8_t out[static 16])
{
	uint8_t cose[CRED_MAX_BYTES];
	struct outbuf o = {cose, sizeof cose, 0};
	struct credential c;
	struct qrtext qr;

	if (qrtext_parse(text, &qr) != CRED_OK ||
	    digits_decode(qr.digits, &o) != CRED_OK ||
	    credential_decode(bytes_of(o.ptr, o.len), &c) != CRED_OK ||
	    c.claims.cert.photo.len != 16)
		return false;
	memcpy(out, c.claims.cert.photo.ptr, 16);
	return true;
}

static struct seen_row
seen_row_of(const struct claim_row *row, const uint8_t person[static 32],
    const uint8_t *photo)
{
	return (struct seen_row){.row = row->row,
	    .claim = row->claim.id,
	    .content = row->content,
	    .person = person,
	    .number = row->claim.number,
	    .name = row->claim.name,
	    .photo = photo};
}

enum cred_err
desk_note(struct desk *d, const struct claim_row *row, struct why *why)
{
	uint8_t person[32], photo[16];
	bool has_photo = photo_of(bytes_str(row->qr), photo);
	struct seen_row s = seen_row_of(row, person, has_photo ? photo : NULL);
	enum cred_err e = person_hash(&d->key, row->claim.id_type,
	    bytes_str(row->claim.id_number), person);

	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	e = seen_note(d->seen, &s, why);
	return e == CRED_OK && d->odd != NULL ? desk_odd_note(d, row, why) : e;
}

static void
cert_failed(struct cert_facts *k, struct desk_answer *a, const char *text)
{
	k->source = CERT_FAILED;
	snprintf(a->fault, sizeof a->fault, "%s", text);
	k->fault = a->fault;
}

static enum id_outcome
compare_id(const struct verification *v, const struct claim_row *row)
{
	if (*row->claim.id_number == '\0')
		return ID_UNCHECKED;
	return verify_id_check(v, bytes_str(row->claim.id_number)) ? ID_SAME_12
								   : ID_OTHER;
}

/* What a verdict proved, as facts. */
static void
take_verdict(struct cert_facts *k, struct desk_answer *a,
    const struct claim_row *row, const struct verification *v)
{
	const struct verdict *x = &v->verdict;
	const struct certificate *c;

	k->source = CERT_VERDICT;
	k->today = k->at_issue = k->at_application = x->status;
	k->reason = report_reason(x, lang_is_zh() ? LANG_ZH : LANG_EN);
	k->foreign_host = (x->warnings & WARN_FOREIGN_HOST) != 0;
	a->verdict = verdict_name(x->status);
	if (!x->show)
		return;
	c = &x->cred->claims.cert;
	k->cert = c;
	k->prefix = x->body->scope.prefix;
	k->id = compare_id(v, row);
	k->at_issue = verdict_dates(c, c->issued);
	k->at_application = row->claim.has_applied
				? verdict_dates(c, row->claim.applied)
				: k->at_issue;
	snprintf(a->body_id, sizeof a->body_id, "%s", x->body->scope.body_id);
	snprintf(a->body_name, sizeof a->body_name, "%s", x->body->name);
	if (c->number.len < sizeof a->cert_number && c->number.len > 0)
		memcpy(a->cert_number, c->number.ptr, c->number.len);
	a->index = (int64_t)c->index;
	a->has_photo = c->photo.len == 16;
	if (a->has_photo)
		memcpy(a->photo, c->photo.ptr, 16);
}

static enum cred_err
from_text(struct desk *d, struct cert_facts *k, struct desk_answer *a,
    const struct claim_row *row, struct why *why)
{
	struct why said = {""};
	enum cred_err e;

	if (d->pub == NULL) {
		cert_failed(k, a,
		    TR("no publication was given (--pub)",
			"没有提供发布数据（--pub）"));
		return CRED_OK;
	}
	e = publication_hold(d->pub, &a->hold, &said);
	if (e == CRED_OK)
		e = publication_verify(
		    &a->hold, bytes_str(row->qr), &d->verify, &a->v);
	if (e == CRED_FAULT_NOMEM)
		return nomem(why);
	if (e != CRED_OK)
		cert_failed(
		    k, a, *said.text != '\0' ? said.text : cred_strerr(e));
	else
		take_verdict(k, a, row, &a->v);
	return CRED_OK;
}

/* The name of a file, not a way to one. */
static bool
is_file_name(const char *s)
{
	return strchr(s, '/') == NULL && *s != '.' && *s != '\0';
}

static enum cred_err
from_scan(struct desk *d, struct cert_facts *k, struct desk_answer *a,
    const struct claim_row *row, struct why *why)
{
	struct scan_job job = {.reader = d->reader,
	    .pub = d->pub,
	    .opts = d->verify,
	    .max_bytes = 64u << 20};
	char *path;
	enum cred_err e;

	if (d->scans == NULL || d->reader == NULL || d->pub == NULL) {
		cert_failed(k, a,
		    TR("no folder of scans was given (--scans)",
			"没有提供扫描件文件夹（--scans）"));
		return CRED_OK;
	}
	if (!is_file_name(row->scan)) {
		cert_failed(k, a,
		    TR("扫描件 must be the name of a file in the folder",
			"“扫描件”应为文件夹中的文件名"));
		return CRED_OK;
	}
	path = file_join(d->scans, row->scan);
	if (path == NULL)
		return nomem(why);
	scan_input(&job, path, &a->scan);
	e = a->scan.err;
	if (e == CRED_FAULT_NOMEM) {
		free(path);
		return nomem(why);
	}
	if (a->scan.n == 1 && !(e >= CRED_FAULT_NOMEM))
		take_verdict(k, a, row, &a->scan.items[0].v);
	else if (a->scan.n > 1)
		cert_failed(k, a,
		    TR("the scan shows more than one code; one file a claim",
			"扫描件中有多个二维码，请一笔申领一个文件"));
	else
		cert_failed(k, a,
		    *a->scan.why.text != '\0' ? a->scan.why.text
					      : cred_strerr(e));
	a->scan.source = NULL;
	free(path);
	return CRED_OK;
}

/* By number, in a registry that has issued it: then the whole ID number can be
 * compared, and the credential itself is judged like any other. */
static enum cred_err
from_registry(struct desk *d, struct cert_facts *k, struct desk_answer *a,
    const struct claim_row *row, struct why *why)
{
	bool found = false;
	enum cred_err e;

	if (d->registry == NULL || *row->claim.number == '\0')
		return CRED_OK;
	e = registry_by_number(
	    d->registry, row->claim.number, &a->entry, &found, why);
	if (e != CRED_OK || !found || a->entry.credential.len == 0)
		return e;
	if (d->pub == NULL) {
		cert_failed(k, a,
		    TR("no publication was given (--pub)",
			"没有提供发布数据（--pub）"));
		return CRED_OK;
	}
	e = publication_hold(d->pub, &a->hold, why);
	if (e != CRED_OK)
		return e;
	e = verify_cose(a->hold.trust, &a->hold.evidence, a->entry.credential,
	    &d->verify, &a->v);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	take_verdict(k, a, row, &a->v);
	k->source = CERT_REGISTRY;
	if (k->cert != NULL && *row->claim.id_number != '\0')
		k->id = a->entry.id_type == row->claim.id_type &&
				strcmp(a->entry.id_number,
				    row->claim.id_number) == 0
			    ? ID_SAME
			    : ID_OTHER;
	return CRED_OK;
}

static enum cred_err
add_prior(struct desk_answer *a, const struct prior *p, struct why *why)
{
	struct prior *to;
	char *text;

	/* What was booked from this very table is known from both. */
	for (size_t i = 0; i < a->n_priors; i++)
		if (strcmp(a->priors[i].claim, p->claim) == 0)
			return CRED_OK;
	/* More than a lifetime's: the rules have said all by then. */
	if (a->n_priors == DESK_MAX_PRIORS)
		return CRED_OK;
	if (asprintf(&text, "%s%c%s%c%s", p->claim, '\0', p->subject, '\0',
		p->number) < 0)
		return nomem(why);
	to = &a->priors[a->n_priors];
	*to = *p;
	to->claim = text;
	to->subject = text + strlen(p->claim) + 1;
	to->number = to->subject + strlen(p->subject) + 1;
	a->prior_texts[a->n_priors++] = text;
	return CRED_OK;
}

struct gathering {
	struct desk_answer *a;
	const struct claim_row *row;
	bool booked; /* this very claim was met in the ledger */
};

static enum cred_err
on_seen(void *ctx, const struct prior *p, struct why *why)
{
	struct gathering *g = ctx;

	/* The same claim once more is seen_others' to say. */
	return strcmp(p->claim, g->row->claim.id) == 0
		   ? CRED_OK
		   : add_prior(g->a, p, why);
}

/* The same claim number, booked for another claim. */
static enum cred_err
on_id(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct gathering *g = ctx;

	(void)why;
	if (memcmp(c->content, g->row->content, 32) != 0)
		snprintf(
		    g->a->ledger_claim, sizeof g->a->ledger_claim, "%s", c->id);
	return CRED_OK;
}

static enum cred_err
on_ledger(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct gathering *g = ctx;
	struct prior p = {.claim = c->id,
	    .subject = c->subject,
	    .scheme = (enum claim_scheme)c->scheme,
	    .part = c->part == LEDGER_ADVANCE   ? PART_ADVANCE
		    : c->part == LEDGER_BALANCE ? PART_BALANCE
						: PART_FULL,
	    .year = c->year,
	    .applied = c->applied,
	    .fen = c->fen,
	    .kind = c->kind,
	    .level = c->level,
	    .has_issued = c->issued != 0,
	    .issued = c->issued,
	    .has_trained = c->trained_from != 0,
	    .trained_from = c->trained_from,
	    .trained_to = c->trained_to,
	    .number = c->number};

	/* This very claim, booked before, is no prior of itself, nor is what
	 * was booked after it: that one had this as its prior. */
	if (strcmp(c->id, g->row->claim.id) == 0) {
		g->booked = memcmp(c->content, g->row->content, 32) == 0;
		return on_id(ctx, c, why);
	}
	return g->booked ? CRED_OK : add_prior(g->a, &p, why);
}

/* The same certificate number with another person, in the ledger. */
static enum cred_err
on_number(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct gathering *g = ctx;

	(void)why;
	if (memcmp(c->person, g->a->person, 32) != 0)
		snprintf(g->a->others.number, sizeof g->a->others.number, "%s",
		    c->id);
	return CRED_OK;
}

static enum cred_err
gather_priors(struct desk *d, struct desk_answer *a,
    const struct claim_row *row, struct why *why)
{
	struct gathering g = {.a = a, .row = row};
	struct ledger_filter person = {.person = a->person, .state = -1};
	struct ledger_filter number = {
	    .number = row->claim.number, .state = -1};
	struct ledger_filter id = {.id = row->claim.id};
	enum cred_err e = CRED_OK;

	if (d->registry != NULL) {
		e = ledger_each(d->registry, &person, on_ledger, &g, why);
		if (e == CRED_OK && *a->ledger_claim == '\0')
			e = ledger_each(d->registry, &id, on_id, &g, why);
		if (e == CRED_OK && *row->claim.number != '\0' &&
		    *a->others.number == '\0')
			e = ledger_each(
			    d->registry, &number, on_number, &g, why);
	}
	if (e == CRED_OK && d->seen != NULL)
		e = seen_priors(d->seen, a->person, on_seen, &g, why);
	return e;
}

static const char *
or_null(const char *s)
{
	return *s != '\0' ? s : NULL;
}

/* Where the certificate has proven to be this person's, the other one is at
 * fault: a good claim does not fail for what others write. */
static void
take_others(struct review_facts *f, const struct desk_answer *a)
{
	const struct cert_facts *k = &f->cert;
	bool proven = k->cert != NULL &&
		      (k->id == ID_SAME || k->id == ID_SAME_12) &&
		      bytes_eq(k->cert->name, bytes_str(f->claim->name));

	if (!proven) {
		f->number_of_other = or_null(a->others.number);
		f->other_name_claim = or_null(a->others.name);
	}
	if (a->has_photo)
		f->photo_of_other = or_null(a->others.photo);
	f->claim_id_taken = or_null(a->others.claim);
	if (f->claim_id_taken == NULL)
		f->claim_id_taken = or_null(a->ledger_claim);
}

static void
take_body(const struct desk *d, struct review_facts *f, struct desk_answer *a)
{
	if (d->suspects == NULL || *a->body_id == '\0')
		return;
	a->odd = suspects_of(
		     d->suspects, a->body_id, &f->body_odd_zh, &f->body_odd_en)
		     ? ODD_YES
		     : ODD_NO;
}

static enum cred_err
take_lists(const struct desk *d, struct review_facts *f,
    const struct desk_answer *a, struct why *why)
{
	uint8_t hash[32];
	const char *number =
	    *f->claim->number != '\0' ? f->claim->number : a->cert_number;
	enum cred_err e;

	f->lists_given = d->lists_given;
	for (unsigned l = 0; l < N_LISTS; l++)
		if (officelist_has(&d->lists[l], a->person))
			f->lists_hit |= 1u << l;
	if (!d->national_given || *number == '\0')
		return CRED_OK;
	e = person_hash_text(&d->key, "certificate", bytes_str(number), hash);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	f->national = officelist_has(&d->national, hash) ? NATIONAL_FOUND
							 : NATIONAL_MISSING;
	return CRED_OK;
}

static enum cred_err
gather_certificate(struct desk *d, struct cert_facts *k, struct desk_answer *a,
    const struct claim_row *row, struct why *why)
{
	if (*row->qr != '\0')
		return from_text(d, k, a, row, why);
	if (*row->scan != '\0')
		return from_scan(d, k, a, row, why);
	return from_registry(d, k, a, row, why);
}

static enum cred_err
keep_prior(struct desk *d, const struct desk_answer *a, const struct claim *c,
    struct why *why)
{
	struct prior p = {.claim = c->id,
	    .subject = a->review.subject,
	    .scheme = c->scheme,
	    .part = c->part,
	    .year = a->review.year,
	    .applied = c->applied,
	    .fen = c->amount_fen,
	    .kind = c->kind,
	    .level = c->level,
	    .has_issued = c->has_issued,
	    .issued = c->issued,
	    .has_trained = c->has_trained,
	    .trained_from = c->trained_from,
	    .trained_to = c->trained_to,
	    .number = c->number};

	return seen_keep(d->seen, a->person, &p, why);
}

static enum cred_err
take_mark(const struct desk *d, const char *what, const char *text,
    uint8_t out[static 16], bool *has, struct why *why)
{
	uint8_t hash[32];
	enum cred_err e;

	*has = *text != '\0';
	if (!*has)
		return CRED_OK;
	e = person_hash_text(&d->key, what, bytes_str(text), hash);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	memcpy(out, hash, 16);
	return CRED_OK;
}

/* What the ledger keeps for anomalies and statistics. */
static enum cred_err
take_marks(const struct desk *d, struct desk_answer *a, const struct claim *c,
    struct why *why)
{
	const char *region = *c->region != '\0'
				 ? c->region
				 : region_by_word(bytes_str(d->region));
	enum cred_err e =
	    take_mark(d, "phone", c->phone, a->phone, &a->has_phone, why);

	snprintf(a->region, sizeof a->region, "%s", region);
	return e != CRED_OK ? e
			    : take_mark(d, "account", c->account, a->account,
				  &a->has_account, why);
}

enum cred_err
desk_review(struct desk *d, const struct claim_row *row,
    struct desk_answer *out, struct why *why)
{
	const struct claim *c = &row->claim;
	int32_t today = claims_day(d->now);
	struct review_facts f = {.claim = c,
	    .today = today,
	    .unreadable = row->unreadable,
	    .n_unreadable = row->n_unreadable};
	struct seen_row mine;
	enum cred_err e;

	*out = (struct desk_answer){.verdict = "", .index = -1};
	e = person_hash(
	    &d->key, c->id_type, bytes_str(c->id_number), out->person);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	e = take_marks(d, out, c, why);
	if (e == CRED_OK)
		e = gather_certificate(d, &f.cert, out, row, why);
	mine =
	    seen_row_of(row, out->person, out->has_photo ? out->photo : NULL);
	if (e == CRED_OK && d->seen != NULL)
		e = seen_ask(d->seen, &mine, &out->others, why);
	if (e == CRED_OK)
		e = gather_priors(d, out, row, why);
	if (e == CRED_OK)
		e = take_lists(d, &f, out, why);
	if (e != CRED_OK)
		return e;
	take_others(&f, out);
	take_body(d, &f, out);
	rulebook_at(d->book, c->has_applied ? c->applied : today, d->region,
	    c->scheme, &out->rules);
	/* Priors count in the year the rules of today's claim give them. */
	f.priors = out->priors;
	f.n_priors = out->n_priors;
	review_claim(&f, &out->rules, &out->review);
	if (d->seen != NULL && out->review.verdict != REVIEW_FAIL &&
	    out->review.has_subject && out->review.has_year)
		e = keep_prior(d, out, c, why);
	return e;
}

void
desk_answer_release(struct desk_answer *a)
{
	for (size_t i = 0; i < a->n_priors; i++)
		free(a->prior_texts[i]);
	registry_entry_release(&a->entry);
	scan_report_release(&a->scan);
	publication_release(&a->hold);
	*a = (struct desk_answer){.verdict = ""};
}

void
desk_codes(const struct review *r, char out[static 128])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->n; i++) {
		unsigned code = reason_code(r->reasons[i].reason);
		if (i > 0 && reason_code(r->reasons[i - 1].reason) == code)
			continue;
		n += (size_t)snprintf(
		    out + n, 128 - n, "%sC%02u", n > 0 ? " " : "", code);
	}
}

void
desk_ledger_claim(const struct claim_row *row, const struct desk_answer *a,
    char codes[static 128], struct ledger_claim *out)
{
	const struct claim *c = &row->claim;

	desk_codes(&a->review, codes);
	*out = (struct ledger_claim){.id = c->id,
	    .subject = a->review.subject,
	    .scheme = (int)c->scheme,
	    .part = c->part == PART_ADVANCE   ? LEDGER_ADVANCE
		    : c->part == PART_BALANCE ? LEDGER_BALANCE
					      : LEDGER_FULL,
	    .year = a->review.year,
	    .kind = c->kind,
	    .level = c->level,
	    .applied = c->has_applied ? c->applied : 0,
	    .issued = c->has_issued ? c->issued : 0,
	    .trained_from = c->has_trained ? c->trained_from : 0,
	    .trained_to = c->has_trained ? c->trained_to : 0,
	    .fen = c->has_amount ? c->amount_fen : 0,
	    .number = *c->number != '\0' ? c->number : a->cert_number,
	    .institution = c->institution,
	    .body_id = a->body_id,
	    .index = a->index,
	    .region = a->region,
	    .department = c->department,
	    .phone = a->has_phone ? a->phone : NULL,
	    .account = a->has_account ? a->account : NULL,
	    .photo = a->has_photo ? a->photo : NULL,
	    .codes = codes};
	memcpy(out->content, row->content, 32);
	memcpy(out->person, a->person, 32);
}
