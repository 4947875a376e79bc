#include "verifier/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/report.h"
#include "edge/lang.h"
#include "verifier/audit_int.h"

#define BODIES_MAX (64u << 20)
#define CRL_MAX    (64u << 20)
#define ANCHOR_MAX (64u << 10)
#define MAX_TURNS  3 /* of one body, when it is published anew meanwhile */

const char *
audit_result_name(enum audit_result r)
{
	switch (r) {
	case AUDIT_PASS:
		return "pass";
	case AUDIT_FAIL:
		return "fail";
	case AUDIT_UNKNOWN:
		return "unknown";
	}
	return "?";
}

enum audit_result
audit_result_of(enum cred_err e)
{
	switch (e) {
	case CRED_OK:
		return AUDIT_PASS;
	case CRED_ERR_STATUS_MISSING:
	case CRED_ERR_TLOG_MISSING:
	case CRED_ERR_CHECKPOINT_MISSING:
	case CRED_ERR_CRL_MISSING:
	case CRED_ERR_TRUST_MISSING:
		return AUDIT_UNKNOWN;
	default:
		return cred_is_refusal(e) ? AUDIT_FAIL : AUDIT_UNKNOWN;
	}
}

const char *
audit_words(enum cred_err e)
{
	const struct verdict v = {
	    .status = VERDICT_STATUS_UNKNOWN, .reason = e};

	if (e == CRED_ERR_SIGNATURE || e == CRED_ERR_COSE_ALG)
		return TR("It is signed by nobody who may sign it.",
		    "签名不正确，或签名者无权签名。");
	if (e == CRED_ERR_NOTE_KEY)
		return TR("The checkpoint is not signed by the log's key for "
			  "this log.",
		    "检查点不是由该日志的密钥为该日志签名的。");
	if (e == CRED_ERR_PIC_BYTES)
		return TR("It is larger than it may be.", "超过长度上限。");
	if (e > CRED_OK && e < CRED_ERR_CLAIMS_KEY)
		return TR("It is not of the form it should be.",
		    "不符合应有的格式。");
	return report_reason(&v, lang_is_zh() ? LANG_ZH : LANG_EN);
}

static void
tell(struct audit *a, const struct audit_finding *f)
{
	switch (f->result) {
	case AUDIT_PASS:
		a->count.pass++;
		break;
	case AUDIT_FAIL:
		a->count.fail++;
		break;
	case AUDIT_UNKNOWN:
		a->count.unknown++;
		break;
	}
	a->o->finding(a->o->ctx, f);
}

void
audit_say(struct audit *a, const char *check, enum audit_result r,
    enum cred_err code, const char *path, uint64_t index, const char *fmt, ...)
{
	struct audit_kept k = {.f = {.check = check,
				   .body = a->body,
				   .result = r,
				   .code = code,
				   .has_index = index != NO_INDEX,
				   .index = index}};
	va_list ap;

	snprintf(k.path, sizeof k.path, "%s", path != NULL ? path : "");
	va_start(ap, fmt);
	vsnprintf(k.message, sizeof k.message, fmt, ap);
	va_end(ap);
	if (a->n_kept == a->cap_kept) {
		size_t cap = a->cap_kept * 2 + 16;
		struct audit_kept *more = realloc(a->kept, cap * sizeof *more);
		if (more == NULL) {
			a->nomem = true;
			return;
		}
		a->kept = more;
		a->cap_kept = cap;
	}
	a->kept[a->n_kept++] = k;
}

static void
tell_kept(struct audit *a)
{
	for (size_t i = 0; i < a->n_kept; i++) {
		struct audit_kept *k = &a->kept[i];
		k->f.path = k->path[0] != '\0' ? k->path : NULL;
		k->f.message = k->message;
		tell(a, &k->f);
	}
	a->n_kept = 0;
}

enum cred_err
audit_get(struct audit *a, const char *path, size_t max, enum cred_err missing,
    struct blob *out, struct why *why)
{
	enum cred_err e;

	why->text[0] = '\0';
	e = source_get(a->source, path, max, out, why);
	if (e == CRED_OK && out->ptr == NULL)
		e = missing;
	if (e != CRED_OK && why->text[0] == '\0')
		(void)why_set(why, e, "%s",
		    e == missing ? TR("the publication lacks this file",
				       "发布数据中没有这个文件")
				 : audit_words(e));
	return e;
}

static void
note(void *ctx, const char *line)
{
	struct audit *a = ctx;

	snprintf(a->note, sizeof a->note, "%s", line);
}

