/*
 * The rules of domain.md, section by section: what one row with one deviation
 * gets. What a rule rests on decides whether it may refuse (the tags there):
 * every code that stands only on [G], [I] or [V-] is a warning, and the row is
 * issued. The vectors of domain.md 9 are all here, by section.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/catalogue.h"
#include "domain/certnum.h"
#include "domain/uscc.h"
#include "edge/file.h"
#include "issuer/row.h"

#define ID     "150102199001010019"
#define PREFIX "S000015000123"

static int32_t today;
static struct scope scope = {.prefix = PREFIX};

struct rule {
	const char *section;
	int kind;
	enum column column; /* of the deviation */
	const char *value;
	const char *codes; /* "" good; a code with '!' refuses */
	/* A second deviation: column 0 is none, for 姓名 is never one. */
	enum column also;
	const char *with;
};

static const struct rule rules[] = {
    /* 1.2 the number of a skill-level certificate */
    {"1.2", 2, COL_NUMBER, PREFIX "204000001", ""},
    {"1.2", 2, COL_NUMBER, "S00001500012320400001", "!number_form"},
    {"1.2", 2, COL_NUMBER, PREFIX "206000123", "!number_form"},
    {"1.2", 2, COL_NUMBER, PREFIX "204000000", "!number_form"},
    {"1.2 1", 2, COL_NUMBER, "J000015000123204000001",
	"number_category !number_prefix"},
    {"1.2 3, 6", 2, COL_NUMBER, "S000023000123204000001", "!number_prefix"},
    {"1.2 6", 2, COL_NUMBER, "Y000015000123195000001", "!number_prefix"},
    {"1.2 6", 2, COL_NUMBER, "S000015000045204000123", "!number_prefix"},
    {"1.2 4", 2, COL_NUMBER, PREFIX "204000001", "!number_year", COL_ISSUED,
	"2021-06-30"},
    {"1.2 5", 2, COL_NUMBER, PREFIX "205000001", "!number_level"},
    {"1.2 8", 2, COL_NUMBER, "s０００015000123 204000001", ""},
    {"1.2 8", 2, COL_NUMBER, "SO00015000123204000001", "!number_form"},
    {"1.2", 2, COL_NUMBER, PREFIX "20A000001", "!number_level"},
    /* 1.3 levels */
    {"1.3", 2, COL_LEVEL, "五级/初级工", ""},
    {"1.3", 2, COL_LEVEL, "四级/中级工", ""},
    {"1.3", 2, COL_LEVEL, "三级/高级工", ""},
    {"1.3", 2, COL_LEVEL, "二级/技师", ""},
    {"1.3", 2, COL_LEVEL, "一级/高级技师", ""},
    {"1.3", 2, COL_LEVEL, "中级技能", ""},
    {"1.3", 2, COL_LEVEL, "四级/高级工", "!level_conflict"},
    {"1.3", 2, COL_LEVEL, "首席技师", "!level_form"},
    {"1.3", 2, COL_LEVEL, "5", "level_not_offered", COL_OCCUPATION,
	"网络与信息安全管理员"},
    /* 2.1 the number of a special operation */
    {"2.1", 4, COL_NUMBER, "T" ID, ""},
    {"2.1", 4, COL_NUMBER, "T150102199001010018", "number_operation"},
    {"2.1", 4, COL_OCCUPATION, "焊工作业", "occupation_unknown"},
    {"2.1", 4, COL_OCCUPATION, "熔化焊接与热切割作业", ""},
    /* 2.3 periods; from 2024-03-01 */
    {"2.3", 4, COL_VALID_TO, "2030-02-28", ""},
    {"2.3", 4, COL_VALID_TO, "2030-03-01", ""},
    {"2.3", 4, COL_VALID_TO, "2030-03-02", "validity_unusual"},
    {"2.3", 4, COL_VALID_TO, "2027-02-28", "validity_unusual"},
    {"2.3", 4, COL_REVIEW_DUE, "2027-02-28", ""},
    {"2.3", 4, COL_REVIEW_DUE, "2027-03-01", ""},
    {"2.3", 4, COL_REVIEW_DUE, "2030-02-28", ""}, /* ten years in the trade */
    {"2.3", 4, COL_REVIEW_DUE, "2026-02-28", "review_unusual"},
    {"2.3", 4, COL_REVIEW_DUE, "2030-03-02", "!date_order"},
    {"2.3", 4, COL_VALID_TO, "2024-02-28", "validity_unusual !date_order"},
    {"2.3 coal", 4, COL_OCCUPATION, "煤矿瓦斯检查作业", ""},
    {"2.3 coal", 4, COL_REVIEW_DUE, "2027-02-28", "review_unusual",
	COL_OCCUPATION, "煤矿瓦斯检查作业"},
    {"2.3 coal", 4, COL_REVIEW_DUE, "2030-02-28", "", COL_OCCUPATION,
	"煤矿瓦斯检查作业"},
    {"2.3", 4, COL_ID_NUMBER, "150102200703010019", "id_age"}, /* 17 */
    {"2.3", 4, COL_ID_NUMBER, "150102195901010016", "id_age"}, /* 65 */
    /* 2.4 the catalogue */
    {"2.4", 4, COL_CODE, "1.2", ""},
    {"2.4", 4, COL_CODE, "2.1", "occupation_mismatch"},
    {"2.4", 4, COL_CATEGORY, "电工作业", ""},
    {"2.4", 4, COL_CATEGORY, "高处作业", "category_mismatch"},
    {"2.4", 4, COL_OCCUPATION, "有限空间安全作业", "occupation_unknown"},
    /* 3.1 old qualifications; issued 2019-06-30, level 4 */
    {"3.1", 1, COL_NUMBER, "1905012003400001", ""},
    {"3.1", 1, COL_NUMBER, "1905012003500001", "", COL_LEVEL, "5"},
    {"3.1", 1, COL_NUMBER, "1905017003500001", "!number_form"},
    {"3.1", 1, COL_NUMBER, "1905012003600001", "!number_form"},
    {"3.1", 1, COL_NUMBER, "1905012003400000", "!number_form"},
    {"3.1", 1, COL_NUMBER, "1805012003400001", "!number_year"},
    {"3.1", 1, COL_NUMBER, "1905012003300001", "!number_level"},
    {"3.1", 1, COL_NUMBER, "1910012003400001", "number_province"},
    {"3.1", 1, COL_NUMBER, "1972000003400001", "number_province"},
    /* 3.2, 3.3: no rule of numbers, no level */
    {"3.2", 3, COL_NUMBER, "NMZX20200001", ""},
    {"3.2", 3, COL_NUMBER, "1234567", "!number_form"},
    {"3.2", 3, COL_LEVEL, "4", "ignored"},
    {"3.3", 5, COL_NUMBER, "PX2020000123", ""},
    {"3.3", 5, COL_LEVEL, "4", "ignored"},
    {"3.3", 5, COL_TRAINED_TO, "", "training_missing"},
    {"3.3", 5, COL_TRAINED_TO, "2020-05-31", "!date_order"},
    {"3.3", 5, COL_TRAINED_TO, "2020-07-01", "!date_order"},
    {"3.3", 5, COL_TRAINED_TO, "2020-06-30", ""},
    /* 4.1 citizens */
    {"4.1", 2, COL_ID_NUMBER, "11010519491231002X", ""},
    {"4.1", 2, COL_ID_NUMBER, "11010519491231002x", ""},
    {"4.1", 2, COL_ID_NUMBER, "440524188001010014", "id_age"},
    {"4.1", 2, COL_ID_NUMBER, ID, ""},
    {"4.1", 2, COL_ID_NUMBER, "110105194912310021", "!id_checksum"},
    {"4.1", 2, COL_ID_NUMBER, "15000019970319128X", "!id_checksum"},
    {"4.1", 2, COL_ID_NUMBER, "150102199002300018", "!id_date"},
    {"4.1", 2, COL_ID_NUMBER, "150102900101001", "!id_15"},
    {"4.1", 2, COL_ID_NUMBER, "150102200703010019", "id_age"}, /* 13 */
    {"4.1", 2, COL_ID_NUMBER, "160102199001010010", "id_region"},
    /* 4.2 abolished regions are people's for life */
    {"4.2", 2, COL_ID_NUMBER, "152301197506151287", ""},
    {"4.2", 2, COL_ID_NUMBER, "152101196012317771", ""},
    {"4.2", 2, COL_ID_NUMBER, "150603199911090509", "", COL_ISSUED,
	"2020-06-30"},
    /* 4.3 other persons, by 证件类型 */
    {"4.3", 2, COL_ID_NUMBER, "810000198808080152", "", COL_ID_TYPE,
	"港澳台居民居住证"},
    {"4.3", 2, COL_ID_NUMBER, "820000198808080269", "", COL_ID_TYPE,
	"港澳台居民居住证"},
    {"4.3", 2, COL_ID_NUMBER, "830000198808080375", "", COL_ID_TYPE,
	"港澳台居民居住证"},
    {"4.3", 2, COL_ID_NUMBER, "810000198808080153", "!id_checksum", COL_ID_TYPE,
	"港澳台居民居住证"},
    {"4.3", 2, COL_ID_NUMBER, ID, "!id_form", COL_ID_TYPE, "港澳台居民居住证"},
    {"4.3", 2, COL_ID_NUMBER, "810000198808080152", "id_type_other"},
    {"4.3", 2, COL_ID_NUMBER, "915840198503020012", "", COL_ID_TYPE,
	"外国人永久居留身份证"},
    {"4.3", 2, COL_ID_NUMBER, "915840198503020013", "!id_checksum", COL_ID_TYPE,
	"外国人永久居留身份证"},
    {"4.3", 2, COL_ID_NUMBER, ID, "!id_form", COL_ID_TYPE,
	"外国人永久居留身份证"},
    {"4.3", 2, COL_ID_NUMBER, "USA110080010101", "", COL_ID_TYPE,
	"外国人永久居留身份证"},
    {"4.3", 2, COL_ID_NUMBER, "US1110080010101", "!id_form", COL_ID_TYPE,
	"外国人永久居留身份证"},
    {"4.3", 2, COL_ID_NUMBER, "915840198503020012", "!id_form"},
    {"4.3", 2, COL_ID_NUMBER, "H12345678", "", COL_ID_TYPE,
	"港澳居民来往内地通行证"},
    {"4.3", 2, COL_ID_NUMBER, "X12345678", "id_unusual", COL_ID_TYPE,
	"港澳居民来往内地通行证"},
    {"4.3", 2, COL_ID_NUMBER, "12345678", "", COL_ID_TYPE,
	"台湾居民来往大陆通行证"},
    {"4.3", 2, COL_ID_NUMBER, "0123456701B", "id_unusual", COL_ID_TYPE,
	"台湾居民来往大陆通行证"},
    {"4.3", 2, COL_ID_NUMBER, "E12345678", "", COL_ID_TYPE, "护照"},
    {"4.3", 2, COL_ID_NUMBER, "E1234567890", "id_unusual", COL_ID_TYPE, "护照"},
    {"4.3", 2, COL_ID_NUMBER, "E1/2345", "!id_form", COL_ID_TYPE, "护照"},
    {"4.3", 2, COL_ID_TYPE, "驾驶证", "!id_type"},
    /* 4.5 occupations */
    {"4.5", 2, COL_CODE, "6-31-01-03", ""},
    {"4.5", 2, COL_CODE, "9-31-01-03", "!code_form"},
    {"4.5", 2, COL_CODE, "6-18-02-04", "occupation_mismatch"},
    {"4.5", 2, COL_CODE, "6-04-02-05", "code_old", COL_OCCUPATION, "焊工"},
    {"4.5", 2, COL_CODE, "4-03-01-01", "code_old", COL_OCCUPATION,
	"中式烹调师"},
    {"4.5", 2, COL_CODE, "4-07-12-03", "code_old", COL_OCCUPATION,
	"养老护理员"},
    {"4.5", 2, COL_OCCUPATION, "吹糖人", "occupation_unknown"},
};

