#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"
#include "issuer/row.h"

#define ID "150102199001010019"
#define HEAD                                                                                     \
	"姓名,证件类型,证件号码,职业名称,职业编码,工种,等级,发证日期," \
	"有效期起,有效期止,应复审日期,照片,证书编号,证书种类,作业类别\n"
#define PREFIX "S000015000123"

static int32_t today;
static struct scope scope;

static int
setup(void **state)
{
	(void)state;
	if (!day_from_civil(2026, 11, 23, &today))
		return -1;
	strcpy(scope.prefix, PREFIX);
	scope.kinds[2].granted = true;
	scope.kinds[2].n = 3;
	scope.kinds[2].items[0] = (struct scope_item){"6-31-01-03", 3, 5};
	scope.kinds[2].items[1] = (struct scope_item){"6-18-02-04", 0, 0};
	scope.kinds[2].items[2] = (struct scope_item){"4-04-04-02", 0, 0};
	scope.kinds[4].granted = true;
	scope.kinds[4].all = true;
	scope.has_not_before = true;
	return day_from_civil(2015, 1, 1, &scope.not_before) ? 0 : -1;
}

struct fixture {
	struct roster *r;
	struct roster_chunk c;
	struct findings f;
	struct row rows[8];
	char codes[256]; /* "row:code row:code", as found */
};

static void
check_with(struct fixture *x, const char *csv, const struct row_rules *rules)
{
	struct why why = {""};
	struct seen *seen;
	size_t n = 0;

	findings_init(&x->f);
	x->c = (struct roster_chunk){0};
	assert_int_equal(
	    roster_open_bytes(bytes_str(csv), &x->r, &x->f, &why), CRED_OK);
	assert_int_equal(roster_read(x->r, 8, &x->c, &x->f, &why), CRED_OK);
	for (size_t i = 0; i < x->c.n; i++)
		assert_int_equal(
		    row_check(&x->c.rows[i], rules, &x->rows[i], &x->f),
		    CRED_OK);
	/* One call a row: as long rosters come. */
	assert_int_equal(seen_open(&seen), CRED_OK);
	for (size_t i = 0; i < x->c.n; i++)
		assert_int_equal(
		    rows_check_duplicates(seen, &x->rows[i], 1, &x->f),
		    CRED_OK);
	seen_close(seen);
	findings_sort(&x->f);
	x->codes[0] = '\0';
	for (size_t i = 0; i < x->f.n; i++) {
		n += (size_t)snprintf(x->codes + n, sizeof x->codes - n,
		    "%s%u:%s", i == 0 ? "" : " ", x->f.list[i].row,
		    finding_name(x->f.list[i].code));
		assert_null(strstr(x->f.list[i].message, ID));
		assert_non_null(x->f.list[i].message);
	}
}

static void
check(struct fixture *x, const char *lines)
{
	const struct row_rules rules = {
	    .scope = &scope, .kind = 2, .today = today};
	char csv[4096];

	snprintf(csv, sizeof csv, "%s%s", HEAD, lines);
	check_with(x, csv, &rules);
}

static void
done(struct fixture *x)
{
	roster_chunk_release(&x->c);
	roster_close(x->r);
	findings_release(&x->f);
}

struct one {
	const char *line, *codes;
};

static void
all(const struct one *cases, size_t n)
{
	struct fixture x;

	for (size_t i = 0; i < n; i++) {
		for (int zh = 0; zh < 2; zh++) {
			lang_set(zh == 1);
			check(&x, cases[i].line);
			if (strcmp(x.codes, cases[i].codes) != 0)
				fprintf(stderr, "%s\n", cases[i].line);
			assert_string_equal(x.codes, cases[i].codes);
			assert_int_equal(x.rows[0].bad, x.f.n_errors > 0);
			done(&x);
		}
	}
	lang_set(false);
}
#define ALL(cases) all(cases, sizeof(cases) / sizeof *(cases))

