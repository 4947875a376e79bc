#include "authority_case.h"

struct world *w;

int
authority_setup(void **state)
{
	(void)state;
	w = world_new(COSE_ES256);
	return 0;
}

int
authority_teardown(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static char grant_text[1024];

const char *
grant(const char *id, const char *prefix, const char *more)
{
	snprintf(grant_text, sizeof grant_text,
	    "[body]\nid = %s\nprefix = %s\nbase = " BASE "\nkinds = 4\n%s"
	    "[kind.4]\nitems = *\n",
	    id, prefix, more);
	return grant_text;
}

enum cred_err
admit(const char *home, const char *ini, int days)
{
	struct scopefile *g = malloc(sizeof *g);
	struct bytes csr = world_read(home, "body.csr");
	struct authority *a;
	char *pem = NULL;
	enum cred_err e;

	w->why.text[0] = '\0';
	e = scopefile_parse("scope.ini", bytes_str(ini), g, &w->why);
	if (e == CRED_OK) {
		assert_err(
		    authority_open(w->authority, &w->pass, NOW, &a, &w->why),
		    CRED_OK);
		e = authority_admit(a, csr, g, days, NOW, &pem, &w->why);
		authority_close(a);
	}
	assert_true((e == CRED_OK) == (pem != NULL));
	assert_true((e == CRED_OK) == (w->why.text[0] == '\0'));
	free(pem);
	free((void *)(uintptr_t)csr.ptr);
	free(g);
	return e;
}

char *
new_home(const char *name, const char *id, const char *prefix)
{
	const struct bodyhome_new n = {
	    .name = NAME, .body_id = id, .prefix = prefix, .alg = COSE_EDDSA};
	char *home = world_path(w, name);

	assert_err(bodyhome_init(home, &n, &w->pass, &w->why), CRED_OK);
	return home;
}
