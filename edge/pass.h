#ifndef EDGE_PASS_H
#define EDGE_PASS_H

#include <stdbool.h>

#include "edge/why.h"

#define PASS_MAX 1024

/* Where a pass phrase or PIN comes from: never from argv or environment. */
struct pass_source {
	const char *file; /* --pass-file: its first line */
	int fd;           /* --pass-fd: first line; -1: none */
};

/*
 * Read it, from the file, the descriptor, or the terminal with echo off
 * (twice, when confirm). The caller clears out with pass_clear(). Without any
 * of the three: CRED_FAULT_PASS, and the why names --pass-file.
 */
enum cred_err pass_read(const struct pass_source *src, const char *prompt,
    bool confirm, char out[static PASS_MAX], struct why *why);
void pass_clear(char out[static PASS_MAX]);

#endif
