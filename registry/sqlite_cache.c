#include "registry/sqlite_cache.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE   ((size_t)2 << 20)
#define FIRST_BLOCK ((size_t)128 << 10)
#define NONE        UINT32_MAX

/* SQLite's own struct stands first: a pointer to it is one to ours. */
struct page {
	sqlite3_pcache_page base;
	uint32_t slot;
};

/* A slot is free, or holds the page of its key, which SQLite uses or used. */
struct slot {
	struct page *page;
	uint32_t key, next; /* in its bucket, or the free list */
};

/* Beside the slots, a byte each, for the hand that looks for what may go. */
#define FREE   0
#define HELD   1
#define IN_USE 2
#define KNOWN  4 /* whether it is inner */
#define INNER  8
#define AGAIN  16 /* asked for since the hand came by */

struct block {
	struct block *next;
	void *memory;
};

struct cache {
	size_t page_size, extra_size, stride;
	bool purgeable;
	uint32_t max, n, in_use;    /* pages */
	uint32_t inner, idle_inner; /* of n, and of those not in use */
	uint32_t slots, free, hand;
	struct slot *slot;
	uint8_t *state;
	uint32_t *table, buckets; /* a power of two */
	struct block *blocks;
};

static uint32_t *
bucket(const struct cache *c, uint32_t key)
{
	return &c->table[key & (c->buckets - 1)];
}

static void
table_in(struct cache *c, uint32_t s, uint32_t key)
{
	uint32_t *at = bucket(c, key);

	c->slot[s].key = key;
	c->slot[s].next = *at;
	*at = s;
}

static void
table_out(struct cache *c, uint32_t s)
{
	uint32_t *at = bucket(c, c->slot[s].key);

	while (*at != s)
		at = &c->slot[*at].next;
	*at = c->slot[s].next;
}

static uint32_t
find(const struct cache *c, uint32_t key)
{
	uint32_t s = c->buckets > 0 ? *bucket(c, key) : NONE;

	while (s != NONE && c->slot[s].key != key)
		s = c->slot[s].next;
	return s;
}

static void
hold(struct cache *c, uint32_t s)
{
	if (c->state[s] & IN_USE)
		return;
	c->state[s] |= IN_USE;
	c->in_use++;
	c->idle_inner -= (c->state[s] & INNER) != 0;
}

static void
let_go(struct cache *c, uint32_t s)
{
	c->state[s] &= (uint8_t)~IN_USE;
	c->in_use--;
	c->idle_inner += (c->state[s] & INNER) != 0;
}

static void
discard(struct cache *c, uint32_t s)
{
	hold(c, s);
	table_out(c, s);
	c->n--;
	c->in_use--;
	c->inner -= (c->state[s] & INNER) != 0;
	c->state[s] = FREE;
	c->slot[s].next = c->free;
	c->free = s;
}

/*
 * One not in use: a leaf that was not asked for during the hand's whole round;
 * an inner page only if all but a part of the cache is inner ones, or there is
 * nothing else.
 */
static uint32_t
victim(struct cache *c)
{
	uint32_t idle = c->n - c->in_use;
	bool spare = c->inner <= c->max - c->max / SQ_CACHE_LEAVES &&
		     c->idle_inner < idle;
	uint8_t *state;

	if (idle == 0)
		return NONE;
	for (;;) {
		uint32_t s = c->hand;

		c->hand = s + 1 < c->slots ? s + 1 : 0;
		state = &c->state[s];
		if (!(*state & HELD) || *state & IN_USE ||
		    (spare && *state & INNER))
			continue;
		if (!(*state & AGAIN))
			return s;
		*state &= (uint8_t)~AGAIN;
	}
}

static bool
grow_table(struct cache *c)
{
	uint32_t buckets = c->buckets > 0 ? 2 * c->buckets : 64;
	uint32_t *table;

	if (2 * c->n < c->buckets)
		return true;
	table = malloc(buckets * sizeof *table);
	if (table == NULL)
		return c->buckets > 0; /* chains grow longer, no more */
	memset(table, 0xff, buckets * sizeof *table);
	free(c->table);
	c->table = table;
	c->buckets = buckets;
	for (uint32_t s = 0; s < c->slots; s++)
		if (c->state[s] & HELD)
			table_in(c, s, c->slot[s].key);
	return true;
}

static bool
grow_slots(struct cache *c, uint32_t n)
{
	struct slot *slot = realloc(c->slot, (c->slots + n) * sizeof *slot);
	uint8_t *state;

	if (slot == NULL)
		return false;
	c->slot = slot;
	if ((state = realloc(c->state, c->slots + n)) == NULL)
		return false;
	c->state = state;
	return true;
}

/* Buffers, then their structs: SQLite may look past a page's end at a damaged
 * cell. The first block is small, for a small registry needs no more. */
static bool
grow(struct cache *c)
{
	size_t each = c->page_size + c->stride;
	size_t size = c->slots == 0 ? FIRST_BLOCK : HUGE_PAGE;
	uint32_t n = (uint32_t)((size - sizeof(struct block)) / each);
	struct block *b;
	void *memory;
	char *at;

	if (!grow_slots(c, n) ||
	    posix_memalign(&memory, size == HUGE_PAGE ? size : 4096, size) != 0)
		return false;
	if (size == HUGE_PAGE) /* a wish: small ones serve as well */
		madvise(memory, size, MADV_HUGEPAGE);
	at = memory;
	b = (struct block *)(at + size) - 1;
	*b = (struct block){c->blocks, memory};
	c->blocks = b;
	at += n * c->page_size;
	for (uint32_t i = 0; i < n; i++) {
		struct page *p = (struct page *)(at + i * c->stride);
		uint32_t s = c->slots + i;
		*p = (struct page){
		    {(char *)memory + i * c->page_size, p + 1}, s};
		c->slot[s] = (struct slot){p, 0, i + 1 < n ? s + 1 : c->free};
		c->state[s] = FREE;
	}
	c->free = c->slots;
	c->slots += n;
	return true;
}

