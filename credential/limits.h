#ifndef CREDENTIAL_LIMITS_H
#define CREDENTIAL_LIMITS_H

/* Every limit of the format, with its reason. */

#define CRED_MAX_BYTES       600 /* design 4; QR version 16 holds about 415 behind a host */
#define CRED_MAX_DIGITS      1458 /* of 600 bytes: 85 * 17 + 13 */
#define CRED_MAX_TEXT        4096 /* a QR text, version 40 holds 2953 bytes */
#define CRED_MAX_TBS         700 /* Sig_structure of a credential */
#define CRED_SIG_LEN         64 /* ES256, Ed25519 and SM2 alike, raw */
#define CRED_KID_LEN         8
#define CRED_PHOTO_LEN       16
#define CBOR_MAX_DEPTH       8
#define CLAIMS_MAX_NAME      120 /* bytes of UTF-8: 40 Chinese characters */
#define CLAIMS_MAX_OCCUPATION 150
#define CLAIMS_MAX_CODE      16
#define CLAIMS_MIN_NUMBER    8
#define CLAIMS_MAX_NUMBER    24
#define CLAIMS_MAX_DIRECTION 90
#define CLAIMS_MAX_DAY       2932896 /* 9999-12-31, days since 1970-01-01 */

#define SCOPE_MAX_DER        8192
#define SCOPE_MAX_ITEMS      128 /* occupations or items of one kind */
#define SCOPE_MAX_BASE       200

#define STATUSLIST_BITS      2
#define STATUSLIST_ENTRIES   (1u << 20) /* indexes a list, design 5 */
#define STATUSLIST_RAW_MAX   (STATUSLIST_ENTRIES / 4) /* bytes inflated */
#define STATUSLIST_TOKEN_MAX (STATUSLIST_RAW_MAX + 4096)

#define TLOG_TILE_HEIGHT     8
#define TLOG_TILE_WIDTH      256
#define TLOG_ENTRY_LEN       32
#define TLOG_MAX_SIZE        (UINT64_C(1) << 40)
#define NOTE_MAX_BYTES       4096
#define NOTE_MAX_SIGS        16

#endif
