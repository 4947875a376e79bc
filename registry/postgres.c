#include "registry/postgres_int.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge/lang.h"
#include "registry/copy_int.h"
#include "registry/ledger_int.h"

#define PATIENCE_MS 60000
#define RECEIPTS    4096
#define TOKEN       16

int64_t
pg_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Longer each time, to two seconds, and not in step with others. */
static void
pause_before(unsigned attempt)
{
	int64_t ms = attempt > 5 ? 2000 : INT64_C(60) << attempt;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	ms += t.tv_nsec / 1000 % (ms / 4 + 1);
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000;
	nanosleep(&t, NULL);
}

/* Once more? Says so, and waits; no when patience is at its end. */
static bool
once_more(struct pg_registry *p, unsigned attempt, int64_t since,
    const struct why *why)
{
	if (p->again == PG_NO || pg_now_ms() - since >= p->base.patience_ms)
		return false;
	if (p->again == PG_GONE)
		pg_disconnect(p);
	if (p->base.on_retry != NULL)
		p->base.on_retry(p->base.on_retry_ctx, attempt,
		    why != NULL ? why->text : "");
	pause_before(attempt);
	return true;
}

enum cred_err
pg_read(struct pg_registry *p, enum pg_stmt stmt, struct pg_args *args,
    PGresult **out, struct why *why)
{
	int64_t since = pg_now_ms();
	enum cred_err e;

	if (p->walks > 0)
		return pg_ask_one(p, stmt, args, out, why);
	for (unsigned attempt = 1;; attempt++) {
		e = pg_connect(p, false, why);
		if (e == CRED_OK)
			e = pg_ask_one(p, stmt, args, out, why);
		if (e == CRED_OK || !once_more(p, attempt, since, why))
			return e;
	}
}

static void
rollback(struct pg_registry *p)
{
	const struct pg_ask back = {.text = "ROLLBACK"};
	enum pg_again again = p->again;

	if (p->conn != NULL && PQtransactionStatus(p->conn) != PQTRANS_IDLE &&
	    pg_ask(p, &back, 1, NULL, NULL) != CRED_OK)
		pg_disconnect(p);
	p->again = again;
}

