#include "subsidy/money.h"

#include <inttypes.h>
#include <stdio.h>

static bool
cut_prefix(struct bytes *s, const char *p)
{
	size_t n = strlen(p);

	if (s->len < n || memcmp(s->ptr, p, n) != 0)
		return false;
	s->ptr += n;
	s->len -= n;
	return true;
}

static bool
cut_suffix(struct bytes *s, const char *p)
{
	size_t n = strlen(p);

	if (s->len < n || memcmp(s->ptr + s->len - n, p, n) != 0)
		return false;
	s->len -= n;
	return true;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Digits, with commas before every third from the right or with none. */
static bool
parse_yuan(struct bytes s, int64_t *yuan)
{
	bool commas = memchr(s.ptr, ',', s.len) != NULL;
	int64_t v = 0;

	if (s.len == 0 || !is_digit(s.ptr[0]) || !is_digit(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool due = commas && (s.len - i) % 4 == 0;
		if (due != (s.ptr[i] == ','))
			return false;
		if (due)
			continue;
		if (!is_digit(s.ptr[i]))
			return false;
		v = v * 10 + (s.ptr[i] - '0');
		if (v > MONEY_MAX_FEN / 100)
			return false;
	}
	*yuan = v;
	return true;
}

bool
money_parse(struct bytes s, int64_t *fen)
{
	const uint8_t *dot;
	int64_t yuan, cents = 0;

	if (s.ptr == NULL)
		return false;
	(void)(cut_prefix(&s, "￥") || cut_prefix(&s, "¥") ||
	       cut_prefix(&s, "CNY"));
	(void)cut_suffix(&s, "元");
	while (cut_prefix(&s, " "))
		;
	while (cut_suffix(&s, " "))
		;
	dot = memchr(s.ptr, '.', s.len);
	if (dot != NULL) {
		size_t n = s.len - (size_t)(dot - s.ptr) - 1;
		if (n < 1 || n > 2 || !is_digit(dot[1]) ||
		    (n == 2 && !is_digit(dot[2])))
			return false;
		cents = (dot[1] - '0') * 10 + (n == 2 ? dot[2] - '0' : 0);
		s.len = (size_t)(dot - s.ptr);
	}
	if (!parse_yuan(s, &yuan) || yuan * 100 + cents > MONEY_MAX_FEN)
		return false;
	*fen = yuan * 100 + cents;
	return true;
}

void
money_format(int64_t fen, char out[static MONEY_TEXT_MAX])
{
	uint64_t u = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;

	snprintf(out, MONEY_TEXT_MAX, "%s%" PRIu64 ".%02u", fen < 0 ? "-" : "",
	    u / 100, (unsigned)(u % 100));
}

int64_t
money_percent(int64_t fen, unsigned percent)
{
	return (fen * (int64_t)percent + 50) / 100;
}
