#include "keys/trust_int.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* Give a CRL to the anchor that signed it; the newest number counts. */
static enum cred_err
add_crl(struct trust *t, struct bytes der)
{
	enum cred_err e = CRED_ERR_CRL_SIGNATURE;

	for (size_t i = 0; i < t->n_anchors; i++) {
		struct trust_anchor *a = &t->anchors[i];
		struct crl crl;

		e = crl_read(der, &a->a, &crl);
		if (e == CRED_ERR_CRL_SIGNATURE)
			continue;
		if (e != CRED_OK)
			return e;
		if (a->crl_err == CRED_OK && crl.number <= a->crl.number) {
			crl_release(&crl);
			return CRED_OK;
		}
		crl_release(&a->crl);
		a->crl = crl;
		a->crl_err = CRED_OK;
		return CRED_OK;
	}
	return e;
}

enum cred_err
trust_read_crls(struct trust *t, struct bytes file)
{
	static const uint8_t dash[] = "-----BEGIN";
	enum cred_err e = CRED_OK, bad = CRED_OK;
	bool pem = false;
	BIO *in;

	for (size_t i = 0; i < t->n_anchors; i++)
		t->anchors[i].crl_err = CRED_ERR_CRL_MISSING;
	if (file.ptr == NULL || file.len > INT32_MAX)
		return CRED_OK;
	pem = memmem(file.ptr, file.len, dash, sizeof dash - 1) != NULL;
	in = BIO_new_mem_buf(file.ptr, (int)file.len);
	if (in == NULL)
		return CRED_FAULT_NOMEM;
	if (!pem)
		bad = add_crl(t, file);
	while (pem && e == CRED_OK) {
		uint8_t *der = NULL;
		size_t len;

		e = pem_next(in, PEM_STRING_X509_CRL, &der, &len);
		if (e == CRED_ERR_X509_FORM) {
			bad = CRED_ERR_CRL_FORM;
			e = CRED_OK;
			continue;
		}
		if (e != CRED_OK || der == NULL)
			break;
		e = add_crl(t, bytes_of(der, len));
		if (cred_is_refusal(e)) {
			bad = e;
			e = CRED_OK;
		}
		free(der);
	}
	BIO_free(in);
	if (!cred_is_refusal(bad))
		return bad != CRED_OK ? bad : e;
	for (size_t i = 0; i < t->n_anchors; i++)
		if (t->anchors[i].crl_err == CRED_ERR_CRL_MISSING)
			t->anchors[i].crl_err = bad;
	return e;
}

/* Has it signed the certificate of a body that counts? */
static bool
is_used(const struct trust *t, size_t anchor)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->entries[i].anchor == anchor)
			return true;
	return t->n == 0 || t->n_anchors == 1;
}

static void
withdraw_bodies(struct trust *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct trust_entry *en = &t->entries[i];
		const struct trust_anchor *a = &t->anchors[en->anchor];
		const struct crl_entry *c =
		    crl_find(&a->crl, en->serial, en->serial_len);

		if (c == NULL)
			continue;
		en->revoked_at = c->revoked_at;
		en->body.withdrawn = true;
		en->body.reason = c->reason;
		en->body.invalid_since = c->invalid_since;
		en->body.tree_size = c->tree_size;
	}
}

/* Only the clock is against it, and the clock of a verdict may be another. */
static bool
is_whole(enum cred_err why)
{
	return why == CRED_OK || why == CRED_ERR_CRL_EXPIRED;
}

/*
 * One fact for the whole list: the worst of the anchors that have bodies, so
 * that nothing counts as checked which was not; of those that are whole, the
 * one that expires first.
 */
void
trust_apply_crls(struct trust *t, const struct trust_files *files, int64_t now)
{
	bool first = true;

	withdraw_bodies(t);
	for (size_t i = 0; i < t->n_anchors; i++) {
		struct trust_anchor *a = &t->anchors[i];
		struct crl_fact f;

		if (a->crl_err == CRED_OK && now >= a->crl.next_update)
			a->crl_err = CRED_ERR_CRL_EXPIRED;
		if (files->crl_seen != NULL && is_whole(a->crl_err) &&
		    a->crl.number <
			files->crl_seen(files->crl_seen_ctx, a->a.kid))
			a->crl_err = CRED_ERR_CRL_OLDER;
		if (!is_used(t, i))
			continue;
		if (a->crl.number > t->crl_number)
			t->crl_number = a->crl.number;
		f = (struct crl_fact){
		    a->crl_err, a->crl.this_update, a->crl.next_update};
		if (first || (is_whole(t->crl.why) &&
				 (!is_whole(f.why) || f.exp < t->crl.exp)))
			t->crl = f;
		first = false;
	}
}

const struct crl_fact *
trust_crl(const struct trust *t)
{
	return &t->crl;
}

uint64_t
trust_crl_number(const struct trust *t)
{
	return t->crl_number;
}

size_t
trust_n_anchors(const struct trust *t)
{
	return t->n_anchors;
}

void
trust_anchor_facts(const struct trust *t, size_t i, struct anchor_facts *out)
{
	const struct trust_anchor *a = &t->anchors[i];

	*out = (struct anchor_facts){.kid = a->a.kid,
	    .fingerprint = a->a.fingerprint,
	    .name = a->a.name,
	    .crl_number = a->crl.number,
	    .crl = {a->crl_err, a->crl.this_update, a->crl.next_update},
	    .used = is_used(t, i)};
}

size_t
trust_anchor_of(const struct trust *t, size_t body)
{
	return t->entries[body].anchor;
}

uint64_t
trust_crl_version(const struct trust *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n_anchors; i++)
		sum += t->anchors[i].crl.number;
	return sum;
}
