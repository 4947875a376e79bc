#include "credential/report.h"
#include "credential/verdict.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Facts taken from the input at random. */
static uint64_t
take(const uint8_t **p, size_t *n, uint64_t below)
{
	uint64_t v = 0;

	for (int i = 0; i < 8 && *n > 0; i++, (*p)++, (*n)--)
		v = v << 8 | **p;
	return below == 0 ? v : v % below;
}

/*
 * A QR text, whatever it says, with facts from the same bytes, gives exactly
 * one status and a report; unsigned content is never shown.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t cose[CRED_MAX_BYTES + 8], json[REPORT_JSON_MAX];
	static struct body body;
	struct outbuf out = {cose, sizeof(cose), 0};
	struct outbuf report = {json, sizeof(json), 0};
	struct verdict_in in = {0};
	struct credential cred;
	struct qrtext qr;
	struct verdict v;
	const uint8_t *p = data;
	size_t n = size;

	in.text_err = qrtext_parse(bytes_of(data, size), &qr);
	if (in.text_err == CRED_OK)
		in.text_err = digits_decode(qr.digits, &out);
	if (in.text_err == CRED_OK)
		in.decode_err =
		    credential_decode(bytes_of(cose, out.len), &cred);
	if (in.text_err == CRED_OK && in.decode_err == CRED_OK) {
		in.cred = &cred;
		body.alg = cred.sign1.alg;
		memcpy(body.kid, cred.sign1.kid.ptr, CRED_KID_LEN);
	}
	in.foreign_host = take(&p, &n, 2);
	in.other_number = in.text_err == CRED_OK && qr.host.ptr == NULL &&
			  !credential_begins(qr.digits);
	in.n_candidates = take(&p, &n, 3);
	in.body = take(&p, &n, 2) ? &body : NULL;
	body.withdrawn = take(&p, &n, 2);
	body.tree_size = take(&p, &n, 0);
	body.not_before = (int64_t)take(&p, &n, 0);
	body.not_after = (int64_t)take(&p, &n, 0);
	in.status.value = (enum status_value)take(&p, &n, 5);
	in.status.exp = (int64_t)take(&p, &n, 0);
	in.status.iat = (int64_t)take(&p, &n, 0);
	in.status.ttl = (int64_t)take(&p, &n, 0);
	in.log.state = (enum log_state)take(&p, &n, 6);
	in.crl.exp = (int64_t)take(&p, &n, 0);
	in.now = (int64_t)take(&p, &n, 0);
	verdict_decide(&in, &v);
	assert(v.status <= VERDICT_UNREADABLE);
	assert(!v.show || (in.cred != NULL && in.body != NULL));
	assert(v.show == (v.cred != NULL) && v.show == (v.body != NULL));
	assert(v.status != VERDICT_VALID || v.show);
	assert(report_json(&v, NULL, LANG_ZH, &report) == CRED_OK);
	return 0;
}
