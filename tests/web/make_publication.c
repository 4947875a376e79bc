/*
 * make_publication BODY_HOME PASS_FILE PUB [PICTURES]: signs one certificate
 * for each state that a verifier may meet, writes the body's status list and
 * log into PUB, and prints "state<TAB>text of the QR code" a line. For tests:
 * the log holds a wrong entry for the state not_logged, and lacks the last
 * index. PICTURES: a folder for pictures and PDFs of the codes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "credential/digits.h"
#include "credential/statuslist.h"
#include "edge/file.h"
#include "keys/signer.h"
#include "keys/trust.h"
#include "tests/qr/pictures.h"

#define DAY      86400
#define N_STATES (sizeof STATES / sizeof *STATES)

static const struct state {
	const char *name;
	enum kind kind;
	enum status_value status;
	const char *holder, *occupation, *code, *number;
	int valid_to, review_due; /* days from today; 0: none */
} STATES[] = {
    {"valid", KIND_LEVEL, STATUS_VALID, "王小明", "焊工", "6-18-02-04",
	"000001", 0, 0},
    {"operation", KIND_OPERATION, STATUS_VALID, "苏日娜·巴特尔", "低压电工作业",
	"1.2", NULL, 2000, 900},
    {"revoked", KIND_LEVEL, STATUS_REVOKED, "李四", "电工", "6-31-01-03",
	"000002", 0, 0},
    {"suspended", KIND_LEVEL, STATUS_SUSPENDED, "赵五", "电工", "6-31-01-03",
	"000003", 0, 0},
    {"superseded", KIND_LEVEL, STATUS_SUPERSEDED, "钱六", "电工", "6-31-01-03",
	"000004", 0, 0},
    {"expired", KIND_OPERATION, STATUS_VALID, "孙七", "高处作业", "3.1", NULL,
	-3, -800},
    {"review_overdue", KIND_OPERATION, STATUS_VALID, "周八", "高处作业", "3.1",
	NULL, 800, -3},
    {"review_window", KIND_OPERATION, STATUS_VALID, "吴九", "高处作业", "3.1",
	NULL, 800, 30},
    {"not_logged", KIND_LEVEL, STATUS_VALID, "郑十", "电工", "6-31-01-03",
	"000005", 0, 0},
    {"status_unknown", KIND_LEVEL, STATUS_VALID, "冯十一", "电工", "6-31-01-03",
	"000006", 0, 0},
};

static void
must(enum cred_err e, const struct why *why, const char *what)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "make_publication: %s: %s: %s\n", what, cred_errname(e),
	    why->text);
	exit(2);
}

