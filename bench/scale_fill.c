/*
 * bench-scale fill HOME SPEC PASSFILE N CLAIMS REVIEWHOME
 *
 * A body's home with N certificates and N claims. Whole and true: rows of every
 * table (but claim_more), numbers and series, indexes, the log with its signed
 * head, statuses and their versions, the audit trail's chain, the claims' places
 * of years and halves. Not true: the certificates' signatures are noise, so
 * `tamga-issuer verify` refuses them; nobody's figure here reads one.
 */
#include "bench/scale.h"

#include "keys/trust.h"
#include "registry/ledger_int.h"

#define NOW   INT64_C(1763856000)
#define BLOCK 65536 /* entries of the log at once */

struct fill {
	struct home h;
	struct why why;
	struct log_head head;
	struct persons persons;
	struct bulk *bulk;
	uint64_t n;
	uint8_t kid[CRED_KID_LEN];
};

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	(void)why;
	*out = ((struct fill *)ctx)->head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	(void)old_size, (void)why;
	((struct fill *)ctx)->head = *head;
	return CRED_OK;
}

static enum cred_err
head_sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	const struct fill *f = ctx;
	const struct scope *s = signer_scope(f->h.signer);
	uint8_t origin[512];
	struct outbuf o = {origin, sizeof origin, 0};
	enum cred_err e =
	    checkpoint_origin(bytes_str(s->base), bytes_str(s->body_id), &o);

	return e != CRED_OK
		   ? e
		   : logkey_checkpoint(f->h.logkey, bytes_of(origin, o.len),
			 size, root, note, why);
}

static uint64_t
batches(const struct fill *f)
{
	return (f->n + SCALE_BATCH - 1) / SCALE_BATCH;
}

static void
batch_name(uint64_t batch, char out[static 24])
{
	snprintf(out, 24, "b%06" PRIu64, batch);
}

static void
put_batches(struct fill *f)
{
	char name[24];

	for (uint64_t b = 0; b < batches(f); b++) {
		uint64_t end = (b + 1) * SCALE_BATCH;
		batch_name(b, name);
		bulk_put(f->bulk, "batch",
		    (struct cell[]){cell_int((int64_t)b + 1), cell_text(name),
			cell_int((int64_t)(b * SCALE_BATCH)),
			cell_int((int64_t)(end < f->n ? end : f->n)),
			cell_int(NOW)});
	}
}

static void
put_entries(struct fill *f)
{
	static struct made m;
	uint8_t key[32];

	for (uint64_t i = 0; i < f->n; i++) {
		made_of(i, f->kid, &m);
		trust_sha256(key, bytes_of(&i, sizeof i), bytes_str("row"));
		bulk_put(f->bulk, "entry",
		    (struct cell[]){cell_int((int64_t)i),
			cell_int((int64_t)(i / SCALE_BATCH) + 1),
			cell_int((int64_t)(i % SCALE_BATCH) + 2),
			cell_blob(key, 32), cell_int(0), cell_int(KIND_LEVEL),
			cell_text(m.number), cell_int(0), cell_text(m.name),
			cell_int(ID_RESIDENT), cell_text(m.id),
			cell_text(m.occupation), cell_text(m.code),
			cell_text(NULL), cell_int(m.level), cell_int(m.issued),
			cell_blob(m.payload, m.payload_len),
			cell_text("{\"photo\":null}"), cell_int(NOW),
			(struct cell){.null = true}});
	}
}

static void
put_credentials(struct fill *f, const char *dir)
{
	const struct log_ops ops = {.ctx = f,
	    .head_get = head_get,
	    .head_swap = head_swap,
	    .sign = head_sign,
	    .sha256 = trust_sha256};
	static uint8_t entries[BLOCK][TLOG_ENTRY_LEN];
	static struct made m;
	struct log *log;
	uint64_t first;
	size_t k = 0;

	scale_must(log_open(dir, &ops, &log, &f->why), &f->why);
	for (uint64_t i = 0; i < f->n; i++) {
		made_of(i, f->kid, &m);
		bulk_put(f->bulk, "credential",
		    (struct cell[]){cell_int((int64_t)i),
			cell_blob(m.credential, m.credential_len),
			cell_int(NOW)});
		trust_sha256(entries[k++],
		    bytes_of(m.credential, m.credential_len), bytes_of("", 0));
		if (k < BLOCK && i + 1 < f->n)
			continue;
		scale_must(
		    log_append(log, (const uint8_t(*)[TLOG_ENTRY_LEN])entries,
			k, &first, &f->why),
		    &f->why);
		k = 0;
	}
	log_close(log);
}