enum cred_err
pg_walk(struct pg_registry *p, pg_walk_work *work, void *ctx, struct why *why)
{
	/* What a callback does may take longer than a writer may idle. */
	const struct pg_ask asks[] = {
	    {.text = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
	    {.text = "SET LOCAL idle_in_transaction_session_timeout = 0"}};
	int64_t since = pg_now_ms();

	for (unsigned attempt = 1;; attempt++) {
		bool told = p->walks > 0;
		enum cred_err e = CRED_OK;
		if (p->walks == 0 && (e = pg_connect(p, false, why)) == CRED_OK)
			e = pg_ask(p, asks, 2, NULL, why);
		if (e == CRED_OK) {
			p->walks++;
			e = work(p, ctx, &told, why);
			p->walks--;
		}
		if (p->walks == 0)
			rollback(p);
		if (e == CRED_OK || told || !once_more(p, attempt, since, why))
			return e;
	}
}

enum cred_err
pg_audit(struct pg_registry *p, struct pg_tx *tx, const char *actor,
    const char *action, const char *subject, const char *detail, int64_t now)
{
	struct registry_act a = {.seq = tx->seq + 1,
	    .at = now,
	    .actor = registry_actor_or(&p->base, actor),
	    .action = action,
	    .subject = subject,
	    .detail = detail != NULL ? detail : ""};
	enum cred_err e;

	memcpy(a.prev, tx->hash, 32);
	if ((e = audit_hash(&a, a.hash)) != CRED_OK)
		return e;
	pg_add_int(&tx->lines[0], (int64_t)a.seq);
	pg_add_int(&tx->lines[1], a.at);
	pg_add_text(&tx->lines[2], a.actor);
	pg_add_text(&tx->lines[3], a.action);
	pg_add_text(&tx->lines[4], a.subject);
	pg_add_text(&tx->lines[5], a.detail);
	pg_add_blob(&tx->lines[6], bytes_of(a.prev, 32));
	pg_add_blob(&tx->lines[7], bytes_of(a.hash, 32));
	tx->seq = a.seq;
	memcpy(tx->hash, a.hash, 32);
	return CRED_OK;
}

/* A call that writes, over all its attempts. */
struct call {
	uint8_t token[TOKEN];
	uint64_t turn; /* of the attempt in doubt */
	bool in_doubt; /* a commit was sent whose end is not known */
	bool alone;    /* follows from nothing read before */
};

static enum cred_err
begin(struct pg_registry *p, const struct call *c, struct pg_tx *tx, bool *mine,
    struct why *why)
{
	struct pg_args slot = {0};
	const struct pg_ask asks[] = {
	    {.text = "BEGIN ISOLATION LEVEL READ COMMITTED"}, {.stmt = P_TURN},
	    {.stmt = P_STATE, .args = &slot}};
	PGresult *r[3];
	struct bytes token;
	enum cred_err e;

	pg_int(&slot, (int64_t)(c->turn % RECEIPTS));
	if ((e = pg_ask(p, asks, 3, r, why)) != CRED_OK)
		return e;
	if (PQntuples(r[2]) == 1) {
		tx->turn = (uint64_t)pg_col_int(r[2], 0, 0);
		tx->next = (uint64_t)pg_col_int(r[2], 0, 1);
		tx->size = (uint64_t)pg_col_int(r[2], 0, 2);
		tx->seq = (uint64_t)pg_col_int(r[2], 0, 3);
		pg_col_hash(r[2], 0, 4, tx->hash);
		token = pg_col_blob(r[2], 0, 5);
		*mine =
		    c->in_doubt && bytes_eq(token, bytes_of(c->token, TOKEN));
	} else {
		e = pg_damaged(p, why);
	}
	for (size_t i = 0; i < 3; i++)
		PQclear(r[i]);
	if (e == CRED_OK && c->in_doubt && !*mine &&
	    tx->turn >= c->turn + RECEIPTS)
		e = why_set(why, CRED_FAULT_IO,
		    TR("registry %s: the connection was lost at a commit, and "
		       "so "
		       "much was written since that its end is not known; run "
		       "again",
			"登记库 %s：提交时连接中断，其后写入过多，结果不明，"
			"请重新运行"),
		    p->where);
	return e;
}

static enum cred_err
say_not_confirmed(const struct pg_registry *p, struct why *why)
{
	return why_set(why, CRED_FAULT_IO,
	    TR("registry %s: the server gave up waiting for a standby, so what "
	       "was written may not outlive a failover and is not "
	       "acknowledged; "
	       "bring a standby back and run again",
		"登记库 %s：服务器未等到备库确认，"
		"所写内容可能在主备切换时丢失，因此不予确认；"
		"请恢复备库后重新运行"),
	    p->where);
}

static enum cred_err
commit(struct pg_registry *p, struct call *c, struct pg_tx *tx, bool receipt,
    struct why *why)
{
	struct pg_args lines = {0}, took = {0};
	struct pg_ask asks[3];
	PGresult *r[3];
	size_t n = 0;
	enum cred_err e = CRED_OK;

	if (tx->lines[0].n > 0) {
		e = pg_lists(&lines, tx->lines, 8, why);
		asks[n++] =
		    (struct pg_ask){.stmt = P_AUDIT_ADD, .args = &lines};
	}
	if (e != CRED_OK)
		return e;
	pg_int(&took, (int64_t)(tx->turn % RECEIPTS));
	pg_blob(&took, bytes_of(c->token, TOKEN));
	if (receipt) {
		asks[n++] = (struct pg_ask){.stmt = P_RECEIPT, .args = &took};
		c->turn = tx->turn;
		c->in_doubt = true;
	}
	asks[n++] = (struct pg_ask){.text = "COMMIT"};
	p->warned = false;
	if ((e = pg_ask(p, asks, n, r, why)) != CRED_OK) {
		/* An error that the server itself reports undid it all. */
		if (p->again != PG_GONE && !p->warned && receipt)
			c->in_doubt = false;
		return e;
	}
	if (strcmp(PQcmdStatus(r[n - 1]), "COMMIT") != 0) {
		c->in_doubt = false;
		e = pg_damaged(p, why);
	} else if (p->warned) {
		p->again = PG_TURN_LOST;
		e = say_not_confirmed(p, why);
	}
	for (size_t i = 0; i < n; i++)
		PQclear(r[i]);
	return e;
}

static enum cred_err
say_replaced(const struct pg_registry *p, struct why *why)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("registry %s: another server has become the primary (epoch "
	       "%lld, it was %lld); what was read before may be gone with the "
	       "old one, so nothing was written; run again",
		"登记库 %s：主库已切换（纪元 %lld，原为 %lld）；"
		"此前读到的内容可能已随旧主库丢失，因此未写入，请重新运行"),
	    p->where, (long long)p->epoch, (long long)p->base.fence);
}

