#include "verifier/desk.h"

#include "verifier/sessionlist.h"
#include "verifier/suspects.h"

/* A row that is at odds with its certificate says nothing of the body. */
static bool
is_its_own(const struct review *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (reason_code(r->reasons[i].reason) == 3 &&
		    reason_severity(r->reasons[i].reason) == SEVERITY_FAIL)
			return false;
	return r->has_subject;
}

enum cred_err
desk_odd_add(struct odd *o, const struct claim_row *row,
    const struct desk_answer *a, struct why *why)
{
	struct ledger_claim c;
	char codes[128];

	desk_ledger_claim(row, a, codes, &c);
	const struct odd_fact f = {.claim = c.id,
	    .body_id = a->body_id,
	    .body_name = a->body_name,
	    .index = c.index,
	    .institution = c.institution,
	    .number = c.number,
	    .subject = c.subject,
	    .level = c.level,
	    .has_issued = row->claim.has_issued,
	    .issued = c.issued,
	    .has_trained = row->claim.has_trained,
	    .trained_to = c.trained_to,
	    .person = c.person,
	    .phone = c.phone,
	    .account = c.account,
	    .photo = c.photo};

	return *a->body_id != '\0' && is_its_own(&a->review)
		   ? odd_add(o, &f, why)
		   : CRED_OK;
}

static enum cred_err
add_ledger(struct desk *d, struct why *why)
{
	uint64_t n = 0;
	enum cred_err e =
	    anomalies_add_newest(d->odd, d->registry, DESK_ODD_LEDGER, &n, why);

	d->looked = n < DESK_ODD_LEDGER ? LOOKED_LEDGER : LOOKED_NEWEST;
	return e;
}

enum cred_err
desk_odd_begin(struct desk *d, struct why *why)
{
	size_t n = 0;
	enum cred_err e = odd_new(&d->odd, why);

	d->looked = LOOKED_TABLE;
	d->odd_rows = d->odd_known = 0;
	if (e == CRED_OK && d->registry != NULL)
		e = add_ledger(d, why);
	if (e == CRED_OK && d->sessions != NULL)
		e = sessionlist_load(d->sessions, d->odd, &n, why);
	return e;
}

/* Judged like the row itself, apart from lists and ledger, so that a forged
 * code says nothing against the body it names. Scans are slow to read: theirs
 * count once they are booked. */
enum cred_err
desk_odd_note(struct desk *d, const struct claim_row *row, struct why *why)
{
	struct desk alone = *d;
	struct desk_answer a;
	enum cred_err e;

	d->odd_rows++;
	if (*row->qr == '\0' && *row->scan != '\0')
		return CRED_OK;
	alone.seen = NULL;
	alone.suspects = NULL;
	if (*row->qr != '\0')
		alone.registry = NULL;
	e = desk_review(&alone, row, &a, why);
	d->odd_known += *a.body_id != '\0';
	if (e == CRED_OK)
		e = desk_odd_add(d->odd, row, &a, why);
	desk_answer_release(&a);
	return e;
}

enum cred_err
desk_odd_end(struct desk *d, struct why *why)
{
	enum cred_err e = suspects_find(
	    d->odd, d->registry, d->book, d->region, &d->suspects, why);

	odd_free(d->odd);
	d->odd = NULL;
	/* Nobody's body is known: nothing was looked at. */
	if (d->odd_known == 0)
		desk_odd_release(d);
	return e;
}

void
desk_odd_release(struct desk *d)
{
	odd_free(d->odd);
	suspects_free(d->suspects);
	d->odd = NULL;
	d->suspects = NULL;
	d->looked = LOOKED_NOT;
}

const char *
desk_looked_text(enum desk_looked l, bool zh)
{
	switch (l) {
	case LOOKED_NOT:
		break;
	case LOOKED_TABLE:
		return zh ? "台账部分未检查（没有台账），只按本表"
			  : "ledger not checked (none given); of this table "
			    "alone";
	case LOOKED_NEWEST:
		return zh ? "按台账最近 100,000 笔和本表"
			  : "of the ledger's newest 100,000 claims and this "
			    "table";
	case LOOKED_LEDGER:
		return zh ? "按台账和本表" : "of the ledger and this table";
	}
	return zh ? "未检查" : "not checked";
}
