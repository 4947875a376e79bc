#ifndef EDGE_FILE_H
#define EDGE_FILE_H

#include <sys/types.h>

#include "credential/bytes.h"
#include "edge/why.h"

/* Whole file into *out (malloc, plus a NUL that len does not count);
 * CRED_ERR_PIC_BYTES when larger than max. path "-" is standard input. */
enum cred_err file_read(const char *path, size_t max, uint8_t **out,
    size_t *len, struct why *why);

/*
 * A file that appears whole or not at all: temporary name in the same folder,
 * write, fsync, rename, fsync of the folder. A failed fsync is never retried:
 * the temporary file goes and the caller hears of it. Its time of change is a
 * second after that of the file it replaces at least.
 */
enum cred_err file_write(const char *path, struct bytes data, mode_t mode,
    struct why *why);

/* Servers of static files, and rsync, tell versions by size and second: what is
 * in fd, and is to replace path in folder dir, gets a time of change that is a
 * second later at least. Where it cannot be set it stays. */
void file_date_after(int fd, int dir, const char *path);

/* As file_write() but CRED_FAULT_EXISTS if path is there (O_EXCL, link(2)). */
enum cred_err file_create(const char *path, struct bytes data, mode_t mode,
    struct why *why);

/* mkdir -p; mode for the folders made. */
enum cred_err file_mkdirs(const char *path, mode_t mode, struct why *why);

/* "a/b" from "a" and "b"; malloc, NULL when out of memory. */
char *file_join(const char *dir, const char *name);

#endif
