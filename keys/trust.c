#include "keys/trust_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

struct loader {
	struct trust *t;
	size_t cap;
	void (*note)(void *ctx, const char *line);
	void (*left_out)(void *ctx, size_t nth, enum cred_err why);
	void *ctx;
	struct why *why;
};

static void
say(const struct loader *l, const char *line)
{
	if (l->note != NULL)
		l->note(l->ctx, line);
}

/* What is known of a certificate that is left out: who it says it is. */
static void
left_out(const struct loader *l, size_t nth, struct bytes der, enum cred_err e)
{
	const uint8_t *p = der.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);
	char name[256], line[1024];
	uint8_t kid[CRED_KID_LEN];

	if (x == NULL || x509_name(X509_get_subject_name(x), name) != CRED_OK)
		snprintf(name, sizeof name, "?");
	x509_kid(der, kid);
	snprintf(line, sizeof line,
	    TR("certificate %zu of the bodies (%s, kid "
	       "%02x%02x%02x%02x%02x%02x%02x%02x) is left out: %s (%s)",
		"评价机构证书第 %zu 张（%s，kid "
		"%02x%02x%02x%02x%02x%02x%02x%02x）不采用：%s（%s）"),
	    nth, name, kid[0], kid[1], kid[2], kid[3], kid[4], kid[5], kid[6],
	    kid[7], cred_strerr(e), cred_errname(e));
	say(l, line);
	if (l->left_out != NULL)
		l->left_out(l->ctx, nth, e);
	X509_free(x);
	ERR_clear_error();
}

/*
 * "# retired: 2027-01-01" before the nth certificate: not_after becomes the
 * last second before that day in Asia/Shanghai. A comment that speaks of
 * retirement in any other way is refused: it was meant.
 */
static enum cred_err
read_retired(struct bytes pem, size_t nth, struct trust_anchor *a)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----",
			  word[] = "# retired: ";
	const uint8_t *p = pem.ptr, *end = pem.ptr + pem.len, *next = p;

	for (size_t i = 0; i <= nth && next != NULL; i++) {
		p = i == 0 ? pem.ptr : next + 1;
		next = memmem(p, (size_t)(end - p), begin, sizeof begin - 1);
	}
	for (; next != NULL && p < next;) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(next - p));
		size_t len = (size_t)((eol != NULL ? eol : next) - p);
		int64_t at;
		int32_t day;

		if (len > 0 && p[len - 1] == '\r')
			len--;
		if (len > 0 && p[0] == '#' &&
		    memmem(p, len, "retired", 7) != NULL) {
			if (a->retired || len != sizeof word - 1 + 10 ||
			    memcmp(p, word, sizeof word - 1) != 0 ||
			    !day_parse(bytes_of(p + sizeof word - 1, 10), &day))
				return CRED_ERR_NOT_DATE;
			a->retired = true;
			at = (int64_t)day * 86400 - 8 * 3600 - 1;
			if (at < a->a.not_after)
				a->a.not_after = at;
		}
		p = eol != NULL ? eol + 1 : next;
	}
	return CRED_OK;
}

static enum cred_err
load_anchors(struct loader *l, struct bytes pem)
{
	struct trust *t = l->t;
	BIO *in = pem.ptr == NULL || pem.len > INT32_MAX
		      ? NULL
		      : BIO_new_mem_buf(pem.ptr, (int)pem.len);
	enum cred_err e = CRED_OK;
	uint8_t *der = NULL;
	size_t len;

	while (in != NULL && e == CRED_OK) {
		e = pem_next(in, PEM_STRING_X509, &der, &len);
		if (e != CRED_OK || der == NULL)
			break;
		if (t->n_anchors == TRUST_MAX_ANCHORS)
			e = CRED_ERR_X509_FORM;
		if (e == CRED_OK)
			e = x509_anchor(
			    bytes_of(der, len), &t->anchors[t->n_anchors].a);
		if (e == CRED_OK)
			e = read_retired(
			    pem, t->n_anchors, &t->anchors[t->n_anchors]);
		if (e == CRED_OK)
			t->n_anchors++;
		free(der);
	}
	BIO_free(in);
	if (e == CRED_OK && t->n_anchors == 0)
		return why_set(l->why, CRED_FAULT_ANCHOR,
		    TR("the anchor file holds no certificate",
			"信任锚文件中没有证书"));
	if (e != CRED_OK && e != CRED_FAULT_NOMEM)
		return why_set(l->why, CRED_FAULT_ANCHOR,
		    TR("anchor %zu cannot be used: %s (%s)",
			"第 %zu 个信任锚不能使用：%s（%s）"),
		    t->n_anchors + 1, cred_strerr(e), cred_errname(e));
	return e;
}

