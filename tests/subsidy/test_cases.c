#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/words.h"
#include "subsidy/money.h"
#include "subsidy/review.h"
#include "subsidy/rulebook.h"

/*
 * cases.tsv: name, clause, what differs from a claim that passes, the verdict
 * and the reasons, each exactly. The base: a 四级 electrician, certificate of
 * 2020-06-30 (a Tuesday), applied for on 2020-07-15, 1500 yuan in full.
 */
#define MAX_PRIORS 8

struct world {
	struct claim claim;
	struct certificate cert;
	struct prior priors[MAX_PRIORS];
	char subjects[MAX_PRIORS][SUBJECT_MAX];
	struct review_facts facts;
	struct rulebook book;
	struct rules rules;
	const char *unreadable[1];
};

static int32_t
day_of(const char *s)
{
	int32_t d = 0;

	assert_true(day_parse(bytes_str(s), &d));
	return d;
}

static enum verdict_status
status_of(const char *s)
{
	for (int v = 0; v <= VERDICT_UNREADABLE; v++)
		if (strcmp(verdict_name((enum verdict_status)v), s) == 0)
			return (enum verdict_status)v;
	fail_msg("no such verdict: %s", s);
	return VERDICT_VALID;
}

static void
base(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->claim = (struct claim){.id = "A1",
	    .name = "乌云其木格",
	    .id_type = ID_RESIDENT,
	    .id_number = "150102199001010019",
	    .kind = KIND_LEVEL,
	    .number = "S000015000123204000017",
	    .occupation = "电工",
	    .code = "6-31-01-03",
	    .level = 4,
	    .has_issued = true,
	    .issued = day_of("2020-06-30"),
	    .has_applied = true,
	    .applied = day_of("2020-07-15"),
	    .has_amount = true,
	    .amount_fen = 150000,
	    .institution = "甲培训学校",
	    .scheme = SCHEME_TRAINING,
	    .part = PART_FULL,
	    .account = "",
	    .phone = ""};
	w->cert = (struct certificate){.kind = KIND_LEVEL,
	    .name = bytes_str(w->claim.name),
	    .number = bytes_str(w->claim.number),
	    .occupation = bytes_str("电工"),
	    .code = bytes_str("6-31-01-03"),
	    .level = 4,
	    .issued = w->claim.issued};
	w->facts = (struct review_facts){.claim = &w->claim,
	    .today = day_of("2020-08-01"),
	    .cert = {.source = CERT_VERDICT,
		.today = VERDICT_VALID,
		.at_issue = VERDICT_VALID,
		.at_application = VERDICT_VALID,
		.reason = "-",
		.cert = &w->cert,
		.prefix = "S000015000123",
		.id = ID_SAME_12},
	    .priors = w->priors};
	rulebook_init(&w->book);
	assert_int_equal(
	    rulebook_set(&w->book, "from 2019-07-22", "amount.2.4", "1500"),
	    RULEBOOK_OK);
}

/* CLAIM,KIND,OCCUPATION,CODE,LEVEL,PART,SCHEME,APPLIED,ISSUED,YUAN,FROM,TO */
static void
add_prior(struct world *w, char *v)
{
	size_t i = w->facts.n_priors++;
	struct prior *p = &w->priors[i];
	char *part[12] = {0};

	assert_true(i < MAX_PRIORS);
	for (size_t k = 0; k < 12; k++) {
		part[k] = strsep(&v, ",");
		assert_non_null(part[k]);
	}
	p->claim = part[0];
	p->kind = atoi(part[1]);
	p->level = (unsigned)atoi(part[4]);
	p->part = *part[5] == '\0' ? PART_FULL
				   : claim_part_by_word(bytes_str(part[5]));
	p->scheme = claim_scheme_by_word(bytes_str(part[6]));
	p->applied = day_of(part[7]);
	p->has_issued = *part[8] != '\0';
	if (p->has_issued)
		p->issued = day_of(part[8]);
	p->fen = atol(part[9]) * 100;
	p->has_trained = *part[10] != '\0';
	if (p->has_trained) {
		p->trained_from = day_of(part[10]);
		p->trained_to = day_of(part[11]);
	}
	assert_true(claim_subject(p->kind, bytes_str(part[2]),
	    bytes_str(part[3]), p->level, w->subjects[i]));
	p->subject = w->subjects[i];
}

static unsigned
lists_of(char *v)
{
	unsigned bits = 0;

	for (char *s; (s = strsep(&v, "+")) != NULL;)
		for (unsigned l = 0; l < N_LISTS; l++)
			if (strcmp(s, office_list_name((enum office_list)l)) ==
			    0)
				bits |= 1u << l;
	return bits;
}

static void
set_day(const char *v, bool *has, int32_t *day)
{
	*has = *v != '\0';
	if (*has)
		*day = day_of(v);
}

