#ifndef TESTS_ISSUER_PROGRAM_H
#define TESTS_ISSUER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * tamga-issuer under test: its commands in this process, where their system
 * calls are interposed, or in a child, or the program itself. What it
 * acknowledges is told through a pipe the moment it does.
 */
struct told {
	enum {
		TOLD_CERTIFICATE, /* acknowledged: all but what is said below */
		TOLD_HEAD, /* was signed: at is the size, hash the root */
	} what;
	uint32_t row;
	uint64_t at; /* index */
	char batch[16], number[32];
	uint8_t hash[32]; /* of the credential */
};
/* Where to tell; -1: nothing is told. */
extern int program_told_fd;

/* Makes the homes of crash_home.sh: rows of n rosters. */
void program_make(const char *dir, const unsigned *rows, size_t n);

/* The command of argv[0], NULL at the end, here; its exit status. */
int program_here(const char *const *argv);
/* fn(ctx), which calls program_here(), in a child: its wait status. What it
 * writes to stdout goes to out, to stderr to err, always with a NUL; o may be
 * NULL. */
struct output {
	char out[4096], err[2048];
};
int program_child(int (*fn)(void *ctx), void *ctx, struct output *o);
/* The program itself. */
int program_exec(const char *const *argv, struct output *o);
/* Started only: its pid; what it writes can be read from *out and *err. */
pid_t program_start(const char *const *argv, int *out, int *err);

/* {"issued":…,"already":…,"refused":…} of the next such line; *out moves behind
 * it. False if there is none. */
bool program_summary(
    const char **out, unsigned *issued, unsigned *already, unsigned *refused);

void tree_remove(const char *dir);
void tree_copy(const char *from, const char *to);
/* Of all names, modes and contents below dir. */
void tree_hash(const char *dir, uint8_t out[static 32]);

#endif