static void
row_of(const struct rule *r, struct roster_row *in)
{
	*in = (struct roster_row){.row = 2};
	for (int c = 0; c < N_COLUMNS; c++)
		in->cell[c] = "";
	in->cell[COL_NAME] = "王明";
	in->cell[COL_ID_NUMBER] = ID;
	in->cell[COL_OCCUPATION] = r->kind == 4 ? "低压电工作业" : "电工";
	in->cell[COL_LEVEL] = r->kind <= 2 ? "4" : "";
	in->cell[COL_ISSUED] = r->kind == 1   ? "2019-06-30"
			       : r->kind == 4 ? "2024-03-01"
					      : "2020-06-30";
	if (r->kind == 1)
		in->cell[COL_NUMBER] = "1905012003400001";
	if (r->kind == 5) {
		in->cell[COL_TRAINED_FROM] = "2020-06-01";
		in->cell[COL_TRAINED_TO] = "2020-06-20";
	}
	in->cell[r->column] = r->value;
	if (r->also != COL_NAME)
		in->cell[r->also] = r->with;
}

static void
each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];
		const struct row_rules how = {
		    .scope = &scope, .kind = r->kind, .today = today};
		struct roster_row in;
		struct findings f;
		struct row out;
		char codes[256] = "";
		size_t n = 0;

		findings_init(&f);
		row_of(r, &in);
		assert_int_equal(row_check(&in, &how, &out, &f), CRED_OK);
		for (size_t k = 0; k < f.n; k++) {
			enum finding_code c = f.list[k].code;
			n += (size_t)snprintf(codes + n, sizeof codes - n,
			    "%s%s%s", k == 0 ? "" : " ",
			    finding_severity(c) == SEV_ERROR ? "!" : "",
			    finding_name(c));
		}
		if (strcmp(codes, r->codes) != 0)
			print_error("domain.md %s: kind %d, %s=%s\n",
			    r->section, r->kind, column_name(r->column),
			    r->value);
		assert_string_equal(codes, r->codes);
		assert_int_equal(out.bad, strchr(r->codes, '!') != NULL);
		findings_release(&f);
	}
}

