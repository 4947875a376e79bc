#include "tests/log/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECTOR 512

struct change { /* of data, not synced; data NULL: cut to off */
	uint64_t off;
	const uint8_t *data;
	size_t len;
};

struct file {
	uint64_t id;
	bool database;
	uint8_t *sure; /* what surely is on the disk */
	size_t len;
	struct change *changes;
	size_t n, cap;
};

struct name {
	char *path;
	struct file *file; /* NULL: a folder */
};

struct names {
	struct name *of;
	size_t n, cap;
};

struct move { /* of a name, not synced */
	enum event_kind kind;
	const char *a, *b;
	struct file *file;
	bool done;
};

struct disk {
	char *root;
	struct file **files; /* by creation */
	size_t n_files, cap_files;
	struct names now, sure;
	struct move *moves;
	size_t n_moves, cap_moves;
	enum disk_lie lie;
};

static void *
grow(void *block, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return block;
	*cap = 2 * *cap + 16;
	block = realloc(block, *cap * size);
	if (block == NULL)
		abort();
	return block;
}

static struct name *
find(struct names *names, const char *path)
{
	for (size_t i = names->n; i-- > 0;)
		if (strcmp(names->of[i].path, path) == 0)
			return &names->of[i];
	return NULL;
}

static void
set(struct names *names, const char *path, struct file *file)
{
	struct name *have = find(names, path);

	if (have == NULL) {
		names->of =
		    grow(names->of, names->n, &names->cap, sizeof *names->of);
		have = &names->of[names->n++];
		have->path = strdup(path);
	}
	have->file = file;
}

static void
unset(struct names *names, const char *path)
{
	struct name *have = find(names, path);

	if (have == NULL)
		return;
	free(have->path);
	*have = names->of[--names->n];
}

/* False when the name it starts from is not there. */
static bool
make_move(struct names *names, const struct move *m)
{
	struct name *from;
	struct file *file;

	switch (m->kind) {
	case EVENT_CREATE:
	case EVENT_MKDIR:
		set(names, m->a, m->file);
		return true;
	case EVENT_UNLINK:
		unset(names, m->a);
		return true;
	default:
		if ((from = find(names, m->a)) == NULL)
			return false;
		file = from->file;
		if (m->kind == EVENT_RENAME)
			unset(names, m->a);
		set(names, m->b, file);
		return true;
	}
}

struct disk *
disk_new(const char *root)
{
	struct disk *d = calloc(1, sizeof *d);

	if (d == NULL)
		abort();
	d->root = strdup(root);
	return d;
}

static void
names_release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->of[i].path);
	free(names->of);
}

void
disk_free(struct disk *d)
{
	for (size_t i = 0; i < d->n_files; i++) {
		free(d->files[i]->sure);
		free(d->files[i]->changes);
		free(d->files[i]);
	}
	free(d->files);
	names_release(&d->now);
	names_release(&d->sure);
	free(d->moves);
	free(d->root);
	free(d);
}

static struct file *
file_of(struct disk *d, uint64_t id)
{
	/* The newest: numbers of deleted files come again. */
	for (size_t i = d->n_files; i-- > 0;)
		if (d->files[i]->id == id)
			return d->files[i];
	return NULL;
}

static struct file *
file_new(struct disk *d, uint64_t id)
{
	struct file *f = calloc(1, sizeof *f);

	if (f == NULL)
		abort();
	f->id = id;
	d->files = grow(d->files, d->n_files, &d->cap_files, sizeof *d->files);
	d->files[d->n_files++] = f;
	return f;
}

static void
change(uint8_t **data, size_t *len, uint64_t off, const uint8_t *with, size_t n)
{
	size_t end = with == NULL ? off : off + n;

	if (with == NULL || end > *len) {
		*data = realloc(*data, end + 1);
		if (*data == NULL)
			abort();
		if (end > *len)
			memset(*data + *len, 0, end - *len);
		*len = end;
	}
	if (with != NULL)
		memcpy(*data + off, with, n);
}

static void
sync_file(struct file *f)
{
	for (size_t i = 0; i < f->n; i++)
		change(&f->sure, &f->len, f->changes[i].off, f->changes[i].data,
		    f->changes[i].len);
	f->n = 0;
}

static bool
is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return path != NULL && strncmp(path, dir, n) == 0 && path[n] == '/' &&
	       strchr(path + n + 1, '/') == NULL;
}

/* fsync of a folder: all that happened to names in it. */
static void
sync_names(struct disk *d, const char *dir)
{
	size_t left = 0;

	for (size_t i = 0; i < d->n_moves; i++) {
		struct move *m = &d->moves[i];
		if (is_in(m->a, dir) || is_in(m->b, dir))
			(void)make_move(&d->sure, m);
		else
			d->moves[left++] = *m;
	}
	d->n_moves = left;
}

