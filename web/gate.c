#include "web/gate.h"

#include <dirent.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SPARE_MIN 4
#define SPARE_OF  16 /* one thread of so many */

static const char BUSY[] =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/problem+json\r\n"
    "Content-Length: 112\r\n"
    "Retry-After: 2\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n\r\n"
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
    "\"status\":503,\"code\":\"busy\",\"detail\":\"too many connections\"}\n";

void
gate_init(struct gate *g, unsigned threads)
{
	*g = (struct gate){.threads = threads,
	    .spare = threads / SPARE_OF > SPARE_MIN ? threads / SPARE_OF
						    : SPARE_MIN};
}

void
gate_release(struct gate *g)
{
	free(g->waiting);
	g->waiting = NULL;
	g->n = g->cap = 0;
}

void
gate_enter(struct gate *g)
{
	atomic_fetch_add(&g->connections, 1);
}

void
gate_leave(struct gate *g)
{
	atomic_fetch_sub(&g->connections, 1);
}

bool
gate_is_crowded(const struct gate *g)
{
	return atomic_load(&g->connections) + g->spare >= g->threads;
}

/* Since when this one is waited for; the first time, since now. */
static int64_t
waits_since(struct gate *g, int fd, in_port_t port, int64_t now_ms)
{
	struct waiting *more;

	for (size_t i = 0; i < g->n; i++)
		if (g->waiting[i].fd == fd && g->waiting[i].port == port) {
			g->waiting[i].still = true;
			return g->waiting[i].since_ms;
		}
	if (g->n == g->cap) {
		more = realloc(g->waiting, (g->cap + 64) * sizeof *g->waiting);
		if (more == NULL)
			return now_ms;
		g->waiting = more;
		g->cap += 64;
	}
	g->waiting[g->n++] = (struct waiting){fd, port, now_ms, true};
	return now_ms;
}

static void
forget_others(struct gate *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->waiting[i].still) {
			g->waiting[n] = g->waiting[i];
			g->waiting[n++].still = false;
		}
	g->n = n;
}

static void
send_away(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof info;

	/* the handshake counts as one byte */
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_bytes_acked <= 1)
		(void)send(
		    fd, BUSY, sizeof BUSY - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_RDWR);
}

static void
look_at(struct gate *g, int fd, int port, int64_t now_ms, gate_in_hand *in_hand,
    void *ctx)
{
	struct sockaddr_in peer = {0}, local = {0};
	socklen_t n = sizeof peer, m = sizeof local;
	int unread = 0;

	if (getpeername(fd, (struct sockaddr *)&peer, &n) != 0 ||
	    peer.sin_family != AF_INET ||
	    getsockname(fd, (struct sockaddr *)&local, &m) != 0 ||
	    ntohs(local.sin_port) != port || in_hand(ctx, &peer) ||
	    ioctl(fd, FIONREAD, &unread) != 0 || unread > 0)
		return;
	if (now_ms - waits_since(g, fd, peer.sin_port, now_ms) >= GATE_HURRY_MS)
		send_away(fd);
}

void
gate_look(
    struct gate *g, int port, int64_t now_ms, gate_in_hand *in_hand, void *ctx)
{
	const struct dirent *e;
	DIR *dir;

	if (!gate_is_crowded(g)) {
		g->n = 0;
		return;
	}
	dir = opendir("/proc/self/fd");
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			look_at(g, atoi(e->d_name), port, now_ms, in_hand, ctx);
	if (dir != NULL)
		closedir(dir);
	forget_others(g);
}
