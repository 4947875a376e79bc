#ifndef TABLE_INPUT_H
#define TABLE_INPUT_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * A file's bytes at any offset: an open file, or memory (fd -1).
 */
struct input {
	int fd;
	struct bytes bytes;
	uint64_t size; /* when it was opened */
};

/* "-" is copied to a temporary file first. CRED_ERR_TABLE_LIMIT when larger
 * than TABLE_MAX_BYTES. */
enum cred_err input_open(const char *path, struct input *out, struct why *why);
void input_of_bytes(struct bytes bytes, struct input *out);
void input_close(struct input *in);

/* Up to n bytes from at; *got less than n only at the end. */
enum cred_err input_read(const struct input *in, uint64_t at, void *buf,
    size_t n, size_t *got, struct why *why);

/* A file without a name in $TMPDIR or /tmp, mode 0600. */
enum cred_err input_temporary(int *fd, struct why *why);

#endif
