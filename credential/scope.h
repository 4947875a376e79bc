#ifndef CREDENTIAL_SCOPE_H
#define CREDENTIAL_SCOPE_H

#include "credential/bytes.h"
#include "credential/claims.h"
#include "credential/err.h"
#include "credential/limits.h"

/* Object identifiers, under 2.25.<UUID ac7b2402-c129-4469-8365-5921a21331f9> */
#define TAMGA_OID_ARC "2.25.229266598173587866347848835432874979833"
#define TAMGA_OID_BODY TAMGA_OID_ARC ".1"      /* extension of a body certificate */
#define TAMGA_OID_TREE_SIZE TAMGA_OID_ARC ".2" /* CRL entry extension */

/*
 * What a body may issue: the critical extension TamgaBody (docs/format.md).
 *
 *   TamgaBody ::= SEQUENCE {
 *     version    INTEGER { v1(1) },
 *     bodyId     PrintableString (SIZE (18)),   -- GB 32100
 *     prefix     PrintableString (SIZE (13)),   -- domain.md 1.2, positions 1-13
 *     base       IA5String (SIZE (1..200)),     -- https://HOST/ or https://HOST/path/
 *     logKey     OCTET STRING (SIZE (32)),      -- Ed25519, RFC 8032
 *     notBefore  [0] IMPLICIT INTEGER OPTIONAL, -- first issue day, days since 1970-01-01
 *     notAfter   [1] IMPLICIT INTEGER OPTIONAL, -- last issue day
 *     kinds      SEQUENCE SIZE (0..5) OF KindGrant }  -- ascending; empty: nothing
 *   KindGrant ::= SEQUENCE { kind INTEGER (1..5), items CHOICE {
 *     all        NULL,
 *     some       SEQUENCE SIZE (0..128) OF ItemGrant } }
 *   ItemGrant ::= SEQUENCE { code PrintableString (SIZE (1..16)),
 *     levels     SEQUENCE { high INTEGER (1..5), low INTEGER (1..5) } OPTIONAL }
 *
 * levels: level codes, 1 the highest; 3-5 is high 3, low 5. Absent: any level.
 */
struct scope_item {
	char code[CLAIMS_MAX_CODE + 1];
	uint8_t level_high, level_low; /* 0, 0: any level or none */
};

struct scope_kind {
	bool granted; /* named at all */
	bool all;
	size_t n;
	struct scope_item items[SCOPE_MAX_ITEMS];
};

struct scope {
	char body_id[19];
	char prefix[14];
	char base[SCOPE_MAX_BASE + 1]; /* ends with '/' */
	uint8_t log_key[32];
	bool has_not_before, has_not_after;
	int32_t not_before, not_after;
	struct scope_kind kinds[6]; /* by enum kind; [0] unused */
};

/* Strict DER of the extension's value (inside the OCTET STRING). */
enum cred_err scope_decode(struct bytes der, struct scope *out);
enum cred_err scope_encode(const struct scope *s, struct outbuf *out);

/*
 * May this body issue this certificate? CRED_OK or the first CRED_ERR_NOT_*
 * in the order kind, occupation, level, number form, prefix, year, number's
 * level, date. Occupations are compared by catalogue code (cert->code); a
 * grant by code never covers a certificate without one.
 */
enum cred_err scope_check(const struct scope *s, const struct certificate *cert);

/* Host of base, pointing into s. */
struct bytes scope_host(const struct scope *s);

#endif
