#ifndef VERIFIER_SCAN_H
#define VERIFIER_SCAN_H

#include <stdio.h>

#include "credential/report.h"
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
	bool every_page; /* an item for each page without a code, too */
};

struct scan_item {
	unsigned page; /* of a PDF or TIFF, line of a text; 0: neither */
	bool blank;    /* a page without a code, in a file that has some */
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
/* The same for bytes that are there already: a frame of a camera. */
void scan_bytes(const struct scan_job *job, const char *source,
    struct bytes file, struct scan_report *out);
void scan_report_release(struct scan_report *r);
/* Exit status of one report: 0..4; raw: 0, 2 or 3. */
int scan_exit(const struct scan_report *r, bool raw);
/* The status of several: faults, then refusals, unknown, nothing found. */
int scan_worse(int a, int b);

/*
 * scan_paste.c: a text as people save and paste it, for one that can be split
 * into lines: UTF-16 and byte order marks gone, an address that a mail program
 * broke over lines joined again. malloc'd, NULL when out of memory or when it
 * is no text.
 */
uint8_t *scan_paste(struct bytes in, size_t *len);

/* scan_text.c: a code's text as UTF-8, its character set guessed (UTF-8,
 * Shift_JIS, GB 18030, Latin-1); malloc'd, NULL when out of memory. */
char *scan_text_utf8(struct bytes in, size_t *len);

/* scan_print.c */
struct scan_style {
	bool json, raw, quiet;
	bool colour; /* stdout is a terminal and NO_COLOR is not set */
	bool many;   /* more than one input: the caveat comes at the end */
	bool safe;   /* stdout is a terminal: no control characters */
	bool table;  /* a line a file, and one a code where it has several */
	bool silent; /* nothing on stdout: a report is there */
	int name_width; /* columns that the longest name takes */
};
void scan_print(
    FILE *out, const struct scan_report *r, const struct scan_style *style);
/* scan_table.c: the line of a file. */
void scan_print_line(
    FILE *out, const struct scan_report *r, const struct scan_style *style);
int scan_width(const char *s); /* columns of a terminal */

/* Shared by both; to the terminal, safely. */
struct scan_look {
	const char *mark, *colour;
};
struct scan_look scan_look_of(enum verdict_status s);
enum report_lang scan_lang(void);
/* Why a report has no code, or a code no good verdict. */
const char *scan_reason(const struct scan_report *r, const struct scan_item *it);

/*
 * scan_sheet.c: CSV and XLSX, a row a code. Nothing is overwritten: a file that
 * is there is CRED_FAULT_EXISTS, before anything is scanned. csv "-": standard
 * output.
 */
struct scan_sheet;
enum cred_err scan_sheet_open(const char *csv, const char *xlsx,
    struct scan_sheet **out, struct why *why);
enum cred_err scan_sheet_add(
    struct scan_sheet *s, const struct scan_report *r, struct why *why);
/* s is gone in any case. Takes NULL. */
enum cred_err scan_sheet_close(struct scan_sheet *s, struct why *why);
void scan_sheet_abort(struct scan_sheet *s); /* takes NULL */

/* scan_pool.c: all of a list, on all cores; the exit status. sheet may be
 * NULL. */
int scan_pool_run(const struct scan_job *job, const struct scan_list *list,
    const struct scan_style *style, struct scan_sheet *sheet);

/* scan_camera.c: the exit status. */
struct scan_camera {
	const char *dev;
	bool continuous;
	unsigned wait_s; /* 0: for ever */
};
int scan_camera_run(const struct scan_job *job, const struct scan_camera *c,
    const struct scan_style *style, struct scan_sheet *sheet);

/* After all: counts on stderr, the caveat on stdout. */
struct scan_count {
	size_t inputs, faults;
	size_t status[VERDICT_UNREADABLE + 1];
};
void scan_count(struct scan_count *c, const struct scan_report *r);
void scan_print_end(
    FILE *out, const struct scan_count *c, const struct scan_style *style);

#endif
