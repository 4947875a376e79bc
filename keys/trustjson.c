#include "keys/trustjson_int.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
trust_reason_name(int reason)
{
	static const char *const names[] = {[0] = "unspecified",
	    [1] = "keyCompromise",
	    [3] = "affiliationChanged",
	    [4] = "superseded",
	    [5] = "cessationOfOperation",
	    [9] = "privilegeWithdrawn"};

	return reason >= 0 && reason < 10 && names[reason] != NULL
		   ? names[reason]
		   : "?";
}

const char *
trust_alg_name(enum cose_alg alg)
{
	switch (alg) {
	case COSE_ES256:
		return "es256";
	case COSE_EDDSA:
		return "ed25519";
	case COSE_SM2:
		return "sm2";
	}
	return "?";
}

static json_t *
base64(const void *data, size_t len)
{
	char *text = malloc(len / 3 * 4 + 8);
	json_t *j = NULL;

	if (text == NULL)
		return NULL;
	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	j = json_string(text);
	free(text);
	return j;
}

static json_t *
hex(const uint8_t *data, size_t len)
{
	char text[65];

	for (size_t i = 0; i < len && i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	return json_string(text);
}

static json_t *
integer(int64_t n)
{
	return json_integer(n);
}

static json_t *
kind_grant(int kind, const struct scope_kind *k)
{
	json_t *items,
	    *j = json_pack("{s:i, s:b}", "kind", kind, "all", k->all);

	if (j == NULL || k->all)
		return j;
	items = json_array();
	for (size_t i = 0; i < k->n; i++) {
		const struct scope_item *it = &k->items[i];
		json_t *one =
		    it->level_high == 0
			? json_pack("{s:s}", "code", it->code)
			: json_pack("{s:s, s:i, s:i}", "code", it->code, "high",
			      it->level_high, "low", it->level_low);
		json_array_append_new(items, one);
	}
	json_object_set_new(j, "items", items);
	return j;
}

json_t *
trustjson_scope(const struct scope *s)
{
	uint8_t der[SCOPE_MAX_DER];
	struct outbuf out = {der, sizeof der, 0};
	json_t *kinds = json_array();

	if (scope_encode(s, &out) != CRED_OK)
		out.len = 0;
	for (int k = 1; k <= 5; k++)
		if (s->kinds[k].granted)
			json_array_append_new(
			    kinds, kind_grant(k, &s->kinds[k]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "body_id",
	    s->body_id, "prefix", s->prefix, "base", s->base, "log_key",
	    base64(s->log_key, 32), "not_before",
	    s->has_not_before ? integer(s->not_before) : json_null(),
	    "not_after", s->has_not_after ? integer(s->not_after) : json_null(),
	    "kinds", kinds, "der", base64(der, out.len));
}

json_t *
trustjson_body(const struct body *b)
{
	json_t *withdrawn = json_null();

	if (b->withdrawn)
		withdrawn = json_pack("{s:i, s:s, s:o, s:o}", "reason",
		    b->reason, "reason_name", trust_reason_name(b->reason),
		    "invalid_since",
		    b->invalid_since == 0 ? json_null()
					  : integer(b->invalid_since),
		    "tree_size", integer((int64_t)b->tree_size));
	return json_pack("{s:o, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "kid",
	    hex(b->kid, CRED_KID_LEN), "name", b->name, "alg", (int)b->alg,
	    "alg_name", trust_alg_name(b->alg), "key",
	    base64(b->key, b->key_len), "not_before", integer(b->not_before),
	    "not_after", integer(b->not_after), "scope",
	    trustjson_scope(&b->scope), "withdrawn", withdrawn);
}

json_t *
trustjson_anchor(const struct anchor *a)
{
	return json_pack("{s:o, s:s, s:i, s:s, s:o, s:o, s:o, s:o}", "kid",
	    hex(a->kid, CRED_KID_LEN), "name", a->name, "alg", (int)a->key.alg,
	    "alg_name", trust_alg_name(a->key.alg), "key",
	    base64(a->key.raw, a->key.len), "not_before",
	    integer(a->not_before), "not_after", integer(a->not_after),
	    "fingerprint", hex(a->fingerprint, 32));
}

char *
trust_list_json(const struct trust *t)
{
	json_t *anchors = json_array(), *bodies = json_array(), *j;
	char *text, *line = NULL;

	for (size_t i = 0; i < t->n_anchors; i++)
		json_array_append_new(
		    anchors, trustjson_anchor(&t->anchors[i].a));
	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(
		    bodies, trustjson_body(&t->entries[i].body));
	j = json_pack("{s:i, s:o, s:o, s:{s:I, s:I, s:I}}", "schema", 1,
	    "anchors", anchors, "bodies", bodies, "crl", "number",
	    (json_int_t)t->crl_number, "this_update", (json_int_t)t->crl.iat,
	    "next_update", (json_int_t)t->crl.exp);
	/* A part that failed is missing: none of it counts then. */
	if (j != NULL && (json_array_size(anchors) != t->n_anchors ||
			     json_array_size(bodies) != t->n)) {
		json_decref(j);
		j = NULL;
	}
	text = j == NULL ? NULL : json_dumps(j, JSON_INDENT(1));
	json_decref(j);
	if (text != NULL && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}
