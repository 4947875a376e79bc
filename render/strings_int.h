#ifndef RENDER_STRINGS_INT_H
#define RENDER_STRINGS_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "edge/why.h"

/*
 * The words of another language that a template prints, in a table that a
 * translator can correct: key, text, zh, source, status, with tabs between
 * them and that line first. In text \u202F stands for the character, as those
 * that nobody can see should be written. docs/templates.md "Other languages".
 */
struct strings;

/* CRED_FAULT_RENDER with "FILE:LINE: ". */
enum cred_err strings_load(
    const char *path, struct strings **out, struct why *why);
void strings_free(struct strings *s); /* takes NULL */

/* The text of a key; NULL: there is none. */
const char *strings_text(const struct strings *s, const char *key);

/*
 * A value in Chinese: the text of the row whose zh it is; 2026年6月30日 by the
 * row "date", where {y} {m} {d} {mm} {dd} are filled in; else NULL, and the
 * value stands as it is. buf may hold the answer.
 */
#define STRINGS_DATE_MAX 200
const char *strings_translate(const struct strings *s, const char *value,
    char buf[static STRINGS_DATE_MAX]);

/* How many rows no native reader has confirmed (status other than
 * "confirmed"). */
size_t strings_unconfirmed(const struct strings *s);

#endif
