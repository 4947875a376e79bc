#ifndef QR_JAIL_H
#define QR_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "edge/why.h"

/*
 * The jail that decodes run in (docs/jail.md): rlimits,
 * Landlock (Linux 5.13 and later) and seccomp. Two kinds of inmate:
 *
 *   decoder   may use memory, take one order, write the answer, read the page
 *             stream and end; any other system call kills it
 *   renderer  pdftoppm: may also open files below the system's folders for
 *             reading, so that the linker and fontconfig work; everything
 *             else is denied, sockets and new processes among it
 */
struct jail;

/* Descriptors of an inmate; all others are closed before it is locked in. */
enum {
	JAIL_ANSWER = 3,
	JAIL_STREAM = 4, /* of pages, or a decoder's file */
	JAIL_ORDERS = 5, /* a decoder's socket, closed before it looks at a byte */
};
#define JAIL_PDFTOPPM "/usr/bin/pdftoppm"

/* Sanitizers reserve terabytes and write to stderr. */
#if defined(__has_feature)
#	if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#		define JAIL_SANITIZED 1
#	endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#	define JAIL_SANITIZED 1
#endif
#ifndef JAIL_SANITIZED
#	define JAIL_SANITIZED 0
#endif

struct jail_limits {
	size_t as_bytes; /* address space; not under a sanitizer */
	unsigned cpu_s;  /* SIGXCPU, then SIGKILL; 0: jail_decoder_cpu() */
	unsigned wall_s; /* SIGALRM; 0: by whoever can kill it */
};

/*
 * In the zygote, once: drops capabilities, sets NO_NEW_PRIVS, restricts it and
 * all it forks to the renderer's folders, and compiles both filters.
 * CRED_FAULT_JAIL when the kernel lacks Landlock or seccomp, unless
 * allow_unjailed: then what there is, is used.
 */
enum cred_err jail_prepare(
    bool allow_unjailed, struct jail **out, struct why *why);

/* In a fresh child, for ever. False: it must not touch anything. */
bool jail_decoder(const struct jail *j, const struct jail_limits *limits);
bool jail_renderer(const struct jail *j, const struct jail_limits *limits);
/* From outside, of one that was locked in before it was known for what, before
 * it has its file. */
bool jail_decoder_cpu(pid_t decoder, unsigned cpu_s);

#endif