void
disk_apply(struct disk *d, const struct event *e)
{
	struct move m = {e->kind, e->a, e->b, NULL, false};
	struct file *f = NULL;

	switch (e->kind) {
	case EVENT_SAID:
		return;
	case EVENT_SYNC_DIR:
		if (d->lie != DISK_NO_SYNC && d->lie != DISK_NO_NAME_SYNC)
			sync_names(d, e->a);
		return;
	case EVENT_SYNC:
		f = file_of(d, e->id);
		if (f != NULL && d->lie != DISK_NO_SYNC &&
		    d->lie != DISK_NO_DATA_SYNC &&
		    (d->lie != DISK_NO_DATABASE_SYNC || !f->database))
			sync_file(f);
		return;
	case EVENT_WRITE:
	case EVENT_TRUNC:
		if ((f = file_of(d, e->id)) == NULL)
			return;
		f->changes =
		    grow(f->changes, f->n, &f->cap, sizeof *f->changes);
		f->changes[f->n++] = (struct change){e->off, e->data, e->len};
		return;
	case EVENT_CREATE:
		m.file = file_new(d, e->id);
		m.file->database = strstr(e->a, ".db") != NULL;
		break;
	default:
		break;
	}
	(void)make_move(&d->now, &m);
	d->moves = grow(d->moves, d->n_moves, &d->cap_moves, sizeof m);
	d->moves[d->n_moves++] = m;
}

void
disk_set_lie(struct disk *d, enum disk_lie lie)
{
	d->lie = lie;
}

void
disk_keep(struct disk *d, const char *path)
{
	struct stat st;
	struct file *f;
	FILE *fp = fopen(path, "r");

	if (fp == NULL || fstat(fileno(fp), &st) != 0) {
		perror(path);
		abort();
	}
	f = file_new(d, st.st_ino);
	f->len = (size_t)st.st_size;
	f->sure = malloc(f->len + 1);
	if (f->sure == NULL || fread(f->sure, 1, f->len, fp) != f->len)
		abort();
	fclose(fp);
	set(&d->now, path, f);
	set(&d->sure, path, f);
}

static uint64_t
next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void
names_copy(const struct names *from, struct names *to)
{
	*to = (struct names){0};
	for (size_t i = 0; i < from->n; i++)
		set(to, from->of[i].path, from->of[i].file);
}

/* Names that survive. */
static void
choose_names(
    const struct disk *d, uint64_t *x, uint64_t choose, struct names *out)
{
	size_t upto = choose == 0 ? 0 : d->n_moves;
	bool each = false;

	names_copy(&d->sure, out);
	if (choose > 1 && d->n_moves > 0) {
		upto = next(x) % (d->n_moves + 1);
		each = next(x) % 2 == 0;
	}
	for (size_t i = 0; i < (each ? d->n_moves : upto); i++)
		if (!each || next(x) % 2 == 0)
			(void)make_move(out, &d->moves[i]);
}

/* Data that survives: one of a file's possible contents. */
static void
write_file(const struct file *f, uint64_t *x, uint64_t choose, const char *path)
{
	uint8_t *data = malloc(f->len + 1);
	size_t len = f->len, k;
	int how = choose == 0 ? 0 : choose == 1 ? 1 : (int)(next(x) % 4);
	FILE *fp = fopen(path, "w");

	if (data == NULL || fp == NULL) {
		perror(path);
		abort();
	}
	if (len > 0)
		memcpy(data, f->sure, len);
	for (size_t i = 0; i < f->n && how != 0; i++) {
		const struct change *c = &f->changes[i];
		size_t upto = c->len;
		if (how > 1 && next(x) % 2 == 0)
			continue;
		if (c->data == NULL) {
			change(&data, &len, c->off, NULL, 0);
			continue;
		}
		if (how == 3) /* torn: some of its sectors */
			for (k = 0; k < c->len; k += SECTOR) {
				size_t n =
				    c->len - k < SECTOR ? c->len - k : SECTOR;
				if (next(x) % 2 == 0)
					change(&data, &len, c->off + k,
					    c->data + k, n);
			}
		else
			change(&data, &len, c->off, c->data, upto);
	}
	if (fwrite(data, 1, len, fp) != len || fclose(fp) != 0)
		abort();
	free(data);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(
	    ((const struct name *)a)->path, ((const struct name *)b)->path);
}

void
disk_image(const struct disk *d, uint64_t choose, const char *dir)
{
	uint64_t x = choose * 2654435761u + 88172645463325252u;
	struct names names;
	size_t root = strlen(d->root);
	char path[512];

	mkdir(dir, 0700);
	choose_names(d, &x, choose, &names);
	qsort(names.of, names.n, sizeof *names.of, by_path);
	for (size_t i = 0; i < names.n; i++) {
		const struct name *n = &names.of[i];
		char *slash;
		struct stat st;

		if (strncmp(n->path, d->root, root) != 0)
			continue;
		snprintf(path, sizeof path, "%s%s", dir, n->path + root);
		slash = strrchr(path, '/');
		*slash = '\0';
		/* A folder that is not there takes what was in it along. */
		if (stat(path, &st) != 0)
			continue;
		*slash = '/';
		if (n->file == NULL)
			mkdir(path, 0700);
		else
			write_file(n->file, &x, choose, path);
	}
	names_release(&names);
}
