#ifndef DOMAIN_CATALOGUE_H
#define DOMAIN_CATALOGUE_H

#include "credential/bytes.h"
#include "credential/claims.h"

/*
 * Catalogues: domain/data/<name>.tsv, versioned, with their sources, compiled
 * in. What is not in them is a reason to warn, never to refuse (domain.md 0).
 */

struct occupation {
	const char *code; /* 6-31-01-03, edition 2015 */
	const char *name;
	const char *levels; /* levels offered, highest code digit first: "54321" */
	const char *sure; /* "V", "V-", "G": domain.md's tags */
};
/* By code of the current edition or an older one that maps to it. */
const struct occupation *occupation_by_code(struct bytes code);
const struct occupation *occupation_by_name(struct bytes name);
/* The current edition's code of a code: itself, its successor, or NULL when
 * the code is in no edition we know. */
const char *occupation_current(struct bytes code);
/* x-xx-xx-xx? */
bool occupation_code_ok(struct bytes code);

struct operation {
	const char *code;  /* "1.2" */
	const char *name;  /* 低压电工作业 */
	const char *class_name; /* 电工作业 */
	const char *rule;  /* "3": review every 3 years; "none": coal, 6 years alone */
	const char *sure;
};
const struct operation *operation_by_code(struct bytes code);
/* By official item name, with or without 作业 at its end. */
const struct operation *operation_by_name(struct bytes name);
#define OPERATION_YEARS 6 /* validity, Order 30; domain.md 2.3 */

/* Name of the region of an ID's first six digits: Inner Mongolia's leagues and
 * cities by four (abolished codes included), provinces by two; NULL unknown. */
const char *region_name(const char *code6);
/* The league or city of Inner Mongolia, by its code of today ("1505" for
 * 152301…), or NULL for elsewhere. */
const char *region_league(const char *code6);
/* The same by two, four or six digits, or by the name of today with or without
 * 市 or 盟; "" unknown. "15" is the autonomous region itself. */
const char *region_by_word(struct bytes word);
/* The nth league or city by its code of today, from 0; NULL after the last. */
const char *region_nth_league(size_t n);

#endif
