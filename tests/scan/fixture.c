#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "keys/scopefile.h"

int64_t test_now = T0;

int64_t
test_clock(void)
{
	return test_now;
}

#define must(f, expr)                                                          \
	do {                                                                   \
		enum cred_err e_ = (expr);                                     \
		if (e_ != CRED_OK)                                             \
			print_error("%s: %s: %s\n", #expr, cred_errname(e_),   \
			    (f)->why.text);                                    \
		assert_int_equal(e_, CRED_OK);                                 \
	} while (0)

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
dir_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *copy_from, *copy_to;

static int
copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char to[512];
	struct why why;
	uint8_t *buf;
	size_t len;

	(void)st;
	(void)ftw;
	snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
	if (type == FTW_D)
		return file_mkdirs(to, 0755, &why) == CRED_OK ? 0 : -1;
	if (file_read(path, 1 << 24, &buf, &len, &why) != CRED_OK ||
	    file_write(to, bytes_of(buf, len), 0644, &why) != CRED_OK)
		return -1;
	free(buf);
	return 0;
}

void
dir_copy(const char *from, const char *to)
{
	copy_from = from;
	copy_to = to;
	dir_remove(to);
	assert_int_equal(nftw(from, copy_one, 16, FTW_PHYS), 0);
}

void
file_flip(const char *dir, const char *name, long at)
{
	char path[256];
	FILE *fp;
	int c;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fp = fopen(path, "r+b");
	assert_non_null(fp);
	fseek(fp, at, at < 0 ? SEEK_END : SEEK_SET);
	c = fgetc(fp);
	assert_true(c != EOF);
	fseek(fp, -1, SEEK_CUR);
	fputc(c ^ 1, fp);
	assert_int_equal(fclose(fp), 0);
}

void
file_drop(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	(void)why;
	*out = ((struct fixture *)ctx)->head;
	return CRED_OK;
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	struct fixture *f = ctx;

	(void)why;
	if (f->head.size != old_size)
		return CRED_FAULT_CONFLICT;
	f->head = *head;
	return CRED_OK;
}

static enum cred_err
head_sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	struct fixture *f = ctx;
	const struct scope *s = signer_scope(f->signer);
	uint8_t origin[512];
	struct outbuf o = {origin, sizeof origin, 0};
	enum cred_err e =
	    checkpoint_origin(bytes_str(s->base), bytes_str(s->body_id), &o);

	return e != CRED_OK
		   ? e
		   : logkey_checkpoint(f->logkey, bytes_of(origin, o.len), size,
			 root, note, why);
}

static void
make_body(struct fixture *f)
{
	static const char ini[] =
	    "[body]\nid=" BODY_ID "\nname=示范评价中心\n"
	    "prefix=S000015000123\nbase=https://verify.tamga.example/\n"
	    "kinds=2\n[kind.2]\noccupations=*\n";
	struct bodyhome_new n = {.name = "示范评价中心",
	    .body_id = BODY_ID,
	    .prefix = "S000015000123",
	    .alg = COSE_ES256};
	struct scopefile grant;
	struct authority *a;
	char path[128], *pem;
	uint8_t *csr;
	size_t len;

	must(f, bodyhome_init(f->body, &n, &f->pass, &f->why));
	snprintf(path, sizeof path, "%s/body.csr", f->body);
	must(f, file_read(path, 1 << 16, &csr, &len, &f->why));
	must(f, scopefile_parse("scope.ini", bytes_str(ini), &grant, &f->why));
	must(f,
	    authority_open(f->authority, &f->pass, T0 - 10 * DAY, &a, &f->why));
	must(f, authority_admit(a, bytes_of(csr, len), &grant, 1000,
		    T0 - 10 * DAY, &pem, &f->why));
	authority_close(a);
	must(f, bodyhome_install(f->body, bytes_str(pem), &f->why));
	must(f, signer_open_home(
		    f->body, &f->pass, &f->signer, &f->logkey, &f->why));
	free(pem);
	free(csr);
}

