/*
 * Whole verification from local files, once they are loaded: text, signature,
 * status list, log entry up to the checkpoint, CRL, verdict; against raw EVP.
 * bench-publication PUB ANCHOR TEXTS: one QR text a line, all valid.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/pair.h"
#include "edge/file.h"
#include "verifier/publication.h"

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

struct ours {
	struct publication *pub;
	struct publication_hold hold;
	struct verify_opts opts;
	size_t at;
};

static void
ours_open(struct ours *o, struct publication_opts opts)
{
	struct why why = {""};

	must(publication_open(&opts, &o->pub, &why), &why);
	must(publication_hold(o->pub, &o->hold, &why), &why);
	o->opts.now = time(NULL);
	o->at = 0;
}

static void
ours_close(struct ours *o)
{
	publication_release(&o->hold);
	publication_close(o->pub);
}

static void
ours_verify(void *ctx)
{
	static struct verification v;
	struct ours *o = ctx;

	if (publication_verify(&o->hold, texts[o->at], &o->opts, &v) !=
		CRED_OK ||
	    v.verdict.status != VERDICT_VALID) {
		fprintf(
		    stderr, "not valid: %s\n", verdict_name(v.verdict.status));
		exit(2);
	}
	o->at = (o->at + 1) % n_texts;
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

static void
raw_verify(void *ctx)
{
	struct raw *r = ctx;

	if (EVP_MD_CTX_copy_ex(r->use, r->proto) != 1 ||
	    EVP_DigestVerify(
		r->use, r->sig, r->sig_len, r->tbs, sizeof r->tbs) != 1)
		exit(2);
}

int
main(int argc, char **argv)
{
	struct publication_opts opts = {.refresh_s = 3600};
	struct ours plain, tables;
	struct why why = {""};
	uint8_t *anchor, *list;
	size_t anchor_len, list_len;
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
	ours_open(&tables, opts);
	opts.no_tables = true;
	ours_open(&plain, opts);
	raw_open(&raw);
	bench_pair(
	    (struct bench_side){"verify-status-log", ours_verify, &plain},
	    (struct bench_side){"raw-evp-verify", raw_verify, &raw});
	bench_pair((struct bench_side){"verify-status-log-tables", ours_verify,
		       &tables},
	    (struct bench_side){"raw-evp-verify", raw_verify, &raw});
	ours_close(&plain);
	ours_close(&tables);
	return 0;
}
