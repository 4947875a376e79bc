#ifndef SUBSIDY_RULEBOOK_H
#define SUBSIDY_RULEBOOK_H

#include "subsidy/rules.h"

/*
 * What a region may set without a programmer: dated sections, each for
 * everybody, for one league or city, for one scheme, or for both. What holds
 * on a day is rules_default(), then every section that applies, the less
 * particular first and, among those, the older first. The file: docs/rules.md.
 */
#define RULEBOOK_MAX_SECTIONS 256
#define RULEBOOK_MAX_SETTINGS 8192
#define RULEBOOK_TEXT         96

struct rulebook {
	char version[RULEBOOK_TEXT], source[RULEBOOK_TEXT];
	struct rulebook_section {
		int32_t from;
		char region[7]; /* digits of GB/T 2260, "" everywhere */
		enum claim_scheme scheme; /* SCHEME_NONE: every one */
	} sections[RULEBOOK_MAX_SECTIONS];
	size_t n_sections;
	struct rulebook_setting {
		size_t section;
		unsigned key; /* of rulebook.c */
		int kind;     /* amount.KIND.LEVEL */
		unsigned level;
		int64_t value;
	} settings[RULEBOOK_MAX_SETTINGS];
	size_t n_settings;
};

enum rulebook_err {
	RULEBOOK_OK,
	RULEBOOK_SECTION, /* not "rules" nor "from DATE [region N] [scheme S]" */
	RULEBOOK_KEY,     /* no such key in this section */
	RULEBOOK_VALUE,   /* not a value of this key */
	RULEBOOK_TWICE,   /* the key stands twice in one section */
	RULEBOOK_FULL,
};

void rulebook_init(struct rulebook *b);
/* One line of the file, its section's name before it: what an INI reader
 * hands over. Case and order of sections do not matter. */
enum rulebook_err rulebook_set(struct rulebook *b, const char *section,
    const char *key, const char *value);
/* What the value of a key must be, for the message: "a whole number" … */
const char *rulebook_hint(const char *key, bool zh);

/*
 * The rules for a scheme on a day in a region. region: six digits or fewer of
 * the office ("150200", "1502", ""); a section's region applies when it is a
 * beginning of it.
 */
void rulebook_at(const struct rulebook *b, int32_t day, const char *region,
    enum claim_scheme scheme, struct rules *out);

#endif
