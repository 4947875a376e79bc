/* The connection to PostgreSQL: what is said over it, what its failures are. */
#include "registry/postgres_int.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

enum cred_err
pg_nomem(struct why *why)
{
	return why_set(why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
}

enum cred_err
pg_damaged(const struct pg_registry *p, struct why *why)
{
	return why_set(why, CRED_FAULT_DB,
	    TR("registry %s: a table holds what Tamga did not write; restore "
	       "it from a backup",
		"登记库 %s：表中有并非 Tamga 写入的内容，请从备份恢复"),
	    p->where);
}

/* A WARNING at a commit is how PostgreSQL says that it stopped waiting for its
 * standbys: the answer itself would pass for a success. */
static void
notice(void *ctx, const PGresult *r)
{
	struct pg_registry *p = ctx;
	const char *level =
	    PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (level == NULL || strcmp(level, "WARNING") == 0)
		p->warned = true;
}

static bool
of(const char *state, const char *list)
{
	for (; *list != '\0'; list += strcspn(list, " "), list += *list == ' ')
		if (strncmp(list, state, strcspn(list, " ")) == 0)
			return true;
	return false;
}

static enum cred_err
fail_lost(struct pg_registry *p, struct why *why)
{
	p->again = PG_GONE;
	return why_set(why, CRED_FAULT_NETWORK,
	    TR("registry %s: the connection was lost; check server and "
	       "network, "
	       "then run again",
		"登记库 %s：连接中断，请检查服务器和网络后重新运行"),
	    p->where);
}

/* A message of the server, one line. Never its DETAIL: that quotes rows. */
static enum cred_err
fail_said(struct pg_registry *p, const char *state, const PGresult *r,
    struct why *why)
{
	const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	return why_set(why, CRED_FAULT_DB,
	    TR("registry %s: the server refused (%s): %s",
		"登记库 %s：服务器拒绝执行（%s）：%s"),
	    p->where, state, said != NULL ? said : "?");
}

enum cred_err
pg_fail(struct pg_registry *p, const PGresult *r, struct why *why)
{
	const char *state =
	    r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;

	p->again = PG_NO;
	if (state == NULL || PQstatus(p->conn) != CONNECTION_OK ||
	    of(state, "08 57P01 57P02 57P03"))
		return fail_lost(p, why);
	if (of(state, "40001 40P01")) {
		p->again = PG_TURN_LOST;
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: another program was faster; run again",
			"登记库 %s：被另一程序抢先，请重新运行"),
		    p->where);
	}
	if (of(state, "25006")) {
		p->again = PG_GONE;
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: the server has become a standby and takes "
		       "no writes; name the primary too (several hosts)",
			"登记库 %s：该服务器已成为备库，不能写入，"
			"请同时写明主库（可列多个主机）"),
		    p->where);
	}
	if (of(state, "57014 55P03 25P03"))
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: no answer within the time limit "
		       "(statement_timeout); another program holds it or the "
		       "server is overloaded; try again",
			"登记库 %s：在时限内没有答复（statement_timeout），"
			"可能被另一程序占用或服务器过载，请稍后再试"),
		    p->where);
	if (of(state, "53100"))
		return why_set(why, CRED_FAULT_FULL,
		    TR("registry %s: no space left on the server's disk; make "
		       "room and run again",
			"登记库 %s：服务器磁盘已满，请腾出空间后重新运行"),
		    p->where);
	if (of(state, "42501"))
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: this role lacks rights on the tables; "
		       "GRANT them or use the owner's role",
			"登记库 %s：当前角色没有表的权限，"
			"请授权（GRANT）或改用属主角色"),
		    p->where);
	return fail_said(p, state, r, why);
}

static void
forget(PGresult **out, size_t n)
{
	for (size_t i = 0; out != NULL && i < n; i++) {
		PQclear(out[i]);
		out[i] = NULL;
	}
}

static bool
send_one(struct pg_registry *p, const struct pg_ask *a, bool *prepares)
{
	static const struct pg_args none;
	const struct pg_args *args = a->args != NULL ? a->args : &none;
	char name[16];

	*prepares = false;
	if (a->text != NULL)
		return PQsendQueryParams(p->conn, a->text, args->n, NULL,
			   args->value, args->len, args->format, 1) == 1;
	snprintf(name, sizeof name, "t%d", (int)a->stmt);
	if (!p->prepared[a->stmt]) {
		*prepares = true;
		if (PQsendPrepare(p->conn, name, pg_texts[a->stmt], 0, NULL) !=
		    1)
			return false;
	}
	return PQsendQueryPrepared(p->conn, name, args->n, args->value,
		   args->len, args->format, 1) == 1;
}

static bool
good(const PGresult *r)
{
	ExecStatusType s = PQresultStatus(r);

	return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK;
}

/* Asks over a connection of its own, and waits as long as a server that has
 * stopped makes it wait: not we. It may come after the answer, and would then
 * end what is asked next: that is asked on another connection. */
