#ifndef WEB_GATE_H
#define WEB_GATE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Who holds a thread. Each connection does, so idle and slow ones could hold
 * them all. While few threads are left, who has been waited for GATE_HURRY_MS
 * and has not sent a whole head goes: told 503 with Retry-After, or without a
 * word if it was answered before.
 */
#define GATE_HURRY_MS 500

struct gate {
	unsigned threads, spare;
	atomic_uint connections;
	/* who is waited for, since when; of the looking thread alone */
	struct waiting {
		int fd;
		in_port_t port; /* of the peer */
		int64_t since_ms;
		bool still;
	} * waiting;
	size_t n, cap;
};

void gate_init(struct gate *g, unsigned threads);
void gate_release(struct gate *g);

/* A connection has a thread; has none any more. */
void gate_enter(struct gate *g);
void gate_leave(struct gate *g);

/* With few threads left, no connection is kept without a request. */
bool gate_is_crowded(const struct gate *g);

/*
 * Look at the connections of this process to a port: sends away whoever is
 * late. Called again and again from one thread. in_hand says whether the
 * request of a peer is being answered; such are left alone, and so are those
 * of whom bytes wait to be read.
 */
typedef bool gate_in_hand(void *ctx, const struct sockaddr_in *peer);
void gate_look(
    struct gate *g, int port, int64_t now_ms, gate_in_hand *in_hand, void *ctx);

#endif
