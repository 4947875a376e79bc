#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/lang.h"
#include "verifier/config.h"

static char path[] = "/tmp/tamga-config-XXXXXX";
static struct config c;
static struct why why;

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	lang_set(false);
	return fd < 0 || close(fd) != 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static enum cred_err
load(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return config_load(path, &c, &why);
}

static void
refused(const char *text, const char *says)
{
	memset(&c, 0x55, sizeof c);
	assert_int_equal(load(text), CRED_FAULT_CONFIG);
	assert_non_null(strstr(why.text, path));
	if (strstr(why.text, says) == NULL)
		fail_msg("%s: %s", says, why.text);
	assert_int_equal(c.connections, 0x55555555); /* written on success only */
}

static void
defaults(void **state)
{
	(void)state;
	assert_int_equal(
	    config_load("/nonexistent/tamga.conf", &c, &why), CRED_OK);
	assert_string_equal(c.listen, "127.0.0.1:8080");
	assert_int_equal(c.connections, 4096);
	assert_true(c.log);
	assert_false(c.behind_proxy);
	assert_int_equal(load(""), CRED_OK);
	assert_int_equal(c.rate, 600);
}

/* What the commented defaults say is what the defaults are. */
static void
default_file(void **state)
{
	struct config plain;
	char *text = strdup(config_default);
	size_t n = 0;

	(void)state;
	assert_int_equal(load(""), CRED_OK);
	plain = c;
	assert_int_equal(load(config_default), CRED_OK);
	assert_memory_equal(&plain, &c, sizeof c);
	/* the same with its settings no longer in comments */
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] != ';' || text[i + 1] == ' ')
			text[n++] = text[i];
	text[n] = '\0';
	assert_int_equal(load(text), CRED_OK);
	assert_memory_equal(&plain, &c, sizeof c);
	free(text);
}

static void
all_settings(void **state)
{
	(void)state;
	assert_int_equal(load("[print]\nwhatever = x\n[verifier]\n"
			      "listen = 127.0.0.1:99\npub=/srv/pub\n"
			      "anchor = /etc/a.pem\nhost = h.example\n"
			      "connections = 8\ntimeout = 3\npictures = 4\n"
			      "rate = 0\nburst = 7\npicture_cost = 3\n"
			      "behind_proxy = yes\nallow_unjailed = yes\n"
			      "tables = no\nlog = no\n"),
	    CRED_OK);
	assert_string_equal(c.pub, "/srv/pub");
	assert_string_equal(c.anchor, "/etc/a.pem");
	assert_string_equal(c.host, "h.example");
	assert_int_equal(c.connections, 8);
	assert_int_equal(c.rate, 0);
	assert_int_equal(c.picture_cost, 3);
	assert_false(c.tables);
	assert_true(c.behind_proxy && c.allow_unjailed);
	assert_false(c.log);
}

static void
review_settings(void **state)
{
	(void)state;
	assert_int_equal(load(""), CRED_OK);
	assert_string_equal(c.review.home, ""); /* off */
	assert_int_equal(c.review.idle_min, 20);
	assert_int_equal(load("[review]\nhome = /srv/desk\nregion = 1502\n"
			      "pension = /srv/p.csv\nidle_minutes = 5\n"
			      "hours = 8\nmax_table_mb = 16\nkeep_days = 30\n[verifier]\n"
			      "connections = 9\n"),
	    CRED_OK);
	assert_string_equal(c.review.home, "/srv/desk");
	assert_string_equal(c.review.region, "1502");
	assert_string_equal(c.review.pension, "/srv/p.csv");
	assert_string_equal(c.review.death, "");
	assert_int_equal(c.review.idle_min, 5);
	assert_int_equal(c.review.hours, 8);
	assert_int_equal(c.review.max_table, 16);
	assert_int_equal(c.review.keep_days, 30);
	assert_int_equal(c.connections, 9);
	refused("[review]\nhours = 25\n", "line 2: hours");
	refused("[review]\nhome = a\nhome = b\n", "line 3: home");
	refused("[review]\nconnections = 9\n", "line 2: [review] has no such");
	refused("[verifier]\nhome = a\n", "line 2: [verifier] has no such");
	refused("[review]\nregion = 1502000\n1", "line 3: neither");
	refused("[review]\nregion = 15020000\n", "line 2: region");
}

static void
wrong_lines(void **state)
{
	char text[600] = "[verifier]\n\npub = ";

	(void)state;
	refused("[verifier]\nconnections = 7\n", "line 2: connections");
	refused("[verifier]\nconnections = 99999\n", "line 2: connections");
	refused("[verifier]\n\nconnections = many\n", "line 3: connections");
	refused("[verifier]\nconnections = -8\n", "line 2: connections");
	refused("[verifier]\nconnections = 8 8\n", "line 2: connections");
	refused("[verifier]\nconnections = 8\nconnections = 9\n", "line 3: connections");
	refused("[verifier]\nlog = true\n", "line 2: log");
	refused("[verifier]\nport = 80\n", "line 2: [verifier] has no such");
	refused("[verifier]\nnonsense\n", "line 2: neither");
	refused("[verifier\n", "line 1: neither");
	memset(text + strlen(text), 'x', 250);
	refused(text, "line 3:");
	memset(text, 0, sizeof text);
	strcpy(text, "[verifier]\nlisten = ");
	memset(text + strlen(text), '1', 80);
	refused(text, "line 2: listen");
}

/* Puts the line that begins with from's text back to what it was. */
static void
put_back(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);

	assert_non_null(at);
	memmove(
	    at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
}

/* The package's file is the default file but for two settings. */
static void
packaged_file(void **state)
{
	const char *from = TAMGA_SOURCE_DIR "/deploy/etc/verifier.conf";
	char text[16384] = "";
	FILE *f = fopen(from, "r");

	(void)state;
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof text - 100, f) > 1000);
	fclose(f);
	assert_int_equal(config_load(from, &c, &why), CRED_OK);
	assert_string_equal(c.pub, "/srv/tamga/pub");
	assert_true(c.behind_proxy);
	put_back(text, "\npub = /srv/tamga/pub\n", "\n;pub =\n");
	put_back(text, "\nbehind_proxy = yes\n", "\n;behind_proxy = no\n");
	assert_string_equal(text, config_default);
}

static void
a_folder_is_no_file(void **state)
{
	(void)state;
	assert_int_not_equal(config_load("/tmp", &c, &why), CRED_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(defaults),
	    cmocka_unit_test(default_file), cmocka_unit_test(all_settings),
	    cmocka_unit_test(review_settings),
	    cmocka_unit_test(wrong_lines), cmocka_unit_test(packaged_file),
	    cmocka_unit_test(a_folder_is_no_file)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
