#include "registry/postgres_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

#define SCHEMA_VERSION 1

/*
 * As in sqlite_make.c: entry is fixed at the reservation, credential holds the
 * signed bytes, status only what is not valid. No sequence anywhere: one does
 * not roll back, and after a failover may give a number twice.
 *
 * entry does not refer to batch: 500 looks a chunk at a row that the same
 * transaction has just read cost a tenth of the rate.
 *
 * writer has one row, which every transaction that writes changes first;
 * receipt remembers, by turn modulo RECEIPTS, who had the last turns.
 */
static const char schema_1[] =
    "CREATE TABLE tamga_schema ("
    " one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);"
    "CREATE TABLE writer ("
    " one integer PRIMARY KEY CHECK (one = 1), turn bigint NOT NULL);"
    "CREATE TABLE receipt (slot bigint PRIMARY KEY, token bytea NOT NULL);"
    "CREATE TABLE batch ("
    " id bigint PRIMARY KEY, name text NOT NULL UNIQUE,"
    " first_idx bigint NOT NULL, end_idx bigint NOT NULL,"
    " made_at bigint NOT NULL);"
    "CREATE TABLE entry ("
    " idx bigint PRIMARY KEY CHECK (idx >= 0),"
    " batch_id bigint NOT NULL,"
    " row_no bigint NOT NULL,"
    " row_key bytea NOT NULL CHECK (length(row_key) = 32),"
    " void_mark bigint NOT NULL DEFAULT 0,"
    " kind integer NOT NULL CHECK (kind BETWEEN 1 AND 5),"
    " number text, generation bigint NOT NULL DEFAULT 0,"
    " name text NOT NULL, id_type integer NOT NULL, id_number text NOT NULL,"
    " occupation text NOT NULL, code text, direction text,"
    " level integer NOT NULL, issued bigint NOT NULL,"
    " payload bytea NOT NULL, print bytea, reserved_at bigint NOT NULL,"
    " replaces bigint REFERENCES entry (idx),"
    " CHECK (void_mark = 0 OR void_mark = idx + 1),"
    " UNIQUE (batch_id, row_key, void_mark),"
    " UNIQUE (number, generation, void_mark));"
    "CREATE INDEX entry_person ON entry (id_number, kind, level);"
    "CREATE UNIQUE INDEX entry_replaces ON entry (replaces, void_mark)"
    " WHERE replaces IS NOT NULL;"
    "CREATE TABLE credential ("
    " idx bigint PRIMARY KEY REFERENCES entry (idx),"
    " bytes bytea NOT NULL, signed_at bigint NOT NULL);"
    "CREATE TABLE status ("
    " idx bigint PRIMARY KEY REFERENCES entry (idx),"
    " value integer NOT NULL CHECK (value BETWEEN 0 AND 3));"
    "CREATE TABLE status_version ("
    " list bigint PRIMARY KEY, version bigint NOT NULL);"
    "CREATE TABLE series (name text PRIMARY KEY, last bigint NOT NULL);"
    "CREATE TABLE head ("
    " one integer PRIMARY KEY CHECK (one = 1), size bigint NOT NULL,"
    " root bytea NOT NULL, note bytea NOT NULL);"
    "CREATE TABLE meta (key text PRIMARY KEY, value bigint NOT NULL);"
    "CREATE TABLE audit ("
    " seq bigint PRIMARY KEY, at bigint NOT NULL, actor text NOT NULL,"
    " action text NOT NULL, subject text NOT NULL, detail text NOT NULL,"
    " prev bytea NOT NULL, hash bytea NOT NULL);"
    "CREATE INDEX audit_subject ON audit (subject);"
    "CREATE TABLE claim ("
    " seq bigint PRIMARY KEY, id text NOT NULL UNIQUE,"
    " content bytea NOT NULL CHECK (length(content) = 32),"
    " person bytea NOT NULL CHECK (length(person) = 32),"
    " subject text NOT NULL, scheme integer NOT NULL, part integer NOT NULL,"
    " year integer NOT NULL, kind integer NOT NULL, level integer NOT NULL,"
    " applied bigint NOT NULL, issued bigint NOT NULL,"
    " trained_from bigint NOT NULL, trained_to bigint NOT NULL,"
    " fen bigint NOT NULL CHECK (fen >= 0), number text NOT NULL,"
    " institution text NOT NULL, body_id text NOT NULL,"
    " idx bigint NOT NULL CHECK (idx >= -1), codes text NOT NULL,"
    " state integer NOT NULL CHECK (state BETWEEN 1 AND 5),"
    " booked_by text NOT NULL, changed_at bigint NOT NULL);"
    "CREATE INDEX claim_person ON claim (person);"
    "CREATE INDEX claim_number ON claim (number) WHERE number <> '';"
    "CREATE INDEX claim_body ON claim (body_id);"
    "CREATE TABLE claim_year ("
    " person bytea NOT NULL, year integer NOT NULL,"
    " place integer NOT NULL CHECK (place >= 1),"
    " claim bigint NOT NULL REFERENCES claim (seq),"
    " PRIMARY KEY (person, year, place));"
    "CREATE TABLE claim_half ("
    " person bytea NOT NULL, subject text NOT NULL, scheme integer NOT NULL,"
    " half integer NOT NULL CHECK (half IN (1, 2)),"
    " claim bigint NOT NULL REFERENCES claim (seq),"
    " PRIMARY KEY (person, subject, scheme, half));"
    "CREATE TABLE claim_more ("
    " claim bigint PRIMARY KEY REFERENCES claim (seq), region text NOT NULL,"
    " department integer NOT NULL, phone bytea, account bytea, photo bytea);"
    "INSERT INTO writer (one, turn) VALUES (1, 0);"
    "INSERT INTO tamga_schema (one, version) VALUES (1, 1);";

