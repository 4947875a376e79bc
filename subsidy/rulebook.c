#include "subsidy/rulebook.h"

#include "subsidy/money.h"

/* Settings: their names, and how a value is read. */
enum key {
	KEY_YEAR_BY,
	KEY_YEAR_STARTS,
	KEY_MAX_PER_YEAR,
	KEY_ADVANCE,
	KEY_KINDS,
	KEY_LEVELS,
	KEY_DEADLINE,
	KEY_PENSION,
	KEY_DEATH,
	KEY_STUDENT,
	KEY_STAFF,
	KEY_REQUIRED,
	KEY_AGE_MIN,
	KEY_AGE_HINT,
	KEY_NATIONAL,
	KEY_AMOUNT_EXACT,
	KEY_LEVEL_GAP,
	KEY_ONE_SCHEME,
	KEY_FOUR_EYES,
	KEY_ODD_MIN,
	KEY_BODY_ODD,
	KEY_ODD, /* the thresholds in the order of enum anomaly_kind */
	KEY_ODD_LAST = KEY_ODD + N_ANOMALIES - 1,
	KEY_AMOUNT,
	N_KEYS,
};

enum form {
	FORM_YEAR_BY,
	FORM_MONTH_DAY,
	FORM_NUMBER,
	FORM_PERCENT,
	FORM_DIGITS, /* a set of 1..5 */
	FORM_EFFECT,
	FORM_BODY,
	FORM_LISTS,
	FORM_YES,
	FORM_MONEY,
	FORM_MONEY_OR_NEVER,
};

static const struct {
	const char *name;
	enum form form;
} KEYS[N_KEYS] = {
    [KEY_YEAR_BY] = {"year_by", FORM_YEAR_BY},
    [KEY_YEAR_STARTS] = {"year_starts", FORM_MONTH_DAY},
    [KEY_MAX_PER_YEAR] = {"max_per_year", FORM_NUMBER},
    [KEY_ADVANCE] = {"advance_percent", FORM_PERCENT},
    [KEY_KINDS] = {"kinds", FORM_DIGITS},
    [KEY_LEVELS] = {"levels", FORM_DIGITS},
    [KEY_DEADLINE] = {"deadline_months", FORM_NUMBER},
    [KEY_PENSION] = {"list.pension", FORM_EFFECT},
    [KEY_DEATH] = {"list.death", FORM_EFFECT},
    [KEY_STUDENT] = {"list.student", FORM_EFFECT},
    [KEY_STAFF] = {"list.staff", FORM_EFFECT},
    [KEY_REQUIRED] = {"required_lists", FORM_LISTS},
    [KEY_AGE_MIN] = {"age_min", FORM_NUMBER},
    [KEY_AGE_HINT] = {"age_hint", FORM_NUMBER},
    [KEY_NATIONAL] = {"national_query", FORM_YES},
    [KEY_AMOUNT_EXACT] = {"amount_exact", FORM_YES},
    [KEY_LEVEL_GAP] = {"level_gap_months", FORM_NUMBER},
    [KEY_ONE_SCHEME] = {"one_scheme", FORM_YES},
    [KEY_FOUR_EYES] = {"four_eyes_above", FORM_MONEY_OR_NEVER},
    [KEY_BODY_ODD] = {"body_odd", FORM_BODY},
    [KEY_ODD_MIN] = {"anomaly_min", FORM_NUMBER},
    [KEY_ODD + ANOMALY_PER_DAY] = {"anomaly.per_day", FORM_NUMBER},
    [KEY_ODD + ANOMALY_BURST] = {"anomaly.burst", FORM_NUMBER},
    [KEY_ODD + ANOMALY_WEEKEND] = {"anomaly.weekend", FORM_PERCENT},
    [KEY_ODD + ANOMALY_PASS_RATE] = {"anomaly.pass_rate", FORM_PERCENT},
    [KEY_ODD + ANOMALY_SERIALS] = {"anomaly.serials", FORM_NUMBER},
    [KEY_ODD + ANOMALY_PHONE] = {"anomaly.phone", FORM_NUMBER},
    [KEY_ODD + ANOMALY_ACCOUNT] = {"anomaly.account", FORM_NUMBER},
    [KEY_ODD + ANOMALY_LEVELS] = {"anomaly.levels", FORM_NUMBER},
    [KEY_ODD + ANOMALY_PHOTO] = {"anomaly.photo", FORM_NUMBER},
    [KEY_ODD + ANOMALY_BEFORE_END] = {"anomaly.before_end", FORM_PERCENT},
    [KEY_AMOUNT] = {"amount", FORM_MONEY},
};

