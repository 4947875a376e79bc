#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "credential/cbor.h"
#include "edge/lang.h"
#include "table/table_int.h"

#define RAW   65536u
#define PIECE 4096u /* given to libcsv at a time */

struct csvfile {
	const struct input *in;
	uint64_t at; /* of what is read next */
	const char *encoding;
	iconv_t cd; /* (iconv_t)-1: it is UTF-8 as it stands */
	size_t raw_len;
	char raw[RAW];
	/* Text not yet given to libcsv; a converted character may be longer. */
	size_t pos, len;
	char text[RAW * 2];
	bool eof, finished;

	struct csv_parser parser;
	bool have_parser;
	char delim;
	bool in_quotes, cell_start, held; /* an '=' that may have to go */
	size_t pending;                   /* bytes since a cell ended */

	/* What the call-backs fill. */
	struct rowbuf *row;
	uint32_t number; /* of the row being read */
	size_t n_cells;
	bool begun, ready, after_cr;
	enum cred_err err;
};

static void
on_cell(void *data, size_t len, void *ctx)
{
	struct csvfile *c = ctx;

	c->after_cr = false;
	c->pending = 0;
	if (c->err != CRED_OK)
		return;
	if (len > TABLE_MAX_CELL || c->n_cells == TABLE_MAX_CELLS)
		c->err = CRED_ERR_TABLE_LIMIT;
	else
		c->err = rowbuf_put(c->row, c->n_cells++, CELL_TEXT, data, len);
}

static void
on_row(int ch, void *ctx)
{
	struct csvfile *c = ctx;

	/* CRLF is one end, though libcsv reports both of its characters. */
	if (ch == '\n' && c->after_cr) {
		c->after_cr = false;
		return;
	}
	c->after_cr = ch == '\r';
	c->pending = 0;
	if (c->err == CRED_OK)
		c->ready = true;
}

/* A cell's blanks stay: only commas and quotes are libcsv's business. */
static int
no_space(unsigned char ch)
{
	(void)ch;
	return 0;
}

static enum cred_err
bad_encoding(struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_ENCODING,
	    TR("near this row the file is neither UTF-8 nor GB18030 text; save "
	       "it again as 'CSV UTF-8' or as .xlsx",
		"此行附近既不是 UTF-8 也不是 GB18030 文本；"
		"请重新另存为“CSV UTF-8”或 .xlsx"));
}

/* More text: read, and convert unless it is UTF-8 already. */
static enum cred_err
fill(struct csvfile *c, struct why *why)
{
	char *from = c->raw, *to = c->text, *nul;
	size_t got, left, room = sizeof c->text;
	enum cred_err e;

	c->pos = c->len = 0;
	e = input_read(
	    c->in, c->at, c->raw + c->raw_len, RAW - c->raw_len, &got, why);
	if (e != CRED_OK)
		return e;
	c->at += got;
	c->raw_len += got;
	if (c->raw_len == 0) {
		c->eof = true;
		return CRED_OK;
	}
	if (c->cd == (iconv_t)-1) {
		memcpy(c->text, c->raw, c->raw_len);
		c->len = c->raw_len;
		c->raw_len = 0;
		return CRED_OK;
	}
	left = c->raw_len;
	/* What is incomplete waits for the next block, unless there is none. */
	if (iconv(c->cd, &from, &left, &to, &room) == (size_t)-1 &&
	    errno != E2BIG && (errno != EINVAL || got == 0)) {
		c->len = (size_t)(to - c->text);
		if (c->len == 0)
			return bad_encoding(why);
	}
	c->len = (size_t)(to - c->text);
	memmove(c->raw, from, left);
	c->raw_len = left;
	nul = memchr(c->text, '\0', c->len);
	if (nul != NULL) {
		/* The rows before it are good; then it comes again. */
		c->len = (size_t)(nul - c->text);
		c->raw[0] = '\0';
		c->raw_len = 1;
		if (c->len == 0)
			return bad_encoding(why);
	}
	return CRED_OK;
}

/* What libcsv is given next: up to a line's end, so that no more than one row
 * becomes ready, and without the '=' of ="0123", by which some programs keep
 * spreadsheets from ruining a long number. */
