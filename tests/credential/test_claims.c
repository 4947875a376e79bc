#include "testing.h"

#include "credential/cbor.h"
#include "credential/claims.h"

#define TEXT(s) bytes_of(s, sizeof(s) - 1)

static uint8_t buf[1024];
static struct outbuf out;
static struct claims good;

/* Everything present: a level certificate with photo and direction. */
static int
reset(void **state)
{
	(void)state;
	static const uint8_t PHOTO[CRED_PHOTO_LEN] = {1, 2, 3};
	out = (struct outbuf){buf, sizeof(buf), 0};
	good = (struct claims){.iat = 1593446400};
	struct certificate *t = &good.cert;
	t->index = 17;
	t->kind = KIND_LEVEL;
	t->name = TEXT("张三");
	t->id_type = ID_RESIDENT;
	t->id_check = 0xabc;
	t->number = TEXT("S000015000123204000001");
	t->occupation = TEXT("电工");
	t->code = TEXT("6-31-01-03");
	t->level = 4;
	t->issued = 18443;
	t->photo = bytes_of(PHOTO, sizeof(PHOTO));
	t->direction = TEXT("电气设备安装");
	return 0;
}

static void
refused(enum cred_err want)
{
	uint8_t b[1024];
	struct outbuf o = {b, sizeof(b), 0};
	assert_err(claims_encode(&good, &o), want);
}

static void
there_and_back(void)
{
	struct claims c;
	uint8_t again[1024];
	out.len = 0;
	assert_err(claims_encode(&good, &out), CRED_OK);
	assert_err(cbor_check(written(&out)), CRED_OK);
	assert_err(claims_decode(written(&out), &c), CRED_OK);
	struct outbuf o = {again, sizeof(again), 0};
	assert_err(claims_encode(&c, &o), CRED_OK);
	assert_bytes(written(&o), written(&out));
}

static void
full_and_least(void **state)
{
	(void)state;
	there_and_back();
	good.cert.direction = good.cert.photo = good.cert.code =
	    (struct bytes){0};
	good.cert.level = 0;
	there_and_back();
	good.cert.kind = KIND_OPERATION;
	good.cert.number = (struct bytes){0};
	good.cert.has_valid_to = good.has_exp = true;
	good.cert.valid_to = 18443 + 2191;
	good.exp = claims_exp(good.cert.valid_to);
	good.cert.has_review_due = true;
	good.cert.review_due = 18443 + 1095;
	there_and_back();
}

static void
number_by_kind(void **state)
{
	(void)state;
	good.cert.number = (struct bytes){0};
	refused(CRED_ERR_CLAIMS_NUMBER);
	good.cert.kind = KIND_OPERATION;
	there_and_back();
	good.cert.number = TEXT("12345678");
	refused(CRED_ERR_CLAIMS_NUMBER);
}

static void
civil_days(void **state)
{
	(void)state;
	int32_t d, next = -719528; /* 0000-01-01 */
	for (int y = 0; y <= 9999; y++)
		for (int m = 1; m <= 12; m++)
			for (int i = 1; day_from_civil(y, m, i, &d); i++) {
				int yy, mm, dd;
				assert_true(d == next++);
				day_to_civil(d, &yy, &mm, &dd);
				assert_true(yy == y && mm == m && dd == i);
			}
	assert_int_equal(d, CLAIMS_MAX_DAY);
}

#define T(f) cmocka_unit_test_setup(f, reset)
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(full_and_least),
	    T(number_by_kind),
	    T(civil_days),
	};
	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