static bool
set_claim(struct claim *c, const char *k, char *v)
{
	if (strcmp(k, "claim") == 0)
		c->id = v;
	else if (strcmp(k, "name") == 0)
		c->name = v;
	else if (strcmp(k, "id") == 0)
		c->id_number = v;
	else if (strcmp(k, "idtype") == 0)
		c->id_type = (enum id_type)atoi(v);
	else if (strcmp(k, "kind") == 0)
		c->kind = atoi(v);
	else if (strcmp(k, "number") == 0)
		c->number = v;
	else if (strcmp(k, "occ") == 0)
		c->occupation = v;
	else if (strcmp(k, "code") == 0)
		c->code = v;
	else if (strcmp(k, "level") == 0)
		c->level = (unsigned)atoi(v);
	else if (strcmp(k, "issued") == 0)
		set_day(v, &c->has_issued, &c->issued);
	else if (strcmp(k, "applied") == 0)
		set_day(v, &c->has_applied, &c->applied);
	else if (strcmp(k, "from") == 0)
		set_day(v, &c->has_trained, &c->trained_from);
	else if (strcmp(k, "to") == 0)
		set_day(v, &c->has_trained, &c->trained_to);
	else if (strcmp(k, "amount") == 0)
		c->has_amount = money_parse(bytes_str(v), &c->amount_fen);
	else if (strcmp(k, "scheme") == 0)
		c->scheme = claim_scheme_by_word(bytes_str(v));
	else if (strcmp(k, "part") == 0)
		c->part = claim_part_by_word(bytes_str(v));
	else
		return false;
	return true;
}

static bool
set_certificate(struct certificate *c, const char *k, const char *v)
{
	if (strcmp(k, "c.name") == 0)
		c->name = bytes_str(v);
	else if (strcmp(k, "c.kind") == 0)
		c->kind = (enum kind)atoi(v);
	else if (strcmp(k, "c.number") == 0)
		c->number = *v == '\0' ? bytes_of(NULL, 0) : bytes_str(v);
	else if (strcmp(k, "c.occ") == 0)
		c->occupation = bytes_str(v);
	else if (strcmp(k, "c.code") == 0)
		c->code = *v == '\0' ? bytes_of(NULL, 0) : bytes_str(v);
	else if (strcmp(k, "c.level") == 0)
		c->level = (uint8_t)atoi(v);
	else if (strcmp(k, "c.issued") == 0)
		c->issued = day_of(v);
	else
		return false;
	return true;
}

/* Nothing of a certificate is shown before its signature holds. */
static void
set_verdict(struct cert_facts *k, const char *v)
{
	if (strcmp(v, "none") == 0 || strcmp(v, "failed") == 0) {
		k->source = *v == 'n' ? CERT_NONE : CERT_FAILED;
		k->cert = NULL;
		k->prefix = NULL;
		k->fault = "坏图片";
		return;
	}
	k->today = k->at_issue = k->at_application = status_of(v);
	if (k->today == VERDICT_FORGED || k->today == VERDICT_UNKNOWN_ISSUER ||
	    k->today >= VERDICT_NOT_OURS) {
		k->cert = NULL;
		k->prefix = NULL;
	}
}

static bool
set_facts(struct world *w, const char *k, char *v)
{
	struct review_facts *f = &w->facts;

	if (strcmp(k, "cert") == 0)
		set_verdict(&f->cert, v);
	else if (strcmp(k, "now") == 0)
		f->cert.today = status_of(v);
	else if (strcmp(k, "atapp") == 0)
		f->cert.at_application = status_of(v);
	else if (strcmp(k, "foreign") == 0)
		f->cert.foreign_host = true;
	else if (strcmp(k, "prefix") == 0)
		f->cert.prefix = v;
	else if (strcmp(k, "idmatch") == 0)
		f->cert.id = strcmp(v, "other") == 0  ? ID_OTHER
			     : strcmp(v, "same") == 0 ? ID_SAME
						      : ID_UNCHECKED;
	else if (strcmp(k, "today") == 0)
		f->today = day_of(v);
	else if (strcmp(k, "prior") == 0)
		add_prior(w, v);
	else if (strcmp(k, "lists") == 0)
		f->lists_given = lists_of(v);
	else if (strcmp(k, "hit") == 0)
		f->lists_hit = lists_of(v);
	else if (strcmp(k, "national") == 0)
		f->national =
		    strcmp(v, "found") == 0 ? NATIONAL_FOUND : NATIONAL_MISSING;
	else if (strcmp(k, "other.number") == 0)
		f->number_of_other = v;
	else if (strcmp(k, "other.photo") == 0)
		f->photo_of_other = v;
	else if (strcmp(k, "other.name") == 0)
		f->other_name_claim = v;
	else if (strcmp(k, "taken") == 0)
		f->claim_id_taken = v;
	else if (strcmp(k, "odd") == 0)
		f->body_odd_zh = f->body_odd_en = v;
	else if (strcmp(k, "unreadable") == 0) {
		w->unreadable[0] = v;
		f->unreadable = w->unreadable;
		f->n_unreadable = 1;
	} else
		return false;
	return true;
}

