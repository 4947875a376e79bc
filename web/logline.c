#include "web/logline.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/lang.h"

#define ROOM    65536
#define SOON_AT (ROOM / 4)

struct logline {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool stop;
	unsigned long dropped;
	size_t len;
	char lines[ROOM], out[ROOM + LOGLINE_MAX];
};

static void
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nobody to tell */
		p += n;
		len -= (size_t)n;
	}
}

/* With the lock, which is let go while writing. */
static void
flush(struct logline *l)
{
	size_t len = l->len;
	int more;

	memcpy(l->out, l->lines, len);
	l->len = 0;
	if (l->dropped > 0) {
		more = snprintf(l->out + len, LOGLINE_MAX,
		    TR("%lu log lines dropped\n", "丢弃了 %lu 行日志\n"),
		    l->dropped);
		len += more > 0 ? (size_t)more : 0;
		l->dropped = 0;
	}
	pthread_mutex_unlock(&l->lock);
	write_all(l->fd, l->out, len);
	pthread_mutex_lock(&l->lock);
}

static void *
work(void *arg)
{
	struct logline *l = arg;
	struct timespec ts;

	pthread_mutex_lock(&l->lock);
	while (!l->stop || l->len > 0) {
		if (l->len == 0) {
			pthread_cond_wait(&l->wake, &l->lock);
			continue;
		}
		if (!l->stop && l->len < SOON_AT) {
			clock_gettime(CLOCK_MONOTONIC, &ts);
			ts.tv_nsec += LOGLINE_WAIT_MS * 1000000L;
			if (ts.tv_nsec >= 1000000000L) {
				ts.tv_sec++;
				ts.tv_nsec -= 1000000000L;
			}
			while (!l->stop && l->len < SOON_AT &&
			       pthread_cond_timedwait(
				   &l->wake, &l->lock, &ts) == 0)
				;
		}
		flush(l);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

enum cred_err
logline_start(int fd, struct logline **out, struct why *why)
{
	struct logline *l = calloc(1, sizeof *l);
	pthread_condattr_t attr;

	if (l == NULL)
		return why_errno(why, ENOMEM, "calloc", "log");
	l->fd = fd;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&l->thread, NULL, work, l) != 0) {
		pthread_cond_destroy(&l->wake);
		pthread_mutex_destroy(&l->lock);
		free(l);
		return why_errno(why, EAGAIN, "pthread_create", "log");
	}
	*out = l;
	return CRED_OK;
}

void
logline_put(struct logline *l, const char *line, size_t len)
{
	size_t before;

	if (len > LOGLINE_MAX)
		len = LOGLINE_MAX;
	pthread_mutex_lock(&l->lock);
	before = l->len;
	if (len > ROOM - l->len) {
		l->dropped++;
	} else {
		memcpy(l->lines + l->len, line, len);
		l->len += len;
		/* the writer sleeps without lines, and until there are many */
		if (before == 0 || (before < SOON_AT && l->len >= SOON_AT))
			pthread_cond_signal(&l->wake);
	}
	pthread_mutex_unlock(&l->lock);
}

void
logline_stop(struct logline *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
