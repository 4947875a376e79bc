#include "tests/issuer/desk.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "domain/idnum.h"
#include "edge/file.h"
#include "keys/authority.h"
#include "keys/bodyhome.h"

static void
must(enum cred_err e, const struct why *why)
{
	if (e == CRED_OK)
		return;
	fprintf(stderr, "desk: %s: %s\n", cred_errname(e), why->text);
	abort();
}

static const char scope_ini[] = "[body]\n"
				"id=" DESK_BODY "\n"
				"name=示范中心\n"
				"prefix=" DESK_PREFIX "\n"
				"base=https://verify.tamga.example/\n"
				"kinds=2,4\n"
				"[kind.2]\n"
				"occupations=6-31-01-03:3-5\n"
				"[kind.4]\n"
				"items=*\n";

void
desk_make(struct desk *d)
{
	struct authority_new an = {.name = "主管",
	    .alg = COSE_ES256,
	    .valid_days = 3650,
	    .crl_days = 30};
	struct bodyhome_new bn = {.name = "示范中心",
	    .body_id = DESK_BODY,
	    .prefix = DESK_PREFIX,
	    .alg = COSE_ES256};
	static struct scopefile grant;
	struct authority *a;
	struct why why = {""};
	char path[128], home[128], *pem;
	uint8_t print[32], *csr;
	int64_t now = time(NULL) - 3600;
	struct pass_source pass = {.file = path, .fd = -1};
	size_t len;

	*d = (struct desk){.dir = "/tmp/tamga-desk-XXXXXX"};
	if (mkdtemp(d->dir) == NULL)
		abort();
	snprintf(path, sizeof path, "%s/pass", d->dir);
	must(
	    file_create(path, bytes_str("pass phrase of a test\n"), 0600, &why),
	    &why);
	snprintf(home, sizeof home, "%s/authority", d->dir);
	must(authority_init(home, &an, &pass, now, print, &why), &why);
	snprintf(d->home, sizeof d->home, "%s/body", d->dir);
	must(bodyhome_init(d->home, &bn, &pass, &why), &why);
	must(scopefile_parse("scope.ini", bytes_str(scope_ini), &grant, &why),
	    &why);
	must(authority_open(home, &pass, now, &a, &why), &why);
	snprintf(home, sizeof home, "%s/body.csr", d->home);
	must(file_read(home, 1 << 16, &csr, &len, &why), &why);
	must(authority_admit(
		 a, bytes_of(csr, len), &grant, 365, now, &pem, &why),
	    &why);
	must(bodyhome_install(d->home, bytes_str(pem), &why), &why);
	authority_close(a);
	free(csr);
	free(pem);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
open_home(struct desk *d)
{
	static char pass[128];
	struct why why = {""};

	snprintf(pass, sizeof pass, "%s/pass", d->dir);
	cli_common_init(&d->cli);
	d->cli.home = d->home;
	d->cli.registry = d->registry;
	d->cli.pass = (struct pass_source){.file = pass, .fd = -1};
	d->cli.quiet = true;
	must(home_open(&d->cli, HOME_SIGN, &d->h, &why), &why);
}

void
desk_open(struct desk *d, const char *kind)
{
	static unsigned n;
	char log[128];

	snprintf(log, sizeof log, "%s/log", d->home);
	nftw(log, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (strcmp(kind, "sqlite") == 0)
		snprintf(d->registry, sizeof d->registry, "sqlite:%s/r%u.db",
		    d->home, n++);
	else
		snprintf(d->registry, sizeof d->registry, "%s", kind);
	open_home(d);
}

void
desk_close(struct desk *d)
{
	home_close(&d->h);
}

void
desk_reopen(struct desk *d)
{
	home_close(&d->h);
	open_home(d);
}

void
desk_remove(struct desk *d)
{
	nftw(d->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
desk_row(struct row *r, uint32_t i)
{
	char digits[18];

	*r = (struct row){.row = i + 2,
	    .kind = KIND_LEVEL,
	    .id_type = ID_RESIDENT,
	    .level = 4};
	if (!day_from_civil(2020, 6, 30, &r->issued))
		abort();
	snprintf(r->name, sizeof r->name, "王明");
	snprintf(digits, sizeof digits, "15010219%02u0%1u%02u%03u",
	    50 + i / 100000 % 50, 1 + i / 20000 % 5, 1 + i / 1000 % 20,
	    i % 1000);
	snprintf(r->id_number, sizeof r->id_number, "%s%c", digits,
	    idnum_check_digit(digits));
	snprintf(r->occupation, sizeof r->occupation, "电工");
	snprintf(r->code, sizeof r->code, "6-31-01-03");
	memcpy(r->key, &i, sizeof i);
}