static void
left_out(void *ctx, size_t nth, enum cred_err e)
{
	struct audit *a = ctx;

	(void)nth;
	audit_say(a, "certificate", AUDIT_FAIL, e, "trust/bodies.pem", NO_INDEX,
	    "%s", a->note);
}

/* Never used, only compared. */
static void
look_at_anchor(struct audit *a)
{
	static const char path[] = "trust/anchor.pem";
	struct blob b = {0};
	struct why why;
	enum cred_err e =
	    audit_get(a, path, ANCHOR_MAX, CRED_ERR_TRUST_MISSING, &b, &why);

	if (e == CRED_OK)
		a->anchor_same = bytes_eq(blob_bytes(&b), a->o->anchor);
	if (e != CRED_OK)
		audit_say(a, "anchor", audit_result_of(e), e, path, NO_INDEX,
		    "%s", why.text);
	else if (a->anchor_same ||
		 trust_same_anchors(a->o->anchor, blob_bytes(&b), a->o->now))
		audit_say(a, "anchor", AUDIT_PASS, CRED_OK, path, NO_INDEX,
		    TR("is the anchor given", "与给定的信任锚一致"));
	else
		audit_say(a, "anchor", AUDIT_UNKNOWN, CRED_FAULT_ANCHOR, path,
		    NO_INDEX,
		    TR("is another than the anchor given; ask the authority, "
		       "by other means, for its fingerprint",
			"与给定的信任锚不同；请通过其他途径向主管部门核对指"
			"纹"));
	blob_release(&b);
}

void
audit_day(int64_t unix_s, char out[static 32])
{
	time_t t = unix_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "?");
}

/* One anchor's CRL; name: which one, where there are several. */
static void
look_at_crl(struct audit *a, const struct anchor_facts *of, const char *name)
{
	static const char path[] = "trust/authority.crl";
	enum cred_err why = of->crl.why;
	char until[32];

	audit_day(of->crl.exp, until);
	switch (why) {
	case CRED_OK:
		audit_say(a, "crl", AUDIT_PASS, CRED_OK, path, NO_INDEX,
		    TR("%snumber %llu, valid until %s",
			"%s编号 %llu，有效至 %s"),
		    name, (unsigned long long)of->crl_number, until);
		break;
	case CRED_ERR_CRL_OLDER:
		audit_say(a, "crl", AUDIT_FAIL, why, path, NO_INDEX,
		    TR("%snumber %llu, but number %llu has been seen: an old "
		       "list was put back",
			"%s编号 %llu，而以前见过编号 %llu：被换成了旧列表"),
		    name, (unsigned long long)of->crl_number,
		    (unsigned long long)audit_state_crl(a->state, of->kid));
		break;
	case CRED_ERR_CRL_EXPIRED:
		audit_say(a, "crl", AUDIT_FAIL, why, path, NO_INDEX,
		    TR("%sits next update was due at %s; the authority must "
		       "publish",
			"%s应在 %s 前更新；主管部门需要重新发布"),
		    name, until);
		break;
	case CRED_ERR_CRL_MISSING:
		audit_say(a, "crl", AUDIT_UNKNOWN, why, path, NO_INDEX,
		    TR("%sthere is none for the anchor given: which bodies are "
		       "withdrawn is not known",
			"%s没有对应信任锚的撤销列表：无法得知哪些机构已被撤"
			"销"),
		    name);
		break;
	default:
		audit_say(a, "crl", audit_result_of(why), why, path, NO_INDEX,
		    "%s%s", name, audit_words(why));
	}
	if (why == CRED_OK || why == CRED_ERR_CRL_EXPIRED)
		audit_state_set_crl(a->state, of->kid, of->crl_number);
}

static void
look_at_crls(struct audit *a)
{
	size_t n = trust_n_anchors(a->trust);

	for (size_t i = 0; i < n; i++) {
		struct anchor_facts of;
		char name[300] = "";

		trust_anchor_facts(a->trust, i, &of);
		/* one that signs nothing yet, or nothing any more */
		if (!of.used && of.crl.why == CRED_ERR_CRL_MISSING)
			continue;
		if (n > 1)
			snprintf(
			    name, sizeof name, TR("%s: ", "%s："), of.name);
		look_at_crl(a, &of, name);
	}
}