static const struct {
	const char *en, *zh;
} HINTS[] = {
    [FORM_YEAR_BY] = {"applied or issued",
	"applied（申请日期）或 issued（发证日期）"},
    [FORM_MONTH_DAY] = {"a month and day such as 01-01", "月-日，如 01-01"},
    [FORM_NUMBER] = {"a whole number, 0 to 9999", "0 至 9999 的整数"},
    [FORM_PERCENT] = {"a whole number, 0 to 100", "0 至 100 的整数"},
    [FORM_DIGITS] = {"digits 1 to 5 with commas, such as 5,4,3",
	"1 至 5 的数字，用逗号隔开，如 5,4,3"},
    [FORM_EFFECT] = {"off, warn or fail", "off、warn 或 fail"},
    [FORM_BODY] = {"off, warn or pending", "off、warn 或 pending"},
    [FORM_LISTS] = {"none, or of pension, death, student, staff with commas",
	"none，或 pension、death、student、staff，用逗号隔开"},
    [FORM_YES] = {"yes or no", "yes 或 no"},
    [FORM_MONEY] = {"an amount in yuan, such as 1500", "金额（元），如 1500"},
    [FORM_MONEY_OR_NEVER] = {"an amount in yuan, or never",
	"金额（元），或 never"},
};

static bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool
parse_number(const char *s, int64_t max, int64_t *out)
{
	int64_t v = 0;

	if (*s == '\0' || strlen(s) > 4)
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (*s - '0');
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

/* The next word of a comma list: its length; *s moves behind it. */
static size_t
next_word(const char **s, const char **word)
{
	size_t n, skip;

	*s += strspn(*s, " \t,");
	*word = *s;
	n = skip = strcspn(*s, ",");
	*s += skip;
	while (n > 0 && ((*word)[n - 1] == ' ' || (*word)[n - 1] == '\t'))
		n--;
	return n;
}

static bool
parse_digits(const char *s, int64_t *out)
{
	const char *w;
	int64_t v = 0;
	size_t n;

	while ((n = next_word(&s, &w)) > 0) {
		if (n != 1 || *w < '1' || *w > '5')
			return false;
		v |= (int64_t)1 << (*w - '0');
	}
	*out = v;
	return v != 0;
}

static bool
parse_lists(const char *s, int64_t *out)
{
	const char *w;
	int64_t v = 0;
	size_t n;

	*out = 0;
	if (is(s, "none"))
		return true;
	while ((n = next_word(&s, &w)) > 0) {
		size_t i = 0;
		while (i < N_LISTS &&
		       (strlen(office_list_name((enum office_list)i)) != n ||
			   memcmp(office_list_name((enum office_list)i), w,
			       n) != 0))
			i++;
		if (i == N_LISTS)
			return false;
		v |= (int64_t)1 << i;
	}
	*out = v;
	return v != 0;
}

static bool
parse_month_day(const char *s, int64_t *out)
{
	int32_t day;
	int m, d;

	if (strlen(s) != 5 || s[2] != '-' || strspn(s, "0123456789") != 2 ||
	    strspn(s + 3, "0123456789") != 2)
		return false;
	m = (s[0] - '0') * 10 + s[1] - '0';
	d = (s[3] - '0') * 10 + s[4] - '0';
	/* A day that every year has. */
	if (!day_from_civil(2001, m, d, &day))
		return false;
	*out = m * 100 + d;
	return true;
}

static bool
parse_value(enum form form, const char *s, int64_t *out)
{
	switch (form) {
	case FORM_YEAR_BY:
		*out = is(s, "issued") ? YEAR_BY_ISSUED : YEAR_BY_APPLIED;
		return is(s, "issued") || is(s, "applied");
	case FORM_MONTH_DAY:
		return parse_month_day(s, out);
	case FORM_NUMBER:
		return parse_number(s, 9999, out);
	case FORM_PERCENT:
		return parse_number(s, 100, out);
	case FORM_DIGITS:
		return parse_digits(s, out);
	case FORM_EFFECT:
		*out = is(s, "fail") ? LIST_FAIL
				     : (is(s, "warn") ? LIST_WARN : LIST_OFF);
		return is(s, "fail") || is(s, "warn") || is(s, "off");
	case FORM_BODY:
		*out = is(s, "pending") ? BODY_PENDING
					: (is(s, "warn") ? BODY_WARN : BODY_OFF);
		return is(s, "pending") || is(s, "warn") || is(s, "off");
	case FORM_LISTS:
		return parse_lists(s, out);
	case FORM_YES:
		*out = is(s, "yes");
		return is(s, "yes") || is(s, "no");
	case FORM_MONEY_OR_NEVER:
		if (is(s, "never")) {
			*out = -1;
			return true;
		}
		return money_parse(bytes_str(s), out);
	case FORM_MONEY:
		return money_parse(bytes_str(s), out);
	}
	return false;
}

/* "amount.2.5" kind and level, "amount.4" a kind without levels. */
static bool
amount_key(const char *key, int *kind, unsigned *level)
{
	size_t n = strlen(key);

	if (strncmp(key, "amount.", 7) != 0 || (n != 8 && n != 10) ||
	    key[7] < '1' || key[7] > '5')
		return false;
	*kind = key[7] - '0';
	*level = 0;
	if (n == 8)
		return true;
	*level = (unsigned)(key[9] - '0');
	return key[8] == '.' && *level >= 1 && *level <= 5;
}

/* "from 2019-07-22", "from … region 1502", "from … scheme 技能提升补贴". */
static bool
parse_section(const char *s, struct rulebook_section *out)
{
	struct rulebook_section x = {.scheme = SCHEME_NONE};

	if (strncmp(s, "from ", 5) != 0 || strlen(s) < 15 ||
	    !day_parse(bytes_of(s + 5, 10), &x.from))
		return false;
	s += 15;
	if (strncmp(s, " region ", 8) == 0) {
		size_t n = strspn(s + 8, "0123456789");
		if (n < 2 || n > 6 || n % 2 != 0)
			return false;
		memcpy(x.region, s + 8, n);
		s += 8 + n;
	}
	if (strncmp(s, " scheme ", 8) == 0) {
		x.scheme = claim_scheme_by_word(bytes_str(s + 8));
		if (s[8] == '\0' || x.scheme == SCHEME_NONE)
			return false;
		s += strlen(s);
	}
	*out = x;
	return *s == '\0';
}

void
rulebook_init(struct rulebook *b)
{
	b->version[0] = b->source[0] = '\0';
	b->n_sections = b->n_settings = 0;
}

static enum rulebook_err
set_text(char out[static RULEBOOK_TEXT], const char *value)
{
	if (out[0] != '\0')
		return RULEBOOK_TWICE;
	if (*value == '\0' || strlen(value) >= RULEBOOK_TEXT)
		return RULEBOOK_VALUE;
	memcpy(out, value, strlen(value) + 1);
	return RULEBOOK_OK;
}

static enum rulebook_err
find_section(struct rulebook *b, const char *name, size_t *out)
{
	struct rulebook_section x;
	size_t i;

	if (!parse_section(name, &x))
		return RULEBOOK_SECTION;
	for (i = 0; i < b->n_sections; i++)
		if (b->sections[i].from == x.from &&
		    b->sections[i].scheme == x.scheme &&
		    is(b->sections[i].region, x.region))
			break;
	if (i == b->n_sections) {
		if (i == RULEBOOK_MAX_SECTIONS)
			return RULEBOOK_FULL;
		b->sections[b->n_sections++] = x;
	}
	*out = i;
	return RULEBOOK_OK;
}

static enum key
find_key(const char *name, int *kind, unsigned *level)
{
	unsigned k = 0;

	*kind = 0;
	*level = 0;
	if (amount_key(name, kind, level))
		return KEY_AMOUNT;
	while (k < KEY_AMOUNT && !is(KEYS[k].name, name))
		k++;
	return k < KEY_AMOUNT ? (enum key)k : N_KEYS;
}

enum rulebook_err
rulebook_set(
    struct rulebook *b, const char *section, const char *key, const char *value)
{
	struct rulebook_setting s = {0};
	enum rulebook_err e;

	if (is(section, "rules")) {
		if (is(key, "version"))
			return set_text(b->version, value);
		return is(key, "source") ? set_text(b->source, value)
					 : RULEBOOK_KEY;
	}
	e = find_section(b, section, &s.section);
	if (e != RULEBOOK_OK)
		return e;
	s.key = find_key(key, &s.kind, &s.level);
	if (s.key == N_KEYS)
		return RULEBOOK_KEY;
	if (!parse_value(KEYS[s.key].form, value, &s.value))
		return RULEBOOK_VALUE;
	for (size_t i = 0; i < b->n_settings; i++) {
		const struct rulebook_setting *x = &b->settings[i];
		if (x->section == s.section && x->key == s.key &&
		    x->kind == s.kind && x->level == s.level)
			return RULEBOOK_TWICE;
	}
	if (b->n_settings == RULEBOOK_MAX_SETTINGS)
		return RULEBOOK_FULL;
	b->settings[b->n_settings++] = s;
	return RULEBOOK_OK;
}

const char *
rulebook_hint(const char *key, bool zh)
{
	unsigned level;
	int kind;
	enum key k = find_key(key, &kind, &level);

	if (k == N_KEYS)
		return zh ? "文字" : "a text";
	return zh ? HINTS[KEYS[k].form].zh : HINTS[KEYS[k].form].en;
}

static void
set_amount(struct rules *r, int kind, unsigned level, int64_t fen)
{
	for (size_t i = 0; i < r->n_amounts; i++)
		if (r->amounts[i].kind == kind &&
		    r->amounts[i].level == level) {
			r->amounts[i].fen = fen;
			return;
		}
	/* Five kinds by six levels always fit. */
	r->amounts[r->n_amounts++] = (struct rules_amount){kind, level, fen};
}

static void
apply(struct rules *r, const struct rulebook_setting *s)
{
	unsigned v = (unsigned)s->value;

	if (s->key >= KEY_ODD && s->key <= KEY_ODD_LAST) {
		r->anomalies[s->key - KEY_ODD] = v;
		return;
	}
	switch ((enum key)s->key) {
	case KEY_YEAR_BY:
		r->year_by = (enum year_by)v;
		break;
	case KEY_YEAR_STARTS:
		r->year_month = v / 100;
		r->year_mday = v % 100;
		break;
	case KEY_MAX_PER_YEAR:
		r->max_per_year = v;
		break;
	case KEY_ADVANCE:
		r->advance_percent = v;
		break;
	case KEY_KINDS:
		r->kinds = v;
		break;
	case KEY_LEVELS:
		r->levels = v;
		break;
	case KEY_DEADLINE:
		r->deadline_months = v;
		break;
	case KEY_PENSION:
	case KEY_DEATH:
	case KEY_STUDENT:
	case KEY_STAFF:
		r->lists[s->key - KEY_PENSION] = (enum list_effect)v;
		break;
	case KEY_REQUIRED:
		r->required_lists = v;
		break;
	case KEY_AGE_MIN:
		r->age_min = v;
		break;
	case KEY_AGE_HINT:
		r->age_hint = v;
		break;
	case KEY_NATIONAL:
		r->national = v != 0;
		break;
	case KEY_AMOUNT_EXACT:
		r->amount_exact = v != 0;
		break;
	case KEY_LEVEL_GAP:
		r->level_gap_months = v;
		break;
	case KEY_ONE_SCHEME:
		r->one_scheme = v != 0;
		break;
	case KEY_FOUR_EYES:
		r->four_eyes_fen = s->value;
		break;
	case KEY_BODY_ODD:
		r->body_odd = (enum body_effect)v;
		break;
	case KEY_ODD_MIN:
		r->anomaly_min = v;
		break;
	case KEY_AMOUNT:
		set_amount(r, s->kind, s->level, s->value);
		break;
	case KEY_ODD:
	case KEY_ODD_LAST:
	case N_KEYS:
		break;
	}
}

/* How particular a section is: a region weighs more than a scheme, a longer
 * region more than a shorter one. */
static unsigned
weight(const struct rulebook_section *s)
{
	return (unsigned)strlen(s->region) * 2 + (s->scheme != SCHEME_NONE);
}

static bool
applies(const struct rulebook_section *s, int32_t day, const char *region,
    enum claim_scheme scheme)
{
	return s->from <= day &&
	       strncmp(s->region, region, strlen(s->region)) == 0 &&
	       (s->scheme == SCHEME_NONE || s->scheme == scheme);
}

void
rulebook_at(const struct rulebook *b, int32_t day, const char *region,
    enum claim_scheme scheme, struct rules *out)
{
	size_t order[RULEBOOK_MAX_SECTIONS], n = 0;

	for (size_t i = 0; i < b->n_sections; i++) {
		const struct rulebook_section *s = &b->sections[i];
		size_t at = n;
		if (!applies(s, day, region, scheme))
			continue;
		for (; at > 0; at--) {
			const struct rulebook_section *p =
			    &b->sections[order[at - 1]];
			if (weight(p) < weight(s) ||
			    (weight(p) == weight(s) && p->from <= s->from))
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
		n++;
	}
	rules_default(out);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < b->n_settings; i++)
			if (b->settings[i].section == order[k])
				apply(out, &b->settings[i]);
}
