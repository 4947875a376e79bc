/*
 * Whole verification from local files, once they are loaded: text, signature,
 * status list, log entry up to the checkpoint, CRL, verdict; against raw EVP.
 * bench-publication PUB ANCHOR TEXTS: one QR text a line, all valid.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "edge/file.h"
#include "verifier/publication.h"

#define TURNS 15
#define TURN_S 0.2
#define MAX_TEXTS 100000

static struct bytes texts[MAX_TEXTS];
static size_t n_texts;

static void
must(enum cred_err e, const struct why *why)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "bench-publication: %s: %s\n", cred_errname(e),
	    why->text);
	exit(2);
}

static void
split(uint8_t *text, size_t len)
{
	uint8_t *end = text + len;

	while (text < end && n_texts < MAX_TEXTS) {
		uint8_t *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl != NULL ? nl : end) - text);
		if (n > 0)
			texts[n_texts++] = bytes_of(text, n);
		text += n + 1;
	}
	if (n_texts == 0)
		exit(2);
}

static double
ours(const struct publication_hold *h, int64_t now)
{
	static struct verification v;
	static size_t at;
	struct verify_opts opts = {.now = now};
	double start = bench_cpu(), end;
	long n = 0;

	do {
		for (int i = 0; i < 50; i++, n++, at = (at + 1) % n_texts)
			if (publication_verify(h, texts[at], &opts, &v) !=
				CRED_OK ||
			    v.verdict.status != VERDICT_VALID) {
				fprintf(stderr, "not valid: %s\n",
				    verdict_name(v.verdict.status));
				exit(2);
			}
		end = bench_cpu();
	} while (end - start < TURN_S);
	return (double)n / (end - start);
}

struct raw {
	EVP_MD_CTX *proto, *use;
	uint8_t tbs[220], sig[80];
	size_t sig_len;
};

static void
raw_open(struct raw *r)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *sign = EVP_MD_CTX_new();

	*r = (struct raw){EVP_MD_CTX_new(), EVP_MD_CTX_new(), {1}, {0},
	    sizeof r->sig};
	if (EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(sign, r->sig, &r->sig_len, r->tbs,
		sizeof r->tbs) != 1 ||
	    EVP_DigestVerifyInit(r->proto, NULL, EVP_sha256(), NULL, key) != 1)
		exit(2);
	EVP_MD_CTX_free(sign);
	EVP_PKEY_free(key);
}

static double
raw_verify(struct raw *r)
{
	double start = bench_cpu(), end;
	long n = 0;

	do {
		for (int i = 0; i < 50; i++, n++)
			if (EVP_MD_CTX_copy_ex(r->use, r->proto) != 1 ||
			    EVP_DigestVerify(r->use, r->sig, r->sig_len, r->tbs,
				sizeof r->tbs) != 1)
				exit(2);
		end = bench_cpu();
	} while (end - start < TURN_S);
	return (double)n / (end - start);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	double a[TURNS], b[TURNS];
	struct publication_opts opts = {.refresh_s = 3600};
	struct publication_hold hold;
	struct publication *pub;
	struct why why = {""};
	uint8_t *anchor, *list;
	size_t anchor_len, list_len;
	int64_t now = time(NULL);
	struct raw raw;

	if (argc != 4) {
		fprintf(stderr, "usage: bench-publication PUB ANCHOR TEXTS\n");
		return 2;
	}
	must(file_read(argv[2], 65536, &anchor, &anchor_len, &why), &why);
	must(file_read(argv[3], 1 << 30, &list, &list_len, &why), &why);
	split(list, list_len);
	opts.anchor = bytes_of(anchor, anchor_len);
	opts.source = argv[1];
	must(publication_open(&opts, &pub, &why), &why);
	must(publication_hold(pub, &hold, &why), &why);
	raw_open(&raw);
	ours(&hold, now);
	raw_verify(&raw);
	for (int i = 0; i < TURNS; i++) {
		a[i] = ours(&hold, now);
		b[i] = raw_verify(&raw);
	}
	qsort(a, TURNS, sizeof *a, by_value);
	qsort(b, TURNS, sizeof *b, by_value);
	bench_line("raw-evp-verify", b[TURNS / 2], "/s/core", 0, "");
	bench_line("verify-status-log", a[TURNS / 2], "/s/core", b[TURNS / 2],
	    "raw-evp-verify");
	publication_release(&hold);
	publication_close(pub);
	return 0;
}
