#include "credential/err.h"

#include <stddef.h>
#include <string.h>

/*
 * One row a reason. A switch, not this table, answers cred_errname(), so that
 * the compiler names a value that was forgotten.
 */
#define REASONS(X) \
	X(OK, "all good") \
	X(ERR_CBOR_TRUNCATED, "the data ends inside an item") \
	X(ERR_CBOR_TRAILING, "bytes follow the item") \
	X(ERR_CBOR_HEAD, "a longer head than needed") \
	X(ERR_CBOR_INDEFINITE, "indefinite length") \
	X(ERR_CBOR_RESERVED, "additional information 28..30") \
	X(ERR_CBOR_TYPE, "another major type than the field's") \
	X(ERR_CBOR_ORDER, "map keys not ascending") \
	X(ERR_CBOR_DUPLICATE, "the same map key twice") \
	X(ERR_CBOR_UTF8, "text that is not UTF-8") \
	X(ERR_CBOR_FLOAT, "a float: the profile has none") \
	X(ERR_CBOR_SIMPLE, "a simple value: the profile has none") \
	X(ERR_CBOR_DEPTH, "deeper than CBOR_MAX_DEPTH") \
	X(ERR_CBOR_RANGE, "a number or length past the field's") \
	X(ERR_COSE_SIZE, "more than CRED_MAX_BYTES, or none") \
	X(ERR_COSE_TAG, "not tag 18") \
	X(ERR_COSE_ARRAY, "not an array of four") \
	X(ERR_COSE_HEADER, "a protected parameter the profile lacks") \
	X(ERR_COSE_ALG, "alg absent or not ES256, Ed25519, SM2") \
	X(ERR_COSE_KID, "kid absent or not 8 bytes") \
	X(ERR_COSE_TYP, "typ absent or another (status list)") \
	X(ERR_COSE_UNPROTECTED, "the unprotected map is not empty") \
	X(ERR_COSE_PAYLOAD, "payload nil (detached) or empty") \
	X(ERR_COSE_SIG_LEN, "the signature is not 64 bytes") \
	X(ERR_COSE_HIGH_S, "ECDSA: s above half the group's order") \
	X(ERR_CLAIMS_KEY, "a key the profile lacks") \
	X(ERR_CLAIMS_MISSING, "a required key is absent") \
	X(ERR_CLAIMS_KIND, "kind not 1..5") \
	X(ERR_CLAIMS_TEXT, "empty, too long or with control characters") \
	X(ERR_CLAIMS_ID, "identity document: type or check") \
	X(ERR_CLAIMS_NUMBER, "number where none may be, or the reverse") \
	X(ERR_CLAIMS_LEVEL, "level not 1..5") \
	X(ERR_CLAIMS_DATE, "a date out of range or order, exp != valid_to") \
	X(ERR_CLAIMS_PHOTO, "photo hash not 16 bytes") \
	X(ERR_CLAIMS_INDEX, "index not below TLOG_MAX_SIZE") \
	X(ERR_DIGITS_LENGTH, "no number of bytes has that many digits") \
	X(ERR_DIGITS_CHUNK, "a chunk too large for its bytes") \
	X(ERR_QR_NOT_OURS, "no '#' with digits after it") \
	X(ERR_QR_SIZE, "longer than CRED_MAX_TEXT") \
	X(ERR_SCOPE_DER, "not the DER it should be") \
	X(ERR_SCOPE_TRAILING, "bytes follow the scope extension") \
	X(ERR_SCOPE_VERSION, "scope extension of an unknown version") \
	X(ERR_SCOPE_BODY_ID, "scope: body id is not 18 characters of GB 32100") \
	X(ERR_SCOPE_PREFIX, "scope: number prefix is not 13 characters") \
	X(ERR_SCOPE_BASE, "scope: base is not an https URL ending in a slash") \
	X(ERR_SCOPE_LOG_KEY, "scope: log key is not 32 bytes") \
	X(ERR_SCOPE_KIND, "not 1..5, twice, or not ascending") \
	X(ERR_SCOPE_ITEM, "a code or level range out of form") \
	X(ERR_SCOPE_LIMIT, "more items than SCOPE_MAX_ITEMS") \
	X(ERR_SCOPE_DATE, "scope: dates out of range or order") \
	X(ERR_NOT_KIND, "kind not granted") \
	X(ERR_NOT_OCCUPATION, "occupation or item not granted, or no code") \
	X(ERR_NOT_LEVEL, "level not granted") \
	X(ERR_NOT_PREFIX, "number does not begin with the prefix") \
	X(ERR_NOT_YEAR, "number's year is not the issue date's") \
	X(ERR_NOT_NUMBER_LEVEL, "number's level is not the level") \
	X(ERR_NOT_NUMBER, "number not of the form of its kind") \
	X(ERR_NOT_DATE, "outside the scope's or certificate's dates") \
	X(ERR_STATUS_FORM, "not the token it should be") \
	X(ERR_STATUS_BITS, "bits not 2") \
	X(ERR_STATUS_SUBJECT, "the list of another body or range") \
	X(ERR_STATUS_INFLATE, "zlib data broken or too large") \
	X(ERR_STATUS_INDEX, "shorter than the index asked for") \
	X(ERR_STATUS_EXPIRED, "exp has passed") \
	X(ERR_STATUS_OLDER, "older than one already seen") \
	X(ERR_STATUS_MISSING, "no status list at hand") \
	X(ERR_STATUS_UNDONE, "a revocation that was taken back") \
	X(ERR_STATUS_LENGTH, "a status list longer than its log") \
	X(ERR_STATUS_FUTURE, "a status list that is dated in the future") \
	X(ERR_NOTE_FORM, "not a signed note") \
	X(ERR_NOTE_KEY, "no signature by the expected key") \
	X(ERR_CHECKPOINT_FORM, "not a checkpoint") \
	X(ERR_CHECKPOINT_ORIGIN, "the checkpoint of another log") \
	X(ERR_CHECKPOINT_OLDER, "smaller than one already seen") \
	X(ERR_CHECKPOINT_SPLIT, "same size, another root; or inconsistent") \
	X(ERR_TLOG_INDEX, "index beyond the tree") \
	X(ERR_TLOG_TILE, "a tile of the wrong length or hashes") \
	X(ERR_TLOG_BUNDLE, "an entry bundle of the wrong form") \
	X(ERR_TLOG_PROOF, "the proof does not lead to the root") \
	X(ERR_TLOG_OTHER, "another entry stands at the index of the log") \
	X(ERR_TLOG_VOID, "the log says the index was never issued") \
	X(ERR_TLOG_MISSING, "a tile that the publication lacks") \
	X(ERR_CHECKPOINT_MISSING, "no checkpoint at hand") \
	X(ERR_X509_FORM, "unreadable, or a field that is not ours") \
	X(ERR_X509_SIGNATURE, "not signed by the anchor") \
	X(ERR_X509_CRITICAL, "an unknown critical extension") \
	X(ERR_X509_NO_SCOPE, "no TamgaBody extension") \
	X(ERR_X509_ALG, "a key that is not ES256, Ed25519, SM2") \
	X(ERR_X509_KID, "a kid that another certificate has") \
	X(ERR_CRL_MISSING, "no CRL at hand") \
	X(ERR_CRL_FORM, "CRL unreadable") \
	X(ERR_CRL_SIGNATURE, "CRL not signed by the anchor") \
	X(ERR_CRL_OLDER, "CRL number below one already seen") \
	X(ERR_CRL_EXPIRED, "nextUpdate has passed") \
	X(ERR_TRUST_MISSING, "no list of issuing bodies at hand") \
	X(ERR_SIGNATURE, "a signature that does not verify") \
	X(ERR_TRUST_DIFFERS, "trust.json says otherwise than what is signed") \
	X(ERR_REQUEST_FORM, "not a request file, or changed by hand") \
	X(ERR_REQUEST_DONE, "a request that was done already, or is too old") \
	X(ERR_APPROVAL_OTHER, "an approval of another request") \
	X(ERR_APPROVAL_FEW, "fewer approvals than must be") \
	X(ERR_DOMAIN_FORM, "not the form of its type") \
	X(ERR_DOMAIN_CHECKSUM, "check digit wrong") \
	X(ERR_DOMAIN_DATE, "a date that does not exist") \
	X(ERR_DOMAIN_15, "a 15-digit first-generation ID") \
	X(ERR_TRAIL, "an audit trail that was cut or changed") \
	X(ERR_BACKUP_FORM, "not a backup, or damaged") \
	X(ERR_BACKUP_BEHIND, "a backup older than what was published") \
	X(ERR_DOMAIN_UNKNOWN, "not in the catalogue (a warning)") \
	X(ERR_PIC_FORMAT, "not a format we read") \
	X(ERR_PIC_BROKEN, "of that format, but damaged") \
	X(ERR_PIC_BYTES, "file larger than the limit") \
	X(ERR_PIC_PIXELS, "more pixels than the limit") \
	X(ERR_PIC_PAGES, "more pages than the limit") \
	X(ERR_PIC_ENCRYPTED, "a PDF that asks for a pass phrase") \
	X(ERR_PIC_TIME, "not done within its time") \
	X(ERR_PIC_CRASH, "its decoder was killed") \
	X(ERR_TABLE_FORMAT, "not a spreadsheet format that we read") \
	X(ERR_TABLE_OLD, "an old spreadsheet file (XLS)") \
	X(ERR_TABLE_PASSWORD, "a spreadsheet with a password") \
	X(ERR_TABLE_ENCODING, "text in no encoding that we know") \
	X(ERR_TABLE_QUOTE, "quotes that do not pair") \
	X(ERR_TABLE_LIMIT, "spreadsheet, row or cell too large") \
	X(ERR_TABLE_ZIP, "not a whole XLSX archive") \
	X(ERR_TABLE_CRC, "a part of the XLSX file is damaged") \
	X(ERR_TABLE_BOMB, "the XLSX file unpacks to far too much") \
	X(ERR_TABLE_PART, "a part of the XLSX file is missing") \
	X(ERR_TABLE_PATH, "a path in the XLSX file leads elsewhere") \
	X(ERR_TABLE_TYPE, "a part of the XLSX file has another type") \
	X(ERR_TABLE_XML, "a part of the XLSX file is not well-formed") \
	X(ERR_TABLE_DOCTYPE, "a part of the XLSX file has a DOCTYPE") \
	X(ERR_TABLE_DEPTH, "elements of the XLSX file are nested too deep") \
	X(ERR_TABLE_REF, "an impossible cell reference in the XLSX file") \
	X(ERR_TABLE_STRING, "the XLSX file lacks a string it refers to") \
	X(ERR_TABLE_SHEET, "no such sheet, or none visible") \
	X(ERR_TABLE_HEADER, "no header row, a column missing or twice") \
	X(FAULT_NOMEM, "out of memory") \
	X(FAULT_IO, "a file or socket failed") \
	X(FAULT_FULL, "no space left") \
	X(FAULT_CRYPTO, "OpenSSL or the token failed") \
	X(FAULT_PASS, "wrong pass phrase or PIN") \
	X(FAULT_KEY, "key missing, unreadable or not the expected one") \
	X(FAULT_ANCHOR, "no anchor, or one unreadable") \
	X(FAULT_DB, "registry unreadable, locked, wrong schema") \
	X(FAULT_CONFLICT, "a compare-and-swap lost, or a row changed") \
	X(FAULT_EXISTS, "would overwrite") \
	X(FAULT_CONFIG, "configuration or command line wrong") \
	X(FAULT_NETWORK, "network failure") \
	X(FAULT_LOG, "log storage and checkpoint disagree") \
	X(FAULT_JAIL, "the sandbox could not be set up, or its child died") \
	X(FAULT_RENDER, "template or font") \
	X(FAULT_SPACE, "the caller's buffer is too small") \
	X(FAULT_INTERNAL, "a state that should not be")

static const char *
without_err(const char *name)
{
	return strncmp(name, "ERR_", 4) == 0 ? name + 4 : name;
}

const char *
cred_errname(enum cred_err e)
{
	switch (e) {
#define X(name, text) \
	case CRED_##name: \
		return without_err(#name);
	REASONS(X)
#undef X
	}
	return "?";
}

const char *
cred_strerr(enum cred_err e)
{
	switch (e) {
#define X(name, text) \
	case CRED_##name: \
		return text;
	REASONS(X)
#undef X
	}
	return "?";
}

int
cred_err_by_name(const char *name)
{
#define X(id, text) \
	if (strcmp(name, cred_errname(CRED_##id)) == 0) \
		return CRED_##id;
	REASONS(X)
#undef X
	return -1;
}