/* A certificate that is good, and what became of it since last time. */
static void
look_at_cert(struct audit *a, const struct body *b, bool crl_good)
{
	struct audit_seen_cert seen,
	    now = {.withdrawn = b->withdrawn, .tree_size = b->tree_size};
	char from[32], to[32];
	bool known = audit_state_cert(a->state, b->kid, &seen);

	a->body = b->scope.body_id;
	strcpy(now.body_id, b->scope.body_id);
	audit_day(b->not_before, from);
	audit_day(b->not_after, to);
	audit_say(a, "certificate", AUDIT_PASS, CRED_OK, "trust/bodies.pem",
	    NO_INDEX,
	    TR("%s, kid %02x%02x%02x%02x%02x%02x%02x%02x, %s to %s",
		"%s，kid %02x%02x%02x%02x%02x%02x%02x%02x，%s 至 %s"),
	    b->name, b->kid[0], b->kid[1], b->kid[2], b->kid[3], b->kid[4],
	    b->kid[5], b->kid[6], b->kid[7], from, to);
	if (known && seen.withdrawn &&
	    (!b->withdrawn || b->tree_size > seen.tree_size)) {
		/* without a CRL this is no news of the certificate */
		if (crl_good)
			audit_say(a, "withdrawal", AUDIT_FAIL,
			    CRED_ERR_CRL_OLDER, "trust/authority.crl",
			    seen.tree_size,
			    TR("was withdrawn at tree size %llu, and now is "
			       "not, or at a greater size: withdrawals are "
			       "never taken back",
				"曾在日志大小 %llu 处被撤销，现在却没有撤销"
				"或放宽了范围：撤销不能收回"),
			    (unsigned long long)seen.tree_size);
		now = seen;
	} else if (b->withdrawn) {
		audit_day(b->invalid_since, from);
		audit_say(a, "withdrawal", AUDIT_PASS, CRED_OK,
		    "trust/authority.crl", b->tree_size,
		    TR("this certificate is withdrawn (%s, since %s): "
		       "what it signed is good below index %llu and "
		       "issuer_withdrawn from there on",
			"该证书已被撤销（%s，自 %s 起）：序号 %llu "
			"以前的签发仍有效，其后的为 issuer_withdrawn"),
		    trust_reason_name(b->reason),
		    b->invalid_since != 0 ? from : "-",
		    (unsigned long long)b->tree_size);
	}
	audit_state_set_cert(a->state, b->kid, &now);
}

static void
look_for_cert(void *ctx, const uint8_t kid[static CRED_KID_LEN],
    const struct audit_seen_cert *c)
{
	const struct body *found;
	struct audit *a = ctx;

	if (trust_find(a->trust, kid, &found, 1) > 0)
		return;
	a->body = c->body_id;
	audit_say(a, "certificate", AUDIT_FAIL, CRED_ERR_TRUST_MISSING,
	    "trust/bodies.pem", NO_INDEX,
	    TR("kid %02x%02x%02x%02x%02x%02x%02x%02x was there at the last "
	       "audit and is gone: what it signed can no longer be verified",
		"kid %02x%02x%02x%02x%02x%02x%02x%02x 的证书上次审计时存在，"
		"现在不见了：它签发的证书将无法核验"),
	    kid[0], kid[1], kid[2], kid[3], kid[4], kid[5], kid[6], kid[7]);
	a->body = NULL;
}

static void
look_at_certs(struct audit *a)
{
	size_t n = trust_n_bodies(a->trust);

	for (size_t i = 0; i < n; i++) {
		const struct body *b = trust_body(a->trust, i);
		const struct body *other =
		    i > 0 ? trust_body(a->trust, i - 1) : NULL;
		struct anchor_facts of;

		trust_anchor_facts(a->trust, trust_anchor_of(a->trust, i), &of);
		look_at_cert(a, b,
		    of.crl.why == CRED_OK ||
			of.crl.why == CRED_ERR_CRL_EXPIRED);
		if (other != NULL &&
		    memcmp(b->kid, other->kid, CRED_KID_LEN) == 0)
			audit_say(a, "certificate", AUDIT_FAIL,
			    CRED_ERR_X509_KID, "trust/bodies.pem", NO_INDEX,
			    TR("has the kid of another certificate",
				"与另一张证书的 kid 相同"));
		a->body = NULL;
	}
	audit_state_each_cert(a->state, look_for_cert, a);
}

static uint64_t
crl_seen(void *ctx, const uint8_t anchor[static CRED_KID_LEN])
{
	return audit_state_crl(ctx, anchor);
}

