/* lacking landlock|seccomp|both COMMAND...: runs it on such a kernel. */
#include <stdio.h>
#include <unistd.h>

#include "tests/qr/lacking.h"

int
main(int argc, char **argv)
{
	if (argc < 3 || !lacking(argv[1]))
		return 125;
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 126;
}
