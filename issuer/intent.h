#ifndef ISSUER_INTENT_H
#define ISSUER_INTENT_H

#include "credential/verdict.h"
#include "edge/reason.h"
#include "issuer/row.h"
#include "registry/registry.h"

/*
 * What will be signed for a row, stored before it is signed (design 5): the
 * claims, encoded, and what is printed besides them.
 */
struct intent {
	char number[CLAIMS_MAX_NUMBER + 1];
	uint8_t payload[CRED_MAX_BYTES];
	char *print;        /* JSON, malloc */
	const char *reason; /* of a replacement, set by the caller; or NULL */
};

/*
 * Fill entry for row at index with serial; it points into row and *out, which
 * must live as long. now becomes iat. CRED_ERR_CLAIMS_* when the credential
 * would not have its form, CRED_ERR_NOT_NUMBER when the serials of the series
 * are used up.
 */
enum cred_err intent_make(struct row *row, const struct body *body,
    uint64_t index, uint32_t serial, int64_t now, struct intent *out,
    struct registry_entry *entry, struct why *why);
void intent_release(struct intent *i);

/* The print JSON, read back. Absent texts are "". */
struct intent_print {
	bool has_valid_from;
	int32_t valid_from;
	bool has_trained;
	int32_t trained_from, trained_to;
	char category[ROW_CATEGORY_MAX + 1];
	char reason[REASON_MAX_BYTES + 1]; /* "" but for replacements */
};
enum cred_err intent_read_print(struct bytes json, struct intent_print *out);

#endif
