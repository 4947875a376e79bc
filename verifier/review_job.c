#include "verifier/review_job.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/prune.h"
#include "verifier/review_report.h"

#define ROWS_A_COMMIT 500
#define AGAIN_S       5 /* after a fault of the database */
/* Nobody else can write to desk.db between two commits. */
#define COMMIT_MS 100

struct review_jobs {
	const struct review_job_opts *opts;
	pthread_t thread;
	pthread_mutex_t lock; /* over office, woken */
	pthread_cond_t cond;
	pthread_mutex_t deciding;
	struct office *office;
	bool woken, started;
	atomic_bool stop;
	struct deskdb *db;
	struct registry *registry;
	int64_t pruned_at;
};

struct office *
review_jobs_office(struct review_jobs *j)
{
	struct office *o;

	pthread_mutex_lock(&j->lock);
	o = office_hold(j->office);
	pthread_mutex_unlock(&j->lock);
	return o;
}

void
review_jobs_lock(struct review_jobs *j)
{
	pthread_mutex_lock(&j->deciding);
}

void
review_jobs_unlock(struct review_jobs *j)
{
	pthread_mutex_unlock(&j->deciding);
}

/* The office's files as they are now; what was there stays if they are bad. */
static enum cred_err
load_office(struct review_jobs *j, struct why *why)
{
	struct office *fresh = NULL, *old;
	enum cred_err e = office_load(&j->opts->office, &fresh, why);

	if (e != CRED_OK)
		return e;
	pthread_mutex_lock(&j->lock);
	old = j->office;
	j->office = fresh;
	pthread_mutex_unlock(&j->lock);
	office_release(old);
	return CRED_OK;
}

/* One review of a table. */
struct reviewing {
	struct review_jobs *j;
	struct sheet sheet;
	char *table, *xlsx, *csv;
	struct office *office;
	struct desk desk;
	struct claimfile *file;
	struct review_report *report;
	uint32_t done, total;
	bool open;       /* a transaction is */
	int64_t since_ms; /* the last commit */
};

static enum cred_err
stopped(struct why *why)
{
	return why_set(why, CRED_FAULT_CONFLICT, "stopped");
}

static enum cred_err
note_row(struct reviewing *r, const struct claim_row *row, struct why *why)
{
	const struct review_job_opts *o = r->j->opts;
	enum cred_err e;

	pthread_rwlock_rdlock(o->pub_lock);
	r->desk.pub = *o->pub;
	e = desk_note(&r->desk, row, why);
	r->desk.pub = NULL;
	pthread_rwlock_unlock(o->pub_lock);
	return e;
}

