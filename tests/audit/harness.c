#include "harness.h"

struct fixture *f;
struct audit_got got;
char state_path[128];
const char *anchor_path;

static void
collect(void *ctx, const struct audit_finding *x)
{
	(void)ctx;
	assert_true(got.n < 64);
	assert_true(x->message[0] != '\0');
	assert_true((x->code == CRED_OK) == (x->result == AUDIT_PASS));
	snprintf(got.all[got.n].check, sizeof got.all[0].check, "%s", x->check);
	snprintf(got.all[got.n].path, sizeof got.all[0].path, "%s",
	    x->path != NULL ? x->path : "");
	snprintf(got.all[got.n].message, sizeof got.all[0].message, "%s",
	    x->message);
	got.all[got.n].result = x->result;
	got.all[got.n].code = x->code;
	got.all[got.n].index = x->has_index ? x->index : UINT64_MAX;
	got.n++;
}

int
audit_at(const char *source, bool state)
{
	struct audit_opts o = {.source = source,
	    .state = state ? state_path : NULL,
	    .now = test_now,
	    .finding = collect};
	char path[128];
	uint8_t *pem;
	enum cred_err e;

	memset(&got, 0, sizeof got);
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	snprintf(path, sizeof path, "%s/anchor.pem", f->authority);
	if (anchor_path != NULL)
		snprintf(path, sizeof path, "%s", anchor_path);
	assert_int_equal(
	    file_read(path, 1 << 16, &pem, &o.anchor.len, &f->why), CRED_OK);
	o.anchor.ptr = pem;
	f->why.text[0] = '\0';
	e = audit_run(&o, &got.count, &f->why);
	free(pem);
	assert_false(cred_is_refusal(e));
	if (e != CRED_OK)
		return 2;
	return got.count.fail > 0 ? 1 : got.count.unknown > 0 ? 4 : 0;
}

int
audit(void)
{
	return audit_at(f->pub, true);
}

void
print_got(void)
{
	for (size_t i = 0; i < got.n; i++)
		print_message("%s %s %s %s %lld: %s\n", got.all[i].check,
		    audit_result_name(got.all[i].result),
		    cred_errname(got.all[i].code), got.all[i].path,
		    (long long)got.all[i].index, got.all[i].message);
}

void
only(const char *check, enum audit_result r, enum cred_err code,
    const char *path, uint64_t index)
{
	size_t found = 0, bad = 0;

	for (size_t i = 0; i < got.n; i++) {
		if (got.all[i].result == AUDIT_PASS)
			continue;
		bad++;
		found += strcmp(got.all[i].check, check) == 0 &&
			 got.all[i].result == r && got.all[i].code == code &&
			 strcmp(got.all[i].path, path) == 0 &&
			 got.all[i].index == index;
	}
	if (found != 1 || bad != 1)
		print_got();
	assert_int_equal(found, 1);
	assert_int_equal(bad, 1);
}

bool
among(const char *check, enum cred_err code)
{
	for (size_t i = 0; i < got.n; i++)
		if (strcmp(got.all[i].check, check) == 0 &&
		    got.all[i].code == code)
			return true;
	print_got();
	return false;
}

void
start(size_t n)
{
	fixture_start(f, n);
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	unlink(state_path);
}

void
restart(size_t n, const char *salt)
{
	uint64_t first;

	fixture_reset(f);
	fixture_publish_trust(f);
	if (n > 0)
		fixture_issue(f, n, salt);
	else
		assert_int_equal(
		    log_append(f->log, NULL, 0, &first, &f->why), CRED_OK);
	fixture_publish_log(f);
	fixture_publish_status(f, 0, SIZE_MAX, STATUS_VALID);
}

void
start_empty(void)
{
	snprintf(state_path, sizeof state_path, "%s/state.json", f->dir);
	unlink(state_path);
	restart(0, "");
}

void
patch(const char *name, long at, const void *data, size_t len)
{
	char path[256];
	FILE *fp;

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	fp = fopen(path, "r+b");
	assert_non_null(fp);
	assert_int_equal(fseek(fp, at, SEEK_SET), 0);
	assert_int_equal(fwrite(data, 1, len, fp), len);
	assert_int_equal(fclose(fp), 0);
}

void
write_file(const char *name, struct bytes data)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	assert_int_equal(file_write(path, data, 0644, &f->why), CRED_OK);
}

uint8_t *
read_pub(const char *name, size_t *len)
{
	char path[256];
	uint8_t *buf;

	snprintf(path, sizeof path, "%s/%s", f->pub, name);
	assert_int_equal(file_read(path, 1 << 24, &buf, len, &f->why), CRED_OK);
	return buf;
}

void
sign_checkpoint(uint64_t size, const struct tlog_hash *root)
{
	uint8_t note[NOTE_MAX_BYTES];
	struct outbuf out = {note, sizeof note, 0};

	assert_int_equal(f->ops.sign(f, size, root, &out, &f->why), CRED_OK);
	write_file(LOG "/checkpoint", bytes_of(note, out.len));
}

int
audit_setup(void **s)
{
	(void)s;
	f = fixture_new();
	return 0;
}

int
audit_teardown(void **s)
{
	(void)s;
	fixture_free(f);
	return 0;
}

bool
says(const char *check, const char *words)
{
	for (size_t i = 0; i < got.n; i++)
		if (strcmp(got.all[i].check, check) == 0 &&
		    strstr(got.all[i].message, words) != NULL)
			return true;
	print_got();
	return false;
}
