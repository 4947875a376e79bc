#ifndef CREDENTIAL_ERR_H
#define CREDENTIAL_ERR_H

/*
 * One value a reason, for the whole project. Two ranges that never merge:
 *
 *   CRED_ERR_*    refused: what was given is at fault (exit 1, a verdict)
 *   CRED_FAULT_*  could not tell: we, the machine or its configuration are at
 *                 fault (exit 2, HTTP 5xx, never a verdict)
 *
 * Functions write their out-parameters only when they return CRED_OK.
 */
enum [[nodiscard]] cred_err {
	CRED_OK = 0,

	/* CBOR: RFC 8949, deterministic encoding s4.2.1 */
	CRED_ERR_CBOR_TRUNCATED = 1, /* the data ends inside an item */
	CRED_ERR_CBOR_TRAILING,      /* bytes follow the item */
	CRED_ERR_CBOR_HEAD,          /* a longer head than needed */
	CRED_ERR_CBOR_INDEFINITE,    /* indefinite length */
	CRED_ERR_CBOR_RESERVED,      /* additional information 28..30 */
	CRED_ERR_CBOR_TYPE,          /* another major type than the field's */
	CRED_ERR_CBOR_ORDER,         /* map keys not ascending */
	CRED_ERR_CBOR_DUPLICATE,     /* the same map key twice */
	CRED_ERR_CBOR_UTF8,          /* text that is not UTF-8 */
	CRED_ERR_CBOR_FLOAT,         /* a float: the profile has none */
	CRED_ERR_CBOR_SIMPLE,        /* a simple value: the profile has none */
	CRED_ERR_CBOR_DEPTH,         /* deeper than CBOR_MAX_DEPTH */
	CRED_ERR_CBOR_RANGE,         /* a number or length past the field's */

	/* COSE_Sign1: RFC 9052 s4.2, design 4 */
	CRED_ERR_COSE_SIZE = 20, /* more than CRED_MAX_BYTES, or none */
	CRED_ERR_COSE_TAG,       /* not tag 18 */
	CRED_ERR_COSE_ARRAY,     /* not an array of four */
	CRED_ERR_COSE_HEADER,    /* a protected parameter the profile lacks */
	CRED_ERR_COSE_ALG,       /* alg absent or not ES256, Ed25519, SM2 */
	CRED_ERR_COSE_KID,       /* kid absent or not 8 bytes */
	CRED_ERR_COSE_TYP,       /* typ absent or another (status list) */
	CRED_ERR_COSE_UNPROTECTED, /* the unprotected map is not empty */
	CRED_ERR_COSE_PAYLOAD,   /* payload nil (detached) or empty */
	CRED_ERR_COSE_SIG_LEN,   /* the signature is not 64 bytes */
	CRED_ERR_COSE_HIGH_S,    /* ECDSA: s above half the group's order */

	/* Claims: RFC 8392, design 4 */
	CRED_ERR_CLAIMS_KEY = 40, /* a key the profile lacks */
	CRED_ERR_CLAIMS_MISSING,  /* a required key is absent */
	CRED_ERR_CLAIMS_KIND,     /* kind not 1..5 */
	CRED_ERR_CLAIMS_TEXT,     /* empty, too long or with control characters */
	CRED_ERR_CLAIMS_ID,       /* identity document: type or check */
	CRED_ERR_CLAIMS_NUMBER,   /* number where none may be, or the reverse */
	CRED_ERR_CLAIMS_LEVEL,    /* level not 1..5 */
	CRED_ERR_CLAIMS_DATE,     /* a date out of range or order, exp != valid_to */
	CRED_ERR_CLAIMS_PHOTO,    /* photo hash not 16 bytes */
	CRED_ERR_CLAIMS_INDEX,    /* index not below TLOG_MAX_SIZE */

	/* Digits and QR text: design 4 */
	CRED_ERR_DIGITS_LENGTH = 60, /* no number of bytes has that many digits */
	CRED_ERR_DIGITS_CHUNK,       /* a chunk too large for its bytes */
	CRED_ERR_QR_NOT_OURS,        /* no '#' with digits after it */
	CRED_ERR_QR_SIZE,            /* longer than CRED_MAX_TEXT */

	/* Scope extension: docs/format.md */
	CRED_ERR_SCOPE_DER = 70, /* not the DER it should be */
	CRED_ERR_SCOPE_TRAILING,
	CRED_ERR_SCOPE_VERSION,
	CRED_ERR_SCOPE_BODY_ID,
	CRED_ERR_SCOPE_PREFIX,
	CRED_ERR_SCOPE_BASE,
	CRED_ERR_SCOPE_LOG_KEY,
	CRED_ERR_SCOPE_KIND,     /* not 1..5, twice, or not ascending */
	CRED_ERR_SCOPE_ITEM,     /* a code or level range out of form */
	CRED_ERR_SCOPE_LIMIT,    /* more items than SCOPE_MAX_ITEMS */
	CRED_ERR_SCOPE_DATE,

