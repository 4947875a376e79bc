#ifndef TESTS_REVIEW_DESK_FIXTURE_H
#define TESTS_REVIEW_DESK_FIXTURE_H

/* A home in a temporary folder, a table of advances (which need no certificate
 * yet) by people who do not exist, and rules that pay them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/docket.h"
#include "verifier/office.h"

#define NOW 1790000000 /* 2026-09-21 */

#define GOOD_RULES                                                             \
	"[rules]\nversion = test 1\n[from 2019-07-22]\n"                       \
	"amount.2.4 = 1500\nfour_eyes_above = 800\n"

static char dir[64];

static inline void
put_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static inline void
make_dir(void)
{
	snprintf(dir, sizeof dir, "/tmp/tamga-desk-XXXXXX");
	assert_non_null(mkdtemp(dir));
	put_file("rules.ini", GOOD_RULES);
}

static inline int
drop_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	return system(cmd);
}

static inline void
id_number(unsigned i, char out[19])
{
	static const int w[] = {
	    7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	snprintf(out, 19, "1501021985%02u%02u%03u", 1 + i % 9, 10 + i / 9 % 18,
	    i / 162 % 1000);
	for (int k = 0; k < 17; k++)
		sum += (out[k] - '0') * w[k];
	out[17] = "10X98765432"[sum % 11];
	out[18] = '\0';
}

/* Cells of claim i in the order of enum claim_column. */
static inline void
cells_of(
    unsigned i, char id[19], char claim[16], const char *cells[N_CLAIM_COLUMNS])
{
	for (int c = 0; c < N_CLAIM_COLUMNS; c++)
		cells[c] = "";
	id_number(i, id);
	snprintf(claim, 16, "K%u", i);
	cells[CLAIM_ID] = claim;
	cells[CLAIM_NAME] = "王某";
	cells[CLAIM_ID_NUMBER] = id;
	cells[CLAIM_KIND] = "2";
	cells[CLAIM_OCCUPATION] = "电工";
	cells[CLAIM_CODE] = "6-31-01-03";
	cells[CLAIM_LEVEL] = "四级";
	cells[CLAIM_APPLIED] = "2026-07-15";
	cells[CLAIM_AMOUNT] = "900";
	cells[CLAIM_PART] = "预付";
}

static inline void
load_office(struct office **out)
{
	char rules[128];
	const struct office_opts o = {
	    .home = dir, .rules = rules, .region = ""};
	struct why why = {""};

	snprintf(rules, sizeof rules, "%s/rules.ini", dir);
	if (office_load(&o, out, &why) != CRED_OK)
		fail_msg("%s", why.text);
}

#endif
