/*
 * Registry and log: what a chunk of 500 costs, and whether it grows.
 *     bench-store DIR [ROWS]
 *     bench-store DIR ROWS SPEC    the same chunks on another engine, in turn
 * DIR lies on the disk to be measured; ROWS 1000000 by default.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "keys/trust.h"
#include "log/log.h"
#include "registry/registry.h"

#define CHUNK 500

static struct registry *reg;
static struct why why;
static bool registry_has_it; /* else the head lives here */
static struct log_head head;

static double
wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(enum cred_err e)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "bench-store: %s: %s\n", cred_errname(e), why.text);
	exit(2);
}

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *w)
{
	(void)ctx;
	*out = head;
	if (!registry_has_it)
		return CRED_OK;
	return registry_head_get(reg, &out->size, out->root.b, out->note,
	    sizeof out->note, &out->note_len, w);
}

static enum cred_err
head_swap(void *ctx, uint64_t old_size, const struct log_head *h, struct why *w)
{
	(void)ctx;
	head = *h;
	if (!registry_has_it)
		return CRED_OK;
	return registry_head_swap(reg, old_size, h->size, h->root.b,
	    bytes_of(h->note, h->note_len), w);
}

static enum cred_err
sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *w)
{
	static const uint8_t id[4], sig[64];
	struct checkpoint c = {bytes_str("example.org/log"), size, *root};
	uint8_t text[512];
	struct outbuf t = {text, sizeof text, 0};
	enum cred_err e = checkpoint_encode(&c, &t);

	(void)ctx, (void)w;
	return e != CRED_OK ? e
			    : note_encode(bytes_of(text, t.len), c.origin, id,
				  sig, note);
}

static char numbers[CHUNK][32], ids[CHUNK][24];
static uint8_t payload[230], credential[330];

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *w)
{
	static char name[] = "阿拉腾其木格", occupation[] = "电工",
		    code[] = "6-31-01-03";

	(void)ctx, (void)w;
	snprintf(numbers[i], sizeof numbers[i], "%s%06u", r->number_series,
	    r->serial);
	snprintf(ids[i], sizeof ids[i], "%018llu",
	    (unsigned long long)r->index * 7919 % 1000000007);
	*out = (struct registry_entry){.kind = KIND_LEVEL,
	    .number = numbers[i],
	    .name = name,
	    .id_number = ids[i],
	    .id_type = ID_RESIDENT,
	    .occupation = occupation,
	    .code = code,
	    .level = 4,
	    .issued = 20000,
	    .payload = bytes_of(payload, sizeof payload),
	    .print = bytes_str("{\"photo\":null}")};
	return CRED_OK;
}

static void
reserve_and_store(uint32_t first, uint8_t (*entries)[TLOG_ENTRY_LEN])
{
	static struct reservation rows[CHUNK];
	static uint64_t index[CHUNK];
	static struct bytes creds[CHUNK];

	for (uint32_t i = 0; i < CHUNK; i++) {
		uint32_t row = first + i;
		rows[i] = (struct reservation){
		    .row = row, .number_series = "S000015000123254"};
		trust_sha256(rows[i].row_key, bytes_of(&row, sizeof row),
		    bytes_of("", 0));
	}
	must(registry_reserve(reg, "bench", rows, CHUNK, 1, fill, NULL, &why));
	for (size_t i = 0; i < CHUNK; i++) {
		index[i] = rows[i].index;
		creds[i] = bytes_of(credential, sizeof credential);
		trust_sha256(entries[i], creds[i], bytes_of("", 0));
	}
	must(registry_store(reg, index, creds, CHUNK, 2, &why));
}

