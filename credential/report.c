#include "credential/report.h"

/* Both languages of one sentence. */
struct words {
	const char *en, *zh;
};

static const char *
say(const struct words *w, enum report_lang lang)
{
	return lang == LANG_ZH ? w->zh : w->en;
}

/* What is said of a status: headline, why in general, what to do now. */
struct status_words {
	struct words headline, reason, advice;
};

static const struct status_words STATUS[] = {
    [VERDICT_FORGED] = {{"Cannot be confirmed: the signature does not match",
			    "无法证实：签名不符"},
	{"The content was changed, or the body it names did not sign it.",
	    "内容被改动过，或者不是所称机构签发的。"},
	{"Do not rely on it. Scan the original once more; if the answer "
	 "stays, ask the issuing body and report it to the "
	 "human-resources department.",
	    "请勿采信。请对原件再扫一次；结果不变的，请向发证机构核实，"
	    "并向人力资源社会保障部门反映。"}},
    [VERDICT_UNKNOWN_ISSUER] = {{"The issuer is not on the trust list",
				    "发证机构不在名录中"},
	{"No body on the department's list has the key that this "
	 "certificate names.",
	    "人社部门公布的名录里没有这张证书所指的发证机构。"},
	{"Do not rely on it yet. Update the trust list and check again; "
	 "otherwise ask the human-resources department about the body.",
	    "暂勿采信。请更新机构名录后再查；仍查不到的，"
	    "请向人力资源社会保障部门了解该机构。"}},
    [VERDICT_NOT_AUTHORISED] = {{"Outside the issuer's authorisation",
				    "超出发证机构授权范围"},
	{"The signature is genuine, but the body was not allowed to issue "
	 "this certificate.",
	    "签名是真的，但该机构无权签发这张证书。"},
	{"Do not rely on it. Tell the human-resources department the "
	 "body's name and the reason shown.",
	    "请勿采信。请把机构名称和所示原因告知人力资源社会保障部门。"}},
    [VERDICT_NOT_LOGGED] = {{"Not in the issuing log", "未在签发日志中"},
	{"The body's log holds something else in this certificate's place. "
	 "The body's key may have been misused.",
	    "机构的签发日志在这个位置上记的不是这张证书，"
	    "机构的签名密钥可能被盗用。"},
	{"Do not rely on it. Keep it and report it to the "
	 "human-resources department at once.",
	    "请勿采信。请保留证书并立即报告人力资源社会保障部门。"}},
    [VERDICT_ISSUER_WITHDRAWN] = {{"The issuer's authorisation was withdrawn",
				      "发证机构授权已被撤销"},
	{"The body's authorisation was withdrawn, and this certificate is "
	 "not among those that stay valid.",
	    "该机构的授权已被撤销，这张证书不在仍然有效的范围内。"},
	{"Do not rely on it. Ask the human-resources department what "
	 "holders of the body's certificates should do.",
	    "请勿采信。持证人应如何处理，请咨询人力资源社会保障部门。"}},
    [VERDICT_REVOKED] = {{"Revoked", "已撤销"},
	{"The issuing body has revoked this certificate.",
	    "发证机构已撤销这张证书。"},
	{"Do not rely on it. The reason can be asked of the issuing body.",
	    "请勿采信。撤销原因可向发证机构查询。"}},
    [VERDICT_SUPERSEDED] = {{"Replaced by a new certificate", "已换发新证"},
	{"The issuing body has issued a new certificate in place of this one.",
	    "发证机构已换发新证，这张证书不再使用。"},
	{"Ask the holder for the new certificate and check that one.",
	    "请持证人出示新证，核验新证。"}},
    [VERDICT_SUSPENDED] = {{"Suspended", "已暂停"},
	{"The issuing body has suspended this certificate for the time being.",
	    "发证机构已暂停这张证书。"},
	{"Do not rely on it for now. Ask the issuing body, or check again "
	 "later.",
	    "现在不能采信。请向发证机构询问，或者以后再查。"}},
    [VERDICT_EXPIRED] = {{"Expired", "已过有效期"},
	{"The last valid day of this certificate has passed.",
	    "证书的有效期已过。"},
	{"Not valid any more. The holder must renew it.",
	    "证书已失效，持证人须办理换证。"}},
    [VERDICT_REVIEW_OVERDUE] = {{"Review overdue", "已过复审日期"},
	{"The review was due and this certificate does not show that it was "
	 "done.",
	    "应复审日期已过，证书上没有已复审的记录。"},
	{"Not valid until reviewed. Ask the holder for the certificate issued "
	 "after the review.",
	    "未复审前不能使用。已复审的，请持证人出示复审后的证书。"}},
    [VERDICT_NOT_YET_VALID] = {{"Not yet valid", "尚未生效"},
	{"The issue date of this certificate lies in the future.",
	    "证书的发证日期晚于今天。"},
	{"Check the date of this device. If it is right, do not rely on the "
	 "certificate before its issue date.",
	    "请先核对本机日期；日期无误的，在发证日期之前不能采信。"}},
    [VERDICT_STATUS_UNKNOWN] = {{"Signature good, status unknown",
				    "签名正确，状态未知"},
	{"Signature and authorisation are good, but it is not known "
	 "whether the certificate still counts.",
	    "签名和授权都正确，但不知道证书现在是否仍然有效。"},
	{"Connect to the network or update the data, then check again. "
	 "Do not decide on this answer alone.",
	    "请联网或更新数据后再查，不要只凭这个结果作决定。"}},
    [VERDICT_VALID] = {{"Valid certificate", "有效证书"},
	{"Every check was passed.", "各项检查全部通过。"},
	{"Compare name and photo with the person's ID card.",
	    "请将姓名、照片与持证人的身份证核对。"}},
    [VERDICT_NOT_OURS] = {{"Not a QR code of this system",
			      "不是本系统的二维码"},
	{"This QR code holds no certificate of this system. That does not "
	 "say whether the document is genuine.",
	    "这个二维码里没有本系统的证书，不能据此判断证件真假。"},
	{"Check the document where its issuer says; do not open addresses "
	 "from an unknown QR code.",
	    "请按证件上说明的官方渠道查询，不要打开来历不明的二维码网址。"}},
    [VERDICT_UNREADABLE] = {{"No QR code could be read", "没有读出二维码"},
	{"No QR code was found in the picture. That does not say whether "
	 "the document is genuine.",
	    "图片里没有找到可读的二维码，不能据此判断证件真假。"},
	{"Take the picture again: flat, sharp, well lit, the whole code in "
	 "it; or scan the original.",
	    "请重新拍摄：放平、对焦、光线充足、二维码完整；或者扫描原件。"}},
};

