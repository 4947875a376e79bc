#include "credential/tlog.h"

#include "credential/ascii.h"
#include "credential/tlog_int.h"

unsigned
tlog_tile_width(int level, uint64_t n, uint64_t size)
{
	uint64_t count = tlog_level_count(level, size);

	if (level < -1 || n > count / TLOG_TILE_WIDTH)
		return 0;
	if (n < count / TLOG_TILE_WIDTH)
		return TLOG_TILE_WIDTH;
	return (unsigned)(count % TLOG_TILE_WIDTH);
}

/* The longest, of 64-bit numbers and a width of 32 bits, fits. */
void
tlog_tile_path(const struct tlog_tile *t, char out[static TLOG_PATH_MAX])
{
	static const char ENTRIES[] = "tile/entries/";
	uint64_t div = 1, n = t->n;
	char *p = out;

	if (t->level < 0) {
		memcpy(p, ENTRIES, sizeof(ENTRIES) - 1);
		p += sizeof(ENTRIES) - 1;
	} else {
		memcpy(p, ENTRIES, 5);
		p = put_decimal(p + 5, (uint64_t)t->level, 1);
		*p++ = '/';
	}
	while (n / div >= 1000)
		div *= 1000;
	for (; div > 1; div /= 1000) {
		*p++ = 'x';
		p = put_decimal(p, n / div % 1000, 3);
		*p++ = '/';
	}
	p = put_decimal(p, n % 1000, 3);
	if (t->width != TLOG_TILE_WIDTH) {
		memcpy(p, ".p/", 3);
		p = put_decimal(p + 3, t->width, 1);
	}
	*p = '\0';
}

/* Does the rest of a path begin with this word? Then it is taken. */
static bool
skip(struct bytes *s, const char *word)
{
	size_t len = strlen(word);

	if (s->len < len || memcmp(s->ptr, word, len) != 0)
		return false;
	s->ptr += len;
	s->len -= len;
	return true;
}

/* A decimal number of min..max digits without leading zeros, unless fixed. */
static bool
number(struct bytes *s, size_t min, size_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s->len && i < max; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			break;
		v = v * 10 + (s->ptr[i] - '0');
	}
	if (i < min || (min != max && i > 1 && s->ptr[0] == '0'))
		return false;
	s->ptr += i;
	s->len -= i;
	*out = v;
	return true;
}

bool
tlog_tile_parse(struct bytes path, struct tlog_tile *out)
{
	struct tlog_tile t = {.level = -1, .width = TLOG_TILE_WIDTH};
	uint64_t v;
	int groups = 0;

	if (path.len >= TLOG_PATH_MAX || !skip(&path, "tile/"))
		return false;
	if (!skip(&path, "entries/")) {
		if (!number(&path, 1, 2, &v) || v > 63 || !skip(&path, "/"))
			return false;
		t.level = (int)v;
	}
	for (; skip(&path, "x"); groups++) {
		/* Six groups are past any tree; the number must not wrap. */
		if (groups == 5 || !number(&path, 3, 3, &v) ||
		    (groups == 0 && v == 0) || !skip(&path, "/"))
			return false;
		t.n = t.n * 1000 + v;
	}
	if (!number(&path, 3, 3, &v))
		return false;
	t.n = t.n * 1000 + v;
	if (skip(&path, ".p/")) {
		if (!number(&path, 1, 3, &v) || v == 0 || v >= TLOG_TILE_WIDTH)
			return false;
		t.width = (unsigned)v;
	}
	if (path.len != 0)
		return false;
	*out = t;
	return true;
}

enum cred_err
tlog_bundle_get(struct bytes bundle, unsigned width, unsigned i,
    uint8_t entry[static TLOG_ENTRY_LEN])
{
	const size_t step = 2 + TLOG_ENTRY_LEN;
	unsigned k;

	if (width == 0 || width > TLOG_TILE_WIDTH || bundle.len != width * step)
		return CRED_ERR_TLOG_BUNDLE;
	if (i >= width)
		return CRED_ERR_TLOG_INDEX;
	for (k = 0; k < width; k++)
		if (bundle.ptr[k * step] != 0 ||
		    bundle.ptr[k * step + 1] != TLOG_ENTRY_LEN)
			return CRED_ERR_TLOG_BUNDLE;
	memcpy(entry, &bundle.ptr[i * step + 2], TLOG_ENTRY_LEN);
	return CRED_OK;
}
