#include "world.h"

#include <ftw.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"

static const char GRANT[] = "[body]\nid = %s\nname = " NAME "\n"
			    "prefix = %s\nbase = " BASE "\nkinds = 2,4\n"
			    "[kind.2]\noccupations = 6-31-01-03:3-5\n"
			    "[kind.4]\nitems = *\n";

struct bytes
world_read(const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	struct why why;
	uint8_t *data;
	size_t len;

	assert_non_null(path);
	assert_err(file_read(path, 1 << 24, &data, &len, &why), CRED_OK);
	free(path);
	return bytes_of(data, len);
}

void
world_write(const char *dir, const char *name, struct bytes data)
{
	char *path = file_join(dir, name);
	struct why why;

	assert_non_null(path);
	assert_err(file_write(path, data, 0600, &why), CRED_OK);
	free(path);
}

char *
world_path(const struct world *w, const char *name)
{
	char *path = file_join(w->dir, name);

	assert_non_null(path);
	return path;
}

static void
release(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}

void
world_reload(struct world *w, int64_t now)
{
	char *pub = world_path(w, "pub"), *dir = world_path(w, "pub/trust");
	struct authority *a;
	struct trust_files f = {0};

	assert_err(
	    authority_open(w->authority, &w->pass, now, &a, &w->why), CRED_OK);
	assert_err(authority_publish(a, pub, 30, now, &w->why), CRED_OK);
	authority_close(a);
	release(&w->anchor);
	release(&w->bodies);
	release(&w->crl);
	w->anchor = world_read(dir, "anchor.pem");
	w->bodies = world_read(dir, "bodies.pem");
	w->crl = world_read(dir, "authority.crl");
	f.anchor = w->anchor;
	f.bodies = w->bodies;
	f.crl = w->crl;
	trust_free(w->trust);
	w->trust = NULL;
	assert_err(
	    trust_load(&f, now, &w->trust, NULL, NULL, &w->why), CRED_OK);
	free(dir);
	free(pub);
}

void
world_add_body(struct world *w, const char *home, const char *id,
    const char *prefix, enum cose_alg alg, int64_t now)
{
	const struct bodyhome_new n = {
	    .name = NAME, .body_id = id, .prefix = prefix, .alg = alg};
	struct scopefile *grant = malloc(sizeof *grant);
	struct authority *a;
	struct bytes csr;
	char ini[512], *pem;

	assert_non_null(grant);
	assert_err(bodyhome_init(home, &n, &w->pass, &w->why), CRED_OK);
	snprintf(ini, sizeof ini, GRANT, id, prefix);
	assert_err(scopefile_parse("scope.ini", bytes_str(ini), grant, &w->why),
	    CRED_OK);
	csr = world_read(home, "body.csr");
	assert_err(
	    authority_open(w->authority, &w->pass, now, &a, &w->why), CRED_OK);
	assert_err(
	    authority_admit(a, csr, grant, 365, now, &pem, &w->why), CRED_OK);
	authority_close(a);
	assert_err(bodyhome_install(home, bytes_str(pem), &w->why), CRED_OK);
	free(pem);
	release(&csr);
	free(grant);
}

struct world *
world_new(enum cose_alg alg)
{
	struct world *w = calloc(1, sizeof *w);
	const struct authority_new n = {.name = "内蒙古自治区某厅",
	    .alg = alg,
	    .valid_days = 7300,
	    .crl_days = 30};
	uint8_t fingerprint[32];

	assert_non_null(w);
	strcpy(w->dir, "/tmp/tamga-keys.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->authority, sizeof w->authority, "%s/A", w->dir);
	snprintf(w->body, sizeof w->body, "%s/B", w->dir);
	snprintf(w->pass_file, sizeof w->pass_file, "%s/pass", w->dir);
	world_write(w->dir, "pass", bytes_str(PASS_PHRASE "\n"));
	w->pass = (struct pass_source){.file = w->pass_file, .fd = -1};
	w->alg = alg;
	assert_err(authority_init(w->authority, &n, &w->pass, NOW - DAY,
		       fingerprint, &w->why),
	    CRED_OK);
	world_add_body(w, w->body, BODY_ID, PREFIX, alg, NOW - DAY);
	assert_err(
	    signer_open_home(w->body, &w->pass, &w->signer, &w->log, &w->why),
	    CRED_OK);
	world_reload(w, NOW);
	return w;
}

struct world *
world_withdrawn(enum cose_alg alg, int reason, uint64_t tree_size)
{
	struct world *w = world_new(alg);
	struct withdrawal wd = {.body_id = BODY_ID,
	    .reason = reason,
	    .tree_size = tree_size,
	    .at = NOW - 3600};
	struct authority *a;
	size_t n;

	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_withdraw(a, &wd, 30, NOW, &n, &w->why), CRED_OK);
	assert_int_equal(n, 1);
	authority_close(a);
	world_reload(w, NOW);
	return w;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	signer_free(w->signer);
	logkey_free(w->log);
	trust_free(w->trust);
	release(&w->anchor);
	release(&w->bodies);
	release(&w->crl);
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
}

struct claims
claims_plain(uint64_t index)
{
	struct claims c = {
	    .iat = NOW,
	    .cert =
		{
		    .index = index,
		    .kind = KIND_LEVEL,
		    .name = bytes_str("乌云其木格"),
		    .id_type = ID_RESIDENT,
		    .id_check = 0xabc,
		    .number = bytes_str(PREFIX "254000001"),
		    .occupation = bytes_str("电工"),
		    .code = bytes_str("6-31-01-03"),
		    .level = 4,
		},
	};

	assert_true(day_from_civil(2025, 11, 20, &c.cert.issued));
	return c;
}

struct bytes
sign_claims(struct signer *s, const struct claims *c, uint8_t *buf)
{
	uint8_t payload[CRED_MAX_BYTES];
	struct outbuf in = {payload, sizeof payload, 0};
	struct outbuf out = {buf, CRED_MAX_BYTES, 0};
	struct why why = {""};

	assert_err(claims_encode(c, &in), CRED_OK);
	assert_err(signer_credential(s, written(&in), &out, &why), CRED_OK);
	return written(&out);
}
