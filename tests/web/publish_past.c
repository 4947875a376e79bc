/*
 * publish_past AUTHORITY_HOME PASS_FILE PUB DAYS: publishes as the authority
 * did so many days ago, with a CRL good for thirty. For tests: 31 makes one
 * that has run out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "keys/authority.h"

int
main(int argc, char **argv)
{
	struct pass_source pass = {.fd = -1};
	struct authority *a = NULL;
	struct why why = {""};
	enum cred_err e;
	int64_t then;

	if (argc != 5) {
		fprintf(stderr,
		    "usage: publish_past AUTHORITY_HOME PASS_FILE PUB DAYS\n");
		return 2;
	}
	pass.file = argv[2];
	then = time(NULL) - (int64_t)atoi(argv[4]) * 86400;
	e = authority_open(argv[1], &pass, time(NULL), &a, &why);
	if (e == CRED_OK)
		e = authority_publish(a, argv[3], 30, then, &why);
	authority_close(a);
	if (e == CRED_OK)
		return 0;
	fprintf(stderr, "publish_past: %s: %s\n", cred_errname(e), why.text);
	return 2;
}