static void
put_statuses(struct fill *f)
{
	uint64_t list = 0, changed = 0, s[55] = {0};
	int64_t *version =
	    calloc(f->n / STATUSLIST_ENTRIES + 1, sizeof *version);
	char series[17];

	for (uint64_t i = 0; i < f->n; i++)
		if (made_status(i) != STATUS_VALID) {
			bulk_put(f->bulk, "status",
			    (struct cell[]){cell_int((int64_t)i),
				cell_int((int64_t)made_status(i))});
			version[i / STATUSLIST_ENTRIES]++;
			changed++;
		}
	for (; list * STATUSLIST_ENTRIES < f->n; list++)
		bulk_put(f->bulk, "status_version",
		    (struct cell[]){
			cell_int((int64_t)list), cell_int(version[list])});
	free(version);
	for (uint64_t b = 0; b < batches(f); b++) {
		uint64_t left = f->n - b * SCALE_BATCH;
		s[b % 55] = b / 55 * SCALE_BATCH +
			    (left < SCALE_BATCH ? left : SCALE_BATCH);
	}
	for (uint64_t b = 0; b < 55 && b < batches(f); b++) {
		made_series(b, series);
		bulk_put(f->bulk, "series",
		    (struct cell[]){
			cell_text(series), cell_int((int64_t)s[b])});
	}
	bulk_put(f->bulk, "head",
	    (struct cell[]){cell_int(1), cell_int((int64_t)f->n),
		cell_blob(f->head.root.b, 32),
		cell_blob(f->head.note, f->head.note_len)});
	bulk_put(f->bulk, "meta",
	    (struct cell[]){
		cell_text("superseded.below"), cell_int((int64_t)f->n)});
}

static void
claim_of(uint64_t seq, const struct fill *f, struct ledger_claim *c,
    char id[static 24], char subject[static 8])
{
	snprintf(id, 24, "L%09" PRIu64, seq);
	snprintf(subject, 8, "sp:%u", (unsigned)(seq % 3) + 1);
	*c = (struct ledger_claim){.id = id,
	    .subject = subject,
	    .scheme = 1,
	    .part = LEDGER_FULL,
	    .year = 2012 + (int)(seq % 3),
	    .kind = 3,
	    .applied = 15700,
	    .issued = 15690,
	    .trained_from = 15650,
	    .trained_to = 15680,
	    .fen = 80000,
	    .institution = "第七培训学校",
	    .body_id = signer_scope(f->h.signer)->body_id,
	    .index = (int64_t)seq - 1,
	    .codes = ""};
	for (uint64_t k = 0; k < 4; k++) {
		uint64_t x = scale_mix(seq * 4 + k);
		memcpy(c->content + 8 * k, &x, 8);
	}
	persons_get(&f->persons, (seq - 1) / 3, c->person);
}

/* A line for each batch, each status and each claim. */
static void
put_line(struct fill *f, struct registry_act *a)
{
	memcpy(a->prev, a->hash, 32);
	a->seq++;
	a->at = NOW;
	scale_must(audit_hash(a, a->hash), &f->why);
	bulk_put(f->bulk, "audit",
	    (struct cell[]){cell_int((int64_t)a->seq), cell_int(a->at),
		cell_text(a->actor), cell_text(a->action),
		cell_text(a->subject), cell_text(a->detail),
		cell_blob(a->prev, 32), cell_blob(a->hash, 32)});
}

