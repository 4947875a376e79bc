#include "web/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/lang.h"
#include "web/listen.h"
#include "web/loop.h"
#include "web/server_int.h"

#define BACKLOG     1024
#define OTHER_FILES 256 /* descriptors that are no connections */

static void
set_default(unsigned *value, unsigned fallback)
{
	if (*value == 0)
		*value = fallback;
}

/* As many descriptors as connections want, or as many connections as there may
 * be descriptors. */
static void
make_room(struct web_opts *o)
{
	struct rlimit r;
	rlim_t want = o->connections + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < want)
		o->connections = r.rlim_cur > 2 * OTHER_FILES
				     ? (unsigned)r.rlim_cur - OTHER_FILES
				     : OTHER_FILES;
}

static enum cred_err
open_port(struct web_server *s, struct why *why)
{
	struct sockaddr_in addr = {0};
	socklen_t n = sizeof addr;
	int one = 1;
	enum cred_err e = listen_parse(s->opts.listen, &addr, why);

	s->fd = -1;
	if (e != CRED_OK)
		return e;
	if ((s->fd = socket(
		 AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) !=
		0 ||
	    bind(s->fd, (const struct sockaddr *)&addr, sizeof addr) != 0 ||
	    listen(s->fd, BACKLOG) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&addr, &n) != 0)
		return why_set(why, CRED_FAULT_NETWORK,
		    TR("cannot listen on %s: %s; is another program using the "
		       "port?",
			"无法监听 %s：%s；端口是否已被占用？"),
		    s->opts.listen, strerror(errno));
	s->port = ntohs(addr.sin_port);
	return CRED_OK;
}

enum cred_err
web_start(const struct web_opts *opts, struct web_server **out, struct why *why)
{
	struct web_server *s;
	uint64_t seed = 0;
	enum cred_err e;

	s = calloc(1, sizeof *s);
	if (s == NULL)
		return why_errno(why, ENOMEM, "web", opts->listen);
	s->opts = *opts;
	set_default(&s->opts.threads, 64);
	set_default(&s->opts.connections, 4096);
	set_default(&s->opts.idle_ms, 5000);
	set_default(&s->opts.head_ms, 5000);
	set_default(&s->opts.body_ms, 10000);
	set_default(&s->opts.reply_ms, 30000);
	if (s->opts.bodies_max == 0)
		s->opts.bodies_max = (size_t)512 << 20;
	make_room(&s->opts);
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
		seed = (uint64_t)getpid();
	atomic_store(&s->next_id, seed);
	e = open_port(s, why);
	if (e == CRED_OK && opts->log)
		e = logline_start(STDERR_FILENO, &s->log, why);
	if (e == CRED_OK)
		e = loop_start(s, &s->loop, why);
	if (e != CRED_OK) {
		web_stop(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

int
web_port(const struct web_server *s)
{
	return s->port;
}

void
web_drain(struct web_server *s)
{
	atomic_store(&s->draining, true);
}

unsigned
web_active(const struct web_server *s)
{
	return atomic_load(&s->active);
}

void
web_stop(struct web_server *s)
{
	if (s == NULL)
		return;
	loop_stop(s->loop);
	if (s->fd >= 0)
		close(s->fd);
	logline_stop(s->log);
	free(s);
}
