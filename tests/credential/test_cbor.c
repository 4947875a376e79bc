#include "vectors.h"

#include "credential/cbor.h"
#include "credential/limits.h"

static uint8_t buf[8192];
static struct outbuf out;

static int
reset(void **state)
{
	(void)state;
	out = (struct outbuf){buf, sizeof(buf), 0};
	return 0;
}

static void
check_row(char **f)
{
	uint8_t b[256];
	struct bytes in = unhex(f[0], b, sizeof(b));
	uint8_t *p = boxed(in);
	enum cred_err got = cbor_check(bytes_of(p, in.len));
	free(p);
	if (got != err_named(f[1]))
		fail_msg("%s: %s, not %s", f[0], cred_errname(got), f[1]);
}

static void
rfc8949_appendix_a(void **state)
{
	(void)state;
	assert_int_equal(each_row("rfc8949-appendix-a.tsv", 2, check_row), 81);
}

static void
rfc8949_appendix_f(void **state)
{
	(void)state;
	assert_true(each_row("rfc8949-appendix-f.tsv", 2, check_row) > 80);
}

static void
profile(void **state)
{
	(void)state;
	assert_true(each_row("cbor-profile.tsv", 2, check_row) > 60);
}

static void
nothing_at_all(void **state)
{
	(void)state;
	struct cbor r = cbor_reader((struct bytes){0});
	uint64_t u;
	assert_err(cbor_check((struct bytes){0}), CRED_ERR_CBOR_TRUNCATED);
	assert_int_equal(cbor_peek(&r), -1);
	assert_err(cbor_get_uint(&r, &u), CRED_ERR_CBOR_TRUNCATED);
	assert_err(cbor_end(&r), CRED_OK);
	assert_true(utf8_valid((struct bytes){0}));
}

