#include "tests/registry/fixture.h"

#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "tests/registry/server.h"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

struct fixture *
fixture_new(const char *engine)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "%s/tamga-registry.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	if (strcmp(engine, "sqlite:") == 0)
		snprintf(
		    f->spec, sizeof f->spec, "sqlite:%s/registry.db", f->dir);
	else if (strcmp(engine, "postgresql:") == 0)
		server_new_spec(server_shared(), f->spec, sizeof f->spec);
	else
		snprintf(f->spec, sizeof f->spec, "%s", engine);
	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &f->r, &f->why));
	return f;
}

bool
fixture_is_memory(const struct fixture *f)
{
	return strcmp(f->spec, "memory:") == 0;
}

void
fixture_reopen(struct fixture *f)
{
	if (fixture_is_memory(f))
		return;
	registry_close(f->r);
	f->r = NULL;
	assert_ok(f, registry_open(f->spec, REGISTRY_WRITE, &f->r, &f->why));
}

void
fixture_free(struct fixture *f)
{
	registry_close(f->r);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
}

struct plan *
plan_new(void)
{
	struct plan *p = calloc(1, sizeof *p);

	assert_non_null(p);
	p->name = "张三";
	p->code = "6-31-01-03";
	p->occupation = "电工";
	p->kind = KIND_LEVEL;
	p->level = 4;
	p->refuse_at = SIZE_MAX;
	return p;
}

enum cred_err
fill_plain(void *ctx, struct reservation *r, size_t i,
    struct registry_entry *out, struct why *why)
{
	struct plan *p = ctx;

	p->calls++;
	if (i == p->refuse_at)
		return why_set(why, CRED_ERR_NOT_LEVEL, "row %u", r->row);
	assert_true(i < 4096);
	snprintf(
	    p->ids[i], sizeof p->ids[i], "15010219900101%04u", r->row % 10000);
	out->kind = p->kind;
	out->name = unconst_text(p->name);
	out->id_number =
	    p->id_number != NULL ? unconst_text(p->id_number) : p->ids[i];
	out->id_type = ID_RESIDENT;
	out->occupation = unconst_text(p->occupation);
	out->code = unconst_text(p->code);
	out->level = p->level;
	out->issued = 20000;
	if (p->kind != KIND_OPERATION) {
		if (p->number != NULL || r->number != NULL)
			snprintf(p->numbers[i], sizeof p->numbers[i], "%s",
			    r->number != NULL ? r->number : p->number);
		else
			snprintf(p->numbers[i], sizeof p->numbers[i], "%s%06u",
			    r->number_series, r->serial);
		out->number = p->numbers[i];
	}
	memcpy(p->payloads[i], "payload-", 8);
	for (int k = 0; k < 8; k++)
		p->payloads[i][8 + k] = (uint8_t)(r->index >> (8 * k));
	out->payload =
	    p->payload.len > 0 ? p->payload : bytes_of(p->payloads[i], 16);
	out->print = bytes_str("{\"mn\":\"\"}");
	return CRED_OK;
}

void
row_init(struct reservation *r, uint32_t n, const char *series)
{
	*r = (struct reservation){.row = n, .number_series = series};
	for (int k = 0; k < 4; k++)
		r->row_key[k] = (uint8_t)(n >> (8 * k));
}

void
reserve_n(struct registry *r, const char *batch, uint32_t first, size_t n,
    uint64_t *first_index)
{
	struct reservation *rows = calloc(n, sizeof *rows);
	struct plan *p = plan_new();
	struct fixture f = {.r = r};

	assert_non_null(rows);
	for (size_t i = 0; i < n; i++)
		row_init(&rows[i], first + (uint32_t)i, "S000015000123254");
	assert_ok(&f,
	    registry_reserve(r, batch, rows, n, NOW, fill_plain, p, &f.why));
	if (first_index != NULL)
		*first_index = rows[0].index;
	free(rows);
	free(p);
}

void
store_n(struct registry *r, uint64_t from, size_t n)
{
	struct fixture f = {.r = r};
	char text[32];

	for (uint64_t i = from; i < from + n; i++) {
		struct bytes b;
		snprintf(text, sizeof text, "cred-%llu", (unsigned long long)i);
		b = bytes_str(text);
		assert_ok(&f, registry_store(r, &i, &b, 1, NOW + 1, &f.why));
	}
}

enum cred_err
swap(struct registry *r, uint64_t from, uint64_t to, struct why *why)
{
	uint8_t root[32] = {1};
	char note[64];

	for (int k = 0; k < 8; k++)
		root[8 + k] = (uint8_t)(to >> (8 * k));
	snprintf(note, sizeof note, "note of %llu", (unsigned long long)to);
	return registry_head_swap(r, from, to, root, bytes_str(note), why);
}
