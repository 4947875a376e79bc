#ifndef REGISTRY_SQLITE_CACHE_H
#define REGISTRY_SQLITE_CACHE_H

/*
 * SQLite's page cache, of the process. Unlike SQLite's own it lets the leaves
 * of the b-trees go first and keeps the pages above them, up to all but a part
 * of its size: in a registry of 10⁷ every question comes through some four of
 * these, and its leaf it will not ask for again soon. Its pages lie together,
 * in huge pages where the system has them.
 *
 * To be called before SQLite is used for the first time in the process; after
 * that it changes nothing, and SQLite's own cache serves as well.
 */
#define SQ_CACHE_LEAVES 8 /* one part in so many is the leaves' at least */
void sq_cache_use(void);

#endif