static void
level_row_is_complete(void **state)
{
	struct fixture x;
	const struct row *r = &x.rows[0];
	char s[ROW_SERIES_MAX], n[CLAIMS_MAX_NUMBER + 1], day[11];

	(void)state;
	check(&x, " 王 明 ,,'１５０１０２ 199001010019\t,电工,,维修电工,"
		  "四级/中级工,2020年6月30日,,,,,,,\n");
	assert_string_equal(x.codes, "");
	assert_int_equal(r->row, 2);
	assert_int_equal(r->kind, KIND_LEVEL);
	assert_string_equal(r->name, "王明");
	assert_int_equal(r->id_type, ID_RESIDENT);
	assert_string_equal(r->id_number, ID);
	assert_string_equal(r->code, "6-31-01-03");
	assert_string_equal(r->direction, "维修电工");
	assert_int_equal(r->level, 4);
	day_format(r->issued, day);
	assert_string_equal(day, "2020-06-30");
	assert_false(r->has_valid_to);
	assert_true(row_series(r, PREFIX, s));
	assert_string_equal(s, PREFIX "204");
	assert_true(row_make_number(r, PREFIX, 17, n));
	assert_string_equal(n, PREFIX "204000017");
	assert_false(row_make_number(r, PREFIX, 0, n));
	assert_false(row_make_number(r, PREFIX, 1000000, n));
	done(&x);
}

static void
operation_row_gets_its_dates(void **state)
{
	struct fixture x;
	const struct row *r = &x.rows[0];
	char day[11], s[ROW_SERIES_MAX];

	(void)state;
	check(&x, "王明,," ID ",低压电工,,,,2024-03-01,,,,,,特种作业操作证,\n");
	assert_string_equal(x.codes, "");
	assert_string_equal(r->occupation, "低压电工作业");
	assert_string_equal(r->code, "1.2");
	assert_string_equal(r->category, "电工作业");
	assert_true(r->has_valid_to);
	day_format(r->valid_to, day);
	assert_string_equal(day, "2030-02-28");
	assert_true(r->has_review_due);
	day_format(r->review_due, day);
	assert_string_equal(day, "2027-02-28");
	assert_false(row_series(r, PREFIX, s));
	done(&x);
	/* Coal: no review between. */
	check(&x, "王明,," ID ",煤矿瓦斯检查作业,,,,2024-02-29,,,,,,4,\n");
	assert_string_equal(x.codes, "");
	assert_false(r->has_review_due);
	day_format(r->valid_to, day);
	assert_string_equal(day, "2030-02-28");
	done(&x);
	/* A day more or less is accepted; as given. */
	check(&x, "王明,," ID ",低压电工作业,1.2,,,2024-03-01,2024-03-01,"
		  "2030-03-01,2027-03-01,,,4,电工作业\n");
	assert_string_equal(x.codes, "");
	day_format(r->valid_to, day);
	assert_string_equal(day, "2030-03-01");
	done(&x);
}

static void
other_kinds_fit(void **state)
{
	struct scope wide = scope;
	const struct row_rules rules = {
	    .scope = &wide, .kind = 5, .today = today};
	struct fixture x;
	char n[CLAIMS_MAX_NUMBER + 1];

	(void)state;
	for (int k = 1; k <= 5; k++)
		wide.kinds[k].granted = wide.kinds[k].all = true;
	check_with(&x,
	    "姓名,证件号码,职业名称,等级,发证日期,证书编号,证书种类\n"
	    "王明," ID ",挖掘机驾驶培训,,2020-06-30,,\n"
	    "王明," ID ",羊肉烘烤,,2020-06-30,,3\n"
	    "王明," ID ",电工,4,2019-06-30,1905012003400001,1\n"
	    "李四," ID ",电工,4,2019-06-30,,1\n",
	    &rules);
	assert_string_equal(x.codes, "2:training_missing 5:missing");
	assert_true(row_make_number(&x.rows[0], PREFIX, 1, n));
	assert_string_equal(n, PREFIX "20P000001");
	assert_true(row_make_number(&x.rows[1], PREFIX, 1, n));
	assert_string_equal(n, PREFIX "20Z000001");
	assert_false(row_make_number(&x.rows[2], PREFIX, 1, n));
	done(&x);
}

