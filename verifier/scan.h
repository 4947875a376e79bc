#ifndef VERIFIER_SCAN_H
#define VERIFIER_SCAN_H

#include <stdio.h>

#include "qr/reader.h"
#include "verifier/publication.h"

/*
 * tamga-scan: files in, one answer for each code in them. What is found in a
 * file is data: no address in it is ever opened.
 */

/* scan_list.c: the files to look at, in order. */
struct scan_list {
	size_t n, cap;
	char **names; /* malloc; "-" is standard input */
};
/* A file, or all regular files below a folder, sorted by name, those whose
 * names begin with a dot left out. A name that is not there stays in the list:
 * reading it will say so. */
enum cred_err scan_list_add(
    struct scan_list *l, const char *name, struct why *why);
/* Names in a file ("-": standard input), a line each or NUL-ended. */
enum cred_err scan_list_add_from(
    struct scan_list *l, const char *file, bool nul, struct why *why);
void scan_list_release(struct scan_list *l);

/* What all inputs have in common. */
struct scan_job {
	struct reader *reader;
	struct publication *pub; /* NULL with raw: texts, no verdicts */
	struct verify_opts opts;
	struct bytes id; /* normalised ID number; ptr NULL: none */
	size_t max_bytes;
};

struct scan_item {
	unsigned page; /* of a PDF, line of a text; 0: neither */
	struct bytes text;
	struct verification v; /* without raw */
	bool id_asked, id_match;
};

/* Of one input. err: CRED_OK, or why there is no answer: a CRED_ERR_PIC_*
 * (an item says "unreadable" as well) or a fault (no items). */
struct scan_report {
	const char *source; /* as in the list */
	bool paged; /* the items have pages, not lines */
	enum cred_err err;
	struct why why;
	size_t n;
	struct scan_item *items;
	struct publication_hold hold; /* the verdicts point into it */
	struct reader_result codes;
	uint8_t *file;
};

/* Look at one input. Always fills out; safe from several threads. */
void scan_input(
    const struct scan_job *job, const char *source, struct scan_report *out);
void scan_report_release(struct scan_report *r);
/* Exit status of one report: 0..4; raw: 0, 2 or 3. */
int scan_exit(const struct scan_report *r, bool raw);
/* The status of several: faults, then refusals, unknown, nothing found. */
int scan_worse(int a, int b);

/* scan_text.c: a code's text as UTF-8, its character set guessed (UTF-8,
 * Shift_JIS, GB 18030, Latin-1); malloc'd, NULL when out of memory. */
char *scan_text_utf8(struct bytes in, size_t *len);

/* scan_print.c */
struct scan_style {
	bool json, raw, quiet;
	bool colour; /* stdout is a terminal and NO_COLOR is not set */
	bool many;   /* more than one input: the caveat comes at the end */
	bool safe;   /* stdout is a terminal: no control characters */
};
void scan_print(
    FILE *out, const struct scan_report *r, const struct scan_style *style);
/* After all: counts on stderr, the caveat on stdout. */
struct scan_count {
	size_t inputs, faults;
	size_t status[VERDICT_UNREADABLE + 1];
};
void scan_count(struct scan_count *c, const struct scan_report *r);
void scan_print_end(
    FILE *out, const struct scan_count *c, const struct scan_style *style);

#endif
