#include "render/strings_int.h"

#include <errno.h>
#include <pango/pango.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/file.h"
#include "edge/lang.h"

#define MAX_FILE (256u << 10)
#define MAX_ROWS 2000
#define COLUMNS  5
#define HEADER   "key\ttext\tzh\tsource\tstatus"

struct row {
	const char *key, *text, *zh;
};
struct strings {
	char *file; /* rows point into it */
	struct row *rows;
	size_t n, unconfirmed;
};

static enum cred_err wrong(const char *path, long line, struct why *why,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static enum cred_err
wrong(const char *path, long line, struct why *why, const char *fmt, ...)
{
	char text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return why_set(why, CRED_FAULT_RENDER, "%s:%ld: %s", path, line, text);
}

/* \u202F becomes the character, in place: it is never longer. */
static bool
unescape(char *s)
{
	char *out = s;

	while (*s != '\0') {
		gunichar c = 0;
		if (*s != '\\') {
			*out++ = *s++;
			continue;
		}
		if (s[1] != 'u')
			return false;
		for (int i = 2; i < 6; i++) {
			int digit = g_ascii_xdigit_value(s[i]);
			if (digit < 0)
				return false;
			c = c << 4 | (gunichar)digit;
		}
		if (c == 0 || !g_unichar_validate(c))
			return false;
		out += g_unichar_to_utf8(c, out);
		s += 6;
	}
	*out = '\0';
	return true;
}

static enum cred_err
take_row(struct strings *s, const char *path, long line, char *text,
    struct why *why)
{
	char *cell[COLUMNS];
	size_t n = 0;

	for (char *at = text; at != NULL && n < COLUMNS; n++) {
		cell[n] = at;
		at = strchr(at, '\t');
		if (at != NULL)
			*at++ = '\0';
		if (at != NULL && n == COLUMNS - 1)
			n++;
	}
	if (n != COLUMNS)
		return wrong(path, line, why,
		    TR("not %d columns with tabs between them: key, text, zh, "
		       "source, status",
			"应为 %d 列，用制表符分隔：key、text、zh、source、"
			"status"),
		    COLUMNS);
	if (*cell[0] == '\0' || *cell[1] == '\0')
		return wrong(path, line, why,
		    TR("key or text is empty; fill it in or delete the line",
			"key 或 text 为空；请补全或删去该行"));
	if (strings_text(s, cell[0]) != NULL)
		return wrong(path, line, why,
		    TR("key \"%.60s\" stands twice", "key“%.60s”出现两次"),
		    cell[0]);
	if (!unescape(cell[1]))
		return wrong(path, line, why,
		    TR("a backslash begins no \\uXXXX", "反斜杠后不是 uXXXX"));
	s->rows[s->n++] = (struct row){cell[0], cell[1], cell[2]};
	s->unconfirmed += strcmp(cell[4], "confirmed") != 0;
	return CRED_OK;
}

static enum cred_err
take_lines(struct strings *s, const char *path, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool header = false;
	long line = 0;

	for (char *at = s->file, *next; e == CRED_OK && at != NULL; at = next) {
		size_t len = strcspn(at, "\n");
		next = at[len] == '\0' ? NULL : at + len + 1;
		line++;
		at[len] = '\0';
		if (len > 0 && at[len - 1] == '\r')
			at[len - 1] = '\0';
		if (*at == '\0' || *at == '#')
			continue;
		if (!header && strcmp(at, HEADER) != 0)
			return wrong(path, line, why,
			    TR("the first line is not \"key text zh source "
			       "status\" with tabs between them",
				"首行不是用制表符分隔的“key text zh source "
				"status”"));
		if (header && s->n == MAX_ROWS)
			return wrong(path, line, why,
			    TR("more than %d rows", "超过 %d 行"), MAX_ROWS);
		if (header)
			e = take_row(s, path, line, at, why);
		header = true;
	}
	return e;
}

enum cred_err
strings_load(const char *path, struct strings **out, struct why *why)
{
	struct strings *s = calloc(1, sizeof *s);
	uint8_t *file = NULL;
	size_t len, bom;
	enum cred_err e;

	if (s == NULL ||
	    (s->rows = calloc(MAX_ROWS, sizeof *s->rows)) == NULL) {
		free(s);
		return CRED_FAULT_NOMEM;
	}
	e = file_read(path, MAX_FILE, &file, &len, why);
	if (e == CRED_ERR_PIC_BYTES)
		e = CRED_FAULT_RENDER;
	if (e != CRED_OK)
		goto out;
	/* a spreadsheet may have put a byte order mark before it */
	bom = len >= 3 && memcmp(file, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	if (!g_utf8_validate((char *)file + bom, (gssize)(len - bom), NULL)) {
		e = wrong(path, 1, why,
		    TR("is not UTF-8; save it as UTF-8",
			"不是 UTF-8，请另存为 UTF-8"));
		goto out;
	}
	s->file = strndup((char *)file + bom, len - bom);
	e = s->file == NULL ? CRED_FAULT_NOMEM : take_lines(s, path, why);
	if (e != CRED_OK)
		goto out;
	*out = s;
	s = NULL;
out:
	free(file);
	strings_free(s);
	return e;
}

void
strings_free(struct strings *s)
{
	if (s == NULL)
		return;
	free(s->rows);
	free(s->file);
	free(s);
}

const char *
strings_text(const struct strings *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->rows[i].key, key) == 0)
			return s->rows[i].text;
	return NULL;
}

static bool
put(char *buf, size_t *at, const char *text, size_t len)
{
	if (len >= STRINGS_DATE_MAX - *at)
		return false;
	memcpy(buf + *at, text, len);
	*at += len;
	buf[*at] = '\0';
	return true;
}

static const char *
translate_date(const char *pattern, const char *value, char *buf)
{
	static const char *const NAMES[] = {"{y}", "{mm}", "{dd}", "{m}", "{d}"};
	char part[5][8];
	int y, m, d, end = 0;
	size_t at = 0;

	if (sscanf(value, "%4d年%2d月%2d日%n", &y, &m, &d, &end) != 3 ||
	    value[end] != '\0' || end == 0)
		return NULL;
	snprintf(part[0], sizeof part[0], "%04d", y);
	snprintf(part[1], sizeof part[1], "%02d", m);
	snprintf(part[2], sizeof part[2], "%02d", d);
	snprintf(part[3], sizeof part[3], "%d", m);
	snprintf(part[4], sizeof part[4], "%d", d);
	while (*pattern != '\0') {
		const char *text = pattern;
		size_t len = 1, skip = 1;
		for (size_t i = 0; i < 5; i++) {
			if (strncmp(pattern, NAMES[i], strlen(NAMES[i])) != 0)
				continue;
			text = part[i];
			len = strlen(text);
			skip = strlen(NAMES[i]);
		}
		if (!put(buf, &at, text, len))
			return NULL;
		pattern += skip;
	}
	return buf;
}

const char *
strings_translate(const struct strings *s, const char *value,
    char buf[static STRINGS_DATE_MAX])
{
	const char *date = strings_text(s, "date");

	for (size_t i = 0; i < s->n; i++)
		if (*s->rows[i].zh != '\0' &&
		    strcmp(s->rows[i].zh, value) == 0)
			return s->rows[i].text;
	return date == NULL ? NULL : translate_date(date, value, buf);
}

size_t
strings_unconfirmed(const struct strings *s)
{
	return s->unconfirmed;
}
