#include "credential/scope.h"

#include "credential/ascii.h"

/* Occupation or item by catalogue code, then level. */
static enum cred_err
grant_check(const struct scope_kind *k, const struct certificate *cert)
{
	if (k->all)
		return CRED_OK;
	enum cred_err e = CRED_ERR_NOT_OCCUPATION;
	if (!cert->code.ptr || cert->code.len > CLAIMS_MAX_CODE)
		return e;
	for (size_t i = 0; i < k->n; i++) {
		const struct scope_item *it = &k->items[i];
		if (memcmp(it->code, cert->code.ptr, cert->code.len) != 0 ||
		    it->code[cert->code.len] != '\0')
			continue;
		if (it->level_high == 0 || (cert->level >= it->level_high &&
					       cert->level <= it->level_low))
			return CRED_OK;
		e = CRED_ERR_NOT_LEVEL;
	}
	return e;
}

static bool
is_level(uint8_t c)
{
	return c >= '1' && c <= '5';
}

/* domain.md 1.2: category, organisation 4, province 2, site 6, year 2, level
 * (a letter above 1), serial 6. */
static bool
is_number_level(struct bytes s)
{
	return s.len == 22 && is_capital(s.ptr[0]) && all_digits(s, 1, 15) &&
	       (is_level(s.ptr[15]) || is_capital(s.ptr[15])) &&
	       all_digits(s, 16, 22) && memcmp(s.ptr + 16, "000000", 6) != 0;
}

/* domain.md 3.1: year 2, province 2, city 2, class 0..4, institution 3, level,
 * serial 5. */
static bool
is_number_qualification(struct bytes s)
{
	return s.len == 16 && all_digits(s, 0, 16) && s.ptr[6] <= '4' &&
	       is_level(s.ptr[10]);
}

static bool
year_agrees(const uint8_t *two, int32_t issued)
{
	int year, month, day;
	day_to_civil(issued, &year, &month, &day);
	return (two[0] - '0') * 10 + (two[1] - '0') == year % 100;
}

static enum cred_err
number_check(const struct scope *s, const struct certificate *cert)
{
	struct bytes n = cert->number;
	size_t year, level;
	switch (cert->kind) {
	case KIND_LEVEL:
		if (!n.ptr || !is_number_level(n))
			return CRED_ERR_NOT_NUMBER;
		if (memcmp(n.ptr, s->prefix, sizeof(s->prefix) - 1) != 0)
			return CRED_ERR_NOT_PREFIX;
		year = 13;
		level = 15;
		break;
	case KIND_QUALIFICATION:
		if (!n.ptr || !is_number_qualification(n))
			return CRED_ERR_NOT_NUMBER;
		year = 0;
		level = 10;
		break;
	case KIND_OPERATION:
		return n.ptr ? CRED_ERR_NOT_NUMBER : CRED_OK;
	default:
		if (!n.ptr || !claims_is_number(n))
			return CRED_ERR_NOT_NUMBER;
		return CRED_OK;
	}
	if (!year_agrees(n.ptr + year, cert->issued))
		return CRED_ERR_NOT_YEAR;
	/* A letter stands for a level above those that have a code. */
	uint8_t c = n.ptr[level];
	if (cert->level != (is_digit(c) ? c - '0' : 0))
		return CRED_ERR_NOT_NUMBER_LEVEL;
	return CRED_OK;
}

enum cred_err
scope_check(const struct scope *s, const struct certificate *cert)
{
	if (cert->kind < KIND_QUALIFICATION || cert->kind > KIND_TRAINING ||
	    !s->kinds[cert->kind].granted)
		return CRED_ERR_NOT_KIND;
	enum cred_err e = grant_check(&s->kinds[cert->kind], cert);
	if (!e)
		e = number_check(s, cert);
	if (e)
		return e;
	if ((s->has_not_before && cert->issued < s->not_before) ||
	    (s->has_not_after && cert->issued > s->not_after))
		return CRED_ERR_NOT_DATE;
	return CRED_OK;
}
