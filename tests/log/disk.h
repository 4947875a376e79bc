#ifndef TESTS_LOG_DISK_H
#define TESTS_LOG_DISK_H

#include "tests/log/interpose.h"

/*
 * What a disk holds after a power cut, from the recorded calls. Only what was
 * synced is sure: data by fsync of the file, names by fsync of their folder.
 * The rest is there or not, write by write, sector by sector.
 */
struct disk;

struct disk *disk_new(const char *root);
void disk_free(struct disk *d);
void disk_apply(struct disk *d, const struct event *e);

/*
 * Write one such state below dir. choose is drawn from: 0 nothing unsynced
 * survives, 1 all of it, else at random with this seed: names in the journal's
 * order or each for itself, data by whole writes or torn at 512 bytes.
 */
void disk_image(const struct disk *d, uint64_t choose, const char *dir);

#endif