	/* Asked of a scope: refusals at signing and at verification */
	CRED_ERR_NOT_KIND = 85,   /* kind not granted */
	CRED_ERR_NOT_OCCUPATION,  /* occupation or item not granted, or no code */
	CRED_ERR_NOT_LEVEL,       /* level not granted */
	CRED_ERR_NOT_PREFIX,      /* number does not begin with the prefix */
	CRED_ERR_NOT_YEAR,        /* number's year is not the issue date's */
	CRED_ERR_NOT_NUMBER_LEVEL, /* number's level is not the level */
	CRED_ERR_NOT_NUMBER,      /* number not of the form of its kind */
	CRED_ERR_NOT_DATE,        /* outside the scope's or certificate's dates */

	/* Status list: draft-ietf-oauth-status-list */
	CRED_ERR_STATUS_FORM = 100, /* not the token it should be */
	CRED_ERR_STATUS_BITS,       /* bits not 2 */
	CRED_ERR_STATUS_SUBJECT,    /* the list of another body or range */
	CRED_ERR_STATUS_INFLATE,    /* zlib data broken or too large */
	CRED_ERR_STATUS_INDEX,      /* shorter than the index asked for */
	CRED_ERR_STATUS_EXPIRED,    /* exp has passed */
	CRED_ERR_STATUS_OLDER,      /* older than one already seen */
	CRED_ERR_STATUS_MISSING,    /* no status list at hand */
	CRED_ERR_STATUS_UNDONE,     /* a revocation that was taken back */
	CRED_ERR_STATUS_LENGTH,     /* longer than the log it belongs to */
	CRED_ERR_STATUS_FUTURE,     /* its iat is after now */

	/* Log: C2SP tlog-tiles, tlog-checkpoint, signed-note */
	CRED_ERR_NOTE_FORM = 112,  /* not a signed note */
	CRED_ERR_NOTE_KEY,         /* no signature by the expected key */
	CRED_ERR_CHECKPOINT_FORM,  /* not a checkpoint */
	CRED_ERR_CHECKPOINT_ORIGIN, /* the checkpoint of another log */
	CRED_ERR_CHECKPOINT_OLDER, /* smaller than one already seen */
	CRED_ERR_CHECKPOINT_SPLIT, /* same size, another root; or inconsistent */
	CRED_ERR_TLOG_INDEX,       /* index beyond the tree */
	CRED_ERR_TLOG_TILE,        /* a tile of the wrong length or hashes */
	CRED_ERR_TLOG_BUNDLE,      /* an entry bundle of the wrong form */
	CRED_ERR_TLOG_PROOF,       /* the proof does not lead to the root */
	CRED_ERR_TLOG_OTHER,       /* proven: another entry stands at the index */
	CRED_ERR_TLOG_VOID,        /* proven: the index was never issued */
	CRED_ERR_TLOG_MISSING,     /* a tile that the publication lacks */
	CRED_ERR_CHECKPOINT_MISSING, /* no checkpoint at hand */

	/* X.509 and CRL: design 3 */
	CRED_ERR_X509_FORM = 130,  /* unreadable, or a field that is not ours */
	CRED_ERR_X509_SIGNATURE,   /* not signed by the anchor */
	CRED_ERR_X509_CRITICAL,    /* an unknown critical extension */
	CRED_ERR_X509_NO_SCOPE,    /* no TamgaBody extension */
	CRED_ERR_X509_ALG,         /* a key that is not ES256, Ed25519, SM2 */
	CRED_ERR_X509_KID,         /* a kid that another certificate has */
	CRED_ERR_CRL_MISSING,      /* no CRL at hand */
	CRED_ERR_CRL_FORM,
	CRED_ERR_CRL_SIGNATURE,
	CRED_ERR_CRL_OLDER,        /* CRL number below one already seen */
	CRED_ERR_CRL_EXPIRED,      /* nextUpdate has passed */
	CRED_ERR_TRUST_MISSING,    /* no list of issuing bodies at hand */
	CRED_ERR_SIGNATURE,        /* a signature that does not verify */
	CRED_ERR_TRUST_DIFFERS,    /* trust.json says otherwise */

	/* k of n: keys/approval.h */
	CRED_ERR_REQUEST_FORM = 145, /* not a request file, or changed */
	CRED_ERR_REQUEST_DONE,       /* done already, or too long ago */
	CRED_ERR_APPROVAL_OTHER,     /* approves another request, or none */
	CRED_ERR_APPROVAL_FEW,       /* fewer approvals than must be */

	/* Domain: identifiers and catalogues, domain.md 1..4 */
	CRED_ERR_DOMAIN_FORM = 150, /* not the form of its type */
	CRED_ERR_DOMAIN_CHECKSUM,   /* check digit wrong */
	CRED_ERR_DOMAIN_DATE,       /* a date that does not exist */
	CRED_ERR_DOMAIN_15,         /* a 15-digit first-generation ID */
	CRED_ERR_DOMAIN_UNKNOWN,    /* not in the catalogue (a warning) */