/* Which anchor signed it, while that anchor's certificate was valid? */
static enum cred_err
find_anchor(const struct trust *t, struct bytes der, const X509 *x,
    int64_t not_before, size_t *out)
{
	enum cred_err e = CRED_ERR_X509_SIGNATURE;

	for (size_t i = 0; i < t->n_anchors; i++) {
		const struct anchor *a = &t->anchors[i].a;

		if (X509_NAME_cmp(X509_get_issuer_name(x),
			X509_get_subject_name(a->x)) != 0)
			continue;
		e = x509_check_signature(der, a->check);
		if (e == CRED_OK &&
		    (not_before < a->not_before || not_before > a->not_after))
			e = CRED_ERR_NOT_DATE;
		if (e == CRED_OK)
			*out = i;
		if (e != CRED_ERR_SIGNATURE)
			return e;
		e = CRED_ERR_X509_SIGNATURE;
	}
	return e;
}

static bool
is_known(const struct trust *t, const struct trust_entry *e)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->entries[i].anchor == e->anchor &&
		    t->entries[i].serial_len == e->serial_len &&
		    memcmp(t->entries[i].serial, e->serial, e->serial_len) == 0)
			return true;
	return false;
}

/* CRED_ERR_*: left out. */
static enum cred_err
add_body(struct loader *l, struct bytes der)
{
	struct trust *t = l->t;
	struct trust_entry entry = {0}, *more;
	struct pubkey key;
	X509 *x = NULL;
	enum cred_err e;

	e = x509_body(der, &entry.body, &x);
	if (e == CRED_OK)
		e = find_anchor(
		    t, der, x, entry.body.not_before, &entry.anchor);
	if (e == CRED_OK && t->anchors[entry.anchor].retired &&
	    entry.body.not_after > t->anchors[entry.anchor].a.not_after)
		entry.body.not_after = t->anchors[entry.anchor].a.not_after;
	if (e == CRED_OK && !crl_serial(X509_get0_serialNumber(x), entry.serial,
				&entry.serial_len))
		e = CRED_ERR_X509_FORM;
	/* One serial is one certificate (RFC 5280 s4.1.2.2): the CRL could
	 * not tell two apart. */
	if (e == CRED_OK && is_known(t, &entry))
		e = CRED_ERR_X509_FORM;
	if (e == CRED_OK && t->n == TRUST_MAX_BODIES)
		e = CRED_ERR_SCOPE_LIMIT;
	if (e == CRED_OK && t->n == l->cap) {
		size_t cap = l->cap * 2 + 16;
		more = realloc(t->entries, cap * sizeof *more);
		if (more == NULL) {
			e = CRED_FAULT_NOMEM;
		} else {
			t->entries = more;
			l->cap = cap;
		}
	}
	if (e == CRED_OK) {
		key.alg = entry.body.alg;
		key.len = entry.body.key_len;
		memcpy(key.raw, entry.body.key, key.len);
		e = sigcheck_new(&key, &entry.check);
	}
	if (e == CRED_OK)
		t->entries[t->n++] = entry;
	X509_free(x);
	return e;
}

static enum cred_err
load_bodies(struct loader *l, struct bytes pem)
{
	BIO *in = pem.ptr == NULL || pem.len > INT32_MAX
		      ? NULL
		      : BIO_new_mem_buf(pem.ptr, (int)pem.len);
	enum cred_err e = CRED_OK;

	for (size_t nth = 1; in != NULL; nth++) {
		uint8_t *der = NULL;
		size_t len = 0;

		e = pem_next(in, PEM_STRING_X509, &der, &len);
		if (e == CRED_OK && der == NULL)
			break;
		if (e == CRED_OK)
			e = add_body(l, bytes_of(der, len));
		if (cred_is_refusal(e)) {
			left_out(l, nth, bytes_of(der, len), e);
			e = CRED_OK;
		}
		free(der);
		if (e != CRED_OK)
			break;
	}
	BIO_free(in);
	return e;
}

static int
by_kid(const void *a, const void *b)
{
	const struct trust_entry *x = a, *y = b;

	return memcmp(x->body.kid, y->body.kid, CRED_KID_LEN);
}

static int
by_host(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->len == 0 ? 0 : memcmp(x->ptr, y->ptr, x->len);
}

static enum cred_err
sort_entries(struct trust *t)
{
	if (t->n == 0)
		return CRED_OK;
	qsort(t->entries, t->n, sizeof *t->entries, by_kid);
	t->hosts = calloc(t->n, sizeof *t->hosts);
	if (t->hosts == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < t->n; i++)
		t->hosts[i] = scope_host(&t->entries[i].body.scope);
	qsort(t->hosts, t->n, sizeof *t->hosts, by_host);
	return CRED_OK;
}

