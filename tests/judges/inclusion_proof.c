/*
 * inclusion_proof LOGDIR [INDEX…]: inclusion proofs of a published log as
 * tlog_inclusion_path() makes them, one JSON object a line, for verifiers that
 * are not ours. Without INDEX: of every entry.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "credential/note.h"
#include "edge/file.h"
#include "keys/trust.h"

static const char *dir;

static void
die(const char *what)
{
	fprintf(stderr, "inclusion_proof: %s\n", what);
	exit(1);
}

static enum cred_err
read_tile(const struct tlog_tile *t, uint8_t *buf, size_t len)
{
	char path[512], tail[TLOG_PATH_MAX];
	struct why why;
	uint8_t *data;
	size_t n;

	tlog_tile_path(t, tail);
	snprintf(path, sizeof path, "%s/%s", dir, tail);
	if (file_read(path, 1 << 20, &data, &n, &why) != CRED_OK || n != len)
		die(path);
	memcpy(buf, data, len);
	free(data);
	return CRED_OK;
}

static enum cred_err
fetch(void *ctx, const struct tlog_tile *t, struct bytes *out)
{
	static uint8_t buf[TLOG_TILE_WIDTH * 32];

	(void)ctx;
	*out = bytes_of(buf, (size_t)t->width * 32);
	return read_tile(t, buf, out->len);
}

static void
print64(const uint8_t hash[static 32])
{
	uint8_t text[64];

	EVP_EncodeBlock(text, hash, 32);
	printf("\"%s\"", (char *)text);
}

static void
prove(uint64_t index, const struct checkpoint *c)
{
	struct tlog_tile t = {-1, index / TLOG_TILE_WIDTH,
	    tlog_tile_width(-1, index / TLOG_TILE_WIDTH, c->size)};
	uint8_t bundle[TLOG_BUNDLE_MAX], entry[TLOG_ENTRY_LEN];
	size_t len = (size_t)t.width * (2 + TLOG_ENTRY_LEN), n = 0;
	struct tlog_hash path[41];

	if (read_tile(&t, bundle, len) != CRED_OK ||
	    tlog_bundle_get(bytes_of(bundle, len), t.width,
		(unsigned)(index % TLOG_TILE_WIDTH), entry) != CRED_OK ||
	    tlog_inclusion_path(
		trust_sha256, index, c->size, fetch, NULL, path, &n) != CRED_OK)
		die("no proof");
	printf("{\"index\":%llu,\"size\":%llu,\"root\":",
	    (unsigned long long)index, (unsigned long long)c->size);
	print64(c->root.b);
	printf(",\"entry\":");
	print64(entry);
	printf(",\"hashes\":[");
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? "," : "", stdout);
		print64(path[i].b);
	}
	puts("]}");
}

int
main(int argc, char **argv)
{
	struct checkpoint c;
	struct note note;
	char path[512];
	uint8_t *text;
	struct why why;
	size_t len;

	if (argc < 2)
		die("which log?");
	dir = argv[1];
	snprintf(path, sizeof path, "%s/checkpoint", dir);
	if (file_read(path, NOTE_MAX_BYTES, &text, &len, &why) != CRED_OK ||
	    note_decode(bytes_of(text, len), &note) != CRED_OK ||
	    checkpoint_decode(note.text, &c) != CRED_OK)
		die(path);
	for (int i = 2; i < argc; i++)
		prove(strtoull(argv[i], NULL, 10), &c);
	for (uint64_t i = 0; argc == 2 && i < c.size; i++)
		prove(i, &c);
	free(text);
	return 0;
}