	/* What a body keeps: registry/, issuer/backup.h */
	CRED_ERR_TRAIL = 160,   /* the audit trail was cut or changed */
	CRED_ERR_BACKUP_FORM,   /* not a backup, or damaged */
	CRED_ERR_BACKUP_BEHIND, /* older than what was published */

	/* Pictures: qr/ */
	CRED_ERR_PIC_FORMAT = 170, /* not a format we read */
	CRED_ERR_PIC_BROKEN,       /* of that format, but damaged */
	CRED_ERR_PIC_BYTES,        /* file larger than the limit */
	CRED_ERR_PIC_PIXELS,       /* more pixels than the limit */
	CRED_ERR_PIC_PAGES,        /* more pages than the limit */
	CRED_ERR_PIC_ENCRYPTED,    /* a PDF that asks for a pass phrase */
	CRED_ERR_PIC_TIME,         /* not done within its time */
	CRED_ERR_PIC_CRASH,        /* its decoder was killed: an attack, or damage */

	/* Spreadsheets: table/ */
	CRED_ERR_TABLE_FORMAT = 180, /* not a format we read */
	CRED_ERR_TABLE_OLD,      /* XLS, before 2007 */
	CRED_ERR_TABLE_PASSWORD, /* encrypted */
	CRED_ERR_TABLE_ENCODING, /* text in no encoding we know, or a NUL */
	CRED_ERR_TABLE_QUOTE,    /* CSV: quotes that do not pair */
	CRED_ERR_TABLE_LIMIT,    /* file, row, cell or a count too large */
	CRED_ERR_TABLE_ZIP,      /* XLSX: not a whole archive, or odd entries */
	CRED_ERR_TABLE_CRC,      /* XLSX: a part's check sum is wrong */
	CRED_ERR_TABLE_BOMB,     /* XLSX: unpacks to far more than it should */
	CRED_ERR_TABLE_PART,     /* XLSX: a part is missing */
	CRED_ERR_TABLE_PATH,     /* XLSX: a path that leads elsewhere */
	CRED_ERR_TABLE_TYPE,     /* XLSX: a part of another content type */
	CRED_ERR_TABLE_XML,      /* XLSX: a part is not well-formed */
	CRED_ERR_TABLE_DOCTYPE,  /* XLSX: a part has a DOCTYPE */
	CRED_ERR_TABLE_DEPTH,    /* XLSX: elements nested too deep */
	CRED_ERR_TABLE_REF,      /* XLSX: impossible row or cell reference */
	CRED_ERR_TABLE_STRING,   /* XLSX: a shared string that is not there */
	CRED_ERR_TABLE_SHEET,    /* no such sheet, or none visible */
	CRED_ERR_TABLE_HEADER,   /* no header row, a column missing or twice */

	/* Could not tell */
	CRED_FAULT_NOMEM = 200,
	CRED_FAULT_IO,       /* a file or socket; errno is in the why */
	CRED_FAULT_FULL,     /* ENOSPC, EDQUOT */
	CRED_FAULT_CRYPTO,   /* OpenSSL or the token failed */
	CRED_FAULT_PASS,     /* wrong pass phrase or PIN */
	CRED_FAULT_KEY,      /* key missing, unreadable or not the expected one */
	CRED_FAULT_ANCHOR,   /* no anchor, or one unreadable */
	CRED_FAULT_DB,       /* registry unreadable, locked, wrong schema */
	CRED_FAULT_CONFLICT, /* a compare-and-swap lost, or a row changed */
	CRED_FAULT_EXISTS,   /* would overwrite */
	CRED_FAULT_CONFIG,   /* configuration or command line */
	CRED_FAULT_NETWORK,
	CRED_FAULT_LOG,      /* log storage and checkpoint disagree */
	CRED_FAULT_JAIL,     /* the sandbox could not be set up, or its child died */
	CRED_FAULT_RENDER,   /* template or font */
	CRED_FAULT_SPACE,    /* the caller's buffer is too small */
	CRED_FAULT_INTERNAL, /* a state that should not be */
};

/* Refused, rather than could not tell? False for CRED_OK. */
static inline _Bool
cred_is_refusal(enum cred_err e)
{
	return e > CRED_OK && e < CRED_FAULT_NOMEM;
}

/*
 * The name as manifests and logs write it: "CBOR_HEAD", "FAULT_IO", "OK".
 * Never NULL for a value of the enum; "?" for anything else.
 */
const char *cred_errname(enum cred_err e);

/* One English sentence without a full stop, for people who read logs. */
const char *cred_strerr(enum cred_err e);

/* The value with that name, or -1. For tests that read manifests. */
int cred_err_by_name(const char *name);

#endif