enum cred_err
trust_load(const struct trust_files *files, int64_t now, struct trust **out,
    void (*note)(void *ctx, const char *line), void *ctx, struct why *why)
{
	struct loader l = {
	    .note = note, .left_out = files->left_out, .ctx = ctx, .why = why};
	enum cred_err e;

	l.t = calloc(1, sizeof *l.t);
	if (l.t == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = load_anchors(&l, files->anchor);
	if (e == CRED_OK)
		e = load_bodies(&l, files->bodies);
	if (e == CRED_OK)
		e = trust_read_crls(l.t, files->crl);
	if (e == CRED_OK)
		e = sort_entries(l.t);
	if (e != CRED_OK) {
		if (e != CRED_FAULT_ANCHOR)
			(void)why_set(why, e, "%s", cred_strerr(e));
		trust_free(l.t);
		return e;
	}
	for (size_t i = 0; files->no_tables && i < l.t->n; i++)
		sigcheck_no_table(l.t->entries[i].check);
	trust_apply_crls(l.t, files, now);
	*out = l.t;
	return CRED_OK;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		sigcheck_free(t->entries[i].check);
	for (size_t i = 0; i < TRUST_MAX_ANCHORS; i++) {
		anchor_release(&t->anchors[i].a);
		crl_release(&t->anchors[i].crl);
	}
	free(t->hosts);
	free(t->entries);
	free(t);
}

size_t
trust_n_bodies(const struct trust *t)
{
	return t->n;
}

const struct body *
trust_body(const struct trust *t, size_t i)
{
	return i < t->n ? &t->entries[i].body : NULL;
}

size_t
trust_find(const struct trust *t, const uint8_t kid[static CRED_KID_LEN],
    const struct body **out, size_t max)
{
	size_t lo = 0, hi = t->n, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(t->entries[mid].body.kid, kid, CRED_KID_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->n &&
	       memcmp(t->entries[lo].body.kid, kid, CRED_KID_LEN) == 0;
	     lo++) {
		if (n < max)
			out[n] = &t->entries[lo].body;
		n++;
	}
	return n;
}

bool
trust_knows_host(const struct trust *t, struct bytes host)
{
	return t->n > 0 &&
	       bsearch(&host, t->hosts, t->n, sizeof host, by_host) != NULL;
}

const struct trust_entry *
trust_entry_of(const struct trust *t, const struct body *body)
{
	const struct trust_entry *e = (const struct trust_entry *)body;

	return t->n > 0 && e >= t->entries && e < t->entries + t->n &&
		       &t->entries[e - t->entries] == e
		   ? e
		   : NULL;
}

enum cred_err
trust_verify_cose(const struct trust *t, const struct body *body,
    const struct cose_sign1 *msg)
{
	const struct trust_entry *en = trust_entry_of(t, body);
	uint8_t small[CRED_MAX_TBS], *big = NULL;
	struct outbuf tbs = {small, sizeof small, 0};
	enum cred_err e;

	if (en == NULL)
		return CRED_FAULT_INTERNAL;
	if (msg->alg != body->alg || msg->sig.len != CRED_SIG_LEN)
		return CRED_ERR_SIGNATURE;
	e = cose_tbs(msg->protect, msg->payload, &tbs);
	if (e == CRED_FAULT_SPACE) { /* a status list */
		tbs.cap = msg->protect.len + msg->payload.len + 64;
		tbs.ptr = big = malloc(tbs.cap);
		tbs.len = 0;
		if (big == NULL)
			return CRED_FAULT_NOMEM;
		e = cose_tbs(msg->protect, msg->payload, &tbs);
	}
	if (e == CRED_OK)
		e = sigcheck_raw(
		    en->check, bytes_of(tbs.ptr, tbs.len), msg->sig.ptr);
	free(big);
	return e;
}

static bool
has_anchor(const struct trust *t, const uint8_t fingerprint[static 32])
{
	for (size_t i = 0; i < t->n_anchors; i++)
		if (memcmp(t->anchors[i].a.fingerprint, fingerprint, 32) == 0)
			return true;
	return false;
}

bool
trust_same_anchors(struct bytes one, struct bytes other, int64_t now)
{
	const struct trust_files a = {.anchor = one}, b = {.anchor = other};
	struct trust *s = NULL, *t = NULL;
	struct why why;
	bool same = trust_load(&a, now, &s, NULL, NULL, &why) == CRED_OK &&
		    trust_load(&b, now, &t, NULL, NULL, &why) == CRED_OK &&
		    s->n_anchors == t->n_anchors;

	for (size_t i = 0; same && i < t->n_anchors; i++)
		same = has_anchor(s, t->anchors[i].a.fingerprint);
	trust_free(s);
	trust_free(t);
	return same;
}