static const uint64_t EDGES[] = {0, 1, 23, 24, 255, 256, 65535, 65536,
    UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
#define N_EDGES (sizeof(EDGES) / sizeof(*EDGES))

static size_t
head_len(uint64_t v)
{
	return v < 24 ? 1 : v < 256 ? 2 : v < 65536 ? 3 : v >> 32 == 0 ? 5 : 9;
}

static void
uint_edges(void **state)
{
	for (size_t i = 0; i < N_EDGES; i++) {
		uint64_t v;
		reset(state);
		assert_err(cbor_put_uint(&out, EDGES[i]), CRED_OK);
		assert_int_equal(out.len, head_len(EDGES[i]));
		struct cbor r = cbor_reader(written(&out));
		assert_err(cbor_get_uint(&r, &v), CRED_OK);
		assert_true(v == EDGES[i]);
		assert_err(cbor_end(&r), CRED_OK);
		reset(state);
		assert_err(cbor_put_tag(&out, EDGES[i]), CRED_OK);
		r = cbor_reader(written(&out));
		assert_err(cbor_get_tag(&r, &v), CRED_OK);
		assert_true(v == EDGES[i]);
	}
}

static void
int_edges(void **state)
{
	static const int64_t V[] = {0, -1, -24, -25, -256, -257, 23, 24,
	    INT64_MAX, INT64_MIN, INT64_MIN + 1, -65536, -65537, -65538};
	for (size_t i = 0; i < sizeof(V) / sizeof(*V); i++) {
		int64_t v;
		reset(state);
		assert_err(cbor_put_int(&out, V[i]), CRED_OK);
		assert_err(cbor_check(written(&out)), CRED_OK);
		struct cbor r = cbor_reader(written(&out));
		assert_err(cbor_get_int(&r, &v), CRED_OK);
		assert_true(v == V[i]);
	}
	/* One past int64 on each side. */
	static const uint8_t ABOVE[] = {0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t BELOW[] = {0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0};
	int64_t v;
	struct cbor r = cbor_reader(bytes_of(ABOVE, sizeof(ABOVE)));
	assert_err(cbor_get_int(&r, &v), CRED_ERR_CBOR_RANGE);
	r = cbor_reader(bytes_of(BELOW, sizeof(BELOW)));
	assert_err(cbor_get_int(&r, &v), CRED_ERR_CBOR_RANGE);
}

/* Each reader on each kind of item: its own is read, the rest refused, the
 * reader stays where it was and the output as it was. */
static void
types(void **state)
{
	(void)state;
	static const uint8_t ITEMS[8][2] = {{0x05, 0}, {0x25, 0}, {0x40, 0},
	    {0x60, 0}, {0x80, 0}, {0xa0, 0}, {0xc5, 0}, {0xf6, 0}};
	for (int major = 0; major < 8; major++) {
		struct bytes in = bytes_of(ITEMS[major], 2);
		enum cred_err other =
		    major == 7 ? CRED_ERR_CBOR_SIMPLE : CRED_ERR_CBOR_TYPE;
		uint64_t u = 77;
		int64_t i = 77;
		size_t n = 77;
		struct bytes s = {NULL, 77};
		struct cbor r = cbor_reader(in);
		assert_int_equal(cbor_peek(&r), major);
		assert_err(cbor_get_uint(&r, &u), major == 0 ? CRED_OK : other);
		assert_true(major == 0 ? u == 5 : u == 77 && r.p == in.ptr);
		r = cbor_reader(in);
		assert_err(cbor_get_int(&r, &i), major < 2 ? CRED_OK : other);
		assert_true(major < 2 ? i == (major ? -6 : 5)
				      : i == 77 && r.p == in.ptr);
		r = cbor_reader(in);
		assert_err(cbor_get_bstr(&r, &s), major == 2 ? CRED_OK : other);
		assert_true(s.len == (major == 2 ? 0 : 77));
		r = cbor_reader(in);
		s.len = 77;
		assert_err(cbor_get_tstr(&r, &s), major == 3 ? CRED_OK : other);
		assert_true(s.len == (major == 3 ? 0 : 77));
		r = cbor_reader(in);
		assert_err(
		    cbor_get_array(&r, &n), major == 4 ? CRED_OK : other);
		assert_true(n == (major == 4 ? 0 : 77));
		r = cbor_reader(in);
		n = 77;
		assert_err(cbor_get_map(&r, &n), major == 5 ? CRED_OK : other);
		assert_true(n == (major == 5 ? 0 : 77));
		r = cbor_reader(in);
		u = 77;
		assert_err(cbor_get_tag(&r, &u), major == 6 ? CRED_OK : other);
		assert_true(major == 6 ? u == 5 : u == 77 && r.p == in.ptr);
	}
}

/* Counts come with the bytes to hold them, whatever size_t is. */
static void
counts_beyond_the_data(void **state)
{
	(void)state;
	static const uint8_t ARRAY[] = {0x83, 0, 0};
	static const uint8_t MAP[] = {0xa2, 0, 0, 1};
	size_t n = 77;
	struct cbor r = cbor_reader(bytes_of(ARRAY, sizeof(ARRAY)));
	assert_err(cbor_get_array(&r, &n), CRED_ERR_CBOR_TRUNCATED);
	r = cbor_reader(bytes_of(MAP, sizeof(MAP)));
	assert_err(cbor_get_map(&r, &n), CRED_ERR_CBOR_TRUNCATED);
	assert_true(r.p == MAP && n == 77);
}

static void
keys(void **state)
{
	(void)state;
	static const uint8_t GOOD[] = {0x00, 0x17, 0x18, 0x18, 0x18, 0xff, 0x19,
	    0x01, 0x00, 0x20, 0x37, 0x38, 0x18};
	static const int64_t WANT[] = {0, 23, 24, 255, 256, -1, -24, -25};
	struct cbor r = cbor_reader(bytes_of(GOOD, sizeof(GOOD)));
	struct cbor_keys k = {0};
	int64_t v = 0;
	for (size_t i = 0; i < sizeof(WANT) / sizeof(*WANT); i++) {
		assert_err(cbor_get_key(&r, &k, &v), CRED_OK);
		assert_true(v == WANT[i]);
	}
	assert_err(cbor_get_key(&r, &k, &v), CRED_ERR_CBOR_TRUNCATED);

	static const uint8_t TWICE[] = {0x18, 0x18, 0x18, 0x18};
	r = cbor_reader(bytes_of(TWICE, sizeof(TWICE)));
	k = (struct cbor_keys){0};
	assert_err(cbor_get_key(&r, &k, &v), CRED_OK);
	assert_err(cbor_get_key(&r, &k, &v), CRED_ERR_CBOR_DUPLICATE);
	assert_true(r.p == TWICE + 2);

	static const uint8_t BACK[] = {0x20, 0x18, 0x18};
	r = cbor_reader(bytes_of(BACK, sizeof(BACK)));
	k = (struct cbor_keys){0};
	assert_err(cbor_get_key(&r, &k, &v), CRED_OK);
	assert_err(cbor_get_key(&r, &k, &v), CRED_ERR_CBOR_ORDER);

	static const uint8_t TEXT[] = {0x61, 0x61};
	r = cbor_reader(bytes_of(TEXT, sizeof(TEXT)));
	k = (struct cbor_keys){0};
	assert_err(cbor_get_key(&r, &k, &v), CRED_ERR_CBOR_TYPE);
}

/* A small tree of every type, by a generator without state of its own. */
static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void
grow(unsigned depth)
{
	uint8_t s[300];
	memset(s, 'a' + (int)rnd(26), sizeof(s));
	uint64_t v = EDGES[rnd(N_EDGES)];
	size_t n = rnd(4);
	switch (depth == CBOR_MAX_DEPTH ? rnd(4) : rnd(7)) {
	case 0:
		assert_err(cbor_put_uint(&out, v), CRED_OK);
		return;
	case 1:
		assert_err(cbor_put_int(&out, -1 - (int64_t)(v >> 1)), CRED_OK);
		return;
	case 2:
		assert_err(cbor_put_bstr(&out, bytes_of(s, rnd(290))), CRED_OK);
		return;
	case 3:
		assert_err(cbor_put_tstr(&out, bytes_of(s, rnd(290))), CRED_OK);
		return;
	case 4:
		assert_err(cbor_put_array(&out, n), CRED_OK);
		while (n-- > 0)
			grow(depth + 1);
		return;
	case 5:
		assert_err(cbor_put_map(&out, n), CRED_OK);
		for (size_t i = 0; i < n; i++) {
			assert_err(
			    cbor_put_int(&out, (int64_t)i * 20), CRED_OK);
			grow(depth + 1);
		}
		return;
	default:
		assert_err(cbor_put_tag(&out, v), CRED_OK);
		grow(depth + 1);
	}
}

static void
grown_items(void **state)
{
	size_t done = 0;
	for (seed = 1; done < 2000; seed++) {
		uint32_t keep = seed;
		reset(state);
		grow(0);
		seed = keep;
		if (out.len > 700)
			continue;
		done++;
		uint8_t *p = boxed(written(&out));
		assert_err(cbor_check(bytes_of(p, out.len)), CRED_OK);
		free(p);
		for (size_t n = 0; n < out.len; n++) {
			if (done % 50 != 0)
				break;
			p = boxed(bytes_of(buf, n));
			assert_err(cbor_check(bytes_of(p, n)),
			    CRED_ERR_CBOR_TRUNCATED);
			free(p);
		}
		buf[out.len] = 0;
		assert_err(cbor_check(bytes_of(buf, out.len + 1)),
		    CRED_ERR_CBOR_TRAILING);
	}
}

static void
writers_without_space(void **state)
{
	(void)state;
	static const char TEXT[] = "twenty-four letters long";
	for (size_t cap = 0; cap < 26; cap++) {
		memset(buf, 0xee, 64);
		struct outbuf o = {buf, cap, 0};
		assert_err(
		    cbor_put_tstr(&o, bytes_str(TEXT)), CRED_FAULT_SPACE);
		for (size_t i = cap; i < 64; i++)
			assert_int_equal(buf[i], 0xee);
	}
	struct outbuf o = {buf, 26, 0};
	assert_err(cbor_put_tstr(&o, bytes_str(TEXT)), CRED_OK);
	assert_err(cbor_put_raw(&o, (struct bytes){0}), CRED_OK);
	assert_err(cbor_put_uint(&o, 0), CRED_FAULT_SPACE);
	for (size_t i = 0; i < N_EDGES; i++) {
		for (size_t cap = 0; cap < head_len(EDGES[i]); cap++) {
			o = (struct outbuf){buf, cap, 0};
			assert_err(
			    cbor_put_uint(&o, EDGES[i]), CRED_FAULT_SPACE);
		}
	}
}

/* The code point of a well-formed sequence of n bytes, or -1: by definition,
 * decode, and compare with the only encoding of that code point. */
static int32_t
utf8_oracle(const uint8_t *s, size_t n)
{
	static const uint8_t LEAD[5] = {0, 0x00, 0xc0, 0xe0, 0xf0};
	uint32_t c = s[0] & (n == 1 ? 0x7f : 0xff >> (n + 1));
	uint8_t again[4];
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return -1;
		c = c << 6 | (s[i] & 0x3f);
	}
	size_t want = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	if (want != n || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	uint32_t rest = c;
	for (size_t i = n; i-- > 1; rest >>= 6)
		again[i] = (uint8_t)(0x80 | (rest & 0x3f));
	again[0] = (uint8_t)(LEAD[n] | rest);
	return memcmp(again, s, n) == 0 ? (int32_t)c : -1;
}

static void
utf8_every_sequence(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < 0x1000000; v++) {
		uint8_t s[3] = {
		    (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
		/* Only the first of the two shorter ones in each run. */
		if (s[2] == 0) {
			bool two = utf8_oracle(s, 2) >= 0 ||
				   (s[0] < 0x80 && s[1] < 0x80);
			assert_true(utf8_valid(bytes_of(s, 2)) == two);
		}
		if (s[0] < 0xe0 || s[0] > 0xef)
			continue;
		assert_true(
		    utf8_valid(bytes_of(s, 3)) == (utf8_oracle(s, 3) >= 0));
	}
	for (uint32_t v = 0; v < 0x100000; v++) {
		uint8_t s[4] = {(uint8_t)(0xf0 | v >> 16), (uint8_t)(v >> 8),
		    (uint8_t)v, (uint8_t)(v * 37)};
		assert_true(utf8_valid(bytes_of(s, 4)) ==
			    (s[0] < 0xf8 && utf8_oracle(s, 4) >= 0));
	}
	for (unsigned b = 0; b < 256; b++) {
		uint8_t s[1] = {(uint8_t)b};
		assert_true(utf8_valid(bytes_of(s, 1)) == (b < 0x80));
	}
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(rfc8949_appendix_a),
	    T(rfc8949_appendix_f),
	    T(profile),
	    T(nothing_at_all),
	    T(uint_edges),
	    T(int_edges),
	    T(types),
	    T(counts_beyond_the_data),
	    T(keys),
	    T(grown_items),
	    T(writers_without_space),
	    T(utf8_every_sequence),
	};
	return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
