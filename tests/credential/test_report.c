#include "testing.h"

#include "credential/report.h"

#include <jansson.h>

/* 2026-11-23T08:00:00Z */
#define NOW INT64_C(1795420800)

static struct credential cred;
static struct body body;
static struct verdict v;
static uint8_t buf[REPORT_JSON_MAX];
static size_t buf_len;

static int
valid(void **state)
{
	(void)state;
	memset(&body, 0, sizeof(body));
	strcpy(body.name, "内蒙古某评价机构");
	strcpy(body.scope.body_id, "911501001000007370");
	memset(&cred, 0, sizeof(cred));
	cred.claims.cert = (struct certificate){
	    .index = 17,
	    .kind = KIND_LEVEL,
	    .name = bytes_str("乌日娜"),
	    .number = bytes_str("S000015000123204000001"),
	    .occupation = bytes_str("电工"),
	    .code = bytes_str("6-31-01-03"),
	    .level = 4,
	    .issued = 18443,
	};
	v = (struct verdict){
	    .status = VERDICT_VALID,
	    .show = true,
	    .cred = &cred,
	    .body = &body,
	    .status_age_s = 3600,
	    .checked_at = NOW,
	};
	for (int i = 0; i < N_CHECKS; i++)
		v.checks[i] = RESULT_PASS;
	return 0;
}

static json_t *
json(const char *source, enum report_lang lang)
{
	struct outbuf out = {buf, sizeof(buf), 0};
	json_error_t why;
	assert_err(report_json(&v, source, lang, &out), CRED_OK);
	buf_len = out.len;
	for (size_t i = 0; i < out.len; i++) {
		/* One line, harmless within HTML. */
		assert_true(buf[i] >= 0x20 && buf[i] != '<' && buf[i] != '>' &&
			    buf[i] != '&');
		assert_true(
		    i + 3 > out.len || (memcmp(&buf[i], "\u2028", 3) != 0 &&
					   memcmp(&buf[i], "\u2029", 3) != 0));
	}
	json_t *j =
	    json_loadb((char *)buf, out.len, JSON_REJECT_DUPLICATES, &why);
	if (j == NULL)
		fail_msg("%s: %.*s", why.text, (int)out.len, buf);
	return j;
}

static const char *
str(json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	if (s == NULL)
		fail_msg("no string %s", key);
	return s;
}

static void
assert_null_member(json_t *j, const char *key)
{
	assert_true(json_is_null(json_object_get(j, key)));
}

/* The example of design 7, to the byte. */
static void
whole_object(void **state)
{
	(void)state;
	static const char want[] =
	    "{\"schema\":1,\"status\":\"valid\",\"warnings\":[],"
	    "\"checked_at\":\"2026-11-23T08:00:00Z\","
	    "\"headline\":\"有效证书\","
	    "\"reason\":\"各项检查全部通过。\","
	    "\"advice\":\"请将姓名、照片与持证人的身份证核对。\","
	    "\"caveat\":\"请将姓名、照片与持证人的身份证核对。本结果不代替国家"
	    "查询网站（zscx.osta.org.cn、cx.mem.gov.cn）的查询。\","
	    "\"certificate\":{\"kind\":2,"
	    "\"kind_name\":\"职业技能等级证书\","
	    "\"number\":\"S000015000123204000001\",\"name\":\"乌日娜\","
	    "\"occupation\":\"电工\",\"occupation_code\":\"6-31-01-03\","
	    "\"direction\":null,\"level\":4,"
	    "\"level_name\":\"四级/中级工\",\"issued\":\"2020-06-30\","
	    "\"valid_to\":null,\"review_due\":null,\"index\":17},"
	    "\"issuer\":{\"body_id\":\"911501001000007370\","
	    "\"name\":\"内蒙古某评价机构\"},"
	    "\"checks\":[{\"check\":\"encoding\",\"result\":\"pass\"},"
	    "{\"check\":\"signature\",\"result\":\"pass\"},"
	    "{\"check\":\"issuer\",\"result\":\"pass\"},"
	    "{\"check\":\"scope\",\"result\":\"pass\"},"
	    "{\"check\":\"log\",\"result\":\"pass\"},"
	    "{\"check\":\"withdrawal\",\"result\":\"pass\"},"
	    "{\"check\":\"status\",\"result\":\"pass\"},"
	    "{\"check\":\"dates\",\"result\":\"pass\"}],"
	    "\"status_age_s\":3600,\"source\":null}";
	struct outbuf out = {buf, sizeof(buf), 0};
	assert_err(report_json(&v, NULL, LANG_ZH, &out), CRED_OK);
	assert_bytes(written(&out), bytes_str(want));
}