static void
release(struct cache *c)
{
	struct block *b, *next;

	for (b = c->blocks; b != NULL; b = next) {
		next = b->next;
		free(b->memory);
	}
	free(c->slot);
	free(c->state);
	free(c->table);
	c->blocks = NULL;
	c->slot = NULL;
	c->state = NULL;
	c->table = NULL;
	c->slots = c->buckets = c->hand = 0;
	c->free = NONE;
}

static int
init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static sqlite3_pcache *
create(int page_size, int extra_size, int purgeable)
{
	struct cache *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->page_size = (size_t)page_size;
	c->extra_size = (size_t)extra_size;
	c->stride = (sizeof(struct page) + c->extra_size + 15) / 16 * 16;
	c->purgeable = purgeable != 0;
	c->free = NONE;
	return (sqlite3_pcache *)c;
}

static void
shrink_to(struct cache *c, uint32_t n)
{
	uint32_t s;

	while (c->purgeable && c->n > n && (s = victim(c)) != NONE)
		discard(c, s);
}

static void
cachesize(sqlite3_pcache *cache, int n)
{
	struct cache *c = (struct cache *)cache;

	c->max = n > 0 ? (uint32_t)n : 0;
	shrink_to(c, c->max);
}

static int
pagecount(sqlite3_pcache *cache)
{
	return (int)((struct cache *)cache)->n;
}

/* A free slot, if need be one made free; how: SQLite's createFlag. */
static uint32_t
fresh(struct cache *c, int how)
{
	uint32_t s;

	if (c->purgeable && how == 1 && c->in_use >= c->max - c->max / 10)
		return NONE; /* SQLite writes some out and asks again */
	if (!grow_table(c))
		return NONE;
	if (c->purgeable && c->n >= c->max && (s = victim(c)) != NONE)
		discard(c, s);
	if (c->free == NONE && !grow(c)) {
		if (!c->purgeable || (s = victim(c)) == NONE)
			return NONE;
		discard(c, s);
	}
	s = c->free;
	c->free = c->slot[s].next;
	return s;
}

static sqlite3_pcache_page *
fetch(sqlite3_pcache *cache, unsigned key, int how)
{
	struct cache *c = (struct cache *)cache;
	uint32_t s = find(c, key);
	struct page *p;

	if (s != NONE) {
		hold(c, s);
		c->state[s] |= AGAIN;
		return &c->slot[s].page->base;
	}
	if (how == 0 || (s = fresh(c, how)) == NONE)
		return NULL;
	p = c->slot[s].page;
	memset(p->base.pExtra, 0, c->extra_size);
	c->state[s] = HELD | IN_USE;
	c->n++;
	c->in_use++;
	table_in(c, s, key);
	return &p->base;
}

/* By its first byte (file format s1.6); page 1 begins with the file's header.
 * Of pages that are no b-tree's hardly one is taken for an inner one. */
static void
learn(struct cache *c, uint32_t s)
{
	const uint8_t *bytes = c->slot[s].page->base.pBuf;
	uint8_t flags = bytes[c->slot[s].key == 1 ? 100 : 0];

	c->state[s] |= KNOWN;
	if (flags != 2 && flags != 5)
		return;
	c->state[s] |= INNER;
	c->inner++;
}

static void
unpin(sqlite3_pcache *cache, sqlite3_pcache_page *page, int drop)
{
	struct cache *c = (struct cache *)cache;
	uint32_t s = ((struct page *)page)->slot;

	if (drop || (c->purgeable && c->n > c->max)) {
		discard(c, s);
		return;
	}
	if (!(c->state[s] & KNOWN))
		learn(c, s);
	let_go(c, s);
}

static void
rekey(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned old,
    unsigned key)
{
	struct cache *c = (struct cache *)cache;
	uint32_t s = ((struct page *)page)->slot, there = find(c, key);

	(void)old;
	if (there != NONE && there != s)
		discard(c, there);
	table_out(c, s);
	table_in(c, s, key);
}

static void
truncate_from(sqlite3_pcache *cache, unsigned limit)
{
	struct cache *c = (struct cache *)cache;

	for (uint32_t s = 0; s < c->slots; s++)
		if (c->state[s] & HELD && c->slot[s].key >= limit)
			discard(c, s);
}

static void
destroy(sqlite3_pcache *cache)
{
	release((struct cache *)cache);
	free(cache);
}

static void
shrink(sqlite3_pcache *cache)
{
	struct cache *c = (struct cache *)cache;

	shrink_to(c, 0);
	if (c->n == 0)
		release(c);
}

static void
use(void)
{
	static const sqlite3_pcache_methods2 methods = {.iVersion = 1,
	    .xInit = init,
	    .xCreate = create,
	    .xCachesize = cachesize,
	    .xPagecount = pagecount,
	    .xFetch = fetch,
	    .xUnpin = unpin,
	    .xRekey = rekey,
	    .xTruncate = truncate_from,
	    .xDestroy = destroy,
	    .xShrink = shrink};

	sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods);
}

void
sq_cache_use(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, use);
}
