#include <stdlib.h>

#include "keys/crl_int.h"

/* A body's certificate, an anchor and a CRL from any bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct body body;
	struct anchor anchor;
	struct crl crl;

	if (x509_body(bytes_of(data, size), &body, NULL) == CRED_OK &&
	    (body.key_len == 0 || body.name[0] == '\0'))
		abort();
	if (x509_anchor(bytes_of(data, size), &anchor) == CRED_OK)
		anchor_release(&anchor);
	if (crl_decode(bytes_of(data, size), &crl) == CRED_OK)
		crl_release(&crl);
	return 0;
}