static enum cred_err
walk_notes(struct reviewing *r, struct why *why)
{
	const struct claim_row *row;
	enum cred_err e;

	for (;;) {
		if (atomic_load(&r->j->stop))
			return stopped(why);
		e = claimfile_next(r->file, &row, why);
		if (e != CRED_OK || row == NULL)
			return e;
		e = note_row(r, row, why);
		if (e != CRED_OK)
			return e;
		r->total++;
	}
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum cred_err
commit_rows(struct reviewing *r, enum cred_err e, struct why *why)
{
	if (!r->open)
		return e;
	r->open = false;
	r->since_ms = now_ms();
	if (e == CRED_OK)
		e = docket_progress(
		    r->j->db, r->sheet.id, r->done, r->total, why);
	return deskdb_end(r->j->db, e, why);
}

/* The publication may be exchanged between two rows, never within one; nobody
 * waits for desk.db while this waits for that. */
static enum cred_err
review_row(struct reviewing *r, const struct claim_row *row,
    struct desk_answer *a, struct why *why)
{
	const struct review_job_opts *o = r->j->opts;
	enum cred_err e;

	if (pthread_rwlock_tryrdlock(o->pub_lock) != 0) {
		if ((e = commit_rows(r, CRED_OK, why)) != CRED_OK)
			return e;
		pthread_rwlock_rdlock(o->pub_lock);
	}
	r->desk.pub = *o->pub;
	e = desk_review(&r->desk, row, a, why);
	r->desk.pub = NULL;
	pthread_rwlock_unlock(o->pub_lock);
	return e;
}

static enum cred_err
keep_row(struct reviewing *r, const struct claim_row *row,
    const struct desk_answer *a, struct why *why)
{
	char codes[128], *reasons = NULL;
	struct line l;
	enum cred_err e =
	    docket_line_of(r->sheet.id, row, a, codes, &l, &reasons, why);

	if (e == CRED_OK)
		e = docket_line_put(r->j->db, &l, why);
	free(reasons);
	return e == CRED_OK ? review_report_row(r->report, row, a, why) : e;
}

static enum cred_err
walk_rows(struct reviewing *r, struct desk_answer *a, struct why *why)
{
	const struct claim_row *row;
	enum cred_err e;

	r->since_ms = now_ms();
	for (;;) {
		e = atomic_load(&r->j->stop)
			? stopped(why)
			: claimfile_next(r->file, &row, why);
		if (e != CRED_OK || row == NULL)
			break;
		e = review_row(r, row, a, why);
		if (e == CRED_OK && !r->open) {
			e = deskdb_begin(r->j->db, why);
			r->open = e == CRED_OK;
		}
		if (e == CRED_OK)
			e = keep_row(r, row, a, why);
		desk_answer_release(a);
		if (e != CRED_OK)
			break;
		if ((++r->done % ROWS_A_COMMIT == 0 ||
			now_ms() - r->since_ms >= COMMIT_MS) &&
		    (e = commit_rows(r, e, why)) != CRED_OK)
			break;
	}
	return commit_rows(r, e, why);
}

static enum cred_err
file_hash(const char *path, uint8_t out[static 32], struct why *why)
{
	uint8_t *text = NULL;
	size_t len = 0, n = 0;
	enum cred_err e = file_read(path, 1u << 30, &text, &len, why);

	if (e == CRED_OK &&
	    EVP_Q_digest(NULL, "SHA256", NULL, text, len, out, &n) != 1)
		e = CRED_FAULT_CRYPTO;
	free(text);
	return e;
}

/* The table's own name, where a message names the file it is kept in. */
static void
rename_in(char text[static 1024], const char *path, const char *name)
{
	char copy[1024], *at = strstr(text, path);

	if (at == NULL)
		return;
	snprintf(copy, sizeof copy, "%.*s%s%s", (int)(at - text), text, name,
	    at + strlen(path));
	memcpy(text, copy, sizeof copy);
}

static enum cred_err
open_all(struct reviewing *r, struct why *why)
{
	const struct review_job_opts *o = r->j->opts;
	enum cred_err e = load_office(r->j, why);

	if (e != CRED_OK)
		return e;
	r->office = review_jobs_office(r->j);
	office_desk(r->office, &r->desk);
	r->desk.now = r->desk.verify.now = time(NULL);
	r->desk.registry = r->j->registry;
	r->desk.scans = o->scans;
	r->desk.reader = o->reader;
	e = seen_new(&r->desk.seen, why);
	if (e == CRED_OK)
		e = claimfile_open(r->table, &r->file, why);
	if (e == CRED_OK)
		e = review_report_open(
		    r->xlsx, r->csv, true, r->desk.now, &r->report, why);
	return e;
}

static enum cred_err
review_all(struct reviewing *r, struct why *why)
{
	struct desk_answer *a = calloc(1, sizeof *a);
	uint8_t xlsx[32], csv[32], table[32];
	enum cred_err e = open_all(r, why);

	if (a == NULL)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK)
		e = desk_odd_begin(&r->desk, why);
	if (e == CRED_OK)
		e = walk_notes(r, why);
	if (e == CRED_OK && r->desk.odd != NULL)
		e = desk_odd_end(&r->desk, why);
	if (e == CRED_OK)
		e = docket_progress(r->j->db, r->sheet.id, 0, r->total, why);
	if (e == CRED_OK)
		e = claimfile_rewind(r->file, why);
	if (e == CRED_OK)
		e = walk_rows(r, a, why);
	if (e == CRED_OK)
		e = claimfile_sha256(r->file, table, why);
	if (e == CRED_OK && memcmp(table, r->sheet.sha256, 32) != 0)
		e = why_set(why, CRED_FAULT_IO,
		    TR("the stored table is not what was uploaded",
			"保存的表与上传时不一致"));
	if (e == CRED_OK) {
		e = review_report_finish(r->report, &r->desk, r->sheet.name,
		    table, office_rules_sha256(r->office), why);
		r->report = NULL;
	}
	if (e == CRED_OK)
		e = file_hash(r->xlsx, xlsx, why);
	if (e == CRED_OK)
		e = file_hash(r->csv, csv, why);
	if (e == CRED_OK)
		e = docket_review_end(r->j->db, r->sheet.id, r->desk.now,
		    office_rules_version(r->office), (int)r->desk.looked, xlsx,
		    csv, why);
	free(a);
	return e;
}