/*
 * The server's timeline is the epoch: it is one more after each promotion. A
 * standby that has all its primary has sent is not behind, however long ago
 * that was; once it follows nobody, the age of its last commit is all it knows.
 */
#define STANDS                                                                 \
	"SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE"                     \
	" ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))"        \
	"::bit(32)::bigint END, CASE WHEN NOT pg_is_in_recovery() THEN 0"      \
	" WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver) AND"                \
	" (pg_last_xact_replay_timestamp() IS NULL OR"                         \
	" pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()) THEN 0"       \
	" ELSE extract(epoch FROM now()"                                       \
	" - pg_last_xact_replay_timestamp())::bigint END"

static enum cred_err
where_it_stands(struct pg_registry *p, struct why *why)
{
	PGresult *r = NULL;
	enum cred_err e = pg_simple(p, STANDS, &r, why);

	p->epoch = p->behind_s = 0;
	if (e == CRED_OK) {
		p->epoch = atoll(PQgetvalue(r, 0, 0));
		p->behind_s =
		    PQgetisnull(r, 0, 1) ? -1 : atoll(PQgetvalue(r, 0, 1));
		if (p->behind_s < -1)
			p->behind_s = 0; /* its clock and the primary's */
	}
	PQclear(r);
	/* Another engine has no timelines, and is its own to keep in order. */
	return e == CRED_FAULT_DB ? CRED_OK : e;
}

/*
 * A commit counts when it is on a disk, here and where the server is told to
 * wait for standbys: that setting may be stronger than "on", never weaker.
 * Warnings must be heard, a dead issuer must not hold the turn, and nothing
 * waits for ever unless the administrator said so.
 */
static enum cred_err
settle_session(struct pg_registry *p, struct why *why)
{
	PGresult *r = NULL;
	bool weak, endless, utf8;
	enum cred_err e = pg_simple(p,
	    "SELECT current_setting('synchronous_commit') IN"
	    " ('off', 'local', 'remote_write'),"
	    " current_setting('statement_timeout') = '0',"
	    " current_setting('server_encoding') = 'UTF8',"
	    " (SELECT setting FROM pg_settings"
	    "  WHERE name = 'statement_timeout')",
	    &r, why);

	if (e != CRED_OK)
		return e;
	weak = *PQgetvalue(r, 0, 0) == 't';
	endless = *PQgetvalue(r, 0, 1) == 't';
	utf8 = *PQgetvalue(r, 0, 2) == 't';
	p->limit_ms = endless ? PG_LIMIT_MS : atoi(PQgetvalue(r, 0, 3));
	PQclear(r);
	if (!utf8)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: the database is not in UTF8; make one "
		       "with "
		       "createdb -E UTF8 -T template0",
			"登记库 %s：数据库编码不是 UTF8，"
			"请用 createdb -E UTF8 -T template0 新建"),
		    p->where);
	e = pg_simple(p, "SET client_min_messages = warning", NULL, why);
	if (e == CRED_OK && weak)
		e = pg_simple(p, "SET synchronous_commit = on", NULL, why);
	if (e == CRED_OK && endless)
		e = pg_simple(p, "SET statement_timeout = 30000", NULL, why);
	/* Every statement is asked for its index by its text, so one plan does
	 * for all values, and making one anew for 500 rows cost a fifth of a
	 * chunk. Where there is no such setting, none is made. */
	if (e == CRED_OK)
		e = pg_simple(p,
		    "SELECT set_config(name, 'force_generic_plan', false)"
		    " FROM pg_settings WHERE name = 'plan_cache_mode'",
		    NULL, why);
	if (e == CRED_OK && !p->reads)
		e = pg_simple(p,
		    "SET idle_in_transaction_session_timeout = 60000", NULL,
		    why);
	return e == CRED_OK ? where_it_stands(p, why) : e;
}

