#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/audit_int.h"

#define PATH     "trust/trust.json"
#define JSON_MAX (64u << 20)
#define WHERE    160
#define SHOWN    48 /* longer values are not shown */

/* Two trees side by side: what the file says, and what it should. */
struct compare {
	struct audit *a;
	enum audit_result wrong; /* what a difference is */
	size_t n;
};

static const char *
shown(const json_t *v, char out[static SHOWN + 1])
{
	char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	snprintf(out, SHOWN + 1, "%s",
	    text == NULL || strlen(text) > SHOWN
		? TR("something else", "其他内容")
		: text);
	free(text);
	return out;
}

/* is NULL: it lacks it; want NULL: it should. */
static void
differs(
    struct compare *c, const char *where, const json_t *is, const json_t *want)
{
	char a[SHOWN + 1], b[SHOWN + 1];

	if (c->n++ >= AUDIT_MAX_ALIKE)
		return;
	if (want == NULL)
		audit_say(c->a, "trust_json", c->wrong, CRED_ERR_TRUST_DIFFERS,
		    PATH, NO_INDEX,
		    TR("has %s, which no certificate and no CRL says",
			"有 %s，而证书和撤销列表都没有"),
		    where);
	else if (is == NULL)
		audit_say(c->a, "trust_json", c->wrong, CRED_ERR_TRUST_DIFFERS,
		    PATH, NO_INDEX,
		    TR("lacks %s, which the certificates and the CRL say",
			"缺少 %s，而证书和撤销列表有"),
		    where);
	else
		audit_say(c->a, "trust_json", c->wrong, CRED_ERR_TRUST_DIFFERS,
		    PATH, NO_INDEX,
		    TR("%s is %s, but by the certificates and the CRL it is %s",
			"%s 为 %s，而按证书和撤销列表应为 %s"),
		    where, shown(is, a), shown(want, b));
}

static void compare(
    struct compare *c, const char *where, const json_t *is, const json_t *want);

/* The element with the kid of like, else the one in the same place. */
static const json_t *
partner(const json_t *array, size_t i, const json_t *like)
{
	const json_t *kid = json_object_get(like, "kid"), *v;
	size_t k;

	if (kid == NULL)
		return json_array_get(array, i);
	json_array_foreach(array, k, v)
	{
		if (json_equal(json_object_get(v, "kid"), kid))
			return v;
	}
	return NULL;
}

static void
name_of(char out[static WHERE], const char *where, size_t i, const json_t *v)
{
	const char *kid = json_string_value(json_object_get(v, "kid"));

	if (kid != NULL)
		snprintf(out, WHERE, "%.100s[kid %.16s]", where, kid);
	else
		snprintf(out, WHERE, "%.100s[%zu]", where, i);
}

static void
compare_arrays(
    struct compare *c, const char *where, const json_t *is, const json_t *want)
{
	const json_t *v;
	char at[WHERE];
	size_t i;

	json_array_foreach(want, i, v)
	{
		name_of(at, where, i, v);
		compare(c, at, partner(is, i, v), v);
	}
	json_array_foreach(is, i, v)
	{
		if (partner(want, i, v) != NULL)
			continue;
		name_of(at, where, i, v);
		differs(c, at, v, NULL);
	}
	if (json_array_size(is) > json_array_size(want) && c->n == 0)
		differs(c, where, is, NULL); /* one of them twice */
}

static void
compare_objects(
    struct compare *c, const char *where, const json_t *is, const json_t *want)
{
	const char *dot = where[0] != '\0' ? "." : "", *key;
	const json_t *v;
	char at[WHERE];

	json_object_foreach((json_t *)(uintptr_t)want, key, v)
	{
		snprintf(at, sizeof at, "%.100s%s%.50s", where, dot, key);
		compare(c, at, json_object_get(is, key), v);
	}
	json_object_foreach((json_t *)(uintptr_t)is, key, v)
	{
		if (json_object_get(want, key) != NULL)
			continue;
		snprintf(at, sizeof at, "%.100s%s%.50s", where, dot, key);
		differs(c, at, v, NULL);
	}
}

static void
compare(
    struct compare *c, const char *where, const json_t *is, const json_t *want)
{
	if (json_is_object(is) && json_is_object(want))
		compare_objects(c, where, is, want);
	else if (json_is_array(is) && json_is_array(want))
		compare_arrays(c, where, is, want);
	else if (is == NULL || !json_equal(is, want))
		differs(c, where, is, want);
}

static json_t *
expected(struct audit *a)
{
	char *text = trust_list_json(a->trust);
	json_t *doc = text == NULL ? NULL : json_loads(text, 0, NULL);

	free(text);
	a->nomem = a->nomem || doc == NULL;
	return doc;
}

/*
 * The page of others reads it, and nobody signs it: so whoever serves it could
 * say anything. With another anchor.pem than the one given it may well speak
 * of other anchors, and a difference proves nothing.
 */
void
audit_trustjson(struct audit *a, bool anchor_same)
{
	struct compare c = {
	    .a = a, .wrong = anchor_same ? AUDIT_FAIL : AUDIT_UNKNOWN};
	json_t *is = NULL, *want = NULL;
	struct blob b = {0};
	struct why why;
	enum cred_err e =
	    audit_get(a, PATH, JSON_MAX, CRED_ERR_TRUST_MISSING, &b, &why);

	if (e != CRED_OK) {
		audit_say(a, "trust_json", audit_result_of(e), e, PATH,
		    NO_INDEX, "%s", why.text);
		return;
	}
	is = json_loadb(
	    (const char *)b.ptr, b.len, JSON_REJECT_DUPLICATES, NULL);
	want = expected(a);
	if (is == NULL)
		audit_say(a, "trust_json", AUDIT_FAIL, CRED_ERR_TRUST_DIFFERS,
		    PATH, NO_INDEX, TR("is not JSON", "不是 JSON"));
	else if (want != NULL)
		compare(&c, "", is, want);
	if (c.n > AUDIT_MAX_ALIKE)
		audit_say(a, "trust_json", c.wrong, CRED_ERR_TRUST_DIFFERS,
		    PATH, NO_INDEX,
		    TR("and %zu more that differ", "另有 %zu 处不符"),
		    c.n - AUDIT_MAX_ALIKE);
	if (is != NULL && want != NULL && c.n == 0)
		audit_say(a, "trust_json", AUDIT_PASS, CRED_OK, PATH, NO_INDEX,
		    TR("says what the certificates and the CRL say",
			"与证书和撤销列表一致"));
	json_decref(is);
	json_decref(want);
	blob_release(&b);
}
