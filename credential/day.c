#include "credential/claims.h"

/*
 * Days and civil dates by eras of 400 years, the year beginning in March so
 * that the leap day is its last.
 */
enum { ERA_DAYS = 146097, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

static int
month_days(int year, int month)
{
	static const int8_t DAYS[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : DAYS[month - 1];
}

bool
day_from_civil(int year, int month, int day, int32_t *out)
{
	if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > month_days(year, month))
		return false;
	int y = month > 2 ? year : year - 1;
	int era = (y + 400) / 400 - 1; /* y is -1 at least */
	int of_era = y - era * 400;
	int of_year =
	    (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	*out = era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - EPOCH_DAYS;
	return true;
}

void
day_to_civil(int32_t day, int *year, int *month, int *mday)
{
	int64_t z = (int64_t)day + EPOCH_DAYS;
	int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
	int doe = (int)(z - era * ERA_DAYS);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int m = (5 * doy + 2) / 153;
	*mday = doy - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = (int)(yoe + era * 400) + (*month <= 2);
}

static void
put_number(char *to, int v, int digits)
{
	for (int i = digits; i-- > 0; v /= 10)
		to[i] = (char)('0' + v % 10);
}

void
day_format(int32_t day, char out[static 11])
{
	int y, m, d;
	day_to_civil(day, &y, &m, &d);
	memcpy(out, "----------", 11);
	if (y < 0 || y > 9999)
		return;
	put_number(out, y, 4);
	put_number(out + 5, m, 2);
	put_number(out + 8, d, 2);
}

static int
get_number(const uint8_t *p, int digits)
{
	int v = 0;
	for (int i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

bool
day_parse(struct bytes s, int32_t *out)
{
	if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
		return false;
	return day_from_civil(get_number(s.ptr, 4), get_number(s.ptr + 5, 2),
	    get_number(s.ptr + 8, 2), out);
}
