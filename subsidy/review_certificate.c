#include "domain/catalogue.h"
#include "domain/certnum.h"
#include "domain/words.h"
#include "subsidy/review_int.h"

static void
add(struct review_ctx *x, enum reason r)
{
	review_add(x, (struct reason_found){r});
}

static bool
out_of_date(enum verdict_status s)
{
	return s == VERDICT_EXPIRED || s == VERDICT_REVIEW_OVERDUE;
}

/* C02. What counts is the day of application; what has come since, and what
 * was at issue, is shown beside it. */
static void
check_dates(struct review_ctx *x)
{
	const struct cert_facts *k = &x->f->cert;

	if (k->at_application == VERDICT_NOT_YET_VALID ||
	    k->today == VERDICT_NOT_YET_VALID)
		add(x, REASON_NOT_YET_VALID);
	else if (out_of_date(k->at_application))
		review_add(
		    x, (struct reason_found){REASON_EXPIRED,
			   .s = bytes_str(verdict_name(k->at_issue)),
			   .t = bytes_str(verdict_name(k->at_application))});
	else if (out_of_date(k->today))
		review_add_text(
		    x, REASON_EXPIRED_SINCE, verdict_name(k->today));
}

/* C01 and C02 by the verdict of today. */
static void
check_verdict(struct review_ctx *x)
{
	const struct cert_facts *k = &x->f->cert;

	switch (k->today) {
	case VERDICT_FORGED:
		review_add_text(x, REASON_FORGED, k->reason);
		return;
	case VERDICT_UNKNOWN_ISSUER:
		add(x, REASON_UNKNOWN_ISSUER);
		return;
	case VERDICT_NOT_AUTHORISED:
		review_add_text(x, REASON_NOT_AUTHORISED, k->reason);
		break;
	case VERDICT_NOT_LOGGED:
		add(x, REASON_NOT_LOGGED);
		break;
	case VERDICT_ISSUER_WITHDRAWN:
		add(x, REASON_ISSUER_WITHDRAWN);
		break;
	case VERDICT_REVOKED:
		add(x, REASON_REVOKED);
		break;
	case VERDICT_SUPERSEDED:
		add(x, REASON_SUPERSEDED);
		break;
	case VERDICT_SUSPENDED:
		add(x, REASON_SUSPENDED);
		break;
	case VERDICT_STATUS_UNKNOWN:
		review_add_text(x, REASON_STATUS_UNKNOWN, k->reason);
		break;
	case VERDICT_NOT_OURS:
	case VERDICT_UNREADABLE:
		review_add_text(x, REASON_NOT_VERIFIED, k->reason);
		return;
	case VERDICT_EXPIRED:
	case VERDICT_REVIEW_OVERDUE:
	case VERDICT_NOT_YET_VALID:
	case VERDICT_VALID:
		break;
	}
	check_dates(x);
	if (k->foreign_host)
		add(x, REASON_FOREIGN_HOST);
}

/* Same occupation, whatever edition's code and whichever name: compared as
 * what is paid for once. */
static bool
same_occupation(const struct claim *c, const struct certificate *k)
{
	char a[SUBJECT_MAX], b[SUBJECT_MAX];
	struct bytes code = bytes_str(c->code);

	if (bytes_eq(k->occupation, bytes_str(c->occupation)) &&
	    (code.len == 0 || k->code.len == 0 || bytes_eq(code, k->code)))
		return true;
	return claim_subject(
		   (int)k->kind, bytes_str(c->occupation), code, 0, a) &&
	       claim_subject((int)k->kind, k->occupation, k->code, 0, b) &&
	       strcmp(a, b) == 0;
}

/* C03: field by field, so that the answer names the one that differs. */
static void
compare(struct review_ctx *x, const struct certificate *k)
{
	const struct claim *c = x->c;

	if (*c->name != '\0' && !bytes_eq(k->name, bytes_str(c->name)))
		add(x, REASON_OTHER_NAME);
	if (c->kind != 0 && c->kind != (int)k->kind)
		review_add_text(x, REASON_OTHER_KIND, kind_word(k->kind));
	if (*c->number != '\0' && k->number.len > 0 &&
	    !bytes_eq(k->number, bytes_str(c->number)))
		add(x, REASON_OTHER_NUMBER);
	if (*c->occupation != '\0' && !same_occupation(c, k))
		review_add(x, (struct reason_found){
				  REASON_OTHER_OCCUPATION, .s = k->occupation});
	if (c->level != 0 && c->level != k->level)
		review_add(x,
		    (struct reason_found){REASON_OTHER_LEVEL, .n = k->level});
	if (c->has_issued && c->issued != k->issued)
		review_add(x,
		    (struct reason_found){REASON_OTHER_DATE, .day = k->issued});
	if (x->f->cert.id == ID_OTHER)
		add(x, REASON_OTHER_PERSON);
	else if (x->f->cert.id == ID_UNCHECKED)
		add(x, REASON_ID_UNCHECKED);
}

/* C04: what the number itself says. It proves nothing, but where it disagrees
 * something is wrong (domain.md 1.2). */
static void
check_number(struct review_ctx *x)
{
	const struct claim *c = x->c;
	struct certnum n;
	int year, month, day;

	if (*c->number == '\0' || c->kind == 0 || c->kind == KIND_OPERATION)
		return;
	if (certnum_parse((enum kind)c->kind, bytes_str(c->number), &n) !=
	    CRED_OK) {
		add(x, REASON_NUMBER_FORM);
		return;
	}
	if (n.level >= '1' && n.level <= '5' && c->level != 0 &&
	    (unsigned)(n.level - '0') != c->level)
		review_add(x, (struct reason_found){REASON_NUMBER_LEVEL,
				  .n = n.level - '0', .m = c->level});
	if (c->has_issued && n.year >= 0) {
		day_to_civil(c->issued, &year, &month, &day);
		if (year % 100 != n.year)
			review_add(x, (struct reason_found){REASON_NUMBER_YEAR,
					  .n = n.year, .day = c->issued});
	}
	if (c->kind != KIND_LEVEL)
		return;
	if (!n.category_known)
		add(x, REASON_NUMBER_CATEGORY);
	if (x->f->cert.prefix != NULL &&
	    strcmp(n.prefix, x->f->cert.prefix) != 0)
		add(x, REASON_NUMBER_PREFIX);
}

void
review_certificate(struct review_ctx *x)
{
	const struct cert_facts *k = &x->f->cert;
	/* An advance is paid before there is a certificate: clause (九). */
	bool before = x->c->part == PART_ADVANCE;

	switch (k->source) {
	case CERT_NONE:
		if (!before)
			add(x, REASON_NO_CERTIFICATE);
		break;
	case CERT_FAILED:
		review_add_text(x, REASON_NOT_VERIFIED, k->fault);
		break;
	case CERT_VERDICT:
	case CERT_REGISTRY:
		check_verdict(x);
		break;
	}
	if (k->cert != NULL)
		compare(x, k->cert);
	check_number(x);
	if (x->f->national == NATIONAL_MISSING ||
	    (x->rules->national && !before &&
		x->f->national == NATIONAL_NOT_ASKED))
		add(x, REASON_NATIONAL_MISSING);
}