static void
names(void **state)
{
	static const struct one cases[] = {
	    {"乌云・其木格,," ID ",电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {"𠮷野,," ID ",电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {"Anna-Maria O'Neill,," ID ",电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {",," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:missing"},
	    {"　,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:missing"},
	    {"王3,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:name_form"},
	    {"王明（女）,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:name_form"},
	    {"·王明,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:name_form"},
	    {"王明·,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:name_form"},
	    {"王?,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:text_lost"},
	    {"王□,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:text_lost"},
	    {"王\xee\x80\x80,," ID ",电工,,,4,2020-06-30,,,,,,,\n",
		"2:text_lost"},
	    {"王\xe2\x80\xae明,," ID ",电工,,,4,2020-06-30,,,,,,,\n",
		"2:text_character"},
	    {"王,," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:name_short"},
	    {"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
	     "一二三四五六七八九十一,," ID ",电工,,,4,2020-06-30,,,,,,,\n",
		"2:text_long"},
	};

	(void)state;
	ALL(cases);
}

static void
identity_numbers(void **state)
{
	static const struct one cases[] = {
	    {"王明,,,电工,,,4,2020-06-30,,,,,,,\n", "2:missing"},
	    {"王明,驾驶证," ID ",电工,,,4,2020-06-30,,,,,,,\n", "2:id_type"},
	    {"王明,,150102199001010018,电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_checksum"},
	    {"王明,,150102199002300018,电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_date"},
	    {"王明,,150102900101001,电工,,,4,2020-06-30,,,,,,,\n", "2:id_15"},
	    {"王明,,1.50102E+17,电工,,,4,2020-06-30,,,,,,,\n", "2:id_excel"},
	    {"王明,,1.5E+17,电工,,,4,2020-06-30,,,,,,,\n", "2:id_excel"},
	    {"王明,,150102199001012000,电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_checksum 2:id_rounded"},
	    {"王明,,150102199001010000,电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_rounded"},
	    {"王明,,15010219900101001,电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_form"},
	    {"王明,,11010519491231002x,电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {"王明,,152301197506151287,电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {"王明,港澳台居民居住证,810000198808080152,电工,,,4,2020-06-30"
	     ",,,,,,,\n",
		""},
	    {"王明,港澳台居民居住证," ID ",电工,,,4,2020-06-30,,,,,,,\n",
		"2:id_form"},
	    {"王明,护照,E12345678,电工,,,4,2020-06-30,,,,,,,\n", ""},
	    {"王明,护照,E1,电工,,,4,2020-06-30,,,,,,,\n", "2:id_form"},
	    /* Age at the issue date: 15, 17 for an operation, 110. */
	    {"王明,,150102200601010018,电工,,,4,2021-06-30,,,,,,,\n",
		"2:id_age"},
	    {"王明,,150102200601010018,低压电工作业,,,,2023-06-30,,,,,,4,\n",
		"2:id_age"},
	    {"王明,,150102200601010018,电工,,,4,2023-06-30,,,,,,,\n", ""},
	    {"王明,,150102200601010018,电工,,,4,2005-06-30,,,,,,,\n",
		"2:date_birth"},
	};

	(void)state;
	ALL(cases);
}

/* Kind 5: 发证日期 >= 培训止 >= 培训起 (domain.md 3.3). */
static void
dates_of_a_training(void **state)
{
	static const struct {
		const char *dates, *codes;
	} cases[] = {
	    {"2026-06-01,2026-06-20", ""},
	    {"2026年6月1日,2026/6/30", ""},
	    {",", "2:training_missing"},
	    {"2026-06-01,", "2:training_missing"},
	    {"2026-06-20,2026-06-01", "2:date_order"},
	    {"2026-06-01,2026-07-01", "2:date_order"},
	    {"2026-06-01,六月", "2:date_form"},
	};
	struct scope all = scope;
	struct row_rules rules = {
	    .scope = &all, .kind = KIND_TRAINING, .today = today};

	(void)state;
	all.kinds[5].granted = all.kinds[5].all = true;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture x;
		char csv[256];
		snprintf(csv, sizeof csv,
		    "姓名,证件号码,培训项目,发证日期,培训起,培训止\n"
		    "王明," ID ",创业培训,2026-06-30,%s\n",
		    cases[i].dates);
		check_with(&x, csv, &rules);
		assert_string_equal(x.codes, cases[i].codes);
		if (*cases[i].codes == '\0')
			assert_true(x.rows[0].has_trained);
		done(&x);
	}
}

static void
region_unknown_only_warns(void **state)
{
	struct fixture x;

	(void)state;
	check(&x, "王明,,990102199001010015,电工,,,4,2020-06-30,,,,,,,\n");
	assert_string_equal(x.codes, "2:id_form"); /* 9: foreigners' cards */
	done(&x);
	check(&x, "王明,,160102199001010010,电工,,,4,2020-06-30,,,,,,,\n");
	assert_string_equal(x.codes, "2:id_region");
	done(&x);
}

static void
occupations(void **state)
{
	static const struct one cases[] = {
	    {"王明,," ID ",,,,4,2020-06-30,,,,,,,\n", "2:missing"},
	    {"王明,," ID ",电工,6-31-1-3,,4,2020-06-30,,,,,,,\n",
		"2:code_form"},
	    {"王明,," ID ",电工,6-31-01-03-99-99-99,,4,2020-06-30,,,,,,,\n",
		"2:code_form"},
	    {"王明,," ID ",焊工,6-04-02-05,,4,2020-06-30,,,,,,,\n",
		"2:code_old"},
	    {"王明,," ID ",电焊工,6-18-02-04,,4,2020-06-30,,,,,,,\n",
		"2:occupation_mismatch"},
	    /* Unknown warns; that it is not in the scope refuses. */
	    {"王明,," ID ",吹糖人,,,4,2020-06-30,,,,,,,\n",
		"2:occupation_unknown 2:scope_occupation"},
	    {"王明,," ID ",车工,,,4,2020-06-30,,,,,,,\n", "2:scope_occupation"},
	    {"王明,," ID ",电工,,,2,2020-06-30,,,,,,,\n", "2:scope_level"},
	    {"王明,," ID ",电工,,,4,2014-12-31,,,,,,,\n", "2:scope_date"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,1905012003400001,1,\n",
		"2:scope_kind"},
	    {"王明,," ID ",网络与信息安全管理员,,,5,2020-06-30,,,,,,,\n",
		"2:level_not_offered"},
	    {"王明,," ID ",飞行作业,,,,2024-06-30,,,,,,4,\n",
		"2:occupation_unknown"},
	    {"王明,," ID ",低压电工作业,1.1,,,2024-06-30,,,,,,4,\n",
		"2:occupation_mismatch"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,,,,,4,高处作业\n",
		"2:category_mismatch"},
	    {"王明,," ID ",低压电工作业,,,4,2024-06-30,,,,,,4,\n", "2:ignored"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,,,,T1,4,\n",
		"2:number_operation"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,,六,\n", "2:kind_form"},
	    {"王明,," ID ",电\xef\xbf\xbd,,,4,2020-06-30,,,,,,,\n",
		"2:text_lost"},
	};

	(void)state;
	ALL(cases);
}

static void
levels(void **state)
{
	static const struct one cases[] = {
	    {"王明,," ID ",电工,,,４,2020-06-30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,四级,2020-06-30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,中级工,2020-06-30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,四级（中级工）,2020-06-30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,中级工/四级,2020-06-30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,四级/高级工,2020-06-30,,,,,,,\n",
		"2:level_conflict"},
	    {"王明,," ID ",电工,,,,2020-06-30,,,,,,,\n", "2:missing"},
	    {"王明,," ID ",电工,,,6,2020-06-30,,,,,,,\n", "2:level_form"},
	    {"王明,," ID ",电工,,,特级技师,2020-06-30,,,,,,,\n",
		"2:level_form"},
	    {"王明,," ID ",电工,,,四级/,2020-06-30,,,,,,,\n", "2:level_form"},
	};

	(void)state;
	ALL(cases);
}

static void
dates(void **state)
{
	static const struct one cases[] = {
	    {"王明,," ID ",电工,,,4,2020/6/30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,20200630,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,2020.6.30,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,2020-06-30 00:00:00,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,2026-11-23,,,,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,2026-11-24,,,,,,,\n", "2:date_future"},
	    {"王明,," ID ",电工,,,4,,,,,,,,\n", "2:missing"},
	    {"王明,," ID ",电工,,,4,2021-02-29,,,,,,,\n", "2:date_none"},
	    {"王明,," ID ",电工,,,4,20211301,,,,,,,\n", "2:date_none"},
	    {"王明,," ID ",电工,,,4,6/30/2020,,,,,,,\n", "2:date_form"},
	    {"王明,," ID ",电工,,,4,去年,,,,,,,\n", "2:date_form"},
	    {"王明,," ID ",电工,,,4," ID ",,,,,,,\n", "2:date_form"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,长期,--,,,,\n", ""},
	    {"王明,," ID ",电工,,,4,2020-06-30,,2026-06-30,,,,,\n",
		"2:ignored"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,2028-06-30,,,,4,\n",
		"2:validity_unusual"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,2023-06-30,,,,4,\n",
		"2:validity_unusual 2:date_order"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,,2025-06-30,,,4,\n",
		"2:review_unusual"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,,2030-06-29,,,4,\n", ""},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,,2031-06-29,,,4,\n",
		"2:date_order"},
	    {"王明,," ID ",低压电工作业,,,,2024-06-30,,x,,,,4,\n",
		"2:date_form"},
	};

	(void)state;
	ALL(cases);
}

static void
numbers(void **state)
{
	static const struct one cases[] = {
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,," PREFIX "204000123,,\n",
		""},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,," PREFIX "20400012,,\n",
		"2:number_form"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,"
	     "SOOOO15000123204000123,,\n",
		"2:number_form"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,"
	     "S000015000124204000123,,\n",
		"2:number_prefix"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,," PREFIX "214000123,,\n",
		"2:number_year"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,," PREFIX "205000123,,\n",
		"2:number_level"},
	};

	(void)state;
	ALL(cases);
}

static void
same_person_or_number_twice(void **state)
{
	static const struct one cases[] = {
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,,,\n"
	     "李四,,11010519491231002X,电工,,,4,2020-06-30,,,,,,,\n"
	     "王 明,," ID ",电工,6-31-01-03,,中级工,2020-07-01,,,,,,,\n",
		"4:duplicate_roster"},
	    {"王明,," ID ",电工,,,4,2020-06-30,,,,,,,\n"
	     "王明,," ID ",电工,,,5,2020-06-30,,,,,,,\n"
	     "王明,," ID ",焊工,,,4,2020-06-30,,,,,,,\n",
		""},
	};
	struct fixture x;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		check(&x, cases[i].line);
		assert_string_equal(x.codes, cases[i].codes);
		done(&x);
	}
	check(&x, "王明,," ID ",电工,,,4,2020-06-30,,,,," PREFIX "204000123,,\n"
		  "李四,,11010519491231002X,电工,,,4,2020-06-30,,,,," PREFIX
		  "204000123,,\n");
	assert_string_equal(x.codes, "3:number_taken");
	assert_true(x.rows[1].bad);
	done(&x);
}

