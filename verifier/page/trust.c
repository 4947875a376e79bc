#include "verifier/page/page.h"
#include "verifier/page/sha256.h"

#define MAX_BODIES 24 /* of one kid, and the other keys of those bodies */

static struct body bodies[MAX_BODIES];
static size_t n_bodies;
static struct crl_fact crl;
static uint8_t hosts[65536];
static size_t hosts_len;

void
trust_reset(void)
{
	n_bodies = hosts_len = 0;
	crl = (struct crl_fact){.why = CRED_ERR_CRL_MISSING};
}

bool
trust_add(const struct body *b)
{
	if (n_bodies == MAX_BODIES)
		return false;
	bodies[n_bodies++] = *b;
	return true;
}

void
trust_set_crl(const struct crl_fact *c)
{
	crl = *c;
}

bool
trust_set_hosts(struct bytes lines)
{
	if (lines.len > sizeof hosts)
		return false;
	if (lines.len > 0)
		memcpy(hosts, lines.ptr, lines.len);
	hosts_len = lines.len;
	return true;
}

/* What follows stands in the place of keys/trust.c. */

size_t
trust_n_bodies(const struct trust *t)
{
	(void)t;
	return n_bodies;
}

const struct body *
trust_body(const struct trust *t, size_t i)
{
	(void)t;
	return &bodies[i];
}

const struct crl_fact *
trust_crl(const struct trust *t)
{
	(void)t;
	return &crl;
}

size_t
trust_find(const struct trust *t, const uint8_t kid[static CRED_KID_LEN],
    const struct body **out, size_t max)
{
	const struct question q = {
	    .want = WANT_BODIES, .data = bytes_of(kid, CRED_KID_LEN)};
	struct bytes none;
	size_t n = 0;

	(void)t;
	if (ask(&q, &none) != CRED_OK)
		return 0;
	for (size_t i = 0; i < n_bodies; i++)
		if (memcmp(bodies[i].kid, kid, CRED_KID_LEN) == 0) {
			if (n < max)
				out[n] = &bodies[i];
			n++;
		}
	return n;
}

bool
trust_knows_host(const struct trust *t, struct bytes host)
{
	const uint8_t *p = hosts, *end = hosts + hosts_len;

	(void)t;
	while (p < end) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			return false;
		if (bytes_eq(host, bytes_of(p, (size_t)(nl - p))))
			return true;
		p = nl + 1;
	}
	return false;
}

enum cred_err
trust_verify_cose(const struct trust *t, const struct body *body,
    const struct cose_sign1 *msg)
{
	/* ask() keeps slices: two signatures are asked for in one run */
	static uint8_t tbs[2][STATUSLIST_TOKEN_MAX + 64];
	static unsigned turn;
	struct outbuf out = {tbs[turn ^= 1], sizeof tbs[0], 0};
	struct question q = {.want = WANT_SIGNATURE,
	    .alg = body->alg,
	    .key = bytes_of(body->key, body->key_len),
	    .sig = msg->sig};
	struct bytes none;
	enum cred_err e;

	(void)t;
	if (msg->alg != body->alg)
		return CRED_ERR_SIGNATURE;
	e = cose_tbs(msg->protect, msg->payload, &out);
	if (e != CRED_OK)
		return e;
	q.data = bytes_of(out.ptr, out.len);
	/* WebCrypto has no SM2; who is withdrawn has rules of his own */
	if (body->alg == COSE_SM2 || body->withdrawn)
		return ask_server();
	return ask(&q, &none);
}

void
trust_sha256(uint8_t out[static 32], struct bytes a, struct bytes b)
{
	sha256(out, a, b);
}
