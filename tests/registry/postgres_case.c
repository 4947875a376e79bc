#include "tests/registry/postgres_case.h"

#include <string.h>

#include "tests/registry/server.h"

static const char series[] = "S000015000123254";

int
postgres_set_up(void **state)
{
	*state = fixture_new("postgresql:");
	return 0;
}

int
postgres_tear_down(void **state)
{
	fixture_free(*state);
	return 0;
}

const char *
schema(const struct fixture *f)
{
	return strstr(f->spec, "%3D") + 3;
}

void
meddle(const struct fixture *f, const char *sql, char *out, size_t size)
{
	char text[2048];

	snprintf(text, sizeof text, "SET search_path = %s; %s", schema(f), sql);
	server_sql(server_shared(), text, out, size);
}

enum cred_err
open_with(struct fixture *f, const char *more, enum registry_mode mode)
{
	char spec[512];

	snprintf(spec, sizeof spec, "%s%s", f->spec, more);
	registry_close(f->r);
	f->r = NULL;
	memset(&f->why, 0, sizeof f->why);
	return registry_open(spec, mode, &f->r, &f->why);
}

enum cred_err
reserve_one(struct fixture *f, struct reservation *row, uint32_t n)
{
	struct plan *p = plan_new();
	enum cred_err e;

	row_init(row, n, series);
	e = registry_reserve(f->r, "B", row, 1, NOW, fill_plain, p, &f->why);
	free(p);
	return e;
}

uint64_t
acts(struct fixture *f)
{
	uint64_t n = 0;
	uint8_t last[32];

	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	return n;
}

void
trip(struct fixture *f, const char *table, const char *state, int times)
{
	char sql[1024];

	snprintf(sql, sizeof sql,
	    "CREATE SEQUENCE trips; CREATE FUNCTION trip() RETURNS trigger"
	    " LANGUAGE plpgsql AS 'BEGIN IF nextval(''trips'') <= %d THEN"
	    " RAISE EXCEPTION ''tripped'' USING ERRCODE = ''%s'',"
	    " DETAIL = ''150102199001010003''; END IF; RETURN NEW; END';"
	    "CREATE TRIGGER t BEFORE INSERT ON %s"
	    " FOR EACH STATEMENT EXECUTE FUNCTION trip()",
	    times, state, table);
	meddle(f, sql, NULL, 0);
}
