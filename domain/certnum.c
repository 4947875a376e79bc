#include "domain/certnum.h"

#include <stdio.h>

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
digits_at(struct bytes s, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (!is_digit(s.ptr[i]))
			return false;
	return true;
}

static uint32_t
value_at(struct bytes s, size_t from, size_t n)
{
	uint32_t v = 0;

	for (size_t i = from; i < from + n; i++)
		v = v * 10 + (uint32_t)(s.ptr[i] - '0');
	return v;
}

static enum cred_err
parse_level(struct bytes s, struct certnum *out)
{
	if (s.len != 22 || !is_upper(s.ptr[0]) || !digits_at(s, 1, 14) ||
	    !digits_at(s, 16, 6))
		return CRED_ERR_DOMAIN_FORM;
	if (!is_upper(s.ptr[15]) && (s.ptr[15] < '1' || s.ptr[15] > '5'))
		return CRED_ERR_DOMAIN_FORM;
	out->serial = value_at(s, 16, 6);
	if (out->serial == 0)
		return CRED_ERR_DOMAIN_FORM;
	memcpy(out->prefix, s.ptr, 13);
	out->year = (int)value_at(s, 13, 2);
	out->level = (char)s.ptr[15];
	out->category_known = s.ptr[0] == 'Y' || s.ptr[0] == 'S';
	return CRED_OK;
}

static enum cred_err
parse_qualification(struct bytes s, struct certnum *out)
{
	if (s.len != 16 || !digits_at(s, 0, 16) || s.ptr[6] > '4' ||
	    s.ptr[10] < '1' || s.ptr[10] > '5')
		return CRED_ERR_DOMAIN_FORM;
	out->serial = value_at(s, 11, 5);
	if (out->serial == 0)
		return CRED_ERR_DOMAIN_FORM;
	out->year = (int)value_at(s, 0, 2);
	out->level = (char)s.ptr[10];
	return CRED_OK;
}

static enum cred_err
parse_plain(struct bytes s)
{
	if (s.len < 8 || s.len > CLAIMS_MAX_NUMBER)
		return CRED_ERR_DOMAIN_FORM;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.ptr[i]) && !is_upper(s.ptr[i]) &&
		    !(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && s.ptr[i] != '-')
			return CRED_ERR_DOMAIN_FORM;
	return CRED_OK;
}

enum cred_err
certnum_parse(enum kind kind, struct bytes s, struct certnum *out)
{
	struct certnum r = {.year = -1, .category_known = true};
	enum cred_err e = CRED_ERR_DOMAIN_FORM;

	switch (kind) {
	case KIND_LEVEL:
		e = parse_level(s, &r);
		break;
	case KIND_QUALIFICATION:
		e = parse_qualification(s, &r);
		break;
	case KIND_SPECIALISED:
	case KIND_TRAINING:
		e = parse_plain(s);
		break;
	case KIND_OPERATION:
		break;
	}
	if (e == CRED_OK)
		*out = r;
	return e;
}

bool
certnum_is_operation(struct bytes s, struct bytes id_number)
{
	return s.len == id_number.len + 1 && s.ptr[0] == 'T' &&
	       memcmp(s.ptr + 1, id_number.ptr, id_number.len) == 0;
}

bool
certnum_is_inner_mongolia(struct bytes s)
{
	return s.len == 16 && s.ptr[2] == '0' && s.ptr[3] == '5';
}

enum cred_err
certnum_format(const char *prefix, int year, unsigned level, uint32_t serial,
    char out[static 23])
{
	char buf[40];

	if (!certnum_prefix_ok(prefix) || year < 0 || level < 1 || level > 5 ||
	    serial < 1 || serial > 999999)
		return CRED_ERR_DOMAIN_FORM;
	snprintf(buf, sizeof buf, "%s%02d%u%06u", prefix, year % 100, level,
	    serial);
	memcpy(out, buf, 23);
	return CRED_OK;
}

bool
certnum_prefix_ok(const char *prefix)
{
	struct bytes s = bytes_str(prefix);

	return s.len == 13 && is_upper(s.ptr[0]) && digits_at(s, 1, 12);
}

bool
certnum_has_letter_digits(struct bytes s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] == 'O' || s.ptr[i] == 'I' || s.ptr[i] == 'o' ||
		    s.ptr[i] == 'l' || s.ptr[i] == 'i')
			return true;
	return false;
}
