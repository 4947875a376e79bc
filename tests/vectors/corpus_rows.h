#ifndef TESTS_VECTORS_CORPUS_ROWS_H
#define TESTS_VECTORS_CORPUS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A credential taken apart. Each part is written as hex digits, with 'text'
 * as its bytes, blanks ignored, and @ for the payload's length in one byte.
 * NULL: as the base has it, heads and counts computed; "": left out.
 */
struct parts {
	const char *tag, *array;
	const char *prot_head, *prot; /* protected header: bstr head, map */
	const char *unprot;
	const char *pay_head, *map;
	const char *exp, *iat, *key; /* claims 4, 6; -65537 without its map */
	const char *cert_map, *f[13];
	const char *extra;    /* a pair more in the certificate */
	const char *after;    /* a pair more after the certificate */
	const char *pay_tail; /* after the claims, inside the payload */
	const char *sig_head, *sig;
	const char *tail; /* after the message */
};

enum base {
	LEVEL,     /* 四级 of 6-31-01-03, index 17, issued day 20750 */
	OPERATION, /* 1.2, index 18, to day 22940, review 21845 */
};

enum edit {
	EDIT_NONE,
	EDIT_CUT,       /* the last digit */
	EDIT_ADD,       /* a digit */
	EDIT_FIRST,     /* first chunk all nines */
	EDIT_MIDDLE,    /* fourth chunk */
	EDIT_LAST,      /* last chunk */
	EDIT_TRANSPOSE, /* two neighbours in the signature */
	EDIT_TOO_MANY,  /* more digits than 600 bytes have */
	EDIT_TOO_LONG,  /* more text than a QR code holds */
};

struct row {
	const char *name;
	const char *status, *reason;
	const char *state; /* NULL: ok */
	enum base base;
	struct parts p;
	bool sign_base;   /* the signature is that of the untouched base */
	bool stranger;    /* signed by another key */
	int keep, drop;   /* bytes kept of the message, or dropped at its end */
	int flip;         /* bit 0 of the byte that far from the end */
	const char *text; /* around the digits, %s; NULL: our address */
	enum edit edit;
};

/*
 * Signatures that ask for a fresh random number were made once, over what
 * make_corpus --tbs prints, with the keys in corpus.c: good-es256 (its
 * twin with n - s, its DER), good-es256-alg-9, good-sm2 with the identifier
 * 1234567812345678 and with none.
 */
#define SIG_ES256                                                              \
	"5d7099289b5511c4874f80ce096feec9ba08e3b7ab987abd17b1b1ee2765c79f"     \
	"7fec59954edc314b421679560ba2e7ced5c216931cb4c5cd27d9eb54a4cbb442"
#define SIG_ES256_9                                                            \
	"69fd3fba55da36f39a39e0f3ae37f3f30180dd7f414937924815573914fe5ac3"     \
	"0b6a41b9d99eb26ee3c7ca0c7c068214f24327c016e141649840bd1aa74b52da"
#define SIG_ES256_HIGH                                                         \
	"5d7099289b5511c4874f80ce096feec9ba08e3b7ab987abd17b1b1ee2765c79f"     \
	"8013a669b123ceb5bde986a9f45d1830e724e41a8a62d8b7cbdfdf6e5797710f"
#define SIG_ES256_DER                                                          \
	"304402205d7099289b5511c4874f80ce096feec9ba08e3b7ab987abd17b1b1ee"     \
	"2765c79f02207fec59954edc314b421679560ba2e7ced5c216931cb4c5cd27d9"     \
	"eb54a4cbb442"
#define SIG_SM2                                                                \
	"ba7717db7ff0b9ad32c69305d102c98f1564c48b2bc806ea71b9e0040d319d86"     \
	"b3a5a7afdf44f8369d9717b17b606fda10837677c4b6f14f815c8ab2ec67cc51"
#define SIG_SM2_EMPTY                                                          \
	"6a5606e967840d15609fc9e2ace30c4f5390931980f9d68be9d54315f0f20af7"     \
	"69dc597ba1510481c427bf231672851745146c66888e282dbdab062187fa676e"

/* Each ends with a row without a name. */
extern const struct row ROWS_GOOD[], ROWS_TEXT[], ROWS_CBOR[], ROWS_COSE[],
    ROWS_CLAIMS[], ROWS_TRUST[];

#endif
