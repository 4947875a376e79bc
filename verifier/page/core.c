#include "credential/report.h"
#include "domain/normal.h"
#include "verifier/page/page.h"

/*
 * What the page calls. Bytes go in through core_in(), one argument at a time;
 * what comes out stands in core_out(). Numbers are doubles where 32 bits are
 * too few: times, sizes.
 */
#define EXPORT(name) __attribute__((export_name(#name), used)) name

static uint8_t in[STATUSLIST_TOKEN_MAX + 4096];
static uint8_t out[REPORT_JSON_MAX];
static uint8_t text[CRED_MAX_TEXT + 1];
static size_t text_len;
static struct verification result;
static struct body body; /* being described */
static bool body_good;

uint8_t *core_in(void);
int core_in_size(void);
uint8_t *core_out(void);
void core_reset(void);
void core_crl(int len, double iat, double exp);
int core_hosts(int len);
void core_body(int alg, double not_before, double not_after);
void core_body_kid(int len);
void core_body_key(int len);
void core_body_name(int len);
int core_body_scope(int len);
void core_body_withdrawn(int reason, double since, double tree_size);
int core_body_add(void);
int core_text(int len);
void core_floor(int root_len, double status_iat, double size);
int core_run(double now);
int core_question(int part);
int core_alg(void);
int core_answer(int state, int len);
int core_report(int lang);
int core_host(void);
int core_match(int len);
double core_seen_iat(void);
double core_seen_size(void);
int core_seen_root(void);

/* To out, cut where it is too long. */
static int
give(struct bytes b)
{
	size_t n = b.ptr == NULL ? 0 : b.len < sizeof out ? b.len : sizeof out;

	if (n > 0)
		memcpy(out, b.ptr, n);
	return (int)n;
}

uint8_t *
EXPORT(core_in)(void)
{
	return in;
}

int
EXPORT(core_in_size)(void)
{
	return (int)sizeof in;
}

uint8_t *
EXPORT(core_out)(void)
{
	return out;
}

/* Forget everything but the code. */
void
EXPORT(core_reset)(void)
{
	trust_reset();
	ask_reset();
	evidence_floor(0, 0, NULL);
	text_len = 0;
}

/* The reason's name stands in core_in(): "OK", "CRL_EXPIRED". */
void
EXPORT(core_crl)(int len, double iat, double exp)
{
	struct crl_fact crl = {
	    CRED_ERR_CRL_MISSING, (int64_t)iat, (int64_t)exp};
	char name[40];
	int e;

	if (len > 0 && (size_t)len < sizeof name) {
		memcpy(name, in, (size_t)len);
		name[len] = '\0';
		e = cred_err_by_name(name);
		if (e >= 0)
			crl.why = (enum cred_err)e;
	}
	trust_set_crl(&crl);
}

int
EXPORT(core_hosts)(int len)
{
	return trust_set_hosts(bytes_of(in, (size_t)len));
}

void
EXPORT(core_body)(int alg, double not_before, double not_after)
{
	memset(&body, 0, sizeof body);
	body.alg = (enum cose_alg)alg;
	body.not_before = (int64_t)not_before;
	body.not_after = (int64_t)not_after;
	body_good = true;
}

static void
take(void *to, size_t cap, size_t *n, int len)
{
	if (len < 0 || (size_t)len > cap) {
		body_good = false;
		return;
	}
	memcpy(to, in, (size_t)len);
	*n = (size_t)len;
}

void
EXPORT(core_body_kid)(int len)
{
	size_t n = 0;

	take(body.kid, sizeof body.kid, &n, len);
	body_good = body_good && n == sizeof body.kid;
}

void
EXPORT(core_body_key)(int len)
{
	take(body.key, sizeof body.key, &body.key_len, len);
}

void
EXPORT(core_body_name)(int len)
{
	size_t n = 0;

	take(body.name, sizeof body.name - 1, &n, len);
	body.name[n] = '\0';
}

int
EXPORT(core_body_scope)(int len)
{
	body_good = body_good && scope_decode(bytes_of(in, (size_t)len),
				     &body.scope) == CRED_OK;
	return body_good;
}

void
EXPORT(core_body_withdrawn)(int reason, double since, double tree_size)
{
	body.withdrawn = true;
	body.reason = reason;
	body.invalid_since = (int64_t)since;
	body.tree_size = (uint64_t)tree_size;
}

int
EXPORT(core_body_add)(void)
{
	return body_good && trust_add(&body);
}

int
EXPORT(core_text)(int len)
{
	if (len < 0 || (size_t)len > sizeof text)
		return 0;
	memcpy(text, in, (size_t)len);
	text_len = (size_t)len;
	ask_reset();
	return 1;
}