static void
put_trail(struct fill *f)
{
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT], name[24], id[24], sp[8];
	struct registry_act a = {
	    .actor = "li", .subject = subject, .detail = detail};
	char line[LEDGER_LINE_MAX];
	struct ledger_claim c;

	a.action = "issue";
	for (uint64_t b = 0; b < batches(f); b++) {
		batch_name(b, name);
		trail_issue(
		    name, SCALE_BATCH, b * SCALE_BATCH, subject, detail);
		put_line(f, &a);
	}
	for (uint64_t i = 0; i < f->n; i++) {
		if (made_status(i) == STATUS_VALID)
			continue;
		a.action = status_word(made_status(i));
		snprintf(subject, sizeof subject, "index %" PRIu64, i);
		snprintf(detail, sizeof detail, "valid: bench");
		put_line(f, &a);
	}
	a.action = "booked";
	a.detail = line;
	for (uint64_t seq = 1; seq <= f->n; seq++) {
		claim_of(seq, f, &c, id, sp);
		c.number = "";
		ledger_line(&c, "", line);
		snprintf(subject, sizeof subject, "claim %s", id);
		put_line(f, &a);
	}
}

static void
put_claims(struct fill *f)
{
	static struct made m;
	struct ledger_claim c;
	char id[24], sp[8];

	for (uint64_t seq = 1; seq <= f->n; seq++) {
		claim_of(seq, f, &c, id, sp);
		made_of(seq - 1, f->kid, &m);
		bulk_put(f->bulk, "claim",
		    (struct cell[]){cell_int((int64_t)seq), cell_text(id),
			cell_blob(c.content, 32), cell_blob(c.person, 32),
			cell_text(sp), cell_int(c.scheme), cell_int(c.part),
			cell_int(c.year), cell_int(c.kind), cell_int(c.level),
			cell_int(c.applied), cell_int(c.issued),
			cell_int(c.trained_from), cell_int(c.trained_to),
			cell_int(c.fen), cell_text(m.number),
			cell_text(c.institution), cell_text(c.body_id),
			cell_int(c.index), cell_text(""),
			cell_int(LEDGER_PAID), cell_text("li"),
			cell_int(NOW)});
	}
}

/* The places of person k, in the order of their primary keys. */
static void
put_places(struct fill *f, uint64_t k, bool halves)
{
	uint8_t person[32];
	char sp[8];

	persons_get(&f->persons, k, person);
	for (unsigned m = 0; m < 3; m++) {
		uint64_t seq = 3 * k + (m == 0 ? 3 : m);
		if (seq > f->n)
			continue;
		snprintf(sp, sizeof sp, "sp:%u", m + 1);
		if (!halves)
			bulk_put(f->bulk, "claim_year",
			    (struct cell[]){cell_blob(person, 32),
				cell_int(2012 + m), cell_int(1),
				cell_int((int64_t)seq)});
		for (int half = 1; halves && half <= 2; half++)
			bulk_put(f->bulk, "claim_half",
			    (struct cell[]){cell_blob(person, 32),
				cell_text(sp), cell_int(1), cell_int(half),
				cell_int((int64_t)seq)});
	}
}

static void
put_ledger(struct fill *f)
{
	put_claims(f);
	for (int halves = 0; halves < 2; halves++) {
		for (uint64_t r = 0; r < f->persons.n; r++) {
			uint64_t k = persons_ranked(&f->persons, r);
			if (k >= f->persons.n_known)
				put_places(f, k, halves);
		}
		for (uint64_t k = 0; k < f->persons.n_known; k++)
			put_places(f, k, halves);
	}
}

int
scale_fill(int argc, char **argv)
{
	static struct fill f;
	struct cli_common cli;
	char *dir;

	if (argc != 6)
		return 2;
	cli_common_init(&cli);
	cli.home = argv[0];
	cli.pass.file = argv[2];
	f.n = strtoull(argv[3], NULL, 10);
	f.h.cli = &cli;
	scale_must(signer_open_home(argv[0], &cli.pass, &f.h.signer,
		       &f.h.logkey, &f.why),
	    &f.why);
	memcpy(f.kid, signer_kid(f.h.signer), sizeof f.kid);
	persons_init(&f.persons, f.n);
	persons_read(&f.persons, argv[4], argv[5]);
	f.bulk = bulk_open(argv[1]);
	dir = cli_home_path(&cli, "log");
	put_batches(&f);
	put_entries(&f);
	put_credentials(&f, dir);
	put_statuses(&f);
	put_trail(&f);
	put_ledger(&f);
	bulk_close(f.bulk);
	signer_free(f.h.signer);
	logkey_free(f.h.logkey);
	free(f.persons.known);
	free(dir);
	return 0;
}