static enum cred_err
review_sheet(struct review_jobs *j, int64_t id, struct why *why)
{
	struct reviewing r = {.j = j};
	struct why said = {""};
	bool found = false;
	enum cred_err e = docket_sheet(j->db, id, &r.sheet, &found, why);

	if (e != CRED_OK || !found)
		return e;
	r.table = review_table_path(j->opts->home, r.sheet.sha256, "");
	r.xlsx = review_table_path(j->opts->home, r.sheet.sha256, ".xlsx");
	r.csv = review_table_path(j->opts->home, r.sheet.sha256, ".csv");
	if (r.table == NULL || r.xlsx == NULL || r.csv == NULL)
		e = why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if (e == CRED_OK) {
		/* Nobody may be deciding on a row that goes. */
		review_jobs_lock(j);
		e = docket_review_begin(j->db, id, why);
		review_jobs_unlock(j);
	}
	if (e == CRED_OK) {
		e = review_all(&r, &said);
		if (e != CRED_OK && !atomic_load(&j->stop)) {
			rename_in(said.text, r.table, r.sheet.name);
			/* Not the table's fault: whoever runs this is told. */
			if (!cred_is_refusal(e))
				fprintf(
				    stderr, "tamga-verifier: %s\n", said.text);
			e = docket_review_fail(j->db, id,
			    *said.text != '\0' ? said.text : cred_strerr(e),
			    why);
		}
	}
	review_report_abort(r.report);
	claimfile_close(r.file);
	desk_odd_release(&r.desk);
	seen_free(r.desk.seen);
	office_release(r.office);
	free(r.table);
	free(r.xlsx);
	free(r.csv);
	return e;
}

/* One act for the rows that it fits. */
struct batch {
	uint32_t rows[ROWS_A_COMMIT];
	size_t n;
};

static enum cred_err
on_line(void *ctx, const struct line *l, struct why *why)
{
	struct batch *b = ctx;

	(void)why;
	b->rows[b->n++] = l->row;
	return CRED_OK;
}

static enum cred_err
bulk_row(struct review_jobs *j, struct desk *d, struct bulk *b, uint32_t row,
    struct why *why)
{
	const struct review_job_opts *o = j->opts;
	struct decide_args a = {.act = (enum decide_act)b->act,
	    .actor = b->by,
	    .reason = "",
	    .warned = b->warned,
	    .seen_state = -1,
	    .four_eyes_fen = -1};
	struct office *office = review_jobs_office(j);
	struct decision x;
	struct line *l = NULL;
	enum cred_err e;

	office_desk(office, d);
	d->now = d->verify.now = time(NULL);
	d->registry = j->registry;
	d->scans = o->scans;
	d->reader = o->reader;
	a.four_eyes_fen = office_four_eyes(office, d->now);
	review_jobs_lock(j);
	e = docket_line_get(j->db, b->sheet, row, &l, why);
	if (e == CRED_OK && l != NULL) {
		pthread_rwlock_rdlock(o->pub_lock);
		d->pub = *o->pub;
		e = decide(d, j->db, l, &a, &x, why);
		pthread_rwlock_unlock(o->pub_lock);
		if (e == CRED_OK) {
			b->made += x.outcome == DECIDED;
			b->already += x.outcome == DECIDE_STALE;
			b->refused += x.outcome > DECIDE_STALE;
		}
	}
	review_jobs_unlock(j);
	docket_line_free(l);
	office_release(office);
	return e;
}

/* Which rows an act is for at all. */
static struct docket_filter
bulk_filter(const struct bulk *b, int verdict)
{
	return (struct docket_filter){.sheet = b->sheet,
	    .verdict = verdict,
	    .state = b->act == DECIDE_BOOK      ? LINE_OPEN
		     : b->act == DECIDE_APPROVE ? (int)LEDGER_BOOKED
						: (int)LEDGER_APPROVED,
	    .after = b->done,
	    .limit = ROWS_A_COMMIT};
}

static enum cred_err
run_bulk(struct review_jobs *j, struct bulk *b, struct why *why)
{
	struct desk d;
	struct batch rows;
	struct docket_filter f;
	enum cred_err e;

	do {
		rows.n = 0;
		f = bulk_filter(b, -1);
		e = docket_lines(j->db, &f, on_line, &rows, why);
		for (size_t i = 0; e == CRED_OK && i < rows.n; i++) {
			struct line *l = NULL;
			bool wanted;
			if (atomic_load(&j->stop))
				return stopped(why);
			e = docket_line_get(
			    j->db, b->sheet, rows.rows[i], &l, why);
			wanted = l != NULL &&
				 (b->act != DECIDE_BOOK ||
				     l->verdict == REVIEW_PASS ||
				     (l->verdict == REVIEW_WARN && b->warned));
			docket_line_free(l);
			if (e == CRED_OK && wanted)
				e = bulk_row(j, &d, b, rows.rows[i], why);
			if (e != CRED_OK)
				break;
			b->done = rows.rows[i];
			if (i % 50 == 49)
				e = docket_bulk_put(j->db, b, why);
		}
		if (e == CRED_OK)
			e = docket_bulk_put(j->db, b, why);
	} while (e == CRED_OK && rows.n == ROWS_A_COMMIT);
	return e;
}

