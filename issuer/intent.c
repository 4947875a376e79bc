#include "issuer/intent.h"

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "edge/lang.h"

static enum cred_err
id_check(const struct row *row, const uint8_t kid[static CRED_KID_LEN],
    uint64_t index, uint16_t *out)
{
	uint8_t buf[ID_CHECK_MAX], hash[32];
	struct outbuf o = {buf, sizeof buf, 0};
	enum cred_err e =
	    id_check_input(kid, index, bytes_str(row->id_number), &o);

	if (e != CRED_OK)
		return e;
	if (EVP_Digest(buf, o.len, hash, NULL, EVP_sha256(), NULL) != 1) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	*out = id_check_value(hash);
	return CRED_OK;
}

static bool
put_day(json_t *j, const char *key, int32_t day)
{
	char text[11];

	day_format(day, text);
	return json_object_set_new(j, key, json_string(text)) == 0;
}

static bool
get_day(const json_t *j, const char *key, int32_t *day)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL && day_parse(bytes_str(s), day);
}

static char *
print_json(const struct row *row, const char *reason)
{
	json_t *j = json_pack("{s:i}", "v", 1);
	char *out = NULL;

	if (j == NULL)
		return NULL;
	if (kind_rules(row->kind)->operation) {
		if (!put_day(j, "valid_from", row->valid_from) ||
		    json_object_set_new(
			j, "category", json_string(row->category)) != 0)
			goto out;
	}
	if (row->has_trained &&
	    (!put_day(j, "trained_from", row->trained_from) ||
		!put_day(j, "trained_to", row->trained_to)))
		goto out;
	if (reason != NULL &&
	    json_object_set_new(j, "reason", json_string(reason)) != 0)
		goto out;
	out = json_dumps(j, JSON_COMPACT);
out:
	json_decref(j);
	return out;
}

enum cred_err
intent_make(struct row *row, const struct body *body, uint64_t index,
    uint32_t serial, int64_t now, struct intent *out,
    struct registry_entry *entry, struct why *why)
{
	struct outbuf o = {out->payload, sizeof out->payload, 0};
	bool numbered = kind_rules(row->kind)->number;
	struct claims c = {.iat = now};
	enum cred_err e;

	out->print = NULL;
	out->number[0] = '\0';
	row_certificate(row, &c.cert);
	c.cert.index = index;
	e = id_check(row, body->kid, index, &c.cert.id_check);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	if (*row->number != '\0')
		memcpy(out->number, row->number, sizeof out->number);
	else if (numbered &&
		 !row_make_number(row, body->scope.prefix, serial, out->number))
		return why_set(why, CRED_ERR_NOT_NUMBER,
		    TR("row %u: the serials of its year and level are used up",
			"第 %u 行：该年份、等级的流水号已用完"),
		    row->row);
	if (numbered)
		c.cert.number = bytes_str(out->number);
	c.has_exp = c.cert.has_valid_to;
	if (c.has_exp)
		c.exp = claims_exp(c.cert.valid_to);
	e = claims_encode(&c, &o);
	if (e != CRED_OK)
		return why_set(why, e,
		    TR("row %u cannot be made a credential: %s",
			"第 %u 行无法生成证书：%s"),
		    row->row, cred_strerr(e));
	out->print = print_json(row, out->reason);
	if (out->print == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	*entry = (struct registry_entry){
	    .kind = row->kind,
	    .number = numbered ? out->number : NULL,
	    .name = row->name,
	    .id_number = row->id_number,
	    .id_type = row->id_type,
	    .occupation = row->occupation,
	    .code = *row->code != '\0' ? row->code : NULL,
	    .direction = *row->direction != '\0' ? row->direction : NULL,
	    .level = row->level,
	    .issued = row->issued,
	    .payload = bytes_of(out->payload, o.len),
	    .print = bytes_str(out->print),
	};
	return CRED_OK;
}

void
intent_release(struct intent *i)
{
	free(i->print);
	i->print = NULL;
}

enum cred_err
intent_read_print(struct bytes json, struct intent_print *out)
{
	json_t *j = json_loadb(
	    (const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	struct intent_print p = {0};
	const char *s;

	if (j == NULL)
		return CRED_FAULT_DB;
	p.has_valid_from = get_day(j, "valid_from", &p.valid_from);
	p.has_trained = get_day(j, "trained_from", &p.trained_from) &&
			get_day(j, "trained_to", &p.trained_to);
	s = json_string_value(json_object_get(j, "category"));
	if (s != NULL && strlen(s) < sizeof p.category)
		memcpy(p.category, s, strlen(s) + 1);
	s = json_string_value(json_object_get(j, "reason"));
	if (s != NULL && strlen(s) < sizeof p.reason)
		memcpy(p.reason, s, strlen(s) + 1);
	json_decref(j);
	*out = p;
	return CRED_OK;
}
