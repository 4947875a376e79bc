#ifndef CREDENTIAL_CLAIMS_H
#define CREDENTIAL_CLAIMS_H

#include "credential/bytes.h"
#include "credential/err.h"
#include "credential/limits.h"

enum kind {
	KIND_QUALIFICATION = 1, /* 职业资格 */
	KIND_LEVEL = 2,         /* 职业技能等级 */
	KIND_SPECIALISED = 3,   /* 专项职业能力 */
	KIND_OPERATION = 4,     /* 特种作业操作 */
	KIND_TRAINING = 5,      /* 培训合格 */
};

/* Identity document types, domain.md 4. The number never leaves the registry
 * and the print; only its type and 12 bits of a hash are in a credential. */
enum id_type {
	ID_RESIDENT = 1,      /* 居民身份证, GB 11643 */
	ID_HMT_RESIDENCE = 2, /* 港澳台居民居住证 */
	ID_FOREIGN_PR = 3,    /* 外国人永久居留身份证 */
	ID_HM_PERMIT = 4,     /* 港澳居民来往内地通行证 */
	ID_TW_PERMIT = 5,     /* 台湾居民来往大陆通行证 */
	ID_PASSPORT = 6,      /* 护照 */
};

/* Absent texts have ptr == NULL. Days count from 1970-01-01. */
struct certificate {
	uint64_t index;          /* 0  position in log and status list */
	enum kind kind;          /* 1 */
	struct bytes name;       /* 2 */
	enum id_type id_type;    /* 3 */
	uint16_t id_check;       /* 3  12 bits, id_check() */
	struct bytes number;     /* 4  absent for KIND_OPERATION alone */
	struct bytes occupation; /* 5 */
	struct bytes code;       /* 6  optional */
	uint8_t level;           /* 7  1 highest .. 5; 0: absent */
	int32_t issued;          /* 8 */
	bool has_valid_to, has_review_due;
	int32_t valid_to;       /* 9  last valid day */
	int32_t review_due;     /* 10 */
	struct bytes photo;     /* 11 optional, first 16 bytes of SHA-256 */
	struct bytes direction; /* 12 optional */
};

struct claims {
	int64_t iat;  /* Unix seconds */
	bool has_exp; /* true exactly when cert.has_valid_to */
	int64_t exp;  /* the second after the last valid day in Asia/Shanghai */
	struct certificate cert;
};

/*
 * Decode the payload of a credential: the map of design 4, deterministic, no
 * unknown keys, every field in its range, no control or bidirectional-format
 * characters in texts. out points into in. Says nothing of who signed.
 */
enum cred_err claims_decode(struct bytes in, struct claims *out);

/* The only encoding of these claims. Refuses, with the same errors as
 * claims_decode(), what claims_decode() would refuse. */
enum cred_err claims_encode(const struct claims *c, struct outbuf *out);

/* Has valid UTF-8 no character that is unseen or changes how others are seen:
 * none of what a certificate's texts may not hold? */
bool claims_is_visible(struct bytes utf8);

/* A catalogue code: 1..CLAIMS_MAX_CODE of [0-9A-Za-z.-]. */
bool claims_is_code(struct bytes s);

/* A printed number: CLAIMS_MIN_NUMBER..CLAIMS_MAX_NUMBER of [0-9A-Za-z-].
 * The forms of each kind are scope_check()'s. */
bool claims_is_number(struct bytes s);

/* exp for a last valid day: midnight after it in Asia/Shanghai (UTC+8). */
int64_t claims_exp(int32_t valid_to);

/* Day in Asia/Shanghai of a Unix time, days since 1970-01-01; the nearest
 * int32 for times beyond. */
int32_t claims_day(int64_t unix_s);

/* Proleptic Gregorian, years 0..9999; month and day from 1. False if there is
 * no such day. */
bool day_from_civil(int year, int month, int day, int32_t *out);
void day_to_civil(int32_t day, int *year, int *month, int *mday);
/* "2020-06-30" and back; strict ten characters. "----------" for a day that
 * has no four-digit year. */
void day_format(int32_t day, char out[static 11]);
bool day_parse(struct bytes s, int32_t *out);

/*
 * What id_check() must hash: "tamga-id" || kid || index (8 bytes, big-endian)
 * || normalised ID. The first 12 bits of SHA-256 of it are the check.
 * Normalised here: small letters become capitals, blanks go; anything but
 * visible ASCII, nothing at all or more than ID_MAX_LEN is CRED_ERR_CLAIMS_ID.
 */
#define ID_MAX_LEN   32
#define ID_CHECK_MAX 64
enum cred_err id_check_input(const uint8_t kid[static CRED_KID_LEN],
    uint64_t index, struct bytes id, struct outbuf *out);
static inline uint16_t
id_check_value(const uint8_t sha256[static 32])
{
	return (uint16_t)(sha256[0] << 4 | sha256[1] >> 4);
}

#endif