/*
 * Finer than the status. The same reason may come with several statuses, so
 * these say what was found and not what follows from it.
 */
static const struct {
	enum cred_err reason;
	struct words words;
} REASONS[] = {
    {CRED_ERR_COSE_SIZE,
	{"The data is longer than any certificate of this system.",
	    "数据长度超过本系统证书的上限。"}},
    {CRED_ERR_COSE_TAG,
	{"The data does not begin like a certificate of this system.",
	    "数据的开头不是本系统证书的格式。"}},
    {CRED_ERR_COSE_ALG,
	{"It was signed by a method that the issuing body does not use.",
	    "所用的签名算法不是该发证机构的算法。"}},
    {CRED_ERR_COSE_KID, {"The key it names is not the key of a body.",
			    "证书所指的签名密钥不是发证机构的密钥。"}},
    {CRED_ERR_COSE_SIG_LEN,
	{"The signature has the wrong length.", "签名的长度不对。"}},
    {CRED_ERR_COSE_HIGH_S, {"The signature was altered into another form.",
			       "签名被改写成了另一种形式。"}},
    {CRED_ERR_SIGNATURE,
	{"The signature does not belong to this content: it was changed, or "
	 "somebody else signed it.",
	    "签名与内容不符：内容被改动过，或者是他人冒签的。"}},
    {CRED_ERR_CLAIMS_MISSING, {"A required item of the certificate is missing.",
				  "证书缺少必须有的项目。"}},
    {CRED_ERR_CLAIMS_KEY, {"The certificate holds an item that none may have.",
			      "证书里有规定之外的项目。"}},
    {CRED_ERR_CLAIMS_KIND,
	{"The kind of certificate does not exist.", "证书种类不存在。"}},
    {CRED_ERR_CLAIMS_TEXT,
	{"A text is empty, too long, or has hidden characters.",
	    "有文字项目为空、过长或含有看不见的字符。"}},
    {CRED_ERR_CLAIMS_ID,
	{"The type of identity document or its check is wrong.",
	    "身份证件类型或校验值有误。"}},
    {CRED_ERR_CLAIMS_NUMBER,
	{"There is a certificate number where none may be, or none where one "
	 "must be.",
	    "不该有证书编号的有了编号，或者该有的没有。"}},
    {CRED_ERR_CLAIMS_LEVEL,
	{"The skill level does not exist.", "技能等级不存在。"}},
    {CRED_ERR_CLAIMS_DATE,
	{"The dates of the certificate contradict each other or do not exist.",
	    "证书上的日期互相矛盾或不存在。"}},
    {CRED_ERR_CLAIMS_PHOTO,
	{"The fingerprint of the photo has the wrong length.",
	    "照片指纹的长度不对。"}},
    {CRED_ERR_CLAIMS_INDEX, {"The position in the issuing log is too large.",
				"签发日志中的位置超出范围。"}},
    {CRED_ERR_DIGITS_LENGTH,
	{"Digits are missing or left over: the code was cut short or typed "
	 "wrongly.",
	    "数字多了或少了：二维码不完整，或者输入有误。"}},
    {CRED_ERR_DIGITS_CHUNK,
	{"The digits of the code are wrong: changed or typed wrongly.",
	    "数字有误：被改动过，或者输入有误。"}},
    {CRED_ERR_QR_NOT_OURS,
	{"There are no certificate digits in this text. That does not say "
	 "whether the document is genuine.",
	    "内容里没有本系统证书的数字，不能据此判断证件真假。"}},
    {CRED_ERR_QR_SIZE, {"The text is longer than any QR code of this system.",
			   "内容比本系统的任何二维码都长。"}},
    {CRED_ERR_NOT_KIND, {"The body may not issue certificates of this kind.",
			    "该机构无权签发这一种类的证书。"}},
    {CRED_ERR_NOT_OCCUPATION,
	{"The body may not issue certificates for this occupation or "
	 "operation.",
	    "该机构无权签发这一职业（操作项目）的证书。"}},
    {CRED_ERR_NOT_LEVEL,
	{"The body may not issue certificates of this level for the "
	 "occupation.",
	    "该机构无权签发该职业这一等级的证书。"}},
    {CRED_ERR_NOT_PREFIX,
	{"The certificate number does not begin with the body's own code.",
	    "证书编号的开头不是该机构的代码。"}},
    {CRED_ERR_NOT_YEAR,
	{"The year in the certificate number is not that of the issue date.",
	    "证书编号里的年份与发证日期不一致。"}},
    {CRED_ERR_NOT_NUMBER_LEVEL,
	{"The level in the certificate number is not the level printed.",
	    "证书编号里的等级与证书的等级不一致。"}},
    {CRED_ERR_NOT_NUMBER,
	{"The certificate number is not formed as its kind requires.",
	    "证书编号不符合该种证书的编号规则。"}},
    {CRED_ERR_NOT_DATE,
	{"It was issued on a day for which the body had no authorisation.",
	    "签发日期不在该机构的授权期限之内。"}},
    {CRED_ERR_TLOG_OTHER,
	{"The issuing log holds another certificate in this place. The "
	 "body's key may have been misused.",
	    "签发日志在这个位置上记的是另一张证书，"
	    "机构的签名密钥可能被盗用。"}},
    {CRED_ERR_TLOG_VOID,
	{"The issuing log says that nothing was issued in this place. The "
	 "body's key may have been misused.",
	    "签发日志表明这个位置上没有签发过证书，"
	    "机构的签名密钥可能被盗用。"}},
    {CRED_ERR_TLOG_INDEX,
	{"The certificate is newer than the issuing log at hand; the log may "
	 "not have been published yet.",
	    "证书比手头的签发日志新，日志可能还没有公布。"}},
    {CRED_ERR_TLOG_TILE,
	{"The issuing log at hand is damaged.", "手头的签发日志已损坏。"}},
    {CRED_ERR_TLOG_BUNDLE,
	{"The issuing log at hand is damaged.", "手头的签发日志已损坏。"}},
    {CRED_ERR_TLOG_PROOF,
	{"The issuing log at hand does not fit its signed checkpoint.",
	    "手头的签发日志与其签名的检查点不符。"}},
    {CRED_ERR_NOTE_FORM, {"The checkpoint of the issuing log is unreadable.",
			     "签发日志的检查点无法读取。"}},
    {CRED_ERR_NOTE_KEY,
	{"The checkpoint of the issuing log is not signed by the body.",
	    "签发日志的检查点不是该机构签名的。"}},
    {CRED_ERR_CHECKPOINT_FORM,
	{"The checkpoint of the issuing log is unreadable.",
	    "签发日志的检查点无法读取。"}},
    {CRED_ERR_CHECKPOINT_ORIGIN,
	{"The checkpoint belongs to the log of another body.",
	    "检查点属于另一机构的签发日志。"}},
    {CRED_ERR_CHECKPOINT_OLDER,
	{"The issuing log at hand is older than one seen before.",
	    "手头的签发日志比以前见过的旧。"}},
    {CRED_ERR_CHECKPOINT_SPLIT,
	{"The issuing log at hand contradicts one seen before.",
	    "手头的签发日志与以前见过的互相矛盾。"}},
    {CRED_ERR_STATUS_FORM,
	{"The status list is unreadable.", "状态名单无法读取。"}},
    {CRED_ERR_STATUS_BITS,
	{"The status list is of another form.", "状态名单的格式不对。"}},
    {CRED_ERR_STATUS_SUBJECT,
	{"The status list belongs to another body or range.",
	    "状态名单属于另一机构或另一范围。"}},
    {CRED_ERR_STATUS_INFLATE,
	{"The status list is damaged.", "状态名单已损坏。"}},
    {CRED_ERR_STATUS_INDEX,
	{"The status list does not reach to this certificate yet.",
	    "状态名单里还没有这张证书。"}},
    {CRED_ERR_STATUS_EXPIRED,
	{"The status list at hand is out of date: whether the certificate was "
	 "revoked since is not known.",
	    "手头的状态名单已过期，不知道证书此后是否被撤销。"}},
    {CRED_ERR_STATUS_OLDER,
	{"The status list at hand is older than one seen before.",
	    "手头的状态名单比以前见过的旧。"}},
    {CRED_ERR_STATUS_FUTURE,
	{"The status list is dated in the future. If this clock is right, the "
	 "list is not.",
	    "状态名单的日期在将来：若本机时钟无误，则名单有误。"}},
    {CRED_ERR_CRL_FORM,
	{"The department's list of withdrawn bodies is unreadable.",
	    "机构撤销名单无法读取。"}},
    {CRED_ERR_CRL_SIGNATURE,
	{"The list of withdrawn bodies is not signed by the department.",
	    "机构撤销名单不是主管部门签名的。"}},
    {CRED_ERR_CRL_OLDER,
	{"The list of withdrawn bodies at hand is older than one seen before.",
	    "手头的机构撤销名单比以前见过的旧。"}},
    {CRED_ERR_CRL_EXPIRED,
	{"The list of withdrawn bodies at hand is out of date: whether the "
	 "body still has its authorisation is not known.",
	    "手头的机构撤销名单已过期，不知道该机构的授权此后是否被撤销。"}},
    {CRED_ERR_STATUS_MISSING,
	{"The body's status list is not at hand: whether the certificate was "
	 "revoked is not known.",
	    "手头没有该机构的状态名单，不知道证书是否已被撤销。"}},
    {CRED_ERR_CHECKPOINT_MISSING, {"The body's issuing log is not at hand.",
				      "手头没有该机构的签发日志。"}},
    {CRED_ERR_TLOG_MISSING, {"A part of the body's issuing log is not at hand.",
				"手头的签发日志不全，缺少需要的部分。"}},
    {CRED_ERR_CRL_MISSING, {"The list of withdrawn bodies is not at hand.",
			       "手头没有机构撤销名单。"}},
    {CRED_ERR_TRUST_MISSING, {"The list of issuing bodies is not at hand.",
				 "手头没有发证机构名录。"}},
    {CRED_FAULT_NETWORK,
	{"Status and log could not be fetched: the network did not answer.",
	    "网络不通，未能取得状态名单或签发日志。"}},
    {CRED_FAULT_IO, {"Status or log is missing or could not be read.",
			"状态名单或签发日志缺失或无法读取。"}},
};