static void
store(const char *base, const char *name, struct bytes data)
{
	char path[4096], *slash;
	struct why why = {0};

	snprintf(path, sizeof path, "%s/%s", base, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	must(file_mkdirs(path, 0755, &why), &why, path);
	*slash = '/';
	must(file_write(path, data, 0644, &why), &why, path);
}

/* What all of them are: for matches. */
#define HOLDER "150102199001010019"

static uint16_t
check_of(struct signer *s, uint64_t index)
{
	uint8_t buf[ID_CHECK_MAX], hash[32];
	struct outbuf in = {buf, sizeof buf, 0};
	struct why why = {0};

	must(id_check_input(signer_kid(s), index, bytes_str(HOLDER), &in), &why,
	    HOLDER);
	trust_sha256(hash, bytes_of(buf, in.len), (struct bytes){0});
	return id_check_value(hash);
}

static void
sign(struct signer *s, uint64_t index, int64_t now, struct outbuf *out)
{
	const struct state *st = &STATES[index];
	const struct scope *scope = signer_scope(s);
	int32_t today = claims_day(now);
	int year, month, mday;
	uint8_t payload[CRED_MAX_BYTES];
	struct outbuf p = {payload, sizeof payload, 0};
	struct why why = {0};
	char number[32];
	struct claims c = {.iat = now};

	c.cert = (struct certificate){.index = index,
	    .kind = st->kind,
	    .name = bytes_str(st->holder),
	    .id_type = ID_RESIDENT,
	    .id_check = check_of(s, index),
	    .occupation = bytes_str(st->occupation),
	    .code = bytes_str(st->code),
	    .issued = today - 400};
	day_to_civil(c.cert.issued, &year, &month, &mday);
	if (st->kind == KIND_LEVEL) {
		c.cert.level = 4;
		snprintf(number, sizeof number, "%s%02d4%s", scope->prefix,
		    year % 100, st->number);
		c.cert.number = bytes_str(number);
	}
	if (st->valid_to != 0) {
		c.cert.issued = today - 1500;
		c.cert.has_valid_to = c.has_exp = true;
		c.cert.valid_to = today + st->valid_to;
		c.exp = claims_exp(c.cert.valid_to);
		c.cert.has_review_due = true;
		c.cert.review_due = today + st->review_due;
	}
	must(claims_encode(&c, &p), &why, st->name);
	out->len = 0;
	must(signer_credential(s, bytes_of(payload, p.len), out, &why), &why,
	    st->name);
}

static void
write_log(const char *dir, struct logkey *key, const struct scope *scope,
    const uint8_t (*entries)[32], size_t n)
{
	uint8_t bundle[N_STATES * 34], hashes[N_STATES * 32],
	    note[NOTE_MAX_BYTES];
	struct tlog_edge edge = {0};
	struct tlog_hash leaf, root;
	char path[TLOG_PATH_MAX], name[128], origin[512];
	struct outbuf out = {note, sizeof note, 0};
	struct outbuf o = {(uint8_t *)origin, sizeof origin, 0};
	struct why why = {0};
	struct tlog_tile tile = {.level = 0, .n = 0, .width = (unsigned)n};

	for (size_t i = 0; i < n; i++) {
		bundle[i * 34] = 0;
		bundle[i * 34 + 1] = 32;
		memcpy(bundle + i * 34 + 2, entries[i], 32);
		tlog_leaf(trust_sha256, bytes_of(entries[i], 32), &leaf);
		memcpy(hashes + i * 32, leaf.b, 32);
		tlog_edge_append(trust_sha256, &edge, &leaf);
	}
	tlog_edge_root(trust_sha256, &edge, &root);
	tlog_tile_path(&tile, path);
	snprintf(name, sizeof name, "log/%s", path);
	store(dir, name, bytes_of(hashes, n * 32));
	tile.level = -1;
	tlog_tile_path(&tile, path);
	snprintf(name, sizeof name, "log/%s", path);
	store(dir, name, bytes_of(bundle, n * 34));
	must(checkpoint_origin(
		 bytes_str(scope->base), bytes_str(scope->body_id), &o),
	    &why, "origin");
	must(logkey_checkpoint(
		 key, bytes_of(origin, o.len), n, &root, &out, &why),
	    &why, "checkpoint");
	store(dir, "log/checkpoint", bytes_of(note, out.len));
}

static void
write_status(const char *dir, struct signer *s, int64_t now)
{
	static uint8_t raw[64], token[STATUSLIST_TOKEN_MAX];
	struct outbuf out = {token, sizeof token, 0};
	struct why why = {0};

	for (size_t i = 0; i < N_STATES; i++)
		statuslist_set(raw, i, STATES[i].status);
	must(signer_statuslist(s, 0, bytes_of(raw, sizeof raw), now,
		 now + 7 * DAY, 3600, &out, &why),
	    &why, "status list");
	store(dir, "status/0", bytes_of(token, out.len));
}

static char texts[N_STATES][CRED_MAX_TEXT];

static struct gray
sheet_of(const char *text)
{
	struct gray g = sheet_new(700, 700);

	(void)sheet_qr(&g, text, 40, 40, 6);
	return g;
}

static void
save(const char *dir, const char *name, uint8_t *data, const size_t *len)
{
	store(dir, name, bytes_of(data, *len));
	free(data);
}

static void
draw(const char *dir)
{
	struct gray pages[2] = {sheet_of(texts[0]), sheet_of(texts[2])};
	struct gray both = sheet_new(1400, 700), blank = sheet_new(300, 300);
	size_t len;

	save(dir, "valid.png", sheet_png(&pages[0], &len), &len);
	save(dir, "revoked.jpg", sheet_jpeg(&pages[1], 80, &len), &len);
	save(dir, "two.pdf", sheet_pdf(pages, 2, false, &len), &len);
	save(dir, "locked.pdf", sheet_pdf(pages, 1, true, &len), &len);
	save(dir, "blank.png", sheet_png(&blank, &len), &len);
	(void)sheet_qr(&both, "https://pay.example/?id=7", 40, 40, 6);
	(void)sheet_qr(&both, texts[0], 640, 40, 6);
	save(dir, "mixed.png", sheet_png(&both, &len), &len);
	sheet_free(&pages[0]);
	sheet_free(&pages[1]);
	sheet_free(&both);
	sheet_free(&blank);
}

int
main(int argc, char **argv)
{
	struct pass_source pass = {.file = argc > 2 ? argv[2] : NULL, .fd = -1};
	uint8_t cose[CRED_MAX_BYTES], entries[N_STATES][32];
	struct outbuf out = {cose, sizeof cose, 0}, qr;
	struct signer *s = NULL;
	struct logkey *key = NULL;
	struct why why = {0};
	int64_t now = time(NULL);
	char dir[4096];

	if (argc != 4 && argc != 5)
		return 2;
	must(signer_open_home(argv[1], &pass, &s, &key, &why), &why, argv[1]);
	snprintf(
	    dir, sizeof dir, "%s/bodies/%s", argv[3], signer_scope(s)->body_id);
	for (size_t i = 0; i < N_STATES; i++) {
		sign(s, i, now, &out);
		trust_sha256(
		    entries[i], bytes_of(cose, out.len), bytes_of("", 0));
		if (strcmp(STATES[i].name, "not_logged") == 0)
			entries[i][0] ^= 1;
		qr = (struct outbuf){(uint8_t *)texts[i], CRED_MAX_TEXT - 1, 0};
		must(qrtext_make(bytes_str(signer_scope(s)->base),
			 bytes_of(cose, out.len), &qr),
		    &why, "qr");
		printf("%s\t%s\n", STATES[i].name, texts[i]);
	}
	write_log(dir, key, signer_scope(s), entries, N_STATES - 1);
	write_status(dir, s, now);
	if (argc == 5)
		draw(argv[4]);
	logkey_free(key);
	signer_free(s);
	return fflush(stdout) != 0;
}
