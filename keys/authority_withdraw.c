#include "keys/authority_int.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"

int
authority_reason(const char *name)
{
	for (int code = 0; code <= 10; code++)
		if (strcmp(name, "?") != 0 &&
		    strcmp(name, trust_reason_name(code)) == 0)
			return code;
	return -1;
}

/* Sign this CRL and put it in place of the home's. */
enum cred_err
authority_replace_crl(struct authority *a, struct crl *crl, int crl_days,
    int64_t now, struct why *why)
{
	char *path = file_join(a->home, "authority.crl"), *pem = NULL;
	struct der der = {0};
	enum cred_err e;

	if (path == NULL)
		return authority_nomem(why);
	crl->number++;
	crl->this_update = now;
	crl->next_update = now + (int64_t)crl_days * DAY;
	e = make_crl(a->key, &a->trust->anchors[0].a, crl, &der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509_CRL, bytes_of(der.ptr, der.len));
		e = pem == NULL ? authority_nomem(why)
				: file_write(path, bytes_str(pem), 0644, why);
	}
	if (e == CRED_OK)
		e = authority_reload(a, now, why);
	free(pem);
	free(der.ptr);
	free(path);
	return e;
}

/* A copy with room for more entries. */
enum cred_err
authority_copy_crl(
    const struct authority *a, size_t more, struct crl *out, struct why *why)
{
	const struct crl *from = &a->trust->anchors[0].crl;
	struct crl c = *from;

	c.entries = calloc(from->n + more + 1, sizeof *c.entries);
	if (c.entries == NULL)
		return authority_nomem(why);
	memcpy(c.entries, from->entries, from->n * sizeof *c.entries);
	*out = c;
	return CRED_OK;
}

static enum cred_err
withdraw_one(struct crl *crl, const struct trust_entry *en,
    const struct withdrawal *w, int64_t now, struct why *why)
{
	for (size_t i = 0; i < crl->n; i++) {
		struct crl_entry *c = &crl->entries[i];

		if (c->serial_len != en->serial_len ||
		    memcmp(c->serial, en->serial, c->serial_len) != 0)
			continue;
		if (w->tree_size > c->tree_size)
			return why_set(why, CRED_ERR_NOT_DATE,
			    TR("withdrawn already at tree size %llu: it can "
			       "only be lowered",
				"已在日志大小 %llu 处撤销：只能调低"),
			    (unsigned long long)c->tree_size);
		if (trust_key_stays_good(w->reason) &&
		    !trust_key_stays_good(c->reason))
			return why_set(why, CRED_ERR_NOT_DATE,
			    TR("withdrawn already as %s: a reason under which "
			       "its key would count again cannot follow",
				"已以 %s 为由撤销：不能改为使其密钥重新有效的"
				"理由"),
			    trust_reason_name(c->reason));
		c->tree_size = w->tree_size;
		c->reason = w->reason;
		if (w->at < c->invalid_since)
			c->invalid_since = w->at;
		return CRED_OK;
	}
	struct crl_entry *c = &crl->entries[crl->n++];
	*c = (struct crl_entry){.serial_len = en->serial_len,
	    .revoked_at = now,
	    .reason = w->reason,
	    .invalid_since = w->at,
	    .tree_size = w->tree_size};
	memcpy(c->serial, en->serial, en->serial_len);
	return CRED_OK;
}

enum cred_err
authority_withdraw(struct authority *a, const struct withdrawal *w,
    int crl_days, int64_t now, size_t *n, struct why *why)
{
	size_t count = 0;
	struct crl crl;
	enum cred_err e = authority_may(a, why);

	if (e == CRED_OK)
		e = authority_copy_crl(a, a->trust->n, &crl, why);
	if (e != CRED_OK)
		return e;
	for (size_t i = 0; i < a->trust->n && e == CRED_OK; i++) {
		const struct trust_entry *en = &a->trust->entries[i];

		if (strcmp(en->body.scope.body_id, w->body_id) != 0 ||
		    (w->kid != NULL &&
			memcmp(w->kid, en->body.kid, CRED_KID_LEN) != 0))
			continue;
		e = withdraw_one(&crl, en, w, now, why);
		count++;
	}
	if (e == CRED_OK && count == 0)
		e = why_set(why, CRED_ERR_X509_FORM,
		    TR("no certificate of body %s was issued here",
			"这里没有给评价机构 %s 签发过证书"),
		    w->body_id);
	if (e == CRED_OK)
		e = authority_replace_crl(a, &crl, crl_days, now, why);
	if (e == CRED_OK)
		*n = count;
	free(crl.entries);
	return e;
}
