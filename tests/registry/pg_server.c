/* For scripts: a PostgreSQL as in server.h. Prints the address of an empty
 * schema for each line "spec" it reads, and ends it all with its input. */
#include "tests/registry/server.h"

#include <stdio.h>
#include <string.h>

int
main(void)
{
	struct server *s = server_shared();
	char line[64], spec[256];

	while (fgets(line, sizeof line, stdin) != NULL)
		if (strcmp(line, "spec\n") == 0) {
			server_new_spec(s, spec, sizeof spec);
			puts(spec);
			fflush(stdout);
		}
	return 0;
}
