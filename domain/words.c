#include "domain/words.h"

struct word {
	const char *text;
	unsigned value;
};

static const struct word levels[] = {
    {"一级/高级技师", 1}, {"一级", 1}, {"高级技师", 1}, {"1", 1}, {"1级", 1},
    {"壹级", 1}, {"二级/技师", 2}, {"二级", 2}, {"技师", 2}, {"2", 2},
    {"2级", 2}, {"三级/高级工", 3}, {"三级", 3}, {"高级工", 3}, {"高级", 3},
    {"高级技能", 3}, {"3", 3}, {"3级", 3}, {"四级/中级工", 4}, {"四级", 4},
    {"中级工", 4}, {"中级", 4}, {"中级技能", 4}, {"4", 4}, {"4级", 4},
    {"五级/初级工", 5}, {"五级", 5}, {"初级工", 5}, {"初级", 5},
    {"初级技能", 5}, {"5", 5}, {"5级", 5},
};

static const struct word kinds[] = {
    {"职业资格证书", 1}, {"职业资格", 1}, {"国家职业资格证书", 1}, {"1", 1},
    {"职业技能等级证书", 2}, {"职业技能等级", 2}, {"技能等级", 2},
    {"技能等级证书", 2}, {"2", 2}, {"专项职业能力证书", 3},
    {"专项职业能力", 3}, {"专项能力", 3}, {"专项职业能力考核证书", 3},
    {"3", 3}, {"特种作业操作证书", 4}, {"特种作业操作证", 4},
    {"特种作业操作", 4}, {"特种作业", 4}, {"4", 4}, {"培训合格证书", 5},
    {"培训合格", 5}, {"培训合格证", 5}, {"5", 5},
};

static unsigned
find(const struct word *words, size_t n, struct bytes s)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_eq(s, bytes_str(words[i].text)))
			return words[i].value;
	return 0;
}

unsigned
level_by_word(struct bytes s)
{
	return find(levels, sizeof levels / sizeof *levels, s);
}

const char *
level_word(unsigned level)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (levels[i].value == level)
			return levels[i].text;
	return "";
}

unsigned
level_rank(unsigned level)
{
	return level >= 1 && level <= 5 ? 6 - level : 0;
}

/* Digits at the front of s, at most max of them; moves on. */
static bool
take(struct bytes *s, size_t min, size_t max, int *out)
{
	size_t n = 0;
	int v = 0;

	while (n < max && n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
		v = v * 10 + (s->ptr[n++] - '0');
	if (n < min)
		return false;
	s->ptr += n;
	s->len -= n;
	*out = v;
	return true;
}

static bool
skip(struct bytes *s, const char *what)
{
	size_t n = strlen(what);

	if (s->len < n || memcmp(s->ptr, what, n) != 0)
		return false;
	s->ptr += n;
	s->len -= n;
	return true;
}

/* A spreadsheet may add a time of midnight. */
static bool
at_end(struct bytes s)
{
	return s.len == 0 || bytes_eq(s, bytes_str(" 00:00:00")) ||
	    bytes_eq(s, bytes_str(" 0:00:00")) ||
	    bytes_eq(s, bytes_str(" 0:00")) || bytes_eq(s, bytes_str(" 00:00"));
}

bool
date_by_word(struct bytes s, int32_t *day)
{
	static const char *const separators[] = {"-", "/", "."};
	struct bytes rest = s;
	int y, m, d;

	if (s.len == 8 && take(&rest, 4, 4, &y) && take(&rest, 2, 2, &m) &&
	    take(&rest, 2, 2, &d) && rest.len == 0)
		return day_from_civil(y, m, d, day);
	rest = s;
	if (s.len == 5 && take(&rest, 5, 5, &d) && d > 20000 && d < 80000) {
		*day = d - 25569; /* 1970-01-01 in the 1900 system */
		return true;
	}
	for (size_t i = 0; i < 3; i++) {
		rest = s;
		if (take(&rest, 4, 4, &y) && skip(&rest, separators[i]) &&
		    take(&rest, 1, 2, &m) && skip(&rest, separators[i]) &&
		    take(&rest, 1, 2, &d) && at_end(rest))
			return day_from_civil(y, m, d, day);
	}
	rest = s;
	if (take(&rest, 4, 4, &y) && skip(&rest, "年") &&
	    take(&rest, 1, 2, &m) && skip(&rest, "月") &&
	    take(&rest, 1, 2, &d) && (skip(&rest, "日") || true) &&
	    at_end(rest))
		return day_from_civil(y, m, d, day);
	return false;
}

int
kind_by_word(struct bytes s)
{
	return (int)find(kinds, sizeof kinds / sizeof *kinds, s);
}

const char *
kind_word(enum kind kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].value == (unsigned)kind)
			return kinds[i].text;
	return "";
}
