#include "table/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential/claims.h"

#define MAX_SERIAL 2958466 /* the day after 9999-12-31 */

/* [-]digits[.digits][E[+-]digits], not too long for strtod to be exact about.
 */
static bool
number_form(const char *s, bool *whole)
{
	size_t digits = 0;

	*whole = true;
	if (strlen(s) > 64)
		return false;
	s += *s == '-';
	for (; *s >= '0' && *s <= '9'; s++)
		digits++;
	if (*s == '.') {
		*whole = false;
		for (s++; *s >= '0' && *s <= '9'; s++)
			digits++;
	}
	if (digits == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		*whole = false;
		s++;
		s += *s == '+' || *s == '-';
		if (*s < '0' || *s > '9')
			return false;
		while (*s >= '0' && *s <= '9')
			s++;
	}
	return *s == '\0';
}

/* 15 digits and zeros, as spreadsheets show it: more are not there. */
static void
large_number(double d, char out[static VALUE_MAX])
{
	char e[32], *at = out;
	int zeros;

	snprintf(e, sizeof e, "%.14e", d);
	zeros = atoi(strchr(e, 'e') + 1) - 14;
	for (const char *p = e; *p != 'e'; p++)
		if (*p != '.')
			*at++ = *p;
	for (; zeros > 0; zeros--)
		*at++ = '0';
	*at = '\0';
}

bool
value_number(const char *v, char out[static VALUE_MAX])
{
	bool whole;
	double d;

	if (!number_form(v, &whole))
		return false;
	if (whole) {
		snprintf(out, VALUE_MAX, "%s", v);
		return true;
	}
	d = strtod(v, NULL);
	if (!isfinite(d))
		return false;
	if (fabs(d) >= 1e15)
		large_number(d, out);
	else if (d == floor(d))
		snprintf(out, VALUE_MAX, "%.0f", d);
	else
		snprintf(out, VALUE_MAX, "%.15g", d);
	return true;
}

bool
value_date(const char *v, bool date1904, char out[static VALUE_MAX])
{
	int32_t epoch = 0, day;
	char text[11];
	bool whole;
	double d;
	long s;

	if (!number_form(v, &whole))
		return false;
	d = strtod(v, NULL);
	if (!(d >= 0) || d >= MAX_SERIAL)
		return false;
	day = (int32_t)floor(d);
	s = lround((d - day) * 86400);
	if (s == 86400) {
		day++;
		s = 0;
	}
	snprintf(
	    out, VALUE_MAX, "%02ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	if (day == 0 && !date1904)
		return s > 0;
	/* 1900 is no leap year, but serial 60 its 29 February. */
	if (!date1904 && day == 60)
		return false;
	if (!day_from_civil(date1904 ? 1904 : 1899, date1904 ? 1 : 12,
		date1904   ? 1
		: day < 60 ? 31
			   : 30,
		&epoch) ||
	    epoch + day > CLAIMS_MAX_DAY)
		return false;
	day_format(epoch + day, text);
	if (s == 0)
		snprintf(out, VALUE_MAX, "%s", text);
	else
		snprintf(out, VALUE_MAX, "%s %02ld:%02ld:%02ld", text, s / 3600,
		    s / 60 % 60, s % 60);
	return true;
}

bool
value_format_id_is_date(uint32_t id)
{
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) ||
	       (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

/* Of the letters that stand for nothing but themselves: quoted, escaped, in
 * brackets, or filling; [h] and the like are time. */
bool
value_format_code_is_date(const char *s)
{
	bool date = false;

	for (; *s != '\0' && *s != ';'; s++) {
		if (*s == '"') {
			s = strchr(s + 1, '"');
			if (s == NULL)
				return date;
		} else if ((*s == '\\' || *s == '_' || *s == '*') &&
			   s[1] != '\0') {
			s++;
		} else if (*s == '[') {
			if (strchr("hHmMsS", s[1]) != NULL && s[1] != '\0' &&
			    strspn(s + 1, "hHmMsS") == strcspn(s + 1, "]"))
				date = true;
			s = strchr(s, ']');
			if (s == NULL)
				return date;
		} else if (strncmp(s, "General", 7) == 0) {
			s += 6;
		} else if (strchr("yYmMdDhHsS", *s) != NULL) {
			date = true;
		} else if (*s == '#' || *s == '?') {
			return false;
		}
	}
	return date;
}

static int
hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (c >= 'A' && c <= 'F')
			v = v * 16 + c - 'A' + 10;
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return v;
}

size_t
value_unescape(char *s, size_t n)
{
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		int c = -1;
		if (n - i >= 7 && s[i] == '_' && s[i + 1] == 'x' &&
		    s[i + 6] == '_')
			c = hex4(s + i + 2);
		if (c < 0 ||
		    (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
		    (c >= 0xd800 && c < 0xe000) || c >= 0xfffe) {
			s[o++] = s[i];
			continue;
		}
		if (c < 0x80) {
			s[o++] = (char)c;
		} else if (c < 0x800) {
			s[o++] = (char)(0xc0 | c >> 6);
			s[o++] = (char)(0x80 | (c & 0x3f));
		} else {
			s[o++] = (char)(0xe0 | c >> 12);
			s[o++] = (char)(0x80 | (c >> 6 & 0x3f));
			s[o++] = (char)(0x80 | (c & 0x3f));
		}
		i += 6;
	}
	return o;
}

bool
value_reference(const char *s, uint32_t *column, uint32_t *row)
{
	uint32_t c = 0, r = 0;

	for (; *s >= 'A' && *s <= 'Z'; s++) {
		c = c * 26 + (uint32_t)(*s - 'A' + 1);
		if (c > 16384)
			return false;
	}
	if (c == 0 || *s == '0')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		r = r * 10 + (uint32_t)(*s - '0');
		if (r > 1048576)
			return false;
	}
	if (*s != '\0')
		return false;
	*column = c - 1;
	*row = r;
	return true;
}
