#ifndef KEYS_PKCS11_URI_INT_H
#define KEYS_PKCS11_URI_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/why.h"

#define PKCS11_TEXT_MAX 256

/*
 * Where a key lives in a token (RFC 7512), read strictly:
 *
 *   pkcs11:token=T;object=O;type=private?module-path=/usr/lib/….so
 *
 * token, serial, manufacturer, model choose the token; object and id the key.
 * At least one of token and serial, one of object and id, and an absolute
 * module-path are required. Refused with CRED_FAULT_CONFIG: any other
 * attribute, one twice, a type that is not private, a broken percent encoding;
 * a PIN above all (pin-value, pin-source), for URIs end up in logs.
 */
struct pkcs11_uri {
	char token[PKCS11_TEXT_MAX], serial[PKCS11_TEXT_MAX],
	    manufacturer[PKCS11_TEXT_MAX], model[PKCS11_TEXT_MAX];
	char object[PKCS11_TEXT_MAX];
	uint8_t id[PKCS11_TEXT_MAX];
	size_t id_len;
	char module[1024];
};

enum cred_err pkcs11_uri_parse(
    const char *uri, struct pkcs11_uri *out, struct why *why);

/*
 * The same URI with this module: malloc'd. For --pkcs11-module.
 * CRED_FAULT_CONFIG when it names one already.
 */
enum cred_err pkcs11_uri_with_module(
    const char *uri, const char *module, char **out, struct why *why);

#endif
