#ifndef WEB_SERVER_INT_H
#define WEB_SERVER_INT_H

#include <stdatomic.h>

#include "web/logline.h"
#include "web/server.h"

/* What a server and its connections share. */
struct web_server {
	struct web_opts opts; /* every number set */
	struct logline *log;  /* NULL: none */
	struct loop *loop;    /* loop.h */
	int fd, port;         /* listening */
	atomic_bool draining;
	atomic_uint open;         /* connections */
	atomic_uint active;       /* requests in hand */
	atomic_size_t body_bytes; /* of all of them */
	atomic_uint_fast64_t next_id;
};

/* While few places are left: nobody keeps one who has been answered. */
static inline bool
server_is_crowded(const struct web_server *s)
{
	unsigned spare = s->opts.connections / 16;

	return atomic_load(&s->open) + (spare > 4 ? spare : 4) >=
	       s->opts.connections;
}

#endif
