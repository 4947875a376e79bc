#ifndef TESTS_CREDENTIAL_VECTORS_H
#define TESTS_CREDENTIAL_VECTORS_H

#include "testing.h"

#define MAX_FIELDS 8

/*
 * Calls row with the fields of each line of a tab-separated file of
 * tests/vectors/; returns how many. Empty lines and those of '#' are skipped.
 */
static inline size_t
each_row(const char *name, size_t n_fields, void (*row)(char **fields))
{
	char path[512];
	size_t n = 0;
	snprintf(
	    path, sizeof(path), "%s/tests/vectors/%s", TAMGA_SOURCE_DIR, name);
	char *file = slurp(path), *next = file, *line;
	while ((line = strsep(&next, "\n")) != NULL) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		char *fields[MAX_FIELDS] = {0}, *rest = line;
		size_t i = 0;
		while (i < MAX_FIELDS && (fields[i] = strsep(&rest, "\t")))
			i++;
		if (i != n_fields)
			fail_msg("%s: line '%s': %zu fields", name, line, i);
		row(fields);
		n++;
	}
	free(file);
	return n;
}

/* The error of that name; a name that is none fails the test. */
static inline enum cred_err
err_named(const char *name)
{
	int e = cred_err_by_name(name);
	if (e < 0)
		fail_msg("no error is called %s", name);
	return (enum cred_err)e;
}

#endif