/* trust/, all of it. CRED_ERR_*: no list of bodies, which has been said. */
static enum cred_err
audit_trust(struct audit *a, struct why *why)
{
	struct blob bodies = {0}, crl = {0};
	struct trust_files files = {.anchor = a->o->anchor,
	    .crl_seen = crl_seen,
	    .crl_seen_ctx = a->state,
	    .left_out = left_out};
	enum cred_err e;
	bool had_crl;

	look_at_anchor(a);
	e = audit_get(a, "trust/bodies.pem", BODIES_MAX, CRED_ERR_TRUST_MISSING,
	    &bodies, why);
	if (!cred_is_refusal(e) && e != CRED_OK)
		goto out; /* not even this: the publication is not there */
	if (e != CRED_OK) {
		audit_say(a, "certificate", audit_result_of(e), e,
		    "trust/bodies.pem", NO_INDEX, "%s", why->text);
		goto out;
	}
	files.bodies = blob_bytes(&bodies);
	e = audit_get(
	    a, "trust/authority.crl", CRL_MAX, CRED_ERR_CRL_MISSING, &crl, why);
	had_crl = e == CRED_OK || e == CRED_ERR_CRL_MISSING;
	if (!had_crl)
		audit_say(a, "crl", audit_result_of(e), e,
		    "trust/authority.crl", NO_INDEX, "%s", why->text);
	files.crl = blob_bytes(&crl);
	e = trust_load(&files, a->o->now, &a->trust, note, a, why);
	if (e != CRED_OK)
		goto out;
	if (had_crl)
		look_at_crls(a);
	look_at_certs(a);
	/* what it should say of withdrawals is known by a good CRL alone */
	if (trust_crl(a->trust)->why == CRED_OK ||
	    trust_crl(a->trust)->why == CRED_ERR_CRL_EXPIRED)
		audit_trustjson(a, a->anchor_same);
out:
	blob_release(&bodies);
	blob_release(&crl);
	return e;
}

/* The newest certificate of a body speaks for it; false for the others. */
static bool
speaks(const struct trust *t, const struct body *b)
{
	for (size_t i = 0; i < trust_n_bodies(t); i++) {
		const struct body *o = trust_body(t, i);

		if (o != b && strcmp(o->scope.body_id, b->scope.body_id) == 0 &&
		    (o->not_before > b->not_before ||
			(o->not_before == b->not_before && o < b)))
			return false;
	}
	return true;
}

static bool
checkpoint_hash(struct audit *a, const struct body *b, uint8_t out[static 32])
{
	char path[AUDIT_PATH_MAX];
	struct blob blob = {0};
	struct why why;
	bool good;

	snprintf(
	    path, sizeof path, "bodies/%s/log/checkpoint", b->scope.body_id);
	good = audit_get(a, path, NOTE_MAX_BYTES, CRED_ERR_CHECKPOINT_MISSING,
		   &blob, &why) == CRED_OK;
	if (good)
		trust_sha256(out, blob_bytes(&blob), (struct bytes){0});
	blob_release(&blob);
	return good;
}

/*
 * Files of one body are not replaced in one moment. What does not fit together
 * is told only when the checkpoint stood still meanwhile.
 */
static void
audit_body(struct audit *a, const struct body *b)
{
	struct audit_count before = a->count;
	uint8_t was[32], is[32];

	for (int turn = 0; turn < MAX_TURNS; turn++) {
		bool there = checkpoint_hash(a, b, was), bad = false;

		a->n_kept = 0;
		a->count = before;
		a->body = b->scope.body_id;
		audit_log(a, b);
		a->body = NULL;
		for (size_t i = 0; i < a->n_kept; i++)
			bad = bad || a->kept[i].f.result != AUDIT_PASS;
		if (!bad || !there || !checkpoint_hash(a, b, is) ||
		    memcmp(was, is, sizeof was) == 0)
			break;
	}
	a->count.bodies++;
	tell_kept(a);
}

enum cred_err
audit_run(const struct audit_opts *o, struct audit_count *out, struct why *why)
{
	struct audit a = {.o = o};
	enum cred_err e;

	e = audit_state_open(o->state, &a.state, why);
	if (e == CRED_OK)
		e = source_open(o->source, NULL, false, &a.source, why);
	if (e == CRED_OK)
		e = audit_trust(&a, why);
	if (e == CRED_OK || cred_is_refusal(e))
		tell_kept(&a);
	for (size_t i = 0; e == CRED_OK && i < trust_n_bodies(a.trust); i++) {
		const struct body *b = trust_body(a.trust, i);

		if (speaks(a.trust, b))
			audit_body(&a, b);
	}
	if (cred_is_refusal(e))
		e = CRED_OK;
	/* A finding that was lost must not let the audit pass. */
	if (e == CRED_OK && a.nomem)
		e = why_set(why, CRED_FAULT_NOMEM, "%s",
		    cred_strerr(CRED_FAULT_NOMEM));
	if (e == CRED_OK)
		e = audit_state_save(a.state, o->now, why);
	if (e == CRED_OK)
		*out = a.count;
	trust_free(a.trust);
	source_close(a.source);
	audit_state_close(a.state);
	free(a.kept);
	return e;
}
