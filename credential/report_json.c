#include "credential/report.h"

#include "credential/ascii.h"
#include "credential/cbor.h"

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Appends until it is full, and then only remembers that it was. */
struct json {
	struct outbuf *out;
	bool full;
};

static void
put(struct json *j, const void *p, size_t len)
{
	if (j->full || len > j->out->cap - j->out->len) {
		j->full = true;
		return;
	}
	memcpy(&j->out->ptr[j->out->len], p, len);
	j->out->len += len;
}

/* Inline, so that the length of a literal is no work. */
static inline __attribute__((always_inline)) void
raw(struct json *j, const char *s)
{
	put(j, s, strlen(s));
}

/* Length of the character beyond ASCII there if it is valid, else 0. */
static size_t
char_len(struct bytes s, size_t at)
{
	uint8_t first = s.ptr[at];
	size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	return at + len <= s.len && utf8_valid(bytes_of(&s.ptr[at], len)) ? len
									  : 0;
}

/* May this byte stand in a string as it is? */
static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* A string that is safe in JSON, and in JSON within HTML. */
static void
text(struct json *j, struct bytes s)
{
	size_t i, len;

	raw(j, "\"");
	for (i = 0; i < s.len; i += len) {
		const uint8_t *p = &s.ptr[i];
		char u[8] = "\\u00";

		for (len = 0; i + len < s.len && is_plain(p[len]); len++)
			;
		if (len > 0) {
			put(j, p, len);
		} else if (*p == '"' || *p == '\\') {
			raw(j, "\\");
			put(j, p, len = 1);
		} else if (*p < 0x80) {
			put_hex(&u[4], *p);
			raw(j, u);
			len = 1;
		} else if ((len = char_len(s, i)) == 0) {
			raw(j, "\xef\xbf\xbd");
			len = 1;
		} else if (len == 3 && memcmp(p, "\xe2\x80\xa8", 3) == 0) {
			raw(j, "\\u2028");
		} else if (len == 3 && memcmp(p, "\xe2\x80\xa9", 3) == 0) {
			raw(j, "\\u2029");
		} else {
			put(j, p, len);
		}
	}
	raw(j, "\"");
}

/* ,"key": with its length. Names are ours. */
#define KEY(name) ",\"" name "\":", sizeof ",\"" name "\":" - 1

/* Without the comma, first in an object. */
static void
key(struct json *j, const char *name, size_t len)
{
	bool first = j->out->len > 0 && j->out->ptr[j->out->len - 1] == '{';

	put(j, name + first, len - first);
}

static void
member(struct json *j, const char *name, size_t len, struct bytes value)
{
	key(j, name, len);
	if (value.ptr == NULL)
		raw(j, "null");
	else
		text(j, value);
}

static void
member_str(struct json *j, const char *name, size_t len, const char *value)
{
	member(
	    j, name, len, value == NULL ? (struct bytes){0} : bytes_str(value));
}

/* A word or sentence of ours: nothing in it needs care (test_report.c). */
static void
member_own(struct json *j, const char *name, size_t len, const char *value)
{
	key(j, name, len);
	raw(j, "\"");
	raw(j, value);
	raw(j, "\"");
}

/* Not negative. */
static void
number(struct json *j, int64_t value)
{
	char s[20];

	put(j, s, (size_t)(put_decimal(s, (uint64_t)value, 1) - s));
}

static void
member_int(struct json *j, const char *name, size_t len, int64_t value)
{
	key(j, name, len);
	number(j, value);
}

static void
member_day(struct json *j, const char *name, size_t len, bool has, int32_t day)
{
	char s[11];

	if (has)
		day_format(day, s);
	member_str(j, name, len, has ? s : NULL);
}

/* RFC 3339 in UTC. A clock beyond the four-digit years stops at their end. */
static void
member_time(struct json *j, const char *name, size_t len, int64_t t)
{
	char s[32], *p = &s[10];

	t = t < 0 ? 0 : t > TIME_MAX ? TIME_MAX : t;
	day_format((int32_t)(t / 86400), s);
	*p++ = 'T';
	p = put_decimal(p, (uint64_t)(t / 3600 % 24), 2);
	*p++ = ':';
	p = put_decimal(p, (uint64_t)(t / 60 % 60), 2);
	*p++ = ':';
	p = put_decimal(p, (uint64_t)(t % 60), 2);
	*p++ = 'Z';
	member(j, name, len, bytes_of(s, (size_t)(p - s)));
}

