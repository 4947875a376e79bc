/*
 * bench-audit BODYHOME PASSFILE DIR N: a publication's log and status lists of
 * N entries, for tamga-audit to be timed on. DIR already holds trust/. Prints
 * what the hashes alone cost: entries a second and core, two SHA-256 each.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "edge/file.h"
#include "keys/signer.h"
#include "keys/trust.h"
#include "log/log.h"

#define CHUNK 65536

static struct {
	struct signer *signer;
	struct logkey *logkey;
	struct log_head head;
	struct why why;
} b;

static void
must(enum cred_err e)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "bench-audit: %s: %s\n", cred_errname(e), b.why.text);
	exit(2);
}

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	(void)ctx;
	(void)why;
	*out = b.head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	(void)ctx;
	(void)old_size;
	(void)why;
	b.head = *head;
	return CRED_OK;
}

static enum cred_err
head_sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	const struct scope *s = signer_scope(b.signer);
	uint8_t origin[512];
	struct outbuf o = {origin, sizeof origin, 0};
	enum cred_err e =
	    checkpoint_origin(bytes_str(s->base), bytes_str(s->body_id), &o);

	(void)ctx;
	return e != CRED_OK
		   ? e
		   : logkey_checkpoint(b.logkey, bytes_of(origin, o.len), size,
			 root, note, why);
}

static void
make_log(const char *dir, const char *pub, uint64_t n)
{
	const struct log_ops ops = {
	    NULL, head_get, head_swap, head_sign, trust_sha256};
	uint8_t(*entries)[TLOG_ENTRY_LEN] = malloc(CHUNK * sizeof *entries);
	struct log *log;
	uint64_t first;

	if (entries == NULL)
		must(CRED_FAULT_NOMEM);
	must(log_open(dir, &ops, &log, &b.why));
	for (uint64_t done = 0; done < n;) {
		size_t k = n - done < CHUNK ? (size_t)(n - done) : CHUNK;

		for (size_t i = 0; i < k; i++) {
			uint64_t at = done + i;
			trust_sha256(entries[i], bytes_of(&at, sizeof at),
			    (struct bytes){0});
		}
		must(log_append(log, (const uint8_t(*)[TLOG_ENTRY_LEN])entries,
		    k, &first, &b.why));
		done += k;
	}
	must(log_publish(log, pub, &b.why));
	log_close(log);
	free(entries);
}

static void
make_list(const char *dir, unsigned list, uint64_t n)
{
	uint8_t *raw = calloc(1, STATUSLIST_RAW_MAX);
	uint8_t *token = malloc(STATUSLIST_TOKEN_MAX);
	struct outbuf out = {token, STATUSLIST_TOKEN_MAX, 0};
	int64_t now = time(NULL);
	char *path;

	if (raw == NULL || token == NULL ||
	    asprintf(&path, "%s/%u", dir, list) < 0)
		must(CRED_FAULT_NOMEM);
	for (uint64_t i = 0; i < n; i += 997)
		statuslist_set(raw, i, STATUS_REVOKED);
	must(signer_statuslist(b.signer, list,
	    bytes_of(raw, (size_t)(n + 3) / 4), now, now + 86400, 3600, &out,
	    &b.why));
	must(file_write(path, bytes_of(token, out.len), 0644, &b.why));
	free(path);
	free(token);
	free(raw);
}

static void
hashes_alone(uint64_t n)
{
	uint8_t entry[32] = {0}, node[64] = {0};
	const uint8_t zero = 0;
	double t = bench_cpu();

	for (uint64_t i = 0; i < n; i++) {
		trust_sha256(node, bytes_of(&zero, 1), bytes_of(entry, 32));
		trust_sha256(entry, bytes_of(&zero, 1), bytes_of(node, 64));
	}
	bench_line(
	    "audit-hashes", (double)n / (bench_cpu() - t), "/s/core", 0, "-");
}

int
main(int argc, char **argv)
{
	struct pass_source pass = {.fd = -1};
	char *own, *log, *status;
	const char *id;
	uint64_t n;

	if (argc != 5)
		return 2;
	n = strtoull(argv[4], NULL, 10);
	pass.file = argv[2];
	must(signer_open_home(argv[1], &pass, &b.signer, &b.logkey, &b.why));
	id = signer_scope(b.signer)->body_id;
	if (asprintf(&own, "%s/own-log", argv[3]) < 0 ||
	    asprintf(&log, "%s/bodies/%s/log", argv[3], id) < 0 ||
	    asprintf(&status, "%s/bodies/%s/status", argv[3], id) < 0)
		must(CRED_FAULT_NOMEM);
	must(file_mkdirs(status, 0755, &b.why));
	must(file_mkdirs(log, 0755, &b.why));
	make_log(own, log, n);
	for (uint64_t i = 0; i * STATUSLIST_ENTRIES < n; i++) {
		uint64_t left = n - i * STATUSLIST_ENTRIES;
		make_list(status, (unsigned)i,
		    left < STATUSLIST_ENTRIES ? left : STATUSLIST_ENTRIES);
	}
	hashes_alone(n);
	free(own);
	free(log);
	free(status);
	signer_free(b.signer);
	logkey_free(b.logkey);
	return 0;
}