/* How often this disk makes 4 kB durable. */
static void
raw_sync(const char *dir)
{
	char path[512], block[4096] = {1};
	double start;
	int fd, n = 0;

	snprintf(path, sizeof path, "%s/raw", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	for (start = wall(); wall() - start < 1; n++)
		if (pwrite(fd, block, sizeof block, n * 4096L) < 0 ||
		    fdatasync(fd) != 0)
			exit(2);
	close(fd);
	unlink(path);
	bench_line("raw-fdatasync", n, "/s", 0, "");
}

static void
bench_registry(const char *dir, struct log *log, uint32_t rows)
{
	static uint8_t entries[CHUNK][TLOG_ENTRY_LEN];
	double in_log = 0, start = wall(), cpu = bench_cpu(), t;
	uint64_t first;

	(void)dir;
	for (uint32_t at = 0; at < rows; at += CHUNK) {
		reserve_and_store(at, entries);
		t = wall();
		must(log_append(log, (const uint8_t(*)[TLOG_ENTRY_LEN])entries,
		    CHUNK, &first, &why));
		in_log += wall() - t;
	}
	bench_line(
	    "store-chunks-of-500", rows / (wall() - start), "rows/s", 0, "");
	bench_line("store-chunks-of-500-cpu", rows / (bench_cpu() - cpu),
	    "rows/s/core", 0, "");
	bench_line("of-this-log-append", 1e3 * in_log / (rows / CHUNK),
	    "ms/chunk", 0, "");
}

static void
bench_look_up(uint32_t rows)
{
	struct registry_entry e;
	char number[40], id[24];
	uint64_t x = 88172645463325252u, index;
	double start = bench_cpu();
	bool found;
	int n = 0;

	for (; bench_cpu() - start < 1; n++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		snprintf(number, sizeof number, "S000015000123254%06u",
		    (unsigned)(x % rows) + 1);
		must(registry_by_number(reg, number, &e, &found, &why));
		if (!found)
			exit(2);
		registry_entry_release(&e);
	}
	bench_line("by-number", n, "/s/core", 0, "");
	start = bench_cpu();
	for (n = 0; bench_cpu() - start < 1; n++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		snprintf(id, sizeof id, "%018llu",
		    (unsigned long long)(x % rows) * 7919 % 1000000007);
		must(registry_find_same(reg,
		    &(struct registry_same){ID_RESIDENT, id, KIND_LEVEL,
			"6-31-01-03", "电工", 4, 0, NULL},
		    &index, &found, &why));
		if (!found)
			exit(2);
	}
	bench_line("find-same-person", n, "/s/core", 0, "");
}

static long
resident_kb(void)
{
	long total = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%ld %ld", &total, &resident) != 2)
		resident = 0;
	if (f != NULL)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static enum cred_err
count_row(void *ctx, const struct registry_entry *e, struct why *w)
{
	(void)e, (void)w;
	++*(uint64_t *)ctx;
	return CRED_OK;
}

static void
bench_walk(void)
{
	static uint8_t raw[STATUSLIST_RAW_MAX + 1];
	long before = resident_kb();
	uint64_t n = 0;
	double start = bench_cpu();

	must(registry_each(reg, NULL, count_row, &n, &why));
	bench_line("list-rows", (double)n / (bench_cpu() - start),
	    "rows/s/core", 0, "");
	bench_line("list-grows-memory", (double)(resident_kb() - before) / 1e3,
	    "MB", 0, "");
	start = bench_cpu();
	must(registry_status_bits(reg, 0, STATUSLIST_ENTRIES, raw, &why));
	bench_line(
	    "status-bits-of-a-list", 1e3 * (bench_cpu() - start), "ms", 0, "");
}

/* The log alone, tenth by tenth: the last must cost what the first does. */
static void
bench_log(struct log *log, uint32_t rows)
{
	static uint8_t entries[CHUNK][TLOG_ENTRY_LEN];
	double first_tenth = 0, t, cpu;
	uint64_t first, bad;
	uint32_t seed = 0;

	for (int tenth = 0; tenth < 10; tenth++) {
		t = wall();
		cpu = bench_cpu();
		for (uint32_t at = 0; at < rows / 10; at += CHUNK) {
			for (size_t i = 0; i < CHUNK; i++, seed++)
				memcpy(entries[i], &seed, sizeof seed);
			must(log_append(log,
			    (const uint8_t(*)[TLOG_ENTRY_LEN])entries, CHUNK,
			    &first, &why));
		}
		t = 1e6 * (wall() - t) / (rows / 10);
		cpu = 1e6 * (bench_cpu() - cpu) / (rows / 10);
		if (tenth == 0)
			first_tenth = cpu;
		if (tenth == 0 || tenth == 9) {
			bench_line(
			    tenth == 0 ? "log-first-tenth" : "log-last-tenth",
			    t, "us/entry", 0, "");
			bench_line(tenth == 0 ? "log-first-tenth-cpu"
					      : "log-last-tenth-cpu",
			    cpu, "us/entry", first_tenth,
			    "log-first-tenth-cpu");
		}
	}
	cpu = bench_cpu();
	must(log_verify(log, &bad, &why));
	bench_line("log-verify", (double)log_size(log) / (bench_cpu() - cpu),
	    "entries/s", 0, "");
}

/* Chunk by chunk in turn, so that what else runs slows both. */
static void
bench_engines(const char *first, const char *second, uint32_t rows)
{
	static uint8_t entries[CHUNK][TLOG_ENTRY_LEN];
	const char *const specs[2] = {first, second};
	struct registry *r[2];
	double took[2] = {0};

	for (int k = 0; k < 2; k++)
		must(registry_open(specs[k], REGISTRY_WRITE, &r[k], &why));
	for (uint32_t at = 0; at < rows; at += CHUNK)
		for (int k = 0; k < 2; k++) {
			double start = wall();
			reg = r[k];
			reserve_and_store(at, entries);
			took[k] += wall() - start;
		}
	bench_line("chunks-of-500-sqlite", rows / took[0], "rows/s", 0, "");
	bench_line("chunks-of-500-postgresql", rows / took[1], "rows/s",
	    rows / took[0], "sqlite");
	for (int k = 0; k < 2; k++)
		registry_close(r[k]);
}

int
main(int argc, char **argv)
{
	const struct log_ops ops = {
	    NULL, head_get, head_swap, sign, trust_sha256};
	uint32_t rows = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000000;
	char path[512];
	struct log *log = NULL;

	if (argc < 2 || rows < 10 * CHUNK)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	rows -= rows % (10 * CHUNK);
	raw_sync(argv[1]);
	if (argc > 3) {
		snprintf(path, sizeof path, "sqlite:%s/beside.db", argv[1]);
		bench_engines(path, argv[3], rows);
		return 0;
	}
	snprintf(path, sizeof path, "sqlite:%s/registry.db", argv[1]);
	must(registry_open(path, REGISTRY_WRITE, &reg, &why));
	registry_has_it = true;
	snprintf(path, sizeof path, "%s/log", argv[1]);
	must(log_open(path, &ops, &log, &why));
	bench_registry(argv[1], log, rows);
	log_close(log);
	bench_look_up(rows);
	bench_walk();
	registry_has_it = false;
	memset(&head, 0, sizeof head);
	snprintf(path, sizeof path, "%s/log-alone", argv[1]);
	must(log_open(path, &ops, &log, &why));
	bench_log(log, rows);
	log_close(log);
	registry_close(reg);
	return 0;
}
