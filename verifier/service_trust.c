#include "verifier/service.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * GET /api/v1/trust: whom the page may believe. Made from the trust that the
 * configured anchor vouches for, not from the publication's own trust.json,
 * which nobody signs.
 */

static json_t *
base64(struct bytes b)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc(b.len / 3 * 4 + 5);
	size_t n = 0;
	json_t *j;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < b.len; i += 3) {
		size_t left = b.len - i;
		uint32_t v = (uint32_t)b.ptr[i] << 16 |
			     (left > 1 ? (uint32_t)b.ptr[i + 1] << 8 : 0) |
			     (left > 2 ? b.ptr[i + 2] : 0);
		text[n++] = set[v >> 18];
		text[n++] = set[v >> 12 & 63];
		text[n++] = left > 1 ? set[v >> 6 & 63] : '=';
		text[n++] = left > 2 ? set[v & 63] : '=';
	}
	text[n] = '\0';
	j = json_string(text);
	free(text);
	return j;
}

static json_t *
body_json(const struct body *b)
{
	uint8_t der[SCOPE_MAX_DER];
	struct outbuf scope = {der, sizeof der, 0};
	json_t *withdrawn = json_null();

	if (scope_encode(&b->scope, &scope) != CRED_OK)
		return NULL;
	if (b->withdrawn)
		withdrawn = json_pack("{s:i, s:I, s:I}", "reason", b->reason,
		    "since", (json_int_t)b->invalid_since, "tree_size",
		    (json_int_t)b->tree_size);
	return json_pack("{s:o, s:s, s:s, s:i, s:o, s:I, s:I, s:o, s:o}", "kid",
	    base64(bytes_of(b->kid, CRED_KID_LEN)), "id", b->scope.body_id,
	    "name", b->name, "alg", (int)b->alg, "key",
	    base64(bytes_of(b->key, b->key_len)), "not_before",
	    (json_int_t)b->not_before, "not_after", (json_int_t)b->not_after,
	    "scope", base64(bytes_of(der, scope.len)), "withdrawn", withdrawn);
}

static bool
add_host(json_t *hosts, struct bytes host)
{
	json_t *one;

	for (size_t i = 0; i < json_array_size(hosts); i++) {
		one = json_array_get(hosts, i);
		if (bytes_eq(bytes_of(json_string_value(one),
				 json_string_length(one)),
			host))
			return true;
	}
	return json_array_append_new(
		   hosts, json_stringn((const char *)host.ptr, host.len)) == 0;
}

/* CRL number of each anchor, by its kid: what the page remembers. */
static json_t *
numbers_json(const struct trust *t)
{
	json_t *all = json_object();

	for (size_t i = 0; i < trust_n_anchors(t) && all != NULL; i++) {
		struct anchor_facts f;
		char kid[2 * CRED_KID_LEN + 1];

		trust_anchor_facts(t, i, &f);
		if (f.crl_number == 0)
			continue;
		for (size_t k = 0; k < CRED_KID_LEN; k++)
			snprintf(kid + 2 * k, 3, "%02x", f.kid[k]);
		json_object_set_new(
		    all, kid, json_integer((json_int_t)f.crl_number));
	}
	return all;
}

/* NULL on lack of memory. Under the service's lock. */
static json_t *
trust_json(const struct service *s, const struct publication_hold *h)
{
	const struct crl_fact *crl = trust_crl(h->trust);
	json_t *bodies = json_array(), *hosts = json_array(), *j;
	size_t n = trust_n_bodies(h->trust);
	bool good = true;

	for (size_t i = 0; i < n && good; i++) {
		const struct body *b = trust_body(h->trust, i);
		good = json_array_append_new(bodies, body_json(b)) == 0 &&
		       add_host(hosts, scope_host(&b->scope));
	}
	if (s->host != NULL)
		good = good && add_host(hosts, bytes_str(s->host));
	j = json_pack("{s:i, s:b, s:b, s:b, s:{s:s, s:I, s:o, s:I, s:I}, s:o, s:o}",
	    "schema", 1, "listed", h->listed, "files",
	    s->pub_dir != NULL || s->mirror != NULL,
	    "exact", s->registry != NULL,
	    "crl", "why", cred_errname(crl->why), "number",
	    (json_int_t)trust_crl_number(h->trust), "numbers",
	    numbers_json(h->trust), "iat", (json_int_t)crl->iat, "exp",
	    (json_int_t)crl->exp, "hosts", hosts, "bodies", bodies);
	if (!good) {
		json_decref(j);
		return NULL;
	}
	return j;
}

void
service_trust(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;
	struct publication_hold h;
	struct why why = {0};
	char *text = NULL;
	json_t *j;

	pthread_rwlock_rdlock(&s->lock);
	if (s->pub != NULL && publication_hold(s->pub, &h, &why) == CRED_OK) {
		j = trust_json(s, &h);
		text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
		json_decref(j);
		publication_release(&h);
	}
	pthread_rwlock_unlock(&s->lock);
	if (text == NULL) {
		reply_problem(rp, rq, WEB_NOT_READY);
		return;
	}
	service_etag(rp, bytes_str(text));
	rp->cache = "no-cache";
	if (reply_not_modified(rp, rq)) {
		free(text);
		return;
	}
	reply_owned(rp, "application/json", text, strlen(text));
}
