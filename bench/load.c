/*
 * bench-load PORT CONNECTIONS SECONDS FILE: sends the request in FILE over
 * each of so many keep-alive connections, again as soon as it is answered.
 * Prints: rate, answers of the connection that got fewest, and the median,
 * 99th percentile and slowest answer in milliseconds. Ends with 1 when an
 * answer is not 200 or a connection ends. (wrk counts what was answered, and
 * so does not see who waits for ever.)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 4096
#define MAX_SAMPLES     10000000

struct client {
	int fd;
	long answers;
	double sent;
	char head[4096];
	size_t have, want; /* want: whole answer, 0 while unknown */
};

static float *samples;
static size_t n_samples;
static char request[65536];
static size_t request_len;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	fprintf(stderr, "bench-load: %s\n", what);
	exit(1);
}

static void
ask(struct client *c)
{
	c->have = c->want = 0;
	c->sent = now();
	if (send(c->fd, request, request_len, MSG_NOSIGNAL) !=
	    (ssize_t)request_len)
		die("a request could not be sent");
}

static void
dial(struct client *c, int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0)
		die("cannot connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* Length of the whole answer, once its head is there. */
static void
read_head(struct client *c)
{
	const char *end, *length;

	c->head[c->have] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (end == NULL)
		return;
	if (strncmp(c->head, "HTTP/1.1 200 ", 13) != 0)
		die("an answer is not 200");
	length = strcasestr(c->head, "\r\nContent-Length:");
	if (length == NULL)
		die("an answer has no length");
	c->want = (size_t)(end + 4 - c->head) +
		  strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

/* True when the answer is whole. */
static bool
take(struct client *c)
{
	char rest[65536];
	bool in_head = c->want == 0;
	ssize_t n = recv(c->fd, in_head ? c->head + c->have : rest,
	    in_head ? sizeof c->head - 1 - c->have : sizeof rest, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		die("a connection was ended");
	c->have += (size_t)n;
	if (in_head)
		read_head(c);
	return c->want > 0 && c->have >= c->want;
}

static int
by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void
run(int epoll, int open, double until)
{
	struct epoll_event events[256];

	while (open > 0) {
		int n = epoll_wait(epoll, events, 256, 30000);

		if (n <= 0)
			die("nobody is answered any more");
		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;

			if (!take(c))
				continue;
			if (n_samples < MAX_SAMPLES)
				samples[n_samples++] =
				    (float)((now() - c->sent) * 1000);
			c->answers++;
			if (now() < until) {
				ask(c);
				continue;
			}
			close(c->fd);
			open--;
		}
	}
}

int
main(int argc, char **argv)
{
	int port = argc == 5 ? atoi(argv[1]) : 0;
	int n = argc == 5 ? atoi(argv[2]) : 0, epoll = epoll_create1(0);
	double seconds = argc == 5 ? atof(argv[3]) : 0, began;
	struct client *clients;
	long fewest;
	FILE *f;

	if (port <= 0 || n <= 0 || n > MAX_CONNECTIONS || seconds <= 0) {
		fprintf(stderr,
		    "usage: bench-load PORT CONNECTIONS SECONDS FILE\n");
		return 2;
	}
	f = fopen(argv[4], "rb");
	request_len = f != NULL ? fread(request, 1, sizeof request, f) : 0;
	clients = calloc((size_t)n, sizeof *clients);
	samples = malloc(MAX_SAMPLES * sizeof *samples);
	if (request_len == 0 || clients == NULL || samples == NULL)
		die("no request, or no memory");
	for (int i = 0; i < n; i++) {
		struct epoll_event e = {EPOLLIN, {.ptr = &clients[i]}};

		dial(&clients[i], port);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &e) != 0)
			die("epoll");
	}
	began = now();
	for (int i = 0; i < n; i++)
		ask(&clients[i]);
	run(epoll, n, began + seconds);
	seconds = now() - began;
	fewest = clients[0].answers;
	for (int i = 1; i < n; i++)
		if (clients[i].answers < fewest)
			fewest = clients[i].answers;
	qsort(samples, n_samples, sizeof *samples, by_value);
	printf("%.1f %ld %.2f %.2f %.2f\n", (double)n_samples / seconds, fewest,
	    samples[n_samples / 2], samples[n_samples * 99 / 100],
	    samples[n_samples - 1]);
	return 0;
}
