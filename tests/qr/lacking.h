#ifndef TESTS_QR_LACKING_H
#define TESTS_QR_LACKING_H

#include <stdbool.h>

/*
 * From here on, for this process and what it starts, the kernel answers as one
 * would that lacks "landlock", "seccomp" or "both".
 */
bool lacking(const char *what);

#endif