static void *
cancel_it(void *cancel)
{
	char said[256];

	PQcancel(cancel, said, sizeof said);
	PQfreeCancel(cancel);
	return NULL;
}

static bool
cancel(struct pg_registry *p)
{
	PGcancel *c = PQgetCancel(p->conn);
	pthread_t t;

	if (c == NULL)
		return false;
	if (pthread_create(&t, NULL, cancel_it, c) != 0) {
		PQfreeCancel(c);
		return false;
	}
	pthread_detach(t);
	return true;
}

/* Until all that was asked is on its way; a server may read no more. */
static bool
flushed(struct pg_registry *p, int64_t until)
{
	struct pollfd fd = {PQsocket(p->conn), POLLIN | POLLOUT, 0};
	int more;

	while ((more = PQflush(p->conn)) == 1) {
		int64_t left = until - pg_now_ms();
		if (left <= 0)
			return false;
		if (poll(&fd, 1, (int)left) > 0 && (fd.revents & POLLIN) &&
		    PQconsumeInput(p->conn) != 1)
			return false;
	}
	return more == 0;
}

/* Until an answer is there. A commit waits for standbys for ever, whatever
 * statement_timeout says: it is cancelled, and then answers with a warning. */
static bool
answered(struct pg_registry *p, int64_t until, bool *cancelled)
{
	struct pollfd fd = {PQsocket(p->conn), POLLIN, 0};

	while (PQisBusy(p->conn)) {
		int64_t left = until - pg_now_ms();
		if (*cancelled)
			left += PG_GRACE_MS;
		if (left > 0) {
			if (poll(&fd, 1, (int)left) > 0 &&
			    PQconsumeInput(p->conn) != 1)
				return false;
			continue;
		}
		if (*cancelled)
			return false;
		*cancelled = true;
		if (!cancel(p))
			return false;
	}
	return true;
}

enum cred_err
pg_simple(
    struct pg_registry *p, const char *sql, PGresult **out, struct why *why)
{
	bool cancelled = false;
	int64_t until = pg_now_ms() + p->limit_ms;
	PGresult *last = NULL, *r;
	enum cred_err e = CRED_OK;

	if (PQsendQuery(p->conn, sql) != 1)
		return pg_fail(p, NULL, why);
	for (;;) {
		if (!answered(p, until, &cancelled)) {
			PQclear(last);
			pg_disconnect(p);
			return fail_lost(p, why);
		}
		if ((r = PQgetResult(p->conn)) == NULL)
			break;
		PQclear(last);
		last = r;
	}
	if (!good(last))
		e = pg_fail(p, last, why);
	if (e == CRED_OK && out != NULL)
		*out = last;
	else
		PQclear(last);
	if (cancelled)
		pg_disconnect(p);
	return e;
}

/* One result and the NULL behind it; NULL when the connection is gone. */
static PGresult *
next_result(struct pg_registry *p, int64_t until, bool *cancelled)
{
	PGresult *r, *more;

	if (!answered(p, until, cancelled))
		return NULL;
	r = PQgetResult(p->conn);
	if (r == NULL || PQresultStatus(r) == PGRES_PIPELINE_SYNC)
		return r;
	while ((more = PQgetResult(p->conn)) != NULL)
		PQclear(more);
	return r;
}

#define ASKS_MAX 8

enum cred_err
pg_ask(struct pg_registry *p, const struct pg_ask *asks, size_t n,
    PGresult **out, struct why *why)
{
	bool prepares[ASKS_MAX] = {false};
	enum cred_err e = CRED_OK;
	bool cancelled = false, sent = true;
	int64_t until = pg_now_ms() + p->limit_ms;
	PGresult *r;

	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = NULL;
	p->again = PG_NO;
	if (p->conn == NULL || n > ASKS_MAX)
		return fail_lost(p, why);
	for (size_t i = 0; i < n; i++)
		sent = sent && send_one(p, &asks[i], &prepares[i]);
	if (!sent || PQpipelineSync(p->conn) != 1 || !flushed(p, until)) {
		e = pg_fail(p, NULL, why);
		pg_disconnect(p); /* half a question would stand before the next */
		return e;
	}
	for (size_t i = 0; i < n; i++)
		for (int step = prepares[i] ? 0 : 1; step < 2; step++) {
			r = next_result(p, until, &cancelled);
			if (e == CRED_OK && (r == NULL || !good(r)))
				e = pg_fail(p, r, why);
			if (e == CRED_OK && step == 0)
				p->prepared[asks[i].stmt] = true;
			if (e == CRED_OK && step == 1 && out != NULL)
				out[i] = r;
			else
				PQclear(r);
			if (r == NULL) {
				forget(out, n);
				pg_disconnect(p); /* its answers would mix */
				return e;
			}
		}
	r = next_result(p, until, &cancelled);
	if (r == NULL && e == CRED_OK)
		e = pg_fail(p, NULL, why);
	if (r == NULL || cancelled)
		pg_disconnect(p);
	PQclear(r);
	if (e != CRED_OK)
		forget(out, n);
	return e;
}

