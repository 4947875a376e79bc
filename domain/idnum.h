#ifndef DOMAIN_IDNUM_H
#define DOMAIN_IDNUM_H

#include "credential/claims.h"

/*
 * Identity document numbers (domain.md 4.1, 4.3), one validator a type. The
 * number must be normalised: normal_id().
 */
struct idnum {
	bool has_birth;
	int32_t birth;  /* days since 1970-01-01 */
	bool male;      /* only with has_birth */
	char region[7]; /* six digits, or "" */
	/* The form or the place of the birth date is not certain (domain.md tags
	 * it V-, I or G): a reason to warn, never to refuse. */
	bool unusual;       /* not the usual form of its type */
	bool birth_guessed; /* birth is where it likely stands */
};

/*
 * CRED_ERR_DOMAIN_FORM      not the form of its type
 * CRED_ERR_DOMAIN_15        a first-generation number of 15 digits
 * CRED_ERR_DOMAIN_DATE      birth date does not exist, or is after today
 * CRED_ERR_DOMAIN_CHECKSUM  check digit wrong (GB 11643, MOD 11-2)
 * Travel permits and passports are refused only when they are not 5 to 17
 * letters and digits at all; what differs from their usual form is `unusual`.
 * today: days since 1970-01-01. Region and age are for the caller to warn of:
 * abolished region codes stay in people's numbers for life.
 */
enum cred_err idnum_check(enum id_type type, struct bytes id, int32_t today,
    struct idnum *out);

/* Is it the number of a residence permit for people from Hong Kong, Macau or
 * Taiwan, by its first six digits? */
bool idnum_is_hmt(struct bytes id);

/* The check character of 17 digits. */
char idnum_check_digit(const char *digits17);

/* Age in whole years on a day. */
int idnum_age(const struct idnum *id, int32_t day);

/* Does it look like what Excel makes of 18 digits: "1.50102E+17", or 18 digits
 * that end in 000 although the check digit is wrong? */
bool idnum_ruined_by_excel(struct bytes id);

/* "居民身份证" and its usual other names; 0 if unknown. "" is ID_RESIDENT. */
int idnum_type_by_name(struct bytes name);
const char *idnum_type_name(enum id_type type);

#endif