/* root_len 0: the root is not known; else it stands in core_in(). */
void
EXPORT(core_floor)(int root_len, double status_iat, double size)
{
	evidence_floor((int64_t)status_iat, (uint64_t)size,
	    root_len == sizeof(struct tlog_hash) ? in : NULL);
}

/* Run from the start: an enum want. WANT_NOTHING: the verdict stands. */
int
EXPORT(core_run)(double now)
{
	const struct verify_opts opts = {.now = (int64_t)now};
	enum cred_err e;

	evidence_now(opts.now);
	e = verify_text(
	    NULL, &page_evidence, bytes_of(text, text_len), &opts, &result);
	if (ask_open() != NULL)
		return (int)ask_open()->want;
	return e == CRED_OK ? WANT_NOTHING : WANT_FAULT;
}

/* A part of the open question to out: 0 path, 1 data, 2 key, 3 signature.
 * Data longer than out (a list's) is to be read in place: -1. */
int
EXPORT(core_question)(int part)
{
	const struct question *q = ask_open();

	if (q == NULL)
		return 0;
	switch (part) {
	case 0:
		return give(bytes_str(q->path));
	case 1:
		return q->data.len <= sizeof out ? give(q->data) : -1;
	case 2:
		return give(q->key);
	case 3:
		return give(q->sig);
	default:
		return 0;
	}
}

const uint8_t *core_data(void);
int core_data_len(void);

const uint8_t *
EXPORT(core_data)(void)
{
	return ask_open() != NULL ? ask_open()->data.ptr : NULL;
}

int
EXPORT(core_data_len)(void)
{
	return ask_open() != NULL ? (int)ask_open()->data.len : 0;
}

int
EXPORT(core_alg)(void)
{
	return ask_open() != NULL ? (int)ask_open()->alg : 0;
}

/* 0 here it is (len bytes in core_in()), or the signature is good; 1 it is
 * not there; 2 it could not be had; 3 the signature or zlib data is bad. */
int
EXPORT(core_answer)(int state, int len)
{
	static const enum cred_err why[] = {
	    CRED_OK, CRED_OK, CRED_FAULT_NETWORK, CRED_ERR_SIGNATURE};
	const struct question *q = ask_open();
	enum cred_err e;

	if (q == NULL || state < 0 || state > 3 || len < 0)
		return 0;
	e = why[state];
	if (state == 3 && q->want == WANT_INFLATE)
		e = CRED_ERR_STATUS_INFLATE;
	return ask_answer(e, state == 1, bytes_of(in, (size_t)len));
}

/* The verdict as JSON (credential/report.h); lang 1: Chinese. */
int
EXPORT(core_report)(int lang)
{
	struct outbuf o = {out, sizeof out, 0};

	if (report_json(&result.verdict, NULL, lang != 0 ? LANG_ZH : LANG_EN,
		&o) != CRED_OK)
		return 0;
	return (int)o.len;
}

/* Host of the text, where it is foreign. */
int
EXPORT(core_host)(void)
{
	return (result.verdict.warnings & WARN_FOREIGN_HOST) != 0 ||
		       result.verdict.status == VERDICT_NOT_OURS
		   ? give(result.qr.host)
		   : 0;
}

/* Does the ID number in core_in() fit the certificate's 12 bits? 1, 0; -1 when
 * it can be none, or there is no certificate to show. */
int
EXPORT(core_match)(int len)
{
	uint8_t id[ID_CHECK_MAX], check[ID_CHECK_MAX];
	struct outbuf normal = {id, sizeof id, 0};
	struct outbuf input = {check, sizeof check, 0};
	int same = -1;

	if (len >= 0 && (size_t)len <= sizeof in && result.verdict.show &&
	    normal_id(bytes_of(in, (size_t)len), &normal) == CRED_OK &&
	    id_check_input(
		result.verdict.body->kid, 0, bytes_of(id, normal.len), &input) ==
		CRED_OK)
		same = verify_id_check(&result, bytes_of(id, normal.len));
	memset(in, 0, len > 0 && (size_t)len <= sizeof in ? (size_t)len : 0);
	memset(id, 0, sizeof id);
	memset(check, 0, sizeof check);
	return same;
}

/* Of the list and the checkpoint that the verdict rests on; 0: none. */
double
EXPORT(core_seen_iat)(void)
{
	return (double)evidence_seen_iat();
}

double
EXPORT(core_seen_size)(void)
{
	return (double)evidence_seen_size();
}

int
EXPORT(core_seen_root)(void)
{
	const struct tlog_hash *root = evidence_seen_root();

	return give(bytes_of(root->b, sizeof root->b));
}
