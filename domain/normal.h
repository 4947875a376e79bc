#ifndef DOMAIN_NORMAL_H
#define DOMAIN_NORMAL_H

#include "credential/bytes.h"
#include "credential/err.h"

/*
 * What people type, made comparable. in is UTF-8; out the caller's: as large
 * as in is enough, normal_name() excepted. CRED_ERR_CBOR_UTF8 when in is not
 * UTF-8; CRED_FAULT_SPACE when out is too small.
 */

/* Blanks of all kinds (tab, U+00A0, U+3000, U+FEFF, line ends) cut off at both
 * ends, a leading apostrophe or surrounding quotes as spreadsheets leave them
 * too; runs of blanks inside become one space. U+202F and U+180E stay: in
 * Mongolian they are spelling. */
enum cred_err normal_text(struct bytes in, struct outbuf *out);

/* normal_text(), then full-width forms to ASCII, all blanks, quotes, hyphens
 * and direction marks out, a leading '=' too, letters upper-case: identity
 * numbers and certificate numbers. */
enum cred_err normal_id(struct bytes in, struct outbuf *out);

/* normal_text(), then middle dots of all kinds to U+00B7 (domain.md 6), blanks
 * around them and between Chinese characters out, full-width letters to ASCII.
 * A '.' behind a Chinese character becomes two bytes. */
enum cred_err normal_name(struct bytes in, struct outbuf *out);

/* normal_text(), then full-width forms to ASCII: codes, dates, levels. */
enum cred_err normal_half(struct bytes in, struct outbuf *out);

/* A table's header cell: normal_id(), then remarks in brackets, asterisks,
 * colons and underscores out: "证件号码（必填）*" is 证件号码. */
enum cred_err normal_header(struct bytes in, struct outbuf *out);

#endif
