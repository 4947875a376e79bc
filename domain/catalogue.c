#include "domain/catalogue.h"

static const struct occupation occupations[] = {
#include "occupations.inc"
};

/* An older edition's code and the current one. */
static const struct edition {
	const char *old, *edition, *current, *name, *sure;
} editions[] = {
#include "occupation_editions.inc"
};

static const struct operation operations[] = {
#include "operations.inc"
};

static const struct region {
	const char *code, *name, *now, *sure;
} regions[] = {
#include "regions.inc"
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

const char *
occupation_current(struct bytes code)
{
	for (size_t i = 0; i < COUNT(occupations); i++)
		if (bytes_eq(code, bytes_str(occupations[i].code)))
			return occupations[i].code;
	for (size_t i = 0; i < COUNT(editions); i++)
		if (bytes_eq(code, bytes_str(editions[i].old)))
			return editions[i].current;
	return NULL;
}

const struct occupation *
occupation_by_code(struct bytes code)
{
	const char *current = occupation_current(code);

	for (size_t i = 0; current != NULL && i < COUNT(occupations); i++)
		if (strcmp(current, occupations[i].code) == 0)
			return &occupations[i];
	return NULL;
}

const struct occupation *
occupation_by_name(struct bytes name)
{
	for (size_t i = 0; i < COUNT(occupations); i++)
		if (bytes_eq(name, bytes_str(occupations[i].name)))
			return &occupations[i];
	return NULL;
}

bool
occupation_code_ok(struct bytes code)
{
	static const char form[] = "d-dd-dd-dd";

	if (code.len != sizeof form - 1 || code.ptr[0] < '1' ||
	    code.ptr[0] > '8')
		return false;
	for (size_t i = 0; i < code.len; i++)
		if (form[i] == 'd' ? code.ptr[i] < '0' || code.ptr[i] > '9'
				   : code.ptr[i] != '-')
			return false;
	return true;
}

const struct operation *
operation_by_code(struct bytes code)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		if (bytes_eq(code, bytes_str(operations[i].code)))
			return &operations[i];
	return NULL;
}

static struct bytes
without_suffix(struct bytes s, const char *suffix)
{
	size_t n = strlen(suffix);

	if (s.len > n && memcmp(s.ptr + s.len - n, suffix, n) == 0)
		s.len -= n;
	return s;
}

const struct operation *
operation_by_name(struct bytes name)
{
	struct bytes bare = without_suffix(name, "作业");

	for (size_t i = 0; i < COUNT(operations); i++)
		if (bytes_eq(bare, without_suffix(
		    bytes_str(operations[i].name), "作业")))
			return &operations[i];
	return NULL;
}

/* The longest code that code6 begins with. */
static const struct region *
find_region(const char *code6)
{
	const struct region *best = NULL;

	for (size_t i = 0; i < COUNT(regions); i++) {
		size_t n = strlen(regions[i].code);
		if (strncmp(code6, regions[i].code, n) == 0 &&
		    (best == NULL || n > strlen(best->code)))
			best = &regions[i];
	}
	return best;
}

const char *
region_name(const char *code6)
{
	const struct region *r = find_region(code6);

	return r != NULL ? r->name : NULL;
}

const char *
region_league(const char *code6)
{
	const struct region *r = find_region(code6);

	return r != NULL && strlen(r->now) == 4 ? r->now : NULL;
}

const char *
region_by_word(struct bytes word)
{
	static const size_t SUFFIX = sizeof "市" - 1;
	char code[7] = "";
	const char *league;

	if (word.len >= 2 && word.len <= 6 && word.ptr[0] == '1') {
		memcpy(code, word.ptr, word.len);
		league = region_league(code);
		if (league != NULL)
			return league;
		return strcmp(code, "15") == 0 ? "15" : "";
	}
	for (size_t i = 0; i < COUNT(regions); i++) {
		const struct region *r = &regions[i];
		size_t n = strlen(r->name);
		if (strncmp(r->code, "15", 2) == 0 &&
		    strcmp(r->code, r->now) == 0 &&
		    (bytes_eq(word, bytes_of(r->name, n)) ||
			bytes_eq(word, bytes_of(r->name, n - SUFFIX))))
			return r->now;
	}
	return "";
}

const char *
region_nth_league(size_t n)
{
	for (size_t i = 0; i < COUNT(regions); i++)
		if (strncmp(regions[i].code, "15", 2) == 0 &&
		    strlen(regions[i].code) == 4 &&
		    strcmp(regions[i].code, regions[i].now) == 0 && n-- == 0)
			return regions[i].now;
	return NULL;
}
