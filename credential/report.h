#ifndef CREDENTIAL_REPORT_H
#define CREDENTIAL_REPORT_H

#include "credential/verdict.h"

/*
 * A verdict in words and as JSON: the one wording for page, service and
 * command line, so that no two of them say different things.
 */
enum report_lang {
	LANG_EN,
	LANG_ZH,
};

/* 有效证书 / "Valid certificate": answers "can I rely on it?". */
const char *report_headline(enum verdict_status s, enum report_lang lang);
/* Why, in a sentence; from status and reason. Never NULL. */
const char *report_reason(const struct verdict *v, enum report_lang lang);
/* What to do now. */
const char *report_advice(enum verdict_status s, enum report_lang lang);
/* Always said: compare name and photo with the ID card; does not replace the
 * national query sites. */
const char *report_caveat(enum report_lang lang);
const char *report_warning(enum verdict_warning w, enum report_lang lang);
const char *report_check(enum verdict_check c, enum report_lang lang);
/* 职业技能等级证书; 四级/中级工 ("" for 0). */
const char *report_kind(enum kind k, enum report_lang lang);
const char *report_level(uint8_t level, enum report_lang lang);
/* The national query site of a kind, or NULL. */
const char *report_query_site(enum kind k);

/*
 * One JSON object as design 7 shows it, without newline:
 * {"schema":1,"status":…,"warnings":[…],"checked_at":"2026-11-23T08:00:00Z",
 *  "headline":…,"reason":…,"advice":…,"caveat":…,
 *  "certificate":{…},"issuer":{…},"checks":[…],"status_age_s":n|null,
 *  "source":s|null}
 * certificate and issuer only when v->show. kind_name and level_name are
 * Chinese, as printed; headline, reason, advice, caveat in lang. All
 * strings escaped for JSON in HTML (<, >, &, U+2028 and U+2029 as \u).
 * certificate further has "direction" (or null) and, where there is one,
 * "photo": the 32 hex digits of key 11. All that is absent is null.
 * source: a file name or NULL; bytes that are not UTF-8 become U+FFFD; of one
 * longer than REPORT_SOURCE_MAX bytes the end is shown.
 * REPORT_JSON_MAX is enough for every verdict and source.
 */
enum cred_err report_json(const struct verdict *v, const char *source,
    enum report_lang lang, struct outbuf *out);
#define REPORT_SOURCE_MAX 1024
#define REPORT_JSON_MAX   16384

#endif
