#include "verifier/page/page.h"

/*
 * For tests alone, in core_test.wasm: verdicts on given facts, as the vectors
 * have them (docs/vectors.md), instead of a publication's files.
 */
static struct status_fact status_fact;
static struct log_fact log_fact;

static void
status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	*out = status_fact;
}

static void
log_(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	(void)entry;
	*out = log_fact;
}

const struct evidence page_evidence = {.status = status, .log = log_};

void
evidence_floor(int64_t status_iat, uint64_t log_size, const uint8_t *root)
{
	(void)status_iat;
	(void)log_size;
	(void)root;
}

void
evidence_now(int64_t now)
{
	(void)now;
}

int64_t
evidence_seen_iat(void)
{
	return 0;
}

uint64_t
evidence_seen_size(void)
{
	return 0;
}

const struct tlog_hash *
evidence_seen_root(void)
{
	static const struct tlog_hash none;

	return &none;
}

uint8_t *core_in(void);
void facts_status(int len, int value, double iat, double exp, double ttl);
void facts_log(int len, int state, double size);

static enum cred_err
named(int len)
{
	char name[40] = "";
	int e = -1;

	if (len > 0 && (size_t)len < sizeof name) {
		memcpy(name, core_in(), (size_t)len);
		e = cred_err_by_name(name);
	}
	return e < 0 ? CRED_FAULT_INTERNAL : (enum cred_err)e;
}

void __attribute__((export_name("facts_status"), used))
facts_status(int len, int value, double iat, double exp, double ttl)
{
	status_fact = (struct status_fact){.why = named(len),
	    .value = (enum status_value)value,
	    .iat = (int64_t)iat,
	    .exp = (int64_t)exp,
	    .ttl = (int64_t)ttl};
}

void __attribute__((export_name("facts_log"), used))
facts_log(int len, int state, double size)
{
	log_fact = (struct log_fact){.why = named(len),
	    .state = (enum log_state)state,
	    .size = (uint64_t)size};
}
