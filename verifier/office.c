#include "verifier/office.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "verifier/rulefile.h"

struct office {
	atomic_uint held;
	struct rulebook book;
	uint8_t rules_sha256[32];
	bool has_rules, national_given;
	char region[8];
	struct person_key key;
	struct officelist lists[N_LISTS], national;
	unsigned lists_given;
};

static enum cred_err
load_lists(const struct office_opts *o, struct office *to, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (unsigned l = 0; e == CRED_OK && l < N_LISTS; l++) {
		if (o->lists[l] == NULL)
			continue;
		e = officelist_people(
		    o->lists[l], &to->key, &to->lists[l], why);
		to->lists_given |= 1u << l;
	}
	if (e == CRED_OK && o->national != NULL) {
		e = officelist_numbers(
		    o->national, &to->key, &to->national, why);
		to->national_given = true;
	}
	return e;
}

enum cred_err
office_load(const struct office_opts *o, struct office **out, struct why *why)
{
	struct office *to = calloc(1, sizeof *to);
	enum cred_err e = CRED_OK;

	if (to == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	atomic_init(&to->held, 1);
	snprintf(to->region, sizeof to->region, "%s", o->region);
	rulebook_init(&to->book);
	if (o->rules != NULL) {
		e = rulefile_load(o->rules, &to->book, to->rules_sha256, why);
		to->has_rules = true;
	}
	if (e == CRED_OK)
		e = person_key_load(o->home, true, &to->key, why);
	if (e == CRED_OK)
		e = load_lists(o, to, why);
	if (e != CRED_OK) {
		office_release(to);
		return e;
	}
	*out = to;
	return CRED_OK;
}

struct office *
office_hold(struct office *o)
{
	atomic_fetch_add(&o->held, 1);
	return o;
}

void
office_release(struct office *o)
{
	if (o == NULL || atomic_fetch_sub(&o->held, 1) > 1)
		return;
	for (unsigned l = 0; l < N_LISTS; l++)
		officelist_release(&o->lists[l]);
	officelist_release(&o->national);
	person_key_clear(&o->key);
	free(o);
}

void
office_desk(const struct office *o, struct desk *out)
{
	*out = (struct desk){.book = &o->book,
	    .region = o->region,
	    .key = o->key,
	    .lists_given = o->lists_given,
	    .national = o->national,
	    .national_given = o->national_given};
	memcpy(out->lists, o->lists, sizeof o->lists);
}

const uint8_t *
office_rules_sha256(const struct office *o)
{
	return o->has_rules ? o->rules_sha256 : NULL;
}

const char *
office_rules_version(const struct office *o)
{
	return o->book.version;
}

int64_t
office_four_eyes(const struct office *o, int64_t now)
{
	struct rules rules;

	rulebook_at(&o->book, claims_day(now), o->region, SCHEME_NONE, &rules);
	return rules.four_eyes_fen;
}