static size_t
next_piece(struct csvfile *c, const char **piece)
{
	size_t n = 0;

	if (c->held) {
		c->held = false;
		c->cell_start = false;
		if (c->text[c->pos] != '"') {
			*piece = "=";
			return 1;
		}
	}
	*piece = c->text + c->pos;
	while (c->pos < c->len && n < PIECE) {
		char ch = c->text[c->pos];
		if (ch == '=' && c->cell_start && !c->in_quotes) {
			c->pos++;
			c->held = true;
			break;
		}
		c->pos++;
		n++;
		if (ch == '"')
			c->in_quotes = !c->in_quotes;
		c->cell_start = ch == c->delim || ch == '\n' || ch == '\r';
		if (ch == '\n' || ch == '\r')
			break;
	}
	return n;
}

static enum cred_err
explain(enum cred_err e, struct why *why)
{
	if (e == CRED_ERR_TABLE_LIMIT)
		return why_set(why, e,
		    TR("a cell longer than %d bytes, or more than %d cells in "
		       "the row; perhaps a quote is missing above it",
			"单元格超过 %d 字节，或一行超过 %d 格；"
			"可能前面少了一个引号"),
		    TABLE_MAX_CELL, TABLE_MAX_CELLS);
	return e;
}

static enum cred_err
feed(struct csvfile *c, struct why *why)
{
	const char *piece;
	size_t n;

	if (c->pos == c->len) {
		enum cred_err e = fill(c, why);
		if (e != CRED_OK)
			return e;
	}
	if (c->eof) {
		c->finished = true;
		if (c->held &&
		    csv_parse(&c->parser, "=", 1, on_cell, on_row, c) != 1)
			return CRED_ERR_TABLE_QUOTE;
		return csv_fini(&c->parser, on_cell, on_row, c) == 0
			   ? CRED_OK
			   : CRED_ERR_TABLE_QUOTE;
	}
	n = next_piece(c, &piece);
	c->pending += n;
	if (c->pending > 2 * TABLE_MAX_CELL + PIECE)
		return CRED_ERR_TABLE_LIMIT;
	if (n > 0 && csv_parse(&c->parser, piece, n, on_cell, on_row, c) != n)
		return csv_error(&c->parser) == CSV_ENOMEM
			   ? CRED_FAULT_NOMEM
			   : CRED_ERR_TABLE_QUOTE;
	return CRED_OK;
}

enum cred_err
csvfile_next(struct csvfile *c, struct rowbuf *b, bool *end, struct why *why)
{
	enum cred_err e;

	c->row = b;
	c->ready = false;
	c->n_cells = 0;
	c->number++;
	rowbuf_begin(b, c->number);
	while (!c->ready && !c->finished) {
		e = feed(c, why);
		if (e == CRED_OK)
			e = c->err;
		if (e == CRED_ERR_TABLE_QUOTE)
			return why_set(why, e,
			    TR("a quote is opened and not closed in this row, "
			       "or stands inside an unquoted cell; nothing "
			       "below it was read. Write a quote inside a "
			       "quoted cell twice",
				"本行的引号没有配对，或出现在没有用引号括起的"
				"单元格中；此行以下未读取。"
				"单元格内的引号请写两个"));
		if (e != CRED_OK)
			return explain(e, why);
	}
	*end = !c->ready;
	if (!*end && c->number > TABLE_MAX_ROWS)
		return why_set(why, CRED_ERR_TABLE_LIMIT,
		    TR("more than %d rows; split the file",
			"超过 %d 行，请拆分文件"),
		    TABLE_MAX_ROWS);
	return CRED_OK;
}

/* Comma, semicolon or tab: whichever the first lines have most of. */
static char
guess_delimiter(const char *s, size_t len)
{
	size_t comma = 0, semicolon = 0, tab = 0, lines = 0;

	for (size_t i = 0; i < len && lines < 10; i++) {
		comma += s[i] == ',';
		semicolon += s[i] == ';';
		tab += s[i] == '\t';
		lines += s[i] == '\n';
	}
	if (tab > comma && tab >= semicolon)
		return '\t';
	return semicolon > comma ? ';' : ',';
}

/* Length of the UTF-8 character at s, at most n bytes; 0: none, or a NUL. */
static size_t
utf8_len(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0x80)
		return c != 0;
	return len <= n && utf8_valid(bytes_of(s, len)) ? len : 0;
}