static void
operation_card(void **state)
{
	(void)state;
	struct certificate *c = &cred.claims.cert;
	static const uint8_t photo[16] = {0x00, 0x1f, 0xff, [15] = 0x0a};
	c->kind = KIND_OPERATION;
	c->number = (struct bytes){0};
	c->code = (struct bytes){0};
	c->level = 0;
	c->has_valid_to = c->has_review_due = true;
	c->valid_to = 20780;
	c->review_due = 19723;
	c->photo = bytes_of(photo, 16);
	c->direction = bytes_str("低压");
	c->index = TLOG_MAX_SIZE;
	json_t *j = json("scan.png", LANG_EN);
	json_t *cert = json_object_get(j, "certificate");
	assert_string_equal(str(cert, "kind_name"), "特种作业操作证");
	assert_null_member(cert, "number");
	assert_null_member(cert, "occupation_code");
	assert_null_member(cert, "level");
	assert_null_member(cert, "level_name");
	assert_string_equal(str(cert, "valid_to"), "2026-11-23");
	assert_string_equal(str(cert, "review_due"), "2024-01-01");
	assert_string_equal(
	    str(cert, "photo"), "001fff0000000000000000000000000a");
	assert_string_equal(str(cert, "direction"), "低压");
	assert_int_equal(
	    json_integer_value(json_object_get(cert, "index")), TLOG_MAX_SIZE);
	assert_string_equal(str(j, "source"), "scan.png");
	assert_string_equal(str(j, "headline"), "Valid certificate");
	json_decref(j);
}

/* Nothing of a credential whose signature does not hold. */
static void
nothing_shown(void **state)
{
	(void)state;
	v.status = VERDICT_FORGED;
	v.show = false; /* cred and body left, as by a careless caller */
	v.status_age_s = -1;
	json_t *j = json(NULL, LANG_ZH);
	assert_null(json_object_get(j, "certificate"));
	assert_null(json_object_get(j, "issuer"));
	assert_null_member(j, "status_age_s");
	json_decref(j);
	assert_null(memmem(buf, buf_len, "乌日娜", 9));
	v.show = true;
	v.cred = NULL;
	v.body = NULL;
	j = json(NULL, LANG_ZH);
	assert_null(json_object_get(j, "certificate"));
	json_decref(j);
}

