#ifndef SUBSIDY_CLAIM_H
#define SUBSIDY_CLAIM_H

#include "credential/claims.h"

/*
 * A claim as a table states it, normalised (domain/normal.h) and typed; what
 * its certificate and the lists say of it stands in review.h. Texts belong to
 * the caller; "" when the cell is empty. Columns: design 8.
 */
enum claim_scheme {
	SCHEME_NONE, /* not said, or no scheme of ours */
	SCHEME_TRAINING, /* 职业培训补贴, clause (九) */
	SCHEME_SKILL,    /* 技能提升补贴, paid from unemployment insurance */
	N_SCHEMES,
};

enum claim_part {
	PART_NONE,    /* no part of ours */
	PART_FULL,    /* 全额 */
	PART_ADVANCE, /* 预付: up to 60 % before the certificate, clause (九) */
	PART_BALANCE, /* 余款 */
	N_PARTS,
};

struct claim {
	const char *id;     /* 申领编号: what makes booking idempotent */
	const char *name;   /* normal_name() */
	enum id_type id_type;
	const char *id_number; /* normal_id(); never printed */
	int kind;              /* enum kind; 0: not said */
	const char *number;    /* certificate number, normal_id() */
	const char *occupation, *code;
	unsigned level;        /* 0: none */
	bool has_issued, has_trained, has_applied, has_amount;
	int32_t issued, trained_from, trained_to, applied; /* days */
	const char *institution; /* 培训机构 */
	enum claim_scheme scheme;
	enum claim_part part;
	int64_t amount_fen;
	const char *account, *phone; /* 银行账户, 手机号 */
	/* What statistics count by: of the annex's ten rows, 0 not said; the
	 * code of today of the league or city, "" not said. */
	int department;
	const char *region;
};

/* "职业培训补贴" "培训补贴" "技能提升补贴" …; SCHEME_NONE for another word. "" is
 * SCHEME_TRAINING. Input through normal_half(). */
enum claim_scheme claim_scheme_by_word(struct bytes s);
const char *claim_scheme_word(enum claim_scheme s);
/* "全额" "预付" "余款" and their usual synonyms; "" is PART_FULL. */
enum claim_part claim_part_by_word(struct bytes s);
const char *claim_part_word(enum claim_part p);

/*
 * What "same occupation, same level" means (clause (九); domain.md 7.1 R3): one
 * text for every way of stating it. Kinds 1 and 2 are one: "occ:CODE:LEVEL"
 * with the code of the current edition, "name:NAME:LEVEL" without a code of the
 * catalogue. Kind 3 "sp:NAME", kind 4 "op:CODE" or "op:NAME", kind 5
 * "tr:CODE" or "tr:NAME". Not personal data by itself.
 *
 * False when kind is none, the occupation is empty, or out is too small.
 */
#define SUBJECT_MAX 192
bool claim_subject(int kind, struct bytes occupation, struct bytes code,
    unsigned level, char out[static SUBJECT_MAX]);

#endif