enum cred_err
pg_ask_one(struct pg_registry *p, enum pg_stmt stmt, struct pg_args *args,
    PGresult **out, struct why *why)
{
	struct pg_ask a = {.stmt = stmt, .args = args};

	return pg_ask(p, &a, 1, out, why);
}

void
pg_disconnect(struct pg_registry *p)
{
	PQfinish(p->conn);
	p->conn = NULL;
	memset(p->prepared, 0, sizeof p->prepared);
}

static PGconn *
dial(const struct pg_registry *p, const char *attrs)
{
	/* Of a repeated word the last counts: before the address stand our
	 * defaults, behind it what must be so. */
	const char *const words[] = {"connect_timeout", "keepalives_idle",
	    "keepalives_interval", "keepalives_count", "tcp_user_timeout",
	    "fallback_application_name", "target_session_attrs", "dbname",
	    "client_encoding", p->reads ? NULL : "target_session_attrs", NULL};
	const char *const values[] = {"10", "5", "5", "3", "20000", "tamga",
	    attrs, p->spec, "UTF8", p->reads ? NULL : attrs, NULL};

	return PQconnectdbParams(words, values, 1);
}

/* Why nothing could be reached: by what libpq says, which never holds a
 * password; but a server that would do for reading is no server to write to. */
static enum cred_err
fail_dial(struct pg_registry *p, struct why *why)
{
	char said[300];
	PGconn *any = p->reads ? NULL : dial(p, "any");
	bool standby = any != NULL && PQstatus(any) == CONNECTION_OK;

	PQfinish(any);
	p->again = PG_GONE;
	p->promoting = standby;
	if (standby)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: only a standby answers there, and it "
		       "takes "
		       "no writes; name the primary, or promote the standby",
			"登记库 %s：那里只有备库应答，不能写入，"
			"请写明主库或将备库提升为主库"),
		    p->where);
	snprintf(said, sizeof said, "%s",
	    p->conn != NULL ? PQerrorMessage(p->conn) : "?");
	said[strcspn(said, "\n")] = '\0';
	return why_set(why, CRED_FAULT_NETWORK,
	    TR("registry %s: no connection: %s; check address, server, role "
	       "and password file",
		"登记库 %s：无法连接：%s；请检查地址、服务器、角色和密码文件"),
	    p->where, said);
}

static enum cred_err
connect_to(struct pg_registry *p, bool make, const char *attrs, struct why *why)
{
	enum cred_err e;

	pg_disconnect(p);
	p->again = PG_NO;
	p->conn = dial(p, attrs);
	if (PQstatus(p->conn) != CONNECTION_OK) {
		e = fail_dial(p, why);
		pg_disconnect(p);
		return e;
	}
	PQsetNoticeReceiver(p->conn, notice, p);
	e = pg_schema(p, make, why);
	if (e == CRED_OK && (PQenterPipelineMode(p->conn) != 1 ||
				PQsetnonblocking(p->conn, 1) != 0))
		e = pg_fail(p, NULL, why);
	if (e != CRED_OK)
		pg_disconnect(p);
	return e;
}

static enum cred_err
fail_stale(struct pg_registry *p, int64_t behind_s, struct why *why)
{
	char age[32];

	p->again = PG_GONE;
	p->promoting = true;
	snprintf(
	    age, sizeof age, behind_s < 0 ? "?" : "%lld", (long long)behind_s);
	return why_set(why, CRED_FAULT_DB,
	    TR("registry %s: only a standby answers, it follows no primary, "
	       "and its last change is %s s old; name the primary, promote "
	       "the standby, or, to read it as it is, put "
	       "target_session_attrs=any into the address",
		"登记库 %s：只有备库应答，它没有跟随任何主库，最后一次变更是 "
		"%s 秒前；请写明主库或提升备库；若要照样读取，"
		"请在地址中加 target_session_attrs=any"),
	    p->where, age);
}

enum cred_err
pg_connect(struct pg_registry *p, bool make, struct why *why)
{
	int64_t behind_s;
	enum cred_err e = CRED_OK;

	if (p->conn == NULL || PQstatus(p->conn) != CONNECTION_OK)
		e = connect_to(
		    p, make, p->reads ? "prefer-standby" : "read-write", why);
	behind_s = p->behind_s;
	if (e == CRED_OK && p->reads && !p->as_it_is && !p->stale_too &&
	    (behind_s < 0 || behind_s > REGISTRY_STALE_S) &&
	    connect_to(p, make, "read-write", NULL) != CRED_OK)
		e = fail_stale(p, behind_s, why);
	if (e == CRED_OK && p->base.fence == 0)
		p->base.fence = p->epoch;
	return e;
}
