#include "tests/log/fixture.h"

#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "keys/trust.h"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
remove_all(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	struct fixture *f = ctx;

	(void)why;
	*out = f->head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	struct fixture *f = ctx;

	f->swaps++;
	if (f->fail_swap != CRED_OK && !f->swap_then_fail)
		return why_set(why, f->fail_swap, "swap refused");
	if (f->head.size != old_size)
		return why_set(why, CRED_FAULT_CONFLICT, "swap lost");
	f->head = *head;
	return f->fail_swap;
}

void
fake_note(uint64_t size, const struct tlog_hash *root, struct outbuf *note)
{
	static const uint8_t key_id[4] = {1, 2, 3, 4}, sig[64];
	struct checkpoint c = {bytes_str("example.org/log"), size, *root};
	uint8_t text[1024];
	struct outbuf t = {text, sizeof text, 0};

	assert_int_equal(checkpoint_encode(&c, &t), CRED_OK);
	assert_int_equal(
	    note_encode(bytes_of(text, t.len), c.origin, key_id, sig, note),
	    CRED_OK);
}

static enum cred_err
sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	struct fixture *f = ctx;

	f->signs++;
	if (f->fail_sign != CRED_OK)
		return why_set(why, f->fail_sign, "no key");
	fake_note(f->wrong_sign != 0 ? f->wrong_sign : size, root, note);
	return CRED_OK;
}

void
fixture_open(struct fixture *f)
{
	assert_ok(f, log_open(f->log_dir, &f->ops, &f->l, &f->why));
}

void
fixture_close(struct fixture *f)
{
	log_close(f->l);
	f->l = NULL;
}

struct fixture *
fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "%s/tamga-log.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->log_dir, sizeof f->log_dir, "%s/log", f->dir);
	snprintf(f->pub, sizeof f->pub, "%s/pub", f->dir);
	f->ops = (struct log_ops){f, head_get, head_swap, sign, trust_sha256};
	fixture_open(f);
	return f;
}

void
fixture_free(struct fixture *f)
{
	log_close(f->l);
	remove_all(f->dir);
	free(f);
}

void
entry_of(uint64_t i, uint8_t out[static TLOG_ENTRY_LEN])
{
	uint8_t seed[8];

	for (int k = 0; k < 8; k++)
		seed[k] = (uint8_t)(i >> (8 * k));
	trust_sha256(out, bytes_of(seed, 8), bytes_of("", 0));
}

enum cred_err
append_n(struct fixture *f, size_t n)
{
	uint8_t(*entries)[TLOG_ENTRY_LEN] = calloc(n + 1, sizeof *entries);
	uint64_t at = log_size(f->l), first = UINT64_MAX;
	enum cred_err e;

	assert_non_null(entries);
	for (size_t i = 0; i < n; i++)
		entry_of(at + i, entries[i]);
	e = log_append(f->l, (const uint8_t(*)[TLOG_ENTRY_LEN])entries, n,
	    &first, &f->why);
	if (e == CRED_OK)
		assert_int_equal(first, at);
	free(entries);
	return e;
}

void
root_of(uint64_t n, struct tlog_hash *out)
{
	struct tlog_edge edge = {0};
	uint8_t entry[TLOG_ENTRY_LEN];
	struct tlog_hash leaf;

	for (uint64_t i = 0; i < n; i++) {
		entry_of(i, entry);
		tlog_leaf(trust_sha256, bytes_of(entry, sizeof entry), &leaf);
		tlog_edge_append(trust_sha256, &edge, &leaf);
	}
	tlog_edge_root(trust_sha256, &edge, out);
}

bool
exists(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

void
flip(const char *dir, const char *name, long at)
{
	char path[256];
	FILE *fp;
	int c;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fp = fopen(path, "r+");
	assert_non_null(fp);
	assert_int_equal(fseek(fp, at, SEEK_SET), 0);
	c = fgetc(fp);
	assert_int_not_equal(c, EOF);
	assert_int_equal(fseek(fp, at, SEEK_SET), 0);
	fputc(c ^ 4, fp);
	assert_int_equal(fclose(fp), 0);
}

void
drop(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(remove(path), 0);
}
