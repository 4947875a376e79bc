#include "tests/registry/cutter.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct cutter {
	_Atomic enum cut cut;
	const char *_Atomic word; /* a literal: where it is in both processes */
	_Atomic size_t len;
	_Atomic unsigned nth;
	pid_t pid;
	char path[128];
};

static struct sockaddr_un
name_of(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	assert(strlen(path) < sizeof a.sun_path);
	memcpy(a.sun_path, path, strlen(path));
	return a;
}

static bool
pass(int to, const char *p, ssize_t n)
{
	for (ssize_t k; n > 0; p += k, n -= k)
		if ((k = send(to, p, (size_t)n, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

/* One connection, until either side ends it or it is cut. */
static void
pump(struct cutter *c, int client, int server)
{
	static char buf[1 << 16];
	bool answer_cut = false;

	for (;;) {
		struct pollfd p[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
		ssize_t n;
		if (poll(p, 2, 60000) <= 0)
			return;
		if (p[0].revents != 0) {
			n = recv(client, buf, sizeof buf, 0);
			if (n <= 0)
				return;
			if (c->cut != CUT_NEVER &&
			    memmem(buf, (size_t)n, c->word, c->len) != NULL &&
			    --c->nth == 0) {
				answer_cut = c->cut == CUT_AFTER;
				c->cut = CUT_NEVER;
				c->nth = 1;
				if (!answer_cut)
					return;
			}
			if (!pass(server, buf, n))
				return;
		}
		if (p[1].revents != 0) {
			n = recv(server, buf, sizeof buf, 0);
			if (n <= 0 || answer_cut || !pass(client, buf, n))
				return;
		}
	}
}

static void
serve(struct cutter *c, int listener, const char *real)
{
	struct sockaddr_un a = name_of(real);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int client = accept(listener, NULL, NULL);
		int server = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(server, (struct sockaddr *)&a, sizeof a) == 0)
			pump(c, client, server);
		close(server);
		close(client);
	}
}

struct cutter *
cutter_new(const struct server *s, const char *schema, char *spec, size_t size)
{
	struct server fake = *s;
	char real[128];
	struct sockaddr_un a;
	pid_t pid;
	struct cutter *c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	assert(c != MAP_FAILED && listener >= 0);
	cutter_at(c, "COMMIT", 7, 1);
	fake.port += 100;
	snprintf(real, sizeof real, "%s/.s.PGSQL.%u", s->dir, s->port);
	snprintf(c->path, sizeof c->path, "%s/.s.PGSQL.%u", s->dir, fake.port);
	a = name_of(c->path);
	assert(bind(listener, (struct sockaddr *)&a, sizeof a) == 0);
	assert(listen(listener, 4) == 0);
	if ((pid = fork()) == 0)
		serve(c, listener, real);
	c->pid = pid;
	close(listener);
	server_spec(&fake, schema, spec, size);
	return c;
}

void
cutter_set(struct cutter *c, enum cut cut)
{
	c->cut = cut;
}

void
cutter_at(struct cutter *c, const char *word, size_t len, unsigned nth)
{
	c->word = word;
	c->len = len;
	c->nth = nth;
}

void
cutter_free(struct cutter *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	unlink(c->path);
	munmap(c, sizeof *c);
}