static enum cred_err
bulk(struct review_jobs *j, struct bulk *b, struct why *why)
{
	struct why said = {""};
	enum cred_err e;

	b->state = BULK_RUNNING;
	e = docket_bulk_put(j->db, b, why);
	if (e != CRED_OK)
		return e;
	e = run_bulk(j, b, &said);
	if (atomic_load(&j->stop))
		return docket_bulk_put(j->db, b, why);
	b->state = e == CRED_OK ? BULK_DONE : BULK_FAILED;
	snprintf(b->why, sizeof b->why, "%s",
	    e == CRED_OK         ? ""
	    : *said.text != '\0' ? said.text
				 : cred_strerr(e));
	return docket_bulk_put(j->db, b, why);
}

/* Until there may be something to do, or it is to stop. */
static void
wait_for_work(struct review_jobs *j, bool fault)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += fault ? AGAIN_S : 60;
	pthread_mutex_lock(&j->lock);
	while (!j->woken && !atomic_load(&j->stop))
		if (pthread_cond_timedwait(&j->cond, &j->lock, &until) != 0)
			break;
	j->woken = false;
	pthread_mutex_unlock(&j->lock);
}

static void *
work(void *ctx)
{
	struct review_jobs *j = ctx;

	while (!atomic_load(&j->stop)) {
		struct docket_job job;
		struct why why = {""};
		enum cred_err e = docket_next(j->db, &job, &why);

		if (e == CRED_OK && job.what == JOB_REVIEW)
			e = review_sheet(j, job.sheet, &why);
		else if (e == CRED_OK && job.what == JOB_BULK)
			e = bulk(j, &job.bulk, &why);
		else if (e == CRED_OK)
			e = prune_daily(j->db, j->registry, j->opts->home,
			    j->opts->keep_days, &j->pruned_at, &why);
		if (e != CRED_OK && !atomic_load(&j->stop))
			fprintf(stderr, "tamga-verifier: %s\n", why.text);
		if (e != CRED_OK || job.what == JOB_NONE)
			wait_for_work(j, e != CRED_OK);
	}
	return NULL;
}

enum cred_err
review_jobs_start(const struct review_job_opts *opts, struct review_jobs **out,
    struct why *why)
{
	struct review_jobs *j = calloc(1, sizeof *j);
	char *dir = file_join(opts->home, "tables");
	enum cred_err e = CRED_OK;

	if (j == NULL || dir == NULL) {
		free(j);
		free(dir);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	j->opts = opts;
	pthread_mutex_init(&j->lock, NULL);
	pthread_mutex_init(&j->deciding, NULL);
	pthread_cond_init(&j->cond, NULL);
	e = file_mkdirs(dir, 0700, why);
	free(dir);
	if (e == CRED_OK)
		e = deskdb_open(opts->home, &j->db, why);
	if (e == CRED_OK)
		e = deskdb_relax(j->db, why);
	if (e == CRED_OK)
		e = registry_open_told(opts->registry, REGISTRY_WRITE,
		    opts->retry, opts->retry_ctx, &j->registry, why);
	if (e == CRED_OK)
		e = ledger_init(j->registry, why);
	if (e == CRED_OK)
		e = load_office(j, why);
	if (e == CRED_OK && pthread_create(&j->thread, NULL, work, j) != 0)
		e = why_set(why, CRED_FAULT_NOMEM, "%s",
		    TR("cannot start a thread", "无法启动线程"));
	else
		j->started = e == CRED_OK;
	if (e != CRED_OK) {
		review_jobs_stop(j);
		return e;
	}
	*out = j;
	return CRED_OK;
}

void
review_jobs_wake(struct review_jobs *j)
{
	pthread_mutex_lock(&j->lock);
	j->woken = true;
	pthread_cond_signal(&j->cond);
	pthread_mutex_unlock(&j->lock);
}

void
review_jobs_stop(struct review_jobs *j)
{
	if (j == NULL)
		return;
	atomic_store(&j->stop, true);
	if (j->started) {
		review_jobs_wake(j);
		pthread_join(j->thread, NULL);
	}
	office_release(j->office);
	registry_close(j->registry);
	deskdb_close(j->db);
	pthread_cond_destroy(&j->cond);
	pthread_mutex_destroy(&j->deciding);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
