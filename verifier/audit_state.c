#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/audit_int.h"

#define MAX_BYTES (256u << 20)

struct audit_state {
	char *path; /* NULL: none is kept */
	json_t *seen, *next;
};

static json_t *
part(json_t *doc, const char *name)
{
	json_t *o = json_object_get(doc, name);

	if (o == NULL) {
		json_object_set_new(doc, name, json_object());
		o = json_object_get(doc, name);
	}
	return o;
}

static bool
well_formed(const json_t *doc)
{
	const char *const parts[] = {"certificates", "logs", "lists"};

	if (!json_is_object(doc) ||
	    json_integer_value(json_object_get(doc, "schema")) != 1)
		return false;
	for (size_t i = 0; i < 3; i++) {
		const json_t *o = json_object_get(doc, parts[i]);
		if (!json_is_object(o))
			return false;
	}
	return true;
}

enum cred_err
audit_state_open(const char *path, struct audit_state **out, struct why *why)
{
	struct audit_state *s = calloc(1, sizeof *s);
	enum cred_err e = CRED_OK;
	uint8_t *buf = NULL;
	size_t len;

	if (s == NULL)
		return why_errno(why, ENOMEM, "calloc", "state");
	if (path != NULL && (s->path = strdup(path)) == NULL) {
		e = why_errno(why, ENOMEM, "malloc", path);
	} else if (path != NULL && access(path, F_OK) == 0) {
		e = file_read(path, MAX_BYTES, &buf, &len, why);
		if (e == CRED_OK)
			s->seen = json_loadb(
			    (char *)buf, len, JSON_REJECT_DUPLICATES, NULL);
		if (cred_is_refusal(e) ||
		    (e == CRED_OK && !well_formed(s->seen)))
			e = why_set(why, CRED_FAULT_CONFIG,
			    TR("%s is not a state file of tamga-audit, or is "
			       "damaged; without it, what was seen before is "
			       "not known. Restore it, or name a new file",
				"%s 不是 tamga-audit 的状态文件，或已损坏；"
				"没有它就无法得知以前见过什么。请恢复该文件，"
				"或改用新文件名"),
			    path);
	} else if (path != NULL && errno != ENOENT) {
		e = why_errno(why, errno,
		    TR("cannot read the state", "读不出状态文件"), path);
	}
	free(buf);
	if (e == CRED_OK && s->seen == NULL)
		s->seen = json_pack("{s:i,s:{},s:{},s:{}}", "schema", 1,
		    "certificates", "logs", "lists");
	if (e == CRED_OK)
		s->next = json_deep_copy(s->seen);
	if (e == CRED_OK && s->next == NULL)
		e = why_errno(why, ENOMEM, "malloc", "state");
	if (e != CRED_OK) {
		audit_state_close(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

void
audit_state_close(struct audit_state *s)
{
	if (s == NULL)
		return;
	json_decref(s->seen);
	json_decref(s->next);
	free(s->path);
	free(s);
}

enum cred_err
audit_state_save(struct audit_state *s, int64_t now, struct why *why)
{
	enum cred_err e;
	char *text;

	if (s->path == NULL)
		return CRED_OK;
	json_object_set_new(s->next, "at", json_integer(now));
	text = json_dumps(s->next, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (text == NULL)
		return why_errno(why, ENOMEM, "malloc", s->path);
	e = file_write(s->path, bytes_str(text), 0644, why);
	free(text);
	return e;
}

static bool
number(const json_t *o, const char *name, uint64_t *out)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static void
to_hex(const uint8_t *in, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", in[i]);
}

static bool
from_hex(const char *hex, uint8_t *out, size_t n)
{
	if (hex == NULL || strlen(hex) != 2 * n ||
	    strspn(hex, "0123456789abcdef") != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

uint64_t
audit_state_crl(
    const struct audit_state *s, const uint8_t anchor[static CRED_KID_LEN])
{
	const json_t *all = json_object_get(s->seen, "crls");
	char hex[2 * CRED_KID_LEN + 1];
	uint64_t n = 0;

	to_hex(anchor, CRED_KID_LEN, hex);
	if (all == NULL)
		return number(s->seen, "crl", &n) ? n : 0;
	return number(all, hex, &n) ? n : 0;
}

void
audit_state_set_crl(struct audit_state *s,
    const uint8_t anchor[static CRED_KID_LEN], uint64_t n)
{
	char hex[2 * CRED_KID_LEN + 1];

	to_hex(anchor, CRED_KID_LEN, hex);
	json_object_del(s->next, "crl");
	json_object_set_new(
	    part(s->next, "crls"), hex, json_integer((json_int_t)n));
}

bool
audit_state_log(
    const struct audit_state *s, const char *id, struct audit_seen_log *out)
{
	const json_t *o = json_object_get(json_object_get(s->seen, "logs"), id);
	struct audit_seen_log l;
	uint64_t at;

	if (!number(o, "size", &l.size) || !number(o, "at", &at) ||
	    !from_hex(json_string_value(json_object_get(o, "root")), l.root.b,
		sizeof l.root.b))
		return false;
	l.at = (int64_t)at;
	*out = l;
	return true;
}

void
audit_state_set_log(
    struct audit_state *s, const char *id, const struct audit_seen_log *l)
{
	char hex[65];

	to_hex(l->root.b, sizeof l->root.b, hex);
	json_object_set_new(part(s->next, "logs"), id,
	    json_pack("{s:I,s:s,s:I}", "size", (json_int_t)l->size, "root", hex,
		"at", (json_int_t)l->at));
}

static void
list_key(const char *id, unsigned list, char out[static 40])
{
	snprintf(out, 40, "%s/%u", id, list);
}

bool
audit_state_list(const struct audit_state *s, const char *id, unsigned list,
    int64_t *iat, uint8_t **raw, size_t *len)
{
	const json_t *o, *lst;
	uint8_t *zipped = NULL, *out = NULL;
	uLongf n = STATUSLIST_RAW_MAX;
	uint64_t when;
	char key[40];
	int got;

	list_key(id, list, key);
	o = json_object_get(json_object_get(s->seen, "lists"), key);
	lst = json_object_get(o, "lst");
	if (!number(o, "iat", &when) || !json_is_string(lst) ||
	    json_string_length(lst) > 4 * STATUSLIST_TOKEN_MAX)
		return false;
	zipped = malloc(json_string_length(lst) + 1);
	out = calloc(1, STATUSLIST_RAW_MAX);
	got = zipped == NULL || out == NULL
		  ? -1
		  : EVP_DecodeBlock(zipped,
			(const uint8_t *)json_string_value(lst),
			(int)json_string_length(lst));
	/* padding decodes to zeros, which inflating does not read */
	if (got < 0 || uncompress(out, &n, zipped, (uLong)got) != Z_OK) {
		free(zipped);
		free(out);
		return false;
	}
	free(zipped);
	*iat = (int64_t)when;
	*raw = out;
	*len = n;
	return true;
}

void
audit_state_set_list(struct audit_state *s, const char *id, unsigned list,
    int64_t iat, struct bytes raw)
{
	uLongf n = compressBound((uLong)raw.len);
	uint8_t *zipped = malloc(n);
	char *text = malloc(n / 3 * 4 + 8), key[40];

	list_key(id, list, key);
	if (zipped != NULL && text != NULL &&
	    compress2(zipped, &n, raw.ptr, (uLong)raw.len, 6) == Z_OK) {
		EVP_EncodeBlock((uint8_t *)text, zipped, (int)n);
		json_object_set_new(part(s->next, "lists"), key,
		    json_pack(
			"{s:I,s:s}", "iat", (json_int_t)iat, "lst", text));
	}
	free(text);
	free(zipped);
}

static bool
cert_read(const json_t *o, struct audit_seen_cert *out)
{
	const char *id = json_string_value(json_object_get(o, "body"));

	if (id == NULL || strlen(id) >= sizeof out->body_id)
		return false;
	*out = (struct audit_seen_cert){0};
	strcpy(out->body_id, id);
	out->withdrawn = number(o, "tree_size", &out->tree_size);
	return true;
}

bool
audit_state_cert(const struct audit_state *s,
    const uint8_t kid[static CRED_KID_LEN], struct audit_seen_cert *out)
{
	char hex[2 * CRED_KID_LEN + 1];

	to_hex(kid, CRED_KID_LEN, hex);
	return cert_read(
	    json_object_get(json_object_get(s->seen, "certificates"), hex),
	    out);
}

void
audit_state_set_cert(struct audit_state *s,
    const uint8_t kid[static CRED_KID_LEN], const struct audit_seen_cert *c)
{
	json_t *o = json_pack("{s:s}", "body", c->body_id);
	char hex[2 * CRED_KID_LEN + 1];

	to_hex(kid, CRED_KID_LEN, hex);
	if (c->withdrawn)
		json_object_set_new(
		    o, "tree_size", json_integer((json_int_t)c->tree_size));
	json_object_set_new(part(s->next, "certificates"), hex, o);
}

void
audit_state_each_cert(const struct audit_state *s,
    void (*each)(void *ctx, const uint8_t kid[static CRED_KID_LEN],
	const struct audit_seen_cert *c),
    void *ctx)
{
	json_t *all = json_object_get(s->seen, "certificates"), *o;
	struct audit_seen_cert c;
	uint8_t kid[CRED_KID_LEN];
	const char *hex;

	json_object_foreach(all, hex, o)
	{
		if (from_hex(hex, kid, sizeof kid) && cert_read(o, &c))
			each(ctx, kid, &c);
	}
}