static void
warning_names(void **state)
{
	(void)state;
	v.warnings = WARN_FOREIGN_HOST | WARN_REVIEW_WINDOW |
		     WARN_ISSUER_EXPIRED | WARN_STATUS_OLD;
	json_t *j = json(NULL, LANG_ZH);
	json_t *w = json_object_get(j, "warnings");
	static const char *const want[] = {
	    "foreign_host", "review_window", "issuer_expired", "status_old"};
	assert_int_equal(json_array_size(w), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(
		    json_string_value(json_array_get(w, i)), want[i]);
	json_decref(j);
	v.warnings = WARN_STATUS_OLD;
	j = json(NULL, LANG_ZH);
	assert_int_equal(json_array_size(json_object_get(j, "warnings")), 1);
	json_decref(j);
}

/* File names come from people, mail and archives. */
static void
hostile_sources(void **state)
{
	(void)state;
	static const struct {
		const char *source, *want;
	} rows[] = {
	    {"", ""}, {"证书 (1).pdf", "证书 (1).pdf"},
	    {"a\"b\\c/d", "a\"b\\c/d"},
	    {"</script><img src=x>&amp;", "</script><img src=x>&amp;"},
	    {"a\nb\r\t\x01\x1b[31m\x7f", "a\nb\r\t\x01\x1b[31m\x7f"},
	    {"a\u2028b\u2029c", "a\u2028b\u2029c"},
	    {"\xff\xfe.png", "\ufffd\ufffd.png"}, {"\xe4\xb8", "\ufffd\ufffd"},
	    {"\xe4\xb8\"", "\ufffd\ufffd\""}, {"\xc0\xaf", "\ufffd\ufffd"},
	    {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
	    {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},
	    {"\xf0\xa0\x80\x80\x80", "\U00020000\ufffd"},
	    {"\xb5\xe7\xb9\xa4.jpg", "\ufffd繤.jpg"}, /* GB18030 */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *j = json(rows[i].source, LANG_ZH);
		assert_string_equal(str(j, "source"), rows[i].want);
		json_decref(j);
	}
	/* Every byte, before many others. */
	for (int a = 1; a < 256; a++) {
		for (int b = 0; b < 256; b += 7) {
			char s[3] = {(char)a, (char)b, '\0'};
			json_decref(json(s, LANG_EN));
		}
	}
}

static void
long_source(void **state)
{
	(void)state;
	char s[REPORT_SOURCE_MAX + 200];
	memset(s, 'd', sizeof(s));
	strcpy(s + sizeof(s) - 9, "/x.png");
	json_t *j = json(s, LANG_ZH);
	assert_int_equal(strlen(str(j, "source")), REPORT_SOURCE_MAX);
	assert_string_equal(str(j, "source") + REPORT_SOURCE_MAX - 6, "/x.png");
	json_decref(j);
	/* Cut inside a character, it begins with the next. */
	s[0] = '\0';
	while (strlen(s) < REPORT_SOURCE_MAX + 2)
		strcat(s, "证");
	strcat(s, "x");
	j = json(s, LANG_ZH);
	assert_true(strlen(str(j, "source")) > REPORT_SOURCE_MAX - 3);
	assert_null(strstr(str(j, "source"), "\ufffd"));
	json_decref(j);
}

/* The longest of everything, all of it escaped, fits REPORT_JSON_MAX. */
static void
largest(void **state)
{
	(void)state;
	static uint8_t lt[4096];
	static char source[4096];
	uint8_t photo[16] = {0};
	struct certificate *c = &cred.claims.cert;
	memset(lt, '<', sizeof(lt));
	memset(source, 1, sizeof(source) - 1);
	memset(body.name, 1, sizeof(body.name) - 1);
	memset(body.scope.body_id, 1, sizeof(body.scope.body_id) - 1);
	*c = (struct certificate){
	    .index = UINT64_MAX,
	    .kind = KIND_SPECIALISED,
	    .name = bytes_of(lt, CLAIMS_MAX_NAME),
	    .number = bytes_of(lt, CLAIMS_MAX_NUMBER),
	    .occupation = bytes_of(lt, CLAIMS_MAX_OCCUPATION),
	    .code = bytes_of(lt, CLAIMS_MAX_CODE),
	    .direction = bytes_of(lt, CLAIMS_MAX_DIRECTION),
	    .photo = bytes_of(photo, 16),
	    .level = 1,
	};
	v.status_age_s = INT64_MAX;
	v.checked_at = INT64_MAX;
	v.warnings = 15;
	size_t most = 0;
	for (int s = 0; s <= VERDICT_UNREADABLE; s++) {
		for (int e = 0; e < 256; e++) {
			struct outbuf out = {buf, sizeof(buf), 0};
			v.status = (enum verdict_status)s;
			v.reason = (enum cred_err)e;
			assert_err(report_json(&v, source,
				       e % 2 ? LANG_EN : LANG_ZH, &out),
			    CRED_OK);
			most = out.len > most ? out.len : most;
		}
	}
	assert_true(most <= REPORT_JSON_MAX - 1024);
	/* A smaller buffer is refused and left as it was. */
	struct outbuf out = {buf, most, 0};
	v.reason = CRED_OK;
	v.status = VERDICT_VALID;
	assert_err(report_json(&v, source, LANG_ZH, &out), CRED_OK);
	size_t len = out.len;
	for (size_t cap = 0; cap < len; cap += 37) {
		out = (struct outbuf){buf, cap, 0};
		assert_err(
		    report_json(&v, source, LANG_ZH, &out), CRED_FAULT_SPACE);
		assert_int_equal(out.len, 0);
	}
	out = (struct outbuf){buf, len - 1, 0};
	assert_err(report_json(&v, source, LANG_ZH, &out), CRED_FAULT_SPACE);
}

static void
times(void **state)
{
	(void)state;
	static const struct {
		int64_t t;
		const char *want;
	} rows[] = {{0, "1970-01-01T00:00:00Z"}, {-1, "1970-01-01T00:00:00Z"},
	    {1, "1970-01-01T00:00:01Z"},
	    {INT64_C(951782399), "2000-02-28T23:59:59Z"},
	    {INT64_C(951782400), "2000-02-29T00:00:00Z"},
	    {INT64_MAX, "9999-12-31T23:59:59Z"},
	    {INT64_MIN, "1970-01-01T00:00:00Z"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		v.checked_at = rows[i].t;
		json_t *j = json(NULL, LANG_ZH);
		assert_string_equal(str(j, "checked_at"), rows[i].want);
		json_decref(j);
	}
}

/* The wording that was chosen after looking at what others got wrong. */
static void
headlines(void **state)
{
	(void)state;
	static const char *const zh[] = {"无法证实：签名不符",
	    "发证机构不在名录中", "超出发证机构授权范围", "未在签发日志中",
	    "发证机构授权已被撤销", "已撤销", "已换发新证", "已暂停",
	    "已过有效期", "已过复审日期", "尚未生效", "签名正确，状态未知",
	    "有效证书", "不是本系统的二维码", "没有读出二维码"};
	for (int s = 0; s <= VERDICT_UNREADABLE; s++)
		assert_string_equal(
		    report_headline((enum verdict_status)s, LANG_ZH), zh[s]);
	for (int s = 0; s <= VERDICT_UNREADABLE; s++)
		assert_null(strpbrk(
		    report_headline((enum verdict_status)s, LANG_EN),
		    "\"\\<>&\n\t"));
}

static void
is_sentence(const char *s, enum report_lang lang)
{
	const char *stop = lang == LANG_ZH ? "。" : ".";
	size_t len = strlen(s), n = strlen(stop);
	assert_true(len > 5);
	if (strcmp(s + len - n, stop) != 0)
		fail_msg("no full stop: %s", s);
	/* report_json() writes them as they are. */
	if (strpbrk(s, "\"\\<>&\n\t") != NULL)
		fail_msg("needs escaping: %s", s);
	/* Languages are not mixed up. */
	bool chinese = strstr(s, "的") || strstr(s, "。") || strstr(s, "，");
	if (chinese != (lang == LANG_ZH))
		fail_msg("wrong language: %s", s);
}

static void
words_for_everything(void **state)
{
	(void)state;
	for (int l = LANG_EN; l <= LANG_ZH; l++) {
		enum report_lang lang = (enum report_lang)l;
		for (int s = 0; s <= VERDICT_UNREADABLE; s++) {
			v.status = (enum verdict_status)s;
			is_sentence(report_advice(v.status, lang), lang);
			for (int e = 0; e < 256; e++) {
				v.reason = (enum cred_err)e;
				is_sentence(report_reason(&v, lang), lang);
			}
		}
		is_sentence(report_caveat(lang), lang);
		for (int w = 1; w < 16; w <<= 1)
			is_sentence(
			    report_warning((enum verdict_warning)w, lang),
			    lang);
		for (int c = 0; c < N_CHECKS; c++)
			assert_true(strlen(report_check(
					(enum verdict_check)c, lang)) > 3);
		assert_string_equal(report_check(N_CHECKS, lang), "");
		assert_string_equal(report_kind((enum kind)0, lang), "");
		assert_string_equal(report_kind((enum kind)6, lang), "");
		assert_string_equal(report_level(0, lang), "");
		assert_string_equal(report_level(6, lang), "");
		assert_string_equal(report_level(255, lang), "");
		assert_string_equal(
		    report_warning((enum verdict_warning)0, lang), "");
	}
	assert_non_null(report_headline((enum verdict_status)99, LANG_ZH));
}

/* What a clerk needs told apart is told apart. */
static void
finer_reasons(void **state)
{
	(void)state;
	static const enum cred_err reasons[] = {CRED_OK, CRED_ERR_NOT_KIND,
	    CRED_ERR_NOT_OCCUPATION, CRED_ERR_NOT_LEVEL, CRED_ERR_NOT_PREFIX,
	    CRED_ERR_NOT_YEAR, CRED_ERR_NOT_NUMBER_LEVEL, CRED_ERR_NOT_NUMBER,
	    CRED_ERR_NOT_DATE, CRED_ERR_TLOG_OTHER, CRED_ERR_TLOG_VOID,
	    CRED_ERR_TLOG_INDEX, CRED_ERR_STATUS_EXPIRED, CRED_ERR_CRL_EXPIRED,
	    CRED_FAULT_NETWORK, CRED_FAULT_IO, CRED_FAULT_CRYPTO};
	const size_t n = sizeof(reasons) / sizeof(reasons[0]);
	for (size_t a = 0; a < n; a++) {
		for (size_t b = 0; b < a; b++) {
			struct verdict w = v;
			w.status = v.status = VERDICT_NOT_AUTHORISED;
			w.reason = reasons[a];
			v.reason = reasons[b];
			assert_string_not_equal(report_reason(&w, LANG_ZH),
			    report_reason(&v, LANG_ZH));
			assert_string_not_equal(report_reason(&w, LANG_EN),
			    report_reason(&v, LANG_EN));
		}
	}
}

static void
what_is_missing(void **state)
{
	(void)state;
	v.status = VERDICT_STATUS_UNKNOWN;
	v.reason = CRED_OK;
	v.checks[CHECK_STATUS] = RESULT_UNKNOWN;
	assert_non_null(strstr(report_reason(&v, LANG_ZH), "状态名单"));
	v.checks[CHECK_WITHDRAWAL] = RESULT_UNKNOWN;
	assert_non_null(strstr(report_reason(&v, LANG_ZH), "机构撤销名单"));
	v.checks[CHECK_LOG] = RESULT_UNKNOWN;
	assert_non_null(strstr(report_reason(&v, LANG_ZH), "签发日志"));
}

/* Somebody else's code, or none, is never called false. */
static void
never_called_fake(void **state)
{
	(void)state;
	for (int e = 0; e < 200; e++) {
		v.status = VERDICT_NOT_OURS;
		v.reason = (enum cred_err)e;
		assert_null(strstr(report_reason(&v, LANG_ZH), "改动"));
		assert_null(strstr(report_reason(&v, LANG_ZH), "签名"));
	}
	static const char *const words[] = {"假证", "伪造"};
	for (int s = 0; s <= VERDICT_UNREADABLE; s++)
		for (size_t i = 0; i < 2; i++) {
			v.status = (enum verdict_status)s;
			v.reason = CRED_OK;
			assert_null(
			    strstr(report_reason(&v, LANG_ZH), words[i]));
			assert_null(strstr(
			    report_headline(v.status, LANG_ZH), words[i]));
		}
}

static void
kinds(void **state)
{
	(void)state;
	static const char *const names[] = {"职业资格证书", "职业技能等级证书",
	    "专项职业能力证书", "特种作业操作证", "培训合格证书"};
	static const char *const levels[] = {"一级/高级技师", "二级/技师",
	    "三级/高级工", "四级/中级工", "五级/初级工"};
	for (int k = 1; k <= 5; k++) {
		assert_string_equal(
		    report_kind((enum kind)k, LANG_ZH), names[k - 1]);
		assert_string_equal(
		    report_level((uint8_t)k, LANG_ZH), levels[k - 1]);
	}
	assert_string_equal(
	    report_query_site(KIND_QUALIFICATION), "zscx.osta.org.cn");
	assert_string_equal(report_query_site(KIND_LEVEL), "zscx.osta.org.cn");
	assert_string_equal(
	    report_query_site(KIND_SPECIALISED), "zscx.osta.org.cn");
	assert_string_equal(report_query_site(KIND_OPERATION), "cx.mem.gov.cn");
	assert_null(report_query_site(KIND_TRAINING));
	assert_null(report_query_site((enum kind)9));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, valid)
	const struct CMUnitTest tests[] = {T(whole_object), T(operation_card),
	    T(nothing_shown), T(warning_names), T(hostile_sources),
	    T(long_source), T(largest), T(times), T(headlines),
	    T(words_for_everything), T(finer_reasons), T(what_is_missing),
	    T(never_called_fake), T(kinds)};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
