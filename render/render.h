#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * SVG template + fields -> PDF page. A template is an SVG file with
 *   <text id="name">…</text>     a field: place, font, size, colour and anchor
 *                                are taken from it, its content is an example
 *   <rect id="qr">, <rect id="photo">   where these are drawn
 * Everything else is drawn as it stands. Width and height of the svg element
 * are in mm. docs/templates.md is for those who draw one; the attributes:
 *   data-max-width   (user units) shrinks to 60 % to fit, else is refused
 *   data-max-height  with it: wraps, first line at y
 *   data-keep="yes"  the content is drawn when the record's field is absent or
 * empty data-max-version on "qr": the largest code it must hold, else 16 Ids
 * that drawing programs make up (text12, tspan12-3) and those that begin with
 * "label" are no fields.
 *
 * One thread at a time may use a template and the PDFs drawn with it; the
 * thread that loaded it must be alive.
 */
struct render_template;

/* CRED_FAULT_RENDER with line and remedy in why. */
enum cred_err render_template_load(
    const char *path, struct render_template **out, struct why *why);
/* An element with an attribute data-VARIANT has that transform instead. */
enum cred_err render_template_load_as(const char *path, const char *variant,
    struct render_template **out, struct why *why);
void render_template_free(struct render_template *t);
/* How many texts of another language it takes from a table that no native
 * reader has confirmed. */
size_t render_template_unconfirmed(const struct render_template *t);
/*
 * The same, for one who draws a template: tell gets every fault (error) that
 * a load would stop at, and what is drawn otherwise than it looks (a warning),
 * with its line. *out has what could be read, NULL when that is nothing.
 * CRED_FAULT_* when the file cannot be read at all.
 */
typedef void render_tell(void *ctx, bool error, long line, const char *text);
enum cred_err render_template_check(const char *path, render_tell *tell,
    void *ctx, struct render_template **out, struct why *why);
/* Its fields, then its rectangles, by number: "name", "qr", NULL at the end. */
const char *render_template_id(const struct render_template *t, size_t i);
/* The line of a field or rectangle; 0: it has none of this id. */
long render_template_line(const struct render_template *t, const char *id);
/* What it prints on every page, text by text; NULL at the end. */
const char *render_template_text(const struct render_template *t, size_t i);
/* Does it have a field or rectangle of this id? */
bool render_template_has(const struct render_template *t, const char *id);

struct render_field {
	const char *id;
	const char *text; /* UTF-8 */
};
struct render_record {
	const struct render_field *fields;
	size_t n_fields;
	struct bytes
	    qr_text;        /* drawn into rect "qr" at QR_MODULE_MM a module */
	struct bytes photo; /* PNG or JPEG; ptr NULL: the frame stays empty */
};

/* A PDF file being written. */
struct render_pdf;
/* title: metadata; no personal data. */
enum cred_err render_pdf_open(const char *path, const char *title,
    struct render_pdf **out, struct why *why);
/*
 * Several records a page, for the print shop: columns x rows of the
 * template's size with gap_mm between them, centred on paper of w_mm x h_mm,
 * filled row by row, with crop marks outside. Before the first page. A record
 * whose template is as large as the paper has a page of its own.
 * CRED_FAULT_RENDER, at the first page, when they do not fit.
 */
struct render_sheet {
	double w_mm, h_mm;
	unsigned columns, rows;
	double gap_mm;
	bool marks;
};
/* Ten cards of 85.5 x 54 mm on A4: 2 x 5, 3 mm apart. */
#define RENDER_SHEET_CARDS ((struct render_sheet){210, 297, 2, 5, 3, true})
void render_pdf_sheets(struct render_pdf *p, const struct render_sheet *s);
/* How records follow each other: all zero before the first. */
struct render_flow {
	size_t page;   /* that the last record is on, from 1 */
	unsigned slot; /* places taken on it; 0: it is full */
};
void render_flow_next(struct render_flow *f, const struct render_sheet *s,
    const struct render_template *t);
/* The page that the last record is on, from 1; of those that
 * render_pdf_page() drew. */
size_t render_pdf_pages(const struct render_pdf *p);
/*
 * One page. A character that no font has: CRED_ERR_DOMAIN_FORM, and why names
 * the field, its text and the character (U+XXXX): that row stops, nothing is
 * drawn. A field of the record that the template lacks is ignored; a field of
 * the template without a value is drawn empty.
 */
enum cred_err render_pdf_page(struct render_pdf *p, struct render_template *t,
    const struct render_record *rec, struct why *why);
/*
 * Pages for another thread to draw; the whole's when that is closed, and none
 * of them may be in use then. After render_pdf_sheets(); asked for by p's own
 * thread.
 */
struct render_part;
enum cred_err render_pdf_part(
    struct render_pdf *p, struct render_part **out, struct why *why);
/* The part that render_pdf_page() draws. */
struct render_part *render_pdf_first(struct render_pdf *p);
/* The pages from here on stand before all of a larger turn, whichever part
 * they are drawn in, and begin a new sheet. */
enum cred_err render_part_turn(
    struct render_part *p, uint64_t turn, struct why *why);
enum cred_err render_part_page(struct render_part *p, struct render_template *t,
    const struct render_record *rec, struct why *why);
/* By the thread that drew: what is left to be written, its fonts most of all.
 */
enum cred_err render_part_end(struct render_part *p, struct why *why);
/* Could every character be drawn? As render_pdf_page() says, without drawing.
 */
enum cred_err render_check(struct render_template *t,
    const struct render_record *rec, struct why *why);
/* Whole or not at all: temporary name, fsync, rename. For the owner alone
 * (0600): it has names and ID numbers. */
enum cred_err render_pdf_close(struct render_pdf *p, struct why *why);
void render_pdf_abort(struct render_pdf *p);

#endif
