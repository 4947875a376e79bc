#include "subsidy/claim.h"

#include <stdio.h>

#include "domain/catalogue.h"

struct word {
	const char *word;
	int value;
};

/* The first of a value is the canonical one. */
static const struct word SCHEMES[] = {
    {"职业培训补贴", SCHEME_TRAINING},
    {"培训补贴", SCHEME_TRAINING},
    {"职业技能培训补贴", SCHEME_TRAINING},
    {"技能提升补贴", SCHEME_SKILL},
    {"参保职工技能提升补贴", SCHEME_SKILL},
    {"失业保险技能提升补贴", SCHEME_SKILL},
    {"职业技能提升补贴", SCHEME_SKILL},
};

static const struct word PARTS[] = {
    {"全额", PART_FULL},
    {"全部", PART_FULL},
    {"预付", PART_ADVANCE},
    {"预拨", PART_ADVANCE},
    {"先行拨付", PART_ADVANCE},
    {"余款", PART_BALANCE},
    {"尾款", PART_BALANCE},
    {"结算", PART_BALANCE},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int
by_word(const struct word *list, size_t n, struct bytes s, int none)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_eq(s, bytes_str(list[i].word)))
			return list[i].value;
	return none;
}

static const char *
word_of(const struct word *list, size_t n, int value)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].value == value)
			return list[i].word;
	return "";
}

enum claim_scheme
claim_scheme_by_word(struct bytes s)
{
	return s.len == 0 ? SCHEME_TRAINING
			  : by_word(SCHEMES, COUNT(SCHEMES), s, SCHEME_NONE);
}

const char *
claim_scheme_word(enum claim_scheme s)
{
	return word_of(SCHEMES, COUNT(SCHEMES), s);
}

enum claim_part
claim_part_by_word(struct bytes s)
{
	return s.len == 0 ? PART_FULL
			  : by_word(PARTS, COUNT(PARTS), s, PART_NONE);
}

const char *
claim_part_word(enum claim_part p)
{
	return word_of(PARTS, COUNT(PARTS), p);
}

static bool
put(char out[static SUBJECT_MAX], const char *prefix, struct bytes what,
    unsigned level)
{
	int n = level > 0 ? snprintf(out, SUBJECT_MAX, "%s:%.*s:%u", prefix,
				(int)what.len, (const char *)what.ptr, level)
			  : snprintf(out, SUBJECT_MAX, "%s:%.*s", prefix,
				(int)what.len, (const char *)what.ptr);

	return n > 0 && n < SUBJECT_MAX;
}

static bool
occupation_subject(struct bytes name, struct bytes code, unsigned level,
    char out[static SUBJECT_MAX])
{
	const char *current = occupation_current(code);
	const struct occupation *o;

	if (current == NULL && (o = occupation_by_name(name)) != NULL)
		current = o->code;
	if (current != NULL)
		return put(out, "occ", bytes_str(current), level);
	/* A code that no edition has still says the same thing twice. */
	if (occupation_code_ok(code))
		return put(out, "occ", code, level);
	return put(out, "name", name, level);
}

bool
claim_subject(int kind, struct bytes occupation, struct bytes code,
    unsigned level, char out[static SUBJECT_MAX])
{
	const struct operation *op;

	if (occupation.len == 0 || occupation.len > SUBJECT_MAX)
		return false;
	switch (kind) {
	case KIND_QUALIFICATION:
	case KIND_LEVEL:
		return occupation_subject(occupation, code, level, out);
	case KIND_SPECIALISED:
		return put(out, "sp", occupation, 0);
	case KIND_OPERATION:
		op = operation_by_code(code);
		if (op == NULL)
			op = operation_by_name(occupation);
		return put(out, "op",
		    op != NULL ? bytes_str(op->code) : occupation, 0);
	case KIND_TRAINING:
		return put(
		    out, "tr", occupation_code_ok(code) ? code : occupation, 0);
	default:
		return false;
	}
}