/* However a cell is written, the row is the same; whatever it says differs,
 * it is another. */
static void
key_is_of_the_meaning(void **state)
{
	struct fixture x;

	(void)state;
	check(&x, "王明,," ID ",电工,,,4,2020-06-30,,,,,,,\n"
		  " 王 明,居民身份证,'" ID ",电工,,--,四级/中级工,2020/6/30,"
		  ",,,,,2,\n"
		  "王明,," ID ",电工,,,4,2020-07-01,,,,,,,\n"
		  "王明,," ID ",电工,,,5,2020-06-30,,,,,,,\n");
	assert_memory_equal(x.rows[0].key, x.rows[1].key, 32);
	assert_memory_not_equal(x.rows[0].key, x.rows[2].key, 32);
	assert_memory_not_equal(x.rows[0].key, x.rows[3].key, 32);
	done(&x);
}

static void
photos(void **state)
{
	char dir[] = "/tmp/tamga-row-XXXXXX", path[64];
	const struct row_rules rules = {
	    .scope = &scope, .kind = 2, .today = today, .photo_dir = dir};
	static const char *const bad[] = {"missing.jpg", "../a.jpg",
	    "/etc/passwd", "b.jpg", "a\\b.jpg", "x/../../a.jpg"};
	struct fixture x;
	char csv[1024];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.jpg", dir);
	f = fopen(path, "w");
	fwrite("\xff\xd8\xff\xe0 photo", 1, 10, f);
	fclose(f);
	snprintf(path, sizeof path, "%s/b.jpg", dir);
	f = fopen(path, "w");
	fwrite("GIF89a, not ours", 1, 16, f);
	fclose(f);
	check_with(
	    &x, HEAD "王明,," ID ",电工,,,4,2020-06-30,,,,a.jpg,,,\n", &rules);
	assert_string_equal(x.codes, "");
	assert_true(x.rows[0].has_photo);
	done(&x);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(csv, sizeof csv,
		    HEAD "王明,," ID ",电工,,,4,2020-06-30,,,,%s,,,\n", bad[i]);
		check_with(&x, csv, &rules);
		assert_string_equal(x.codes, "2:photo");
		done(&x);
	}
	unlink(path);
	snprintf(path, sizeof path, "%s/a.jpg", dir);
	unlink(path);
	rmdir(dir);
}

static void
kind_must_come_from_somewhere(void **state)
{
	const struct row_rules rules = {.today = today};
	struct fixture x;

	(void)state;
	check_with(
	    &x, HEAD "王明,," ID ",电工,,,4,2020-06-30,,,,,,,\n", &rules);
	assert_string_equal(x.codes, "2:missing");
	done(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(level_row_is_complete),
	    cmocka_unit_test(operation_row_gets_its_dates),
	    cmocka_unit_test(other_kinds_fit),
	    cmocka_unit_test(names),
	    cmocka_unit_test(identity_numbers),
	    cmocka_unit_test(dates_of_a_training),
	    cmocka_unit_test(region_unknown_only_warns),
	    cmocka_unit_test(occupations),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(same_person_or_number_twice),
	    cmocka_unit_test(key_is_of_the_meaning),
	    cmocka_unit_test(photos),
	    cmocka_unit_test(kind_must_come_from_somewhere),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