/* A primary that has been replaced and does not know it answers from what it
 * has, and has no standby to confirm a commit. */
static enum cred_err
confirm(struct pg_registry *p, struct call *c, struct why *why)
{
	struct pg_tx tx = {0};
	bool mine = false;
	enum cred_err e = begin(p, c, &tx, &mine, why);

	if (e == CRED_OK)
		e = commit(p, c, &tx, true, why);
	if (e != CRED_OK)
		rollback(p);
	return e;
}

static enum cred_err
attempt_once(struct pg_registry *p, struct call *c, pg_work *work, void *ctx,
    struct why *why)
{
	struct pg_tx tx = {0};
	bool mine = false;
	enum cred_err e = begin(p, c, &tx, &mine, why);

	if (e == CRED_OK && mine) {
		/* It happened. This commit waits for the standbys in its
		 * stead: they have everything before it when they have it. */
		e = commit(p, c, &tx, false, why);
	} else if (e == CRED_OK) {
		c->in_doubt = false;
		e = c->alone || p->epoch == p->base.fence
			? work(p, &tx, ctx, why)
			: say_replaced(p, why);
		if (e == CRED_OK && !tx.undo)
			e = commit(p, c, &tx, true, why);
	}
	if (e != CRED_OK || tx.undo)
		rollback(p);
	if (e == CRED_OK && tx.undo && tx.told)
		e = confirm(p, c, why);
	for (size_t i = 0; i < 8; i++)
		pg_array_release(&tx.lines[i]);
	return e;
}

static enum cred_err
write_it(struct pg_registry *p, bool alone, pg_work *work, void *ctx,
    struct why *why)
{
	struct call c = {.alone = alone};
	int64_t since = pg_now_ms();
	enum cred_err e;

	if (p->reads)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s was opened for reading",
			"登记库 %s 以只读方式打开"),
		    p->where);
	if (RAND_bytes(c.token, TOKEN) != 1) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	for (unsigned attempt = 1;; attempt++) {
		p->again = PG_NO;
		e = pg_connect(p, false, why);
		if (e == CRED_OK)
			e = attempt_once(p, &c, work, ctx, why);
		if (e == CRED_OK || !once_more(p, attempt, since, why))
			break;
	}
	/* All or nothing, but which is not known. */
	return e != CRED_OK && c.in_doubt ? CRED_FAULT_IO : e;
}

enum cred_err
pg_write(struct pg_registry *p, pg_work *work, void *ctx, struct why *why)
{
	return write_it(p, false, work, ctx, why);
}

enum cred_err
pg_write_alone(struct pg_registry *p, pg_work *work, void *ctx, struct why *why)
{
	return write_it(p, true, work, ctx, why);
}

static void
pg_close(struct registry *r)
{
	struct pg_registry *p = (struct pg_registry *)r;

	pg_disconnect(p);
	free(p->spec);
	free(p);
}

static const char *
option(const PQconninfoOption *all, const char *word)
{
	for (; all->keyword != NULL; all++)
		if (strcmp(all->keyword, word) == 0)
			return all->val != NULL ? all->val : "";
	return "";
}

