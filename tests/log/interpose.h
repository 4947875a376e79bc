#ifndef TESTS_LOG_INTERPOSE_H
#define TESTS_LOG_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The system calls through which log, files and SQLite reach the disk, taken
 * over by this program's own functions of the same names (SQLite's, too: the
 * program comes first in the search for symbols). Off until armed.
 */
enum interpose_mode {
	INTERPOSE_OFF,
	INTERPOSE_COUNT, /* err not 0: reads, too, as INTERPOSE_FAIL */
	INTERPOSE_FAIL,  /* the nth call fails with err, once */
	INTERPOSE_FULL,  /* from the nth call on, all that needs room: ENOSPC */
	INTERPOSE_SHORT, /* the nth call, a write, writes half of it */
	INTERPOSE_KILL,  /* SIGKILL instead of the nth call */
	INTERPOSE_COUNT_MEMORY,
	INTERPOSE_MEMORY, /* the nth allocation fails, once */
	INTERPOSE_RECORD,
};

/* For this process: in those it forks it is off until they arm it. */
void interpose(enum interpose_mode mode, unsigned nth, int err);
unsigned interpose_calls(void);
/* Of calls that change nothing (open of what is there, read, close) none
 * counts. */
void interpose_changes_only(bool on);
/* The name of the call that was hit; NULL if none was. */
const char *interpose_hit(void);

/* What INTERPOSE_RECORD saw, in order. Paths are as given to the call, made
 * absolute. */
struct event {
	enum event_kind {
		EVENT_WRITE,    /* id, off, data */
		EVENT_TRUNC,    /* id, off: new length */
		EVENT_SYNC,     /* id: a file's */
		EVENT_CREATE,   /* a, id */
		EVENT_MKDIR,    /* a */
		EVENT_LINK,     /* a: old, b: new */
		EVENT_RENAME,   /* a: old, b: new */
		EVENT_UNLINK,   /* a */
		EVENT_SYNC_DIR, /* a */
		EVENT_SAID,     /* data written to the pipe */
	} kind;
	uint64_t id, off;
	char *a, *b;
	uint8_t *data;
	size_t len;
};
extern struct event *interpose_events;
extern size_t interpose_n_events;
/* Writes to this descriptor are EVENT_SAID, and are never hit. */
void interpose_said(int fd);

#endif
