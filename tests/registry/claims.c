#include "claims.h"

#include <string.h>

struct ledger_claim
plain(const char *id, unsigned person, const char *subject)
{
	struct ledger_claim c = {.id = id,
	    .subject = subject,
	    .scheme = 1,
	    .part = LEDGER_FULL,
	    .year = 2020,
	    .kind = 2,
	    .level = 4,
	    .applied = 18458,
	    .issued = 18443,
	    .fen = 150000,
	    .number = "",
	    .institution = "甲",
	    .body_id = "",
	    .index = -1,
	    .codes = ""};

	memset(c.person, (int)person, 32);
	memset(c.content, (int)person, 32);
	snprintf((char *)c.content, 32, "%s", id);
	return c;
}

struct fixture *
ledger_new(void **state)
{
	struct fixture *f = fixture_new(*state);

	assert_ok(f, ledger_init(f->r, &f->why));
	/* Making the tables again changes nothing. */
	assert_ok(f, ledger_init(f->r, &f->why));
	return f;
}

static enum cred_err
count(void *ctx, const struct ledger_claim *c, struct why *why)
{
	(void)c;
	(void)why;
	++*(size_t *)ctx;
	return CRED_OK;
}

size_t
n_of(struct fixture *f, const struct ledger_filter *filter)
{
	size_t n = 0;

	assert_ok(f, ledger_each(f->r, filter, count, &n, &f->why));
	return n;
}

size_t
n_acts(struct fixture *f)
{
	uint64_t n;
	uint8_t last[32];

	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	return (size_t)n;
}