/* Hosts and ports as they pair up, and the database. */
static void
where_set(struct pg_registry *p, const PQconninfoOption *all)
{
	const char *host = option(all, "host"), *port = option(all, "port");
	size_t at = 0, size = sizeof p->where;

	if (*host == '\0')
		host = option(all, "hostaddr");
	for (bool more = true; more && at < size - 1;) {
		size_t h = strcspn(host, ","), q = strcspn(port, ",");
		at += (size_t)snprintf(p->where + at, size - at, "%.*s%s%.*s%s",
		    (int)h, host, q > 0 ? ":" : "", (int)q, port,
		    host[h] == ',' ? "," : "");
		more = host[h] == ',';
		host += h + more;
		port += q + (port[q] == ',' && more);
	}
	if (at < size - 1)
		snprintf(
		    p->where + at, size - at, "/%s", option(all, "dbname"));
}

/* The address as libpq reads it. It may not bring a password: a command line
 * is read by everybody on the machine. */
static enum cred_err
read_spec(struct pg_registry *p, const char *spec, struct why *why)
{
	PQconninfoOption *all = PQconninfoParse(spec, NULL);
	enum cred_err e = CRED_OK;

	if (all == NULL)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--registry: this is no address of PostgreSQL; give "
		       "postgresql://USER@HOST[:PORT][,HOST…]/DATABASE",
			"--registry：不是 PostgreSQL 地址，请给出 "
			"postgresql://用户@主机[:端口][,主机…]/数据库"));
	where_set(p, all);
	p->several = strchr(p->where, ',') != NULL;
	p->as_it_is = *option(all, "target_session_attrs") != '\0';
	if (*option(all, "password") != '\0' ||
	    *option(all, "sslpassword") != '\0')
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("--registry: the address of %s holds a password, which "
		       "everybody on this machine could read; put it into "
		       "~/.pgpass (mode 0600) or PGPASSFILE",
			"--registry：%s 的地址中含有密码，"
			"本机任何人都能看到；请改放到 ~/.pgpass（权限 0600）"
			"或 PGPASSFILE"),
		    p->where);
	PQconninfoFree(all);
	return e;
}

/* A standby may be about to be promoted: with somebody told, wait for it. */
static enum cred_err
first_connect(struct pg_registry *p, struct why *why)
{
	int64_t since = pg_now_ms();
	enum cred_err e;

	for (unsigned attempt = 1;; attempt++) {
		p->promoting = false;
		e = pg_connect(p, !p->reads, why);
		if (e == CRED_OK || !p->promoting || !p->several ||
		    p->base.on_retry == NULL ||
		    !once_more(p, attempt, since, why))
			return e;
	}
}

enum cred_err
postgres_registry_open(const char *spec, enum registry_mode mode,
    registry_retry_fn *fn, void *ctx, struct registry **out, struct why *why)
{
	struct pg_registry *p = calloc(1, sizeof *p);
	enum cred_err e;

	if (p == NULL || (p->spec = strdup(spec)) == NULL) {
		free(p);
		return pg_nomem(why);
	}
	p->base.ops = &pg_ops;
	p->reads = mode != REGISTRY_WRITE;
	p->stale_too = mode == REGISTRY_READ_STALE;
	p->base.patience_ms = PATIENCE_MS;
	registry_on_retry(&p->base, fn, ctx);
	p->limit_ms = PG_LIMIT_MS;
	e = read_spec(p, spec, why);
	if (e == CRED_OK)
		e = first_connect(p, why);
	if (e != CRED_OK) {
		pg_close(&p->base);
		return e;
	}
	*out = &p->base;
	return CRED_OK;
}

const struct registry_ops pg_ops = {
    .close = pg_close,
    .reserve = pg_reserve,
    .store = pg_store,
    .void_ = pg_void,
    .void_stale = pg_void_stale,
    .head_get = pg_head_get,
    .head_swap = pg_head_swap,
    .next_index = pg_next_index,
    .by_index = pg_by_index,
    .by_number = pg_by_number,
    .find_same = pg_find_same,
    .each = pg_each,
    .status_set_many = pg_status_set_many,
    .supersede = pg_supersede,
    .status_bits = pg_status_bits,
    .status_version = pg_status_version,
    .meta_get = pg_meta_get,
    .meta_set = pg_meta_set,
    .backup = pg_backup,
    .audit_append = pg_audit_append,
    .audit_each = pg_audit_each,
    .ledger = &pg_ledger_ops,
    .copy = &pg_copy_ops,
};