/* The reasons of CBOR all mean the same to a reader. */
static const struct words ENCODING = {
    "The data in the code is not written by this system's rules: it was "
    "changed, or damaged in printing or scanning.",
    "二维码里的数据不符合本系统的编码规则：被改动过，或者印刷、扫描时受损。"};

static const struct words FAULT = {
    "The system cannot check at the moment; this says nothing about the "
    "certificate.",
    "系统暂时无法核验，这与证书本身无关。"};

/* status_unknown without a finer reason: what is missing. */
static const struct {
	enum verdict_check check;
	struct words words;
} MISSING[] = {
    {CHECK_LOG,
	{"Signature and authorisation are good, but the issuing log is not at "
	 "hand.",
	    "签名和授权都正确，但手头没有该机构的签发日志。"}},
    {CHECK_WITHDRAWAL,
	{"Signature and authorisation are good, but the list of withdrawn "
	 "bodies is not at hand.",
	    "签名和授权都正确，但手头没有机构撤销名单。"}},
    {CHECK_STATUS,
	{"Signature and authorisation are good, but the status list is not at "
	 "hand.",
	    "签名和授权都正确，但手头没有该机构的状态名单。"}},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct status_words *
status_words(enum verdict_status s)
{
	return &STATUS[(size_t)s < COUNT(STATUS) ? s : VERDICT_UNREADABLE];
}

const char *
report_headline(enum verdict_status s, enum report_lang lang)
{
	return say(&status_words(s)->headline, lang);
}

const char *
report_reason(const struct verdict *v, enum report_lang lang)
{
	size_t i;

	/* Of somebody else's code nothing finer is to be said. */
	if (v->status == VERDICT_NOT_OURS && v->reason != CRED_ERR_QR_SIZE &&
	    v->reason != CRED_ERR_QR_NOT_OURS)
		return say(&status_words(v->status)->reason, lang);
	for (i = 0; i < COUNT(REASONS); i++)
		if (REASONS[i].reason == v->reason)
			return say(&REASONS[i].words, lang);
	if (v->reason >= CRED_FAULT_NOMEM)
		return say(&FAULT, lang);
	if (v->reason != CRED_OK && v->status == VERDICT_FORGED)
		return say(&ENCODING, lang);
	if (v->status == VERDICT_STATUS_UNKNOWN)
		for (i = 0; i < COUNT(MISSING); i++)
			if (v->checks[MISSING[i].check] == RESULT_UNKNOWN)
				return say(&MISSING[i].words, lang);
	return say(&status_words(v->status)->reason, lang);
}

const char *
report_advice(enum verdict_status s, enum report_lang lang)
{
	return say(&status_words(s)->advice, lang);
}

const char *
report_caveat(enum report_lang lang)
{
	static const struct words w = {
	    "Compare name and photo with the person's ID card. This answer "
	    "does not replace the national query sites (zscx.osta.org.cn, "
	    "cx.mem.gov.cn).",
	    "请将姓名、照片与持证人的身份证核对。本结果不代替国家查询网站"
	    "（zscx.osta.org.cn、cx.mem.gov.cn）的查询。"};

	return say(&w, lang);
}

const char *
report_warning(enum verdict_warning w, enum report_lang lang)
{
	static const struct words host = {
	    "The QR code names an address that is not ours. Do not open it: "
	    "look-alike pages are the common fraud.",
	    "二维码里的网址不是本系统的，请勿打开：仿冒网页是常见的骗术。"};
	static const struct words review = {
	    "The review is due within 60 days.", "60 天内应办理复审。"};
	static const struct words issuer = {
	    "The body's own signing certificate has expired since; the log "
	    "proves that this one was issued before.",
	    "机构的签名证书此后已到期；签发日志可以证明这张证书是在到期前"
	    "签发的。"};
	static const struct words old = {
	    "The status data is older than it should be; check again with "
	    "newer data.",
	    "状态数据偏旧，建议更新数据后再查一次。"};

	switch (w) {
	case WARN_FOREIGN_HOST:
		return say(&host, lang);
	case WARN_REVIEW_WINDOW:
		return say(&review, lang);
	case WARN_ISSUER_EXPIRED:
		return say(&issuer, lang);
	case WARN_STATUS_OLD:
		return say(&old, lang);
	}
	return "";
}

const char *
report_check(enum verdict_check c, enum report_lang lang)
{
	static const struct words names[N_CHECKS] = {
	    [CHECK_ENCODING] = {"Form of the data", "数据格式"},
	    [CHECK_SIGNATURE] = {"Signature", "签名"},
	    [CHECK_ISSUER] = {"Issuing body", "发证机构"},
	    [CHECK_SCOPE] = {"Authorisation", "授权范围"},
	    [CHECK_LOG] = {"Issuing log", "签发日志"},
	    [CHECK_WITHDRAWAL] = {"Withdrawal of the body", "机构撤销名单"},
	    [CHECK_STATUS] = {"Status of the certificate", "证书状态"},
	    [CHECK_DATES] = {"Dates", "日期"},
	};

	return (size_t)c < N_CHECKS ? say(&names[c], lang) : "";
}

const char *
report_kind(enum kind k, enum report_lang lang)
{
	static const struct words names[] = {
	    [KIND_QUALIFICATION] = {"Vocational qualification certificate",
		"职业资格证书"},
	    [KIND_LEVEL] = {"Vocational skill level certificate",
		"职业技能等级证书"},
	    [KIND_SPECIALISED] = {"Specialised vocational ability certificate",
		"专项职业能力证书"},
	    [KIND_OPERATION] = {"Special operation certificate",
		"特种作业操作证"},
	    [KIND_TRAINING] = {"Training certificate", "培训合格证书"},
	};

	return k >= KIND_QUALIFICATION && k <= KIND_TRAINING
		   ? say(&names[k], lang)
		   : "";
}

const char *
report_level(uint8_t level, enum report_lang lang)
{
	static const struct words names[] = {{"", ""},
	    {"Level 1, senior technician", "一级/高级技师"},
	    {"Level 2, technician", "二级/技师"},
	    {"Level 3, advanced", "三级/高级工"},
	    {"Level 4, intermediate", "四级/中级工"},
	    {"Level 5, elementary", "五级/初级工"}};

	return say(&names[level < COUNT(names) ? level : 0], lang);
}

const char *
report_query_site(enum kind k)
{
	switch (k) {
	case KIND_QUALIFICATION:
	case KIND_LEVEL:
	case KIND_SPECIALISED:
		return "zscx.osta.org.cn";
	case KIND_OPERATION:
		return "cx.mem.gov.cn";
	case KIND_TRAINING:
		break;
	}
	return NULL;
}
