#include "publication_case.h"

struct fixture *f;

int
start(void **state)
{
	(void)state;
	f = fixture_new();
	return 0;
}

int
stop(void **state)
{
	(void)state;
	fixture_free(f);
	return 0;
}

char *
path_of(const char *name)
{
	static char path[2][256];
	static int which;

	which ^= 1;
	snprintf(path[which], sizeof path[which], "%s/%s", f->dir, name);
	return path[which];
}

void
put(const char *name, const void *data, size_t len)
{
	struct why why;

	assert_int_equal(
	    file_write(path_of(name), bytes_of(data, len), 0644, &why),
	    CRED_OK);
}

void
other_log(size_t n)
{
	log_close(f->log);
	f->log = NULL;
	dir_remove(f->log_dir);
	dir_remove(path_of("pub/" BODY "/log"));
	memset(&f->head, 0, sizeof f->head);
	f->n = 0;
	assert_int_equal(log_open(f->log_dir, &f->ops, &f->log, &f->why), 0);
	fixture_issue(f, n, "另");
	fixture_publish_log(f);
	fixture_publish_status(f, 1, SIZE_MAX, STATUS_VALID);
}

void
expect_why(struct publication *p, size_t i, enum verdict_status status,
    enum cred_err reason)
{
	struct verdict v;

	assert_string_equal(
	    verdict_name(fixture_ask(f, p, i, &v)), verdict_name(status));
	assert_string_equal(cred_errname(v.reason), cred_errname(reason));
}
