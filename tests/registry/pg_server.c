/* For scripts: a PostgreSQL as in server.h, with settings ("-c name=value …").
 * Prints the address of an empty schema for each line "spec" it reads, the
 * server's process for "pid"; "kill" and "start" do so, and say so when done.
 * Ends it all with its input. */
#include "tests/registry/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct server s;
	char line[64], spec[256];

	server_make(&s);
	if (argc > 1)
		snprintf(s.settings, sizeof s.settings, "%s", argv[1]);
	server_start(&s);
	while (fgets(line, sizeof line, stdin) != NULL)
		if (strcmp(line, "spec\n") == 0) {
			server_new_spec(&s, spec, sizeof spec);
			puts(spec);
			fflush(stdout);
		} else if (strcmp(line, "kill\n") == 0) {
			server_stop(&s, SIGKILL);
			puts("killed");
			fflush(stdout);
		} else if (strcmp(line, "start\n") == 0) {
			server_start(&s);
			puts("started");
			fflush(stdout);
		} else if (strcmp(line, "pid\n") == 0) {
			printf("%ld\n", (long)s.pid);
			fflush(stdout);
		}
	server_release(&s);
	return 0;
}