/* An old code and the present one are one occupation: 0, 9; 4.5. */
static void
old_codes_are_the_same_occupation(void **state)
{
	static const char *const codes[] = {"6-04-02-05", "6-18-02-04", ""};
	const struct row_rules how = {
	    .scope = &scope, .kind = 2, .today = today};
	struct row rows[3];
	struct findings f;
	struct seen *seen;

	(void)state;
	findings_init(&f);
	for (uint32_t i = 0; i < 3; i++) {
		struct rule r = {
		    "4.5", 2, COL_CODE, codes[i], "", COL_OCCUPATION, "焊工"};
		struct roster_row in;
		row_of(&r, &in);
		in.row = i + 2;
		assert_int_equal(row_check(&in, &how, &rows[i], &f), CRED_OK);
		assert_string_equal(rows[i].code, "6-18-02-04");
	}
	assert_int_equal(seen_open(&seen), CRED_OK);
	assert_int_equal(rows_check_duplicates(seen, rows, 3, &f), CRED_OK);
	seen_close(seen);
	assert_false(rows[0].bad);
	assert_true(rows[1].bad && rows[2].bad);
	findings_release(&f);
}

/* 4.4 */
static void
credit_codes(void **state)
{
	static const struct {
		const char *code;
		enum cred_err e;
	} rows[] = {
	    {"9135052155323005XL", CRED_OK},
	    {"11100000000013338W", CRED_OK},
	    {"911501001000007370", CRED_OK},                  /* sum % 31 = 0 */
	    {"91350203M0001QAY9B", CRED_ERR_DOMAIN_CHECKSUM}, /* a real one */
	    {"911501001000007371", CRED_ERR_DOMAIN_CHECKSUM},
	    {"91150100100000737I", CRED_ERR_DOMAIN_FORM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
		    uscc_check(bytes_str(rows[i].code)), rows[i].e);
}

/* Each catalogue says its version and its source, marks how sure each line
 * is, and has no code twice. */
static void
catalogues(void **state)
{
	static const char *const names[] = {
	    "occupations", "occupation_editions", "operations", "regions"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char path[256], *line, *rest, *seen[256];
		size_t len, n = 0;
		struct why why;
		uint8_t *text;
		bool source = false, header = false;

		snprintf(path, sizeof path,
		    TAMGA_SOURCE_DIR "/domain/data/%s.tsv", names[i]);
		assert_int_equal(
		    file_read(path, 1 << 20, &text, &len, &why), CRED_OK);
		assert_memory_equal(text, "# version 20", 12);
		rest = (char *)text;
		while ((line = strsep(&rest, "\n")) != NULL) {
			char *tag = strrchr(line, '\t'), *end;
			if (*line == '#') {
				source =
				    source || strstr(line, "domain.md") != NULL;
				continue;
			}
			if (*line == '\0' || !header) {
				header = header || *line != '\0';
				continue;
			}
			assert_non_null(tag);
			assert_true(strcmp(tag, "\tV") == 0 ||
				    strcmp(tag, "\tV-") == 0 ||
				    strcmp(tag, "\tG") == 0);
			end = strchr(line, '\t');
			*end = '\0';
			for (size_t k = 0; k < n; k++)
				assert_string_not_equal(seen[k], line);
			assert_true(n < 256);
			seen[n++] = line;
			if (i == 1)
				assert_non_null(
				    occupation_by_code(bytes_str(line)));
		}
		assert_true(source && n > 0);
		free(text);
	}
	/* Order 30: 51 items in ten classes, three for electricians later. */
	assert_string_equal(
	    operation_by_code(bytes_str("10.5"))->name, "烟花爆竹储存作业");
	assert_string_equal(operation_by_code(bytes_str("9.16"))->class_name,
	    "危险化学品安全作业");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule),
	    cmocka_unit_test(old_codes_are_the_same_occupation),
	    cmocka_unit_test(credit_codes),
	    cmocka_unit_test(catalogues),
	};

	for (int k = 1; k <= 5; k++)
		scope.kinds[k].granted = scope.kinds[k].all = true;
	if (!day_from_civil(2026, 11, 23, &today))
		return 1;
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