/*
 * Is the file UTF-8 without NUL, by a pass over it? Damaged UTF-8 is UTF-8
 * too, so that the damage is found in its row and not all of the file taken
 * for GB18030: some characters of more than one byte in order before the first
 * that is not, which GB18030 does not do.
 */
#define SURE 8
static enum cred_err
is_utf8(
    struct csvfile *c, uint64_t at, bool *whole, bool *damaged, struct why *why)
{
	size_t keep = 0, got, n, i, len, many = 0;

	*whole = true;
	*damaged = false;
	do {
		enum cred_err e =
		    input_read(c->in, at, c->raw + keep, RAW - keep, &got, why);
		if (e != CRED_OK)
			return e;
		at += got;
		n = keep + got;
		for (i = 0; i < n; i += len) {
			len = utf8_len(c->raw + i, n - i);
			many += len > 1;
			if (len > 0)
				continue;
			/* It may go on in the next block. */
			if (got > 0 && n - i < 4 && c->raw[i] != '\0')
				break;
			*whole = false;
			*damaged = many >= SURE;
			return CRED_OK;
		}
		keep = n - i;
		memmove(c->raw, c->raw + i, keep);
	} while (got > 0);
	return CRED_OK;
}

static enum cred_err
choose_encoding(struct csvfile *c, struct why *why)
{
	uint8_t mark[3];
	const char *from;
	bool bom, good, damaged;
	size_t got;
	enum cred_err e = input_read(c->in, 0, mark, sizeof mark, &got, why);

	if (e != CRED_OK)
		return e;
	bom = got == 3 && memcmp(mark, "\xef\xbb\xbf", 3) == 0;
	if (got >= 2 && (memcmp(mark, "\xff\xfe", 2) == 0 ||
			    memcmp(mark, "\xfe\xff", 2) == 0)) {
		c->encoding = from = "UTF-16";
	} else {
		c->at = bom ? 3 : 0;
		e = is_utf8(c, c->at, &good, &damaged, why);
		if (e != CRED_OK)
			return e;
		c->encoding = good || bom || damaged ? "UTF-8" : "GB18030";
		if (good)
			return CRED_OK;
		from = c->encoding;
	}
	c->cd = iconv_open("UTF-8", from);
	if (c->cd == (iconv_t)-1)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("this system cannot convert %s to UTF-8",
			"本系统无法把 %s 转换为 UTF-8"),
		    from);
	return CRED_OK;
}

enum cred_err
csvfile_open(const struct input *in, struct csvfile **out, struct why *why)
{
	struct csvfile *c = calloc(1, sizeof *c);
	enum cred_err e;

	if (c == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	c->in = in;
	c->cd = (iconv_t)-1;
	c->cell_start = true;
	e = choose_encoding(c, why);
	if (e == CRED_OK && csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI |
						     CSV_REPALL_NL) != 0)
		e = why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	else if (e == CRED_OK)
		c->have_parser = true;
	if (e == CRED_OK)
		e = fill(c, why);
	/* A file that cannot be read from its first byte on fails at its first
	 * row, where the row's number can be told. */
	if (e == CRED_ERR_TABLE_ENCODING) {
		c->len = 0;
		e = CRED_OK;
	}
	if (e != CRED_OK) {
		csvfile_close(c);
		return e;
	}
	c->delim = guess_delimiter(c->text, c->len);
	csv_set_delim(&c->parser, (unsigned char)c->delim);
	csv_set_space_func(&c->parser, no_space);
	*out = c;
	return CRED_OK;
}

void
csvfile_close(struct csvfile *c)
{
	if (c == NULL)
		return;
	if (c->have_parser)
		csv_free(&c->parser);
	if (c->cd != (iconv_t)-1)
		iconv_close(c->cd);
	free(c);
}

uint32_t
csvfile_at(const struct csvfile *c)
{
	return c->number;
}

const char *
csvfile_encoding(const struct csvfile *c)
{
	return c->encoding;
}

double
csvfile_part(const struct csvfile *c)
{
	return c->in->size == 0
		   ? 1
		   : (double)(c->at - c->raw_len - (c->len - c->pos)) /
			 (double)c->in->size;
}
