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
/* A file that was there before the record began, as it is now. */
void disk_keep(struct disk *d, const char *path);
/* Disks that lie, to see that a test notices: syncs of this kind say that they
 * are done, and do nothing. */
enum disk_lie {
	DISK_HONEST,
	DISK_NO_SYNC,
	DISK_NO_DATA_SYNC,     /* of files */
	DISK_NO_DATABASE_SYNC, /* of files of SQLite */
	DISK_NO_NAME_SYNC,     /* of folders */
};
void disk_set_lie(struct disk *d, enum disk_lie lie);
void disk_apply(struct disk *d, const struct event *e);

/*
 * Write one such state below dir. choose is drawn from: 0 nothing unsynced
 * survives, 1 all of it, else at random with this seed: names in the journal's
 * order or each for itself, data by whole writes or torn at 512 bytes.
 */
void disk_image(const struct disk *d, uint64_t choose, const char *dir);

#endif
