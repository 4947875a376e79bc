#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/server.h"

#define SILENCE_MS 300

static struct web_server *server;

static void
taken(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	rp->status = 204;
}

static int
setup(void **state)
{
	static const struct web_route routes[] = {
	    {"POST", "/x", 100, taken, 0, NULL}, {0}};
	/* civetweb's patience is at its end before the body's deadline */
	static const struct web_opts opts = {.listen = "127.0.0.1:0",
	    .routes = routes,
	    .threads = 2,
	    .head_ms = SILENCE_MS,
	    .body_ms = 60000};
	struct why why = {0};

	(void)state;
	return web_start(&opts, &server, &why) != CRED_OK;
}

static int
teardown(void **state)
{
	(void)state;
	web_stop(server);
	return 0;
}

/* The status of the answer to these bytes, 0 for none. */
static int
status_of(const char *bytes, bool gone)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)web_port(server)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char answer[4096] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	size_t have = 0;
	ssize_t n;

	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(
	    send(fd, bytes, strlen(bytes), 0), (ssize_t)strlen(bytes));
	if (gone)
		shutdown(fd, SHUT_WR);
	while (strchr(answer, '\n') == NULL &&
	       (n = recv(fd, answer + have, sizeof answer - 1 - have, 0)) > 0)
		have += (size_t)n;
	close(fd);
	if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
		return 0;
	return status;
}

#define HEAD                                                                   \
	"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"  \
	"Content-Length: 4\r\n\r\n"

static void
whole(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD "1234", false), 204);
}

static void
silent_is_slow(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD, false), 408);
	assert_int_equal(status_of(HEAD "12", false), 408);
}

static void
gone_is_cut_short(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD "12", true), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(silent_is_slow),
	    cmocka_unit_test(gone_is_cut_short),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