struct fixture *
fixture_new(void)
{
	static char pass_file[96];
	struct authority_new an = {.name = "示范主管部门",
	    .alg = COSE_ES256,
	    .valid_days = 3650,
	    .crl_days = 30};
	struct fixture *f = calloc(1, sizeof *f);
	uint8_t print[32];

	assert_non_null(f);
	strcpy(f->dir, "/tmp/tamga-pub-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->pub, sizeof f->pub, "%s/pub", f->dir);
	snprintf(f->cache, sizeof f->cache, "%s/cache", f->dir);
	snprintf(f->log_dir, sizeof f->log_dir, "%s/log", f->dir);
	snprintf(f->authority, sizeof f->authority, "%s/authority", f->dir);
	snprintf(f->body, sizeof f->body, "%s/body", f->dir);
	snprintf(pass_file, sizeof pass_file, "%s/pass", f->dir);
	must(f, file_write(
		    pass_file, bytes_str("only for tests\n"), 0600, &f->why));
	f->pass = (struct pass_source){pass_file, -1};
	f->ops =
	    (struct log_ops){f, head_get, head_swap, head_sign, trust_sha256};
	f->texts = calloc(1200, sizeof *f->texts);
	assert_non_null(f->texts);
	must(f, authority_init(f->authority, &an, &f->pass, T0 - 20 * DAY,
		    print, &f->why));
	make_body(f);
	return f;
}

void
fixture_free(struct fixture *f)
{
	log_close(f->log);
	signer_free(f->signer);
	logkey_free(f->logkey);
	dir_remove(f->dir);
	free(f->texts);
	free(f);
}

void
fixture_reset(struct fixture *f)
{
	log_close(f->log);
	f->log = NULL;
	dir_remove(f->log_dir);
	dir_remove(f->pub);
	dir_remove(f->cache);
	memset(&f->head, 0, sizeof f->head);
	f->n = 0;
	f->notes[0] = '\0';
	test_now = T0;
	must(f, log_open(f->log_dir, &f->ops, &f->log, &f->why));
}

void
fixture_issue(struct fixture *f, size_t n, const char *salt)
{
	uint8_t(*entries)[TLOG_ENTRY_LEN] = calloc(n, sizeof *entries);
	uint64_t first;

	assert_non_null(entries);
	for (size_t i = 0; i < n; i++) {
		uint8_t payload[CRED_MAX_BYTES], cose[CRED_MAX_BYTES];
		struct outbuf p = {payload, sizeof payload, 0};
		struct outbuf out = {cose, sizeof cose, 0};
		struct outbuf qr = {
		    (uint8_t *)f->texts[f->n], sizeof *f->texts - 1, 0};
		struct claims c = {.iat = T0};
		char name[64], number[32];

		snprintf(name, sizeof name, "王小明%s%zu", salt, f->n);
		snprintf(
		    number, sizeof number, "S000015000123264%06zu", f->n + 1);
		c.cert = (struct certificate){.index = f->n,
		    .kind = KIND_LEVEL,
		    .name = bytes_str(name),
		    .id_type = ID_RESIDENT,
		    .id_check = 0x123,
		    .number = bytes_str(number),
		    .occupation = bytes_str("电工"),
		    .code = bytes_str("6-31-01-03"),
		    .level = 4,
		    .issued = claims_day(T0)};
		must(f, claims_encode(&c, &p));
		must(f, signer_credential(f->signer, bytes_of(payload, p.len),
			    &out, &f->why));
		trust_sha256(
		    entries[i], bytes_of(cose, out.len), (struct bytes){0});
		must(f, qrtext_make(bytes_str("https://verify.tamga.example/"),
			    bytes_of(cose, out.len), &qr));
		f->texts[f->n][qr.len] = '\0';
		f->n++;
	}
	must(f, log_append(f->log, (const uint8_t(*)[TLOG_ENTRY_LEN])entries, n,
		    &first, &f->why));
	free(entries);
}

void
fixture_publish_log(struct fixture *f)
{
	char dir[128];

	snprintf(dir, sizeof dir, "%s/" BODY "/log", f->pub);
	must(f, log_publish(f->log, dir, &f->why));
}

void
fixture_publish_status(
    struct fixture *f, int64_t age, size_t bad, enum status_value v)
{
	static uint8_t raw[1024], token[STATUSLIST_TOKEN_MAX];
	struct outbuf out = {token, sizeof token, 0};
	char path[128];

	memset(raw, 0, sizeof raw);
	if (bad != SIZE_MAX)
		statuslist_set(raw, bad, v);
	must(
	    f, signer_statuslist(f->signer, 0,
		   bytes_of(raw, f->n > 0 ? (f->n + 3) / 4 : 1), test_now + age,
		   test_now + age + 7 * DAY, 3600, &out, &f->why));
	snprintf(path, sizeof path, "%s/" BODY "/status", f->pub);
	must(f, file_mkdirs(path, 0755, &f->why));
	strcat(path, "/0");
	must(f, file_write(path, bytes_of(token, out.len), 0644, &f->why));
}

void
fixture_publish_trust(struct fixture *f)
{
	struct authority *a;

	must(f, authority_open(f->authority, &f->pass, test_now, &a, &f->why));
	must(f, authority_publish(a, f->pub, 30, test_now, &f->why));
	authority_close(a);
}

void
fixture_withdraw(struct fixture *f, uint64_t tree_size)
{
	struct withdrawal w = {.body_id = BODY_ID,
	    .reason = authority_reason("cessationOfOperation"),
	    .tree_size = tree_size,
	    .at = test_now};
	struct authority *a;
	size_t n;

	must(f, authority_open(f->authority, &f->pass, test_now, &a, &f->why));
	must(f, authority_withdraw(a, &w, 30, test_now, &n, &f->why));
	must(f, authority_publish(a, f->pub, 30, test_now, &f->why));
	authority_close(a);
}

void
fixture_start(struct fixture *f, size_t n)
{
	char first[96], to[96];

	fixture_reset(f);
	snprintf(first, sizeof first, "%s/trust", f->dir);
	snprintf(to, sizeof to, "%s/trust", f->pub);
	if (access(first, F_OK) != 0) {
		fixture_publish_trust(f);
		dir_copy(to, first);
	} else {
		must(f, file_mkdirs(f->pub, 0755, &f->why));
		dir_copy(first, to);
	}
	if (n > 0)
		fixture_issue(f, n, "");
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
}

static void
note(void *ctx, const char *line)
{
	struct fixture *f = ctx;
	size_t n = strlen(f->notes);

	snprintf(f->notes + n, sizeof f->notes - n, "%s\n", line);
}

bool
fixture_noted(struct fixture *f, const char *words)
{
	return strstr(f->notes, words) != NULL;
}

struct publication *
fixture_open(struct fixture *f, const char *source, bool offline)
{
	struct publication_opts o = {.source = source != NULL ? source : f->pub,
	    .cache = f->cache,
	    .offline = offline,
	    .refresh_s = 60,
	    .clock = test_clock,
	    .note = note,
	    .note_ctx = f};
	struct publication *p = NULL;
	char path[128];
	uint8_t *pem;

	snprintf(path, sizeof path, "%s/anchor.pem", f->authority);
	must(f, file_read(path, 1 << 16, &pem, &o.anchor.len, &f->why));
	o.anchor.ptr = pem;
	must(f, publication_open(&o, &p, &f->why));
	free(pem);
	return p;
}

enum verdict_status
fixture_ask(
    struct fixture *f, struct publication *p, size_t i, struct verdict *v)
{
	struct verify_opts o = {.now = test_now};
	struct publication_hold h;
	struct verification x;

	must(f, publication_hold(p, &h, &f->why));
	must(f, publication_verify(&h, bytes_str(f->texts[i]), &o, &x));
	publication_release(&h);
	if (v != NULL) {
		*v = x.verdict;
		v->cred = NULL;
		v->body = NULL;
	}
	return x.verdict.status;
}
