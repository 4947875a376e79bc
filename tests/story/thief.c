/*
 * thief BODYHOME PASSFILE INDEX: what somebody can do who has a body's key,
 * certificate and pass phrase, but neither its registry nor its log. Prints the
 * QR text of a certificate dated years back, at any index.
 */
#include <stdio.h>
#include <stdlib.h>

#include "credential/digits.h"
#include "edge/file.h"
#include "keys/own.h"
#include "keys/signer.h"

static void
must(enum cred_err e, const struct why *why)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "thief: %s: %s\n", cred_errname(e), why->text);
	exit(1);
}

int
main(int argc, char **argv)
{
	uint8_t payload[CRED_MAX_BYTES], cose[CRED_MAX_BYTES];
	uint8_t text[CRED_MAX_TEXT];
	struct outbuf p = {payload, sizeof payload, 0};
	struct outbuf c = {cose, sizeof cose, 0};
	struct outbuf qr = {text, sizeof text, 0};
	struct pass_source pass = {.fd = -1};
	struct why why = {{0}};
	struct claims claims;
	struct signer *signer;
	struct own *own;
	char path[512];
	uint8_t *pem;
	size_t len;

	if (argc != 4)
		return 2;
	pass.file = argv[2];
	snprintf(path, sizeof path, "%s/body.pem", argv[1]);
	must(file_read(path, 1 << 16, &pem, &len, &why), &why);
	must(own_open(bytes_of(pem, len), &own, &why), &why);
	snprintf(path, sizeof path, "%s/body.key", argv[1]);
	must(signer_open(path, bytes_of(pem, len), &pass, &signer, &why), &why);
	/* as early as the key's certificate lets him */
	claims = (struct claims){.iat = own_body(own)->not_before};
	claims.cert = (struct certificate){.index = strtoull(argv[3], NULL, 10),
	    .kind = KIND_LEVEL,
	    .name = bytes_str("贾冒"),
	    .id_type = ID_RESIDENT,
	    .id_check = 0x123,
	    .number = bytes_str("S000015000123203000001"),
	    .occupation = bytes_str("电工"),
	    .code = bytes_str("6-31-01-03"),
	    .level = 3};
	if (!day_parse(bytes_str("2020-06-30"), &claims.cert.issued))
		return 1;
	must(claims_encode(&claims, &p), &why);
	must(signer_credential(signer, bytes_of(p.ptr, p.len), &c, &why), &why);
	must(qrtext_make(bytes_str(signer_scope(signer)->base),
		 bytes_of(c.ptr, c.len), &qr),
	    &why);
	printf("%.*s\n", (int)qr.len, (const char *)qr.ptr);
	signer_free(signer);
	own_free(own);
	free(pem);
	return 0;
}