static void
set(struct world *w, char *word)
{
	char *v = strchr(word, '=');

	assert_non_null(v);
	*v++ = '\0';
	if (strncmp(word, "rule.", 5) == 0) {
		assert_int_equal(
		    rulebook_set(&w->book, "from 2019-08-01", word + 5, v),
		    RULEBOOK_OK);
		return;
	}
	if (!set_claim(&w->claim, word, v) &&
	    !set_certificate(&w->cert, word, v) && !set_facts(w, word, v))
		fail_msg("no such setting: %s", word);
}

static void
finish(struct world *w)
{
	const struct claim *c = &w->claim;
	struct claim as = *c;

	rulebook_at(&w->book, c->has_applied ? c->applied : w->facts.today,
	    "150100", c->scheme, &w->rules);
	for (size_t i = 0; i < w->facts.n_priors; i++) {
		struct prior *p = &w->priors[i];
		as.has_applied = true;
		as.applied = p->applied;
		as.has_issued = p->has_issued;
		as.issued = p->issued;
		if (!rules_year(&w->rules, &as, &p->year))
			p->year = 0;
	}
}

/* "C06:SAME_SUBJECT C15:LEVEL_FAST", in the order of the answer. */
static void
tell(const struct review *r, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->n; i++)
		n += (size_t)snprintf(out + n, cap - n, "%sC%02u:%s",
		    i > 0 ? " " : "", reason_code(r->reasons[i].reason),
		    reason_name(r->reasons[i].reason));
}

static bool seen[N_REASONS];
static unsigned n_cases;

static unsigned
run_case(char *line)
{
	struct world *w = calloc(1, sizeof *w);
	char *column[5], got[1024], all[2048], *facts;
	struct review r;
	unsigned bad = 0;

	assert_non_null(w);
	for (size_t i = 0; i < 5; i++) {
		column[i] = strsep(&line, "\t");
		assert_non_null(column[i]);
	}
	assert_null(line);
	assert_true(*column[1] != '\0'); /* each cites what it rests on */
	base(w);
	facts = column[2];
	for (char *word; (word = strsep(&facts, " ")) != NULL;)
		if (*word != '\0')
			set(w, word);
	finish(w);
	review_claim(&w->facts, &w->rules, &r);
	tell(&r, got, sizeof got);
	if (strcmp(review_verdict_name(r.verdict), column[3]) != 0 ||
	    strcmp(got, column[4]) != 0) {
		print_error("%s: %s [%s], wanted %s [%s]\n", column[0],
		    review_verdict_name(r.verdict), got, column[3], column[4]);
		bad = 1;
	}
	for (size_t i = 0; i < r.n; i++) {
		for (int zh = 0; zh < 2; zh++) {
			struct outbuf o = {(uint8_t *)all, sizeof all, 0};
			assert_int_equal(
			    reason_text(&r.reasons[i], zh, &o), CRED_OK);
			/* Every field of a sentence is filled. */
			assert_null(memchr(all, '{', o.len));
			if (*w->claim.id_number != '\0')
				assert_null(memmem(all, o.len,
				    w->claim.id_number,
				    strlen(w->claim.id_number)));
		}
		seen[r.reasons[i].reason] = true;
	}
	free(w);
	n_cases++;
	return bad;
}

static void
every_case(void **state)
{
	FILE *f = fopen(TAMGA_SOURCE_DIR "/tests/subsidy/cases.tsv", "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	unsigned bad = 0;

	(void)state;
	assert_non_null(f);
	while ((n = getline(&line, &cap, f)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line != '#' && *line != '\0')
			bad += run_case(line);
	}
	free(line);
	fclose(f);
	print_message("%u cases\n", n_cases);
	assert_int_equal(bad, 0);
	assert_true(n_cases >= 120);
}

static void
every_reason_has_a_case(void **state)
{
	(void)state;
	for (int r = 0; r < N_REASONS; r++)
		if (!seen[r])
			fail_msg(
			    "no case gives %s", reason_name((enum reason)r));
}

/* docs/rules.md has a row for each: code, name and severity. */
static void
every_reason_is_documented(void **state)
{
	static const char *const words[] = {"fail", "pending", "warn"};
	FILE *f = fopen(TAMGA_SOURCE_DIR "/docs/rules.md", "r");
	char *page = calloc(1, 65536), row[128];

	(void)state;
	assert_non_null(f);
	assert_non_null(page);
	assert_true(fread(page, 1, 65535, f) > 0);
	fclose(f);
	for (int r = 0; r < N_REASONS; r++) {
		snprintf(row, sizeof row, "| C%02u | `%s` | %s | %s |",
		    reason_code((enum reason)r), reason_name((enum reason)r),
		    words[reason_severity((enum reason)r)],
		    reason_clause((enum reason)r));
		if (strstr(page, row) == NULL)
			fail_msg("docs/rules.md lacks: %s", row);
	}
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case),
	    cmocka_unit_test(every_reason_has_a_case),
	    cmocka_unit_test(every_reason_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