/* *version -1: there is no table of ours; *others: of anybody. Asked of the
 * catalogue: information_schema hides what the role has no rights on. */
static enum cred_err
version_get(struct pg_registry *p, int *version, int *others, struct why *why)
{
	PGresult *r = NULL;
	enum cred_err e = pg_simple(p,
	    "SELECT current_schema() IS NULL,"
	    " count(*) FILTER (WHERE c.relname = 'tamga_schema'), count(*)"
	    " FROM pg_catalog.pg_class c WHERE c.relkind IN " PG_TABLES
	    " AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace"
	    "  WHERE nspname = current_schema())",
	    &r, why);
	bool ours, nowhere;

	if (e != CRED_OK)
		return e;
	nowhere = *PQgetvalue(r, 0, 0) == 't';
	ours = atoi(PQgetvalue(r, 0, 1)) > 0;
	*others = atoi(PQgetvalue(r, 0, 2));
	PQclear(r);
	*version = -1;
	if (nowhere)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: this role lacks rights on every schema of "
		       "its search_path, or none of them is there; GRANT USAGE "
		       "or make one",
			"登记库 %s：search_path 中的模式不存在，"
			"或当前角色没有权限；请授权（GRANT USAGE）或新建"),
		    p->where);
	if (!ours)
		return CRED_OK;
	e = pg_simple(p, "SELECT max(version) FROM tamga_schema", &r, why);
	if (e != CRED_OK)
		return e;
	*version = atoi(PQgetvalue(r, 0, 0));
	PQclear(r);
	return CRED_OK;
}

static enum cred_err
version_check(const struct pg_registry *p, int version, struct why *why)
{
	if (version > SCHEMA_VERSION)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s has schema version %d, this program knows "
		       "up to %d: it was made by a newer Tamga; update this "
		       "one",
			"登记库 %s 的结构版本为 %d，本程序只认识到 %d："
			"它由更新的 Tamga 建立，请升级本程序"),
		    p->where, version, SCHEMA_VERSION);
	if (version < SCHEMA_VERSION)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s has schema version %d, older than %d, "
		       "which "
		       "this program needs; restore it from a backup made by a "
		       "released Tamga",
			"登记库 %s 的结构版本为 %d，低于本程序所需的 %d，"
			"请从正式版 Tamga 的备份恢复"),
		    p->where, version, SCHEMA_VERSION);
	return CRED_OK;
}

/* Whoever makes it at the same moment is let win; any other failure is told. */
static enum cred_err
make_tables(struct pg_registry *p, int *version, int *others, struct why *why)
{
	struct why said = {""};
	enum cred_err e, made;

	p->warned = false;
	made = pg_simple(p, schema_1, NULL, &said);
	if (made == CRED_OK && p->warned)
		return why_set(why, CRED_FAULT_DB,
		    TR("registry %s: no standby confirmed the new tables; run "
		       "again",
			"登记库 %s：没有备库确认新建的表，请重新运行"),
		    p->where);
	if (made == CRED_OK || (made == CRED_FAULT_DB && p->conn != NULL)) {
		e = version_get(p, version, others, why);
		if (e != CRED_OK || *version >= 0)
			return e;
	}
	if (why != NULL)
		*why = said;
	return made;
}

enum cred_err
pg_schema(struct pg_registry *p, bool make, struct why *why)
{
	int version = -1, others = 0;
	enum cred_err e = settle_session(p, why);

	if (e == CRED_OK)
		e = version_get(p, &version, &others, why);
	if (e == CRED_OK && version < 0 && others == 0 && make)
		e = make_tables(p, &version, &others, why);
	if (e != CRED_OK)
		return e;
	if (version < 0 && others > 0)
		return why_set(why, CRED_FAULT_DB,
		    TR("%s is a database, but not a registry of Tamga; make an "
		       "empty one for it",
			"%s 是数据库，但不是 Tamga 的登记库，请另建空库"),
		    p->where);
	if (version < 0)
		return why_set(why, CRED_FAULT_DB,
		    TR("there is no registry at %s", "%s 处没有登记库"),
		    p->where);
	return version_check(p, version, why);
}
