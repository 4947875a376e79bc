#include "keys/verify.h"

#include <string.h>

/* Certificates with one kid: admission refuses the second. */
#define MAX_CANDIDATES 8

static bool
is_foreign(
    const struct trust *t, struct bytes host, const struct verify_opts *opts)
{
	if (host.ptr == NULL ||
	    (opts->host.ptr != NULL && bytes_eq(host, opts->host)))
		return false;
	return !trust_knows_host(t, host);
}

/* The CRL was judged at loading; this verdict may be for another time. */
static struct crl_fact
crl_at(const struct trust *t, int64_t now)
{
	struct crl_fact f = *trust_crl(t);

	if (f.why == CRED_OK || f.why == CRED_ERR_CRL_EXPIRED)
		f.why = now >= f.exp ? CRED_ERR_CRL_EXPIRED : CRED_OK;
	return f;
}

static enum cred_err
find_signer(
    const struct trust *t, const struct credential *cred, struct verdict_in *in)
{
	const struct body *found[MAX_CANDIDATES];
	enum cred_err e;

	in->n_candidates =
	    trust_find(t, cred->sign1.kid.ptr, found, MAX_CANDIDATES);
	for (size_t i = 0; i < in->n_candidates && i < MAX_CANDIDATES; i++) {
		e = trust_verify_cose(t, found[i], &cred->sign1);
		if (e == CRED_OK) {
			in->body = found[i];
			return CRED_OK;
		}
		if (e != CRED_ERR_SIGNATURE)
			return e;
	}
	return CRED_OK;
}

static void
ask_evidence(const struct evidence *ev, const struct credential *cred,
    struct verdict_in *in)
{
	uint64_t index = cred->claims.cert.index;
	uint8_t entry[32];

	in->status = (struct status_fact){.why = CRED_ERR_STATUS_MISSING};
	in->log = (struct log_fact){.why = CRED_ERR_CHECKPOINT_MISSING};
	if (ev == NULL)
		return;
	if (ev->status != NULL)
		ev->status(ev->ctx, in->body, index, &in->status);
	if (ev->log != NULL) {
		trust_sha256(entry, cred->raw, (struct bytes){0});
		ev->log(ev->ctx, in->body, index, entry, &in->log);
	}
}

/* From the point where out->cose holds the bytes, or text_err says why not. */
static enum cred_err
decide(const struct trust *t, const struct evidence *ev, size_t len,
    const struct verify_opts *opts, struct verdict_in *in,
    struct verification *out)
{
	enum cred_err e = CRED_OK;

	in->now = opts->now;
	in->crl = crl_at(t, opts->now);
	if (in->text_err == CRED_OK)
		in->decode_err =
		    credential_decode(bytes_of(out->cose, len), &out->cred);
	if (in->decode_err >= CRED_FAULT_NOMEM)
		return in->decode_err;
	if (in->text_err == CRED_OK && in->decode_err == CRED_OK) {
		in->cred = &out->cred;
		e = find_signer(t, &out->cred, in);
	}
	if (e != CRED_OK)
		return e;
	if (in->body != NULL)
		ask_evidence(ev, &out->cred, in);
	verdict_decide(in, &out->verdict);
	return CRED_OK;
}

enum cred_err
verify_text(const struct trust *t, const struct evidence *ev, struct bytes text,
    const struct verify_opts *opts, struct verification *out)
{
	struct outbuf cose = {out->cose, sizeof out->cose, 0};
	struct verdict_in in = {0};

	out->qr = (struct qrtext){0};
	in.text_err = qrtext_parse(text, &out->qr);
	if (in.text_err == CRED_OK) {
		in.foreign_host = is_foreign(t, out->qr.host, opts);
		in.other_number = out->qr.host.ptr == NULL &&
				  !credential_begins(out->qr.digits);
		in.text_err = digits_decode(out->qr.digits, &cose);
	}
	if (in.text_err == CRED_FAULT_SPACE)
		in.text_err = CRED_ERR_COSE_SIZE;
	if (in.text_err >= CRED_FAULT_NOMEM)
		return in.text_err;
	return decide(t, ev, cose.len, opts, &in, out);
}

enum cred_err
verify_cose(const struct trust *t, const struct evidence *ev, struct bytes cose,
    const struct verify_opts *opts, struct verification *out)
{
	struct verdict_in in = {0};

	out->qr = (struct qrtext){0};
	if (cose.len > sizeof out->cose || cose.len == 0)
		in.decode_err = CRED_ERR_COSE_SIZE;
	else
		memmove(out->cose, cose.ptr, cose.len);
	if (in.decode_err != CRED_OK) {
		in.now = opts->now;
		in.crl = crl_at(t, opts->now);
		verdict_decide(&in, &out->verdict);
		return CRED_OK;
	}
	return decide(t, ev, cose.len, opts, &in, out);
}

bool
verify_id_check(const struct verification *v, struct bytes id)
{
	const struct certificate *cert = &v->cred.claims.cert;
	uint8_t buf[ID_CHECK_MAX], hash[32];
	struct outbuf in = {buf, sizeof buf, 0};

	if (!v->verdict.show || v->verdict.body == NULL ||
	    id_check_input(v->verdict.body->kid, cert->index, id, &in) !=
		CRED_OK)
		return false;
	trust_sha256(hash, bytes_of(buf, in.len), (struct bytes){0});
	return id_check_value(hash) == cert->id_check;
}
