/*
 * A civetweb server that reads its request and answers two bytes: what the
 * service is measured against. bench-empty-handler PORT THREADS
 */
#include <civetweb.h>
#include <signal.h>
#include <stdio.h>

static int
empty(struct mg_connection *conn, void *ctx)
{
	char buf[8192];

	(void)ctx;
	while (mg_read(conn, buf, sizeof buf) > 0)
		;
	mg_printf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
	    "Connection: keep-alive\r\n\r\nok");
	return 200;
}

int
main(int argc, char **argv)
{
	const char *options[] = {"listening_ports", argc > 1 ? argv[1] : "0",
	    "num_threads", argc > 2 ? argv[2] : "20", "enable_keep_alive",
	    "yes", "tcp_nodelay", "1", NULL};
	struct mg_callbacks callbacks = {0};
	struct mg_context *server;
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	mg_init_library(0);
	server = mg_start(&callbacks, NULL, options);
	if (server == NULL)
		return 2;
	mg_set_request_handler(server, "/", empty, NULL);
	sigwait(&set, &signal);
	mg_stop(server);
	return 0;
}