static void
certificate(struct json *j, const struct certificate *c)
{
	char hex[2 * CRED_PHOTO_LEN];
	size_t i;

	key(j, KEY("certificate"));
	raw(j, "{");
	member_int(j, KEY("kind"), c->kind);
	member_own(j, KEY("kind_name"), report_kind(c->kind, LANG_ZH));
	member(j, KEY("number"), c->number);
	member(j, KEY("name"), c->name);
	member(j, KEY("occupation"), c->occupation);
	member(j, KEY("occupation_code"), c->code);
	member(j, KEY("direction"), c->direction);
	if (c->level != 0) {
		member_int(j, KEY("level"), c->level);
		member_own(
		    j, KEY("level_name"), report_level(c->level, LANG_ZH));
	} else {
		member_str(j, KEY("level"), NULL);
		member_str(j, KEY("level_name"), NULL);
	}
	member_day(j, KEY("issued"), true, c->issued);
	member_day(j, KEY("valid_to"), c->has_valid_to, c->valid_to);
	member_day(j, KEY("review_due"), c->has_review_due, c->review_due);
	if (c->photo.ptr != NULL && c->photo.len == CRED_PHOTO_LEN) {
		for (i = 0; i < CRED_PHOTO_LEN; i++)
			put_hex(&hex[2 * i], c->photo.ptr[i]);
		member(j, KEY("photo"), bytes_of(hex, sizeof(hex)));
	}
	member_int(j, KEY("index"), (int64_t)c->index);
	raw(j, "}");
}

static const struct {
	enum verdict_warning warning;
	const char *name;
} WARNINGS[] = {
    {WARN_FOREIGN_HOST, "foreign_host"},
    {WARN_REVIEW_WINDOW, "review_window"},
    {WARN_ISSUER_EXPIRED, "issuer_expired"},
    {WARN_STATUS_OLD, "status_old"},
};

static void
warnings(struct json *j, unsigned set)
{
	const char *comma = "";
	size_t i;

	key(j, KEY("warnings"));
	raw(j, "[");
	for (i = 0; i < sizeof(WARNINGS) / sizeof(WARNINGS[0]); i++) {
		if ((set & (unsigned)WARNINGS[i].warning) == 0)
			continue;
		raw(j, comma);
		text(j, bytes_str(WARNINGS[i].name));
		comma = ",";
	}
	raw(j, "]");
}

static void
checks(struct json *j, const struct verdict *v)
{
	int c;

	key(j, KEY("checks"));
	raw(j, "[");
	for (c = 0; c < N_CHECKS; c++) {
		raw(j, c == 0 ? "{" : ",{");
		member_own(
		    j, KEY("check"), verdict_check_name((enum verdict_check)c));
		member_own(j, KEY("result"), verdict_result_name(v->checks[c]));
		raw(j, "}");
	}
	raw(j, "]");
}

/* The end of a name too long to be shown whole, from a whole character. */
static struct bytes
tail(const char *source)
{
	struct bytes s = bytes_str(source);

	if (s.len > REPORT_SOURCE_MAX) {
		s.ptr += s.len - REPORT_SOURCE_MAX;
		s.len = REPORT_SOURCE_MAX;
		while (
		    s.len > REPORT_SOURCE_MAX - 3 && (*s.ptr & 0xc0) == 0x80) {
			s.ptr++;
			s.len--;
		}
	}
	return s;
}

enum cred_err
report_json(const struct verdict *v, const char *source, enum report_lang lang,
    struct outbuf *out)
{
	struct json j = {.out = out};
	size_t start = out->len;

	raw(&j, "{");
	member_int(&j, KEY("schema"), 1);
	member_own(&j, KEY("status"), verdict_name(v->status));
	warnings(&j, v->warnings);
	member_time(&j, KEY("checked_at"), v->checked_at);
	member_own(&j, KEY("headline"), report_headline(v->status, lang));
	member_own(&j, KEY("reason"), report_reason(v, lang));
	member_own(&j, KEY("advice"), report_advice(v->status, lang));
	member_own(&j, KEY("caveat"), report_caveat(lang));
	if (v->show && v->cred != NULL)
		certificate(&j, &v->cred->claims.cert);
	if (v->show && v->body != NULL) {
		key(&j, KEY("issuer"));
		raw(&j, "{");
		member_str(&j, KEY("body_id"), v->body->scope.body_id);
		member_str(&j, KEY("name"), v->body->name);
		raw(&j, "}");
	}
	checks(&j, v);
	key(&j, KEY("status_age_s"));
	if (v->status_age_s < 0)
		raw(&j, "null");
	else
		number(&j, v->status_age_s);
	if (source == NULL)
		member_str(&j, KEY("source"), NULL);
	else
		member(&j, KEY("source"), tail(source));
	raw(&j, "}");
	if (!j.full)
		return CRED_OK;
	out->len = start;
	return CRED_FAULT_SPACE;
}
