#ifndef SUBSIDY_REASON_H
#define SUBSIDY_REASON_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * Why a claim does not simply pass: one value a sentence. Each belongs to a
 * code (C01-C15 of domain.md 7.4, C16-C19 ours), has a severity and names what
 * it rests on. In the sentences {s} and {t} are texts, {n} and {m} numbers,
 * {d} a day, {y} an amount.
 */
enum severity {
	SEVERITY_FAIL,    /* must not be paid */
	SEVERITY_PENDING, /* cannot be told yet: something is missing */
	SEVERITY_WARN,    /* may be paid; somebody should look */
};

/* What a rule rests on, printed with it. */
#define CLAUSE_9    "内就服工办发〔2019〕2号（九）"
#define CLAUSE_11   "内就服工办发〔2019〕2号（十一）"
#define CLAUSE_CODE "人社鉴发〔2019〕2号 编码规则"
#define CLAUSE_ID   "GB 11643-1999"
#define CLAUSE_OP   "特种作业人员安全技术培训考核管理规定"
#define CLAUSE_SKILL "失业保险支持技能提升"
#define CLAUSE_OFFICE "补贴规则文件"

#define SUBSIDY_REASONS(X)                                                     \
	X(FORGED, 1, FAIL, CLAUSE_9,                                           \
	    "the certificate's signature does not match: {s}",                 \
	    "证书签名不符：{s}")                                               \
	X(UNKNOWN_ISSUER, 1, FAIL, CLAUSE_9,                                   \
	    "the issuing body is not on the trust list",                       \
	    "发证机构不在名录中")                                              \
	X(NOT_AUTHORISED, 1, FAIL, CLAUSE_9,                                   \
	    "the body was not allowed to issue this certificate: {s}",         \
	    "发证机构无权签发该证书：{s}")                                     \
	X(NOT_LOGGED, 1, FAIL, CLAUSE_9,                                       \
	    "the body's issuing log holds something else in its place",        \
	    "签发日志在该序号上记的不是这张证书")                              \
	X(ISSUER_WITHDRAWN, 1, FAIL, CLAUSE_9,                                 \
	    "the body's authorisation was withdrawn before this certificate",  \
	    "发证机构授权已被撤销，该证书不在仍有效的范围内")                  \
	X(STATUS_UNKNOWN, 1, PENDING, CLAUSE_9,                                \
	    "the signature holds, but status or log is not at hand: {s}",      \
	    "签名相符，但缺少状态或日志数据：{s}")                             \
	X(NOT_VERIFIED, 1, PENDING, CLAUSE_9,                                  \
	    "the certificate could not be checked: {s}",                       \
	    "未能核验证书：{s}")                                               \
	X(NO_CERTIFICATE, 1, PENDING, CLAUSE_9,                                \
	    "no QR text, scan or known number: the certificate was not seen",  \
	    "没有二维码、扫描件或可查到的证书编号，未见证书")                  \
	X(REVOKED, 2, FAIL, CLAUSE_9,                                          \
	    "the certificate is revoked", "证书已撤销")                        \
	X(SUPERSEDED, 2, FAIL, CLAUSE_9,                                       \
	    "a new certificate was issued in its place; claim with that one",  \
	    "已换发新证，请以新证申领")                                        \
	X(SUSPENDED, 2, PENDING, CLAUSE_9,                                     \
	    "the certificate is suspended", "证书已暂停")                      \
	X(EXPIRED, 2, FAIL, CLAUSE_9,                                          \
	    "on the day of application the certificate was no longer valid; "  \
	    "at issue {s}, at application {t}",                                \
	    "申请之日证书已失效（签发时：{s}；申请时：{t}）")                  \
	X(EXPIRED_SINCE, 2, WARN, CLAUSE_9,                                    \
	    "valid on the day of application, no longer today: {s}",           \
	    "申请之日有效，今日已失效：{s}")                                   \
	X(NOT_YET_VALID, 2, FAIL, CLAUSE_9,                                    \
	    "issued after the application or in the future",                   \
	    "证书在申请之后签发，或签发日期在将来")                            \
	X(OTHER_NAME, 3, FAIL, CLAUSE_9,                                       \
	    "the name differs from the certificate's",                         \
	    "姓名与证书不一致")                                                \
	X(OTHER_PERSON, 3, FAIL, CLAUSE_9,                                     \
	    "the ID number is not the certificate holder's",                   \
	    "证件号码不是持证人的")                                            \
	X(OTHER_KIND, 3, FAIL, CLAUSE_9,                                       \
	    "the kind of certificate differs: the certificate says {s}",       \
	    "证书种类与证书不一致，证书为：{s}")                               \
	X(OTHER_NUMBER, 3, FAIL, CLAUSE_9,                                     \
	    "the number differs from the certificate's",                       \
	    "证书编号与证书不一致")                                            \
	X(OTHER_OCCUPATION, 3, FAIL, CLAUSE_9,                                 \
	    "the occupation differs: the certificate says {s}",                \
	    "职业（工种、项目）与证书不一致，证书为：{s}")                     \
	X(OTHER_LEVEL, 3, FAIL, CLAUSE_9,                                      \
	    "the level differs: the certificate says {n}",                     \
	    "等级与证书不一致，证书为 {n} 级")                                 \
	X(OTHER_DATE, 3, FAIL, CLAUSE_9,                                       \
	    "the issue date differs: the certificate says {d}",                \
	    "发证日期与证书不一致，证书为 {d}")                                \
	X(ID_UNCHECKED, 3, WARN, CLAUSE_9,                                     \
	    "nothing was at hand to compare the ID number with",               \
	    "没有可以核对证件号码的数据")                                      \
	X(NUMBER_FORM, 4, FAIL, CLAUSE_CODE,                                   \
	    "the certificate number has not the form of its kind",             \
	    "证书编号不符合该种类的编码规则")                                  \
	X(NUMBER_LEVEL, 4, FAIL, CLAUSE_CODE,                                  \
	    "position 16 of the number says level {n}, the claim {m}",         \
	    "证书编号第 16 位为 {n} 级，申领表为 {m} 级")                      \
	X(NUMBER_YEAR, 4, FAIL, CLAUSE_CODE,                                   \
	    "the number says year {n}, the issue date {d}",                    \
	    "证书编号中的年份为 {n}，发证日期为 {d}")                          \
	X(NUMBER_PREFIX, 4, FAIL, CLAUSE_CODE,                                 \
	    "the number does not begin with the issuing body's prefix",        \
	    "证书编号前 13 位不是该发证机构的")                                \
	X(NUMBER_CATEGORY, 4, WARN, CLAUSE_CODE,                               \
	    "the number's first letter is neither Y nor S",                    \
	    "证书编号首字母既不是 Y 也不是 S")                                 \
	X(ID_FORM, 5, FAIL, CLAUSE_ID,                                         \
	    "the ID number has not the form of its document",                  \
	    "证件号码不符合该证件的格式")                                      \
	X(ID_DATE, 5, FAIL, CLAUSE_ID,                                         \
	    "the ID number holds a birth date that does not exist",            \
	    "证件号码中的出生日期不存在")                                      \
	X(ID_CHECKSUM, 5, FAIL, CLAUSE_ID,                                     \
	    "the check digit of the ID number is wrong",                       \
	    "证件号码校验位不对")                                              \
	X(ID_REGION, 5, WARN, CLAUSE_ID,                                       \
	    "the region in the ID number is in no list",                       \
	    "证件号码中的地区代码不在表中")                                    \
	X(AGE_YOUNG, 5, WARN, CLAUSE_9,                                        \
	    "{n} years old on the day of application",                         \
	    "申请之日 {n} 岁")                                                 \
	X(AGE_OLD, 5, WARN, CLAUSE_9,                                          \
	    "{n} years old on the day of application: ask for the pension "    \
	    "list; age alone is no reason to refuse",                          \
	    "申请之日 {n} 岁：请核对养老金名单；年龄本身不是拒绝理由")         \
	X(SAME_SUBJECT, 6, FAIL, CLAUSE_9,                                     \
	    "same occupation and level already in claim {s} of {d}",           \
	    "同一职业同一等级已有申领：{s}（{d}）")                            \
	X(YEAR_FULL, 7, FAIL, CLAUSE_9,                                        \
	    "already {n} subsidies in {m}; the limit of the year is reached",  \
	    "{m} 年度已享受 {n} 次，达到上限")                                 \
	X(LATE, 8, FAIL, CLAUSE_SKILL,                                         \
	    "applied for more than {n} months after the issue date {d}",       \
	    "距发证日期 {d} 已超过 {n} 个月")                                  \
	X(ON_LIST, 9, FAIL, CLAUSE_9,                                          \
	    "the person is on the list: {s}", "本人在名单中：{s}")             \
	X(ON_LIST_WARN, 9, WARN, CLAUSE_9,                                     \
	    "the person is on the list: {s}", "本人在名单中：{s}")             \
	X(LIST_MISSING, 9, PENDING, CLAUSE_OFFICE,                             \
	    "the rules require a list that was not supplied: {s}",             \
	    "规则要求核对的名单未提供：{s}")                                   \
	X(KIND_NOT_SUBSIDISED, 10, FAIL, CLAUSE_9,                             \
	    "no subsidy for this kind of certificate",                         \
	    "该种类证书不在补贴范围")                                          \
	X(LEVEL_NOT_SUBSIDISED, 10, FAIL, CLAUSE_SKILL,                        \
	    "no subsidy for level {n} under this scheme",                      \
	    "该项补贴不含 {n} 级")                                             \
	X(AMOUNT_OVER, 10, FAIL, CLAUSE_9,                                     \
	    "the amount is above the table's {y}",                             \
	    "金额高于标准 {y} 元")                                             \
	X(AMOUNT_UNDER, 10, FAIL, CLAUSE_9,                                    \
	    "the amount is below the table's {y}",                             \
	    "金额低于标准 {y} 元")                                             \
	X(AMOUNT_UNDER_WARN, 10, WARN, CLAUSE_9,                               \
	    "the amount is below the table's {y}",                             \
	    "金额低于标准 {y} 元")                                             \
	X(AMOUNT_NO_TABLE, 10, PENDING, CLAUSE_9,                              \
	    "the rules file has no amount for this kind and level",            \
	    "规则文件没有该种类、等级的补贴标准")                              \
	X(SCHEME_TWICE, 10, FAIL, CLAUSE_OFFICE,                               \
	    "the same certificate was claimed under the other scheme: {s}",    \
	    "同一证书已按另一补贴种类申领：{s}")                               \
	X(SCHEME_TWICE_WARN, 10, WARN, CLAUSE_OFFICE,                          \
	    "the same certificate was claimed under the other scheme: {s}",    \
	    "同一证书已按另一补贴种类申领：{s}")                               \
	X(NUMBER_SHARED, 11, FAIL, CLAUSE_11,                                  \
	    "another person claims with the same certificate number: {s}",     \
	    "同一证书编号另有他人申领：{s}")                                   \
	X(NAMES_DIFFER, 11, FAIL, CLAUSE_11,                                   \
	    "the same ID number stands under another name: {s}",               \
	    "同一证件号码另有不同姓名：{s}")                                   \
	X(PHOTO_SHARED, 11, FAIL, CLAUSE_11,                                   \
	    "another person's certificate has the same photo: {s}",            \
	    "照片与他人证书相同：{s}")                                         \
	X(TRAINING_OVERLAP, 12, WARN, CLAUSE_11,                               \
	    "the training overlaps another course: {s}",                       \
	    "培训时间与另一期培训重叠：{s}")                                   \
	X(ISSUED_IN_TRAINING, 12, WARN, CLAUSE_11,                             \
	    "issued on {d}, before the training ended",                        \
	    "发证日期 {d} 早于培训结束")                                       \
	X(ISSUED_WEEKEND, 12, WARN, CLAUSE_11,                                 \
	    "issued on {d}, a Saturday or Sunday", "发证日期 {d} 为周末")      \
	X(TRAINING_ORDER, 12, FAIL, CLAUSE_11,                                 \
	    "the training ends before it begins", "培训结束早于开始")          \
	X(BODY_ODD, 13, WARN, CLAUSE_11,                                       \
	    "the issuing body stands out: {t}", "发证机构数据异常：{s}")       \
	X(BODY_ODD_PENDING, 13, PENDING, CLAUSE_11,                            \
	    "the issuing body stands out, until it is explained: {t}",         \
	    "发证机构数据异常，待解释：{s}")                                   \
	X(NATIONAL_MISSING, 14, PENDING, CLAUSE_OFFICE,                        \
	    "not found on the national query site yet",                        \
	    "全国联网查询系统尚未查到")                                        \
	X(LEVEL_SKIPPED, 15, WARN, CLAUSE_11,                                  \
	    "level {n} without the one below it on record",                    \
	    "无下一级别记录而取得 {n} 级")                                     \
	X(LEVEL_FAST, 15, WARN, CLAUSE_11,                                     \
	    "two levels of one occupation within {n} months: {s}",             \
	    "同一职业 {n} 个月内取得两个等级：{s}")                            \
	X(LEVEL_BACKWARD, 15, WARN, CLAUSE_11,                                 \
	    "a higher level was obtained earlier: {s}",                        \
	    "此前已取得更高等级：{s}")                                         \
	X(NO_ADVANCE, 16, FAIL, CLAUSE_9,                                      \
	    "a balance without an advance on record",                          \
	    "没有预付记录而申领余款")                                          \
	X(ADVANCE_TWICE, 16, FAIL, CLAUSE_9,                                   \
	    "the same part was claimed already: {s}",                          \
	    "同一款项已申领：{s}")                                             \
	X(ADVANCE_OVER, 16, FAIL, CLAUSE_9,                                    \
	    "an advance is at most {n} %: {y}",                                \
	    "预付不超过 {n}%，即 {y} 元")                                      \
	X(BALANCE_OVER, 16, FAIL, CLAUSE_9,                                    \
	    "advance and balance together are above the table's {y}",          \
	    "预付与余款合计高于标准 {y} 元")                                   \
	X(CLAIM_TWICE, 17, FAIL, CLAUSE_OFFICE,                                \
	    "the claim number stands for another claim: {s}",                  \
	    "申领编号已用于另一笔申领：{s}")                                   \
	X(ROW_INCOMPLETE, 18, FAIL, CLAUSE_OFFICE,                             \
	    "{s} is missing or not readable", "{s}为空或无法识别")             \
	X(FOREIGN_HOST, 19, WARN, CLAUSE_11,                                   \
	    "the QR code names another site; the certificate itself is good",  \
	    "二维码中的网址不是本系统的；证书本身可核验")

enum reason {
#define X(id, code, severity, clause, en, zh) REASON_##id,
	SUBSIDY_REASONS(X)
#undef X
	    N_REASONS,
};

struct reason_found {
	enum reason reason;
	struct bytes s, t; /* point into the facts it came from */
	int64_t n, m;
	int32_t day;
	int64_t fen;
};

unsigned reason_code(enum reason r);      /* 1: C01 */
enum severity reason_severity(enum reason r);
const char *reason_clause(enum reason r); /* in Chinese, as cited */
const char *reason_name(enum reason r);   /* "FORGED": for tests and docs */

/* The sentence. CRED_FAULT_SPACE when it does not fit. */
#define REASON_TEXT_MAX 512
enum cred_err reason_text(
    const struct reason_found *f, bool zh, struct outbuf *out);

#endif
