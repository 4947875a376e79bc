#include "verifier/refresher.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVERY_S 20 /* well below publication_opts.refresh_s */

struct refresher {
	struct publication *pub;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static void *
turn(void *arg)
{
	struct refresher *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		struct publication_hold h;
		struct why why = {0};
		struct timespec ts;

		pthread_mutex_unlock(&r->lock);
		if (publication_hold(r->pub, &h, &why) == CRED_OK)
			publication_release(&h);
		else
			fprintf(stderr, "tamga-verifier: %s\n", why.text);
		pthread_mutex_lock(&r->lock);
		if (r->stop)
			break;
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec += EVERY_S;
		(void)pthread_cond_timedwait(&r->wake, &r->lock, &ts);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

enum cred_err
refresher_start(struct publication *p, struct refresher **out, struct why *why)
{
	struct refresher *r = calloc(1, sizeof *r);
	int err;

	if (r == NULL)
		return why_errno(why, ENOMEM, "start", "refresher");
	r->pub = p;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	err = pthread_create(&r->thread, NULL, turn, r);
	if (err != 0) {
		pthread_cond_destroy(&r->wake);
		pthread_mutex_destroy(&r->lock);
		free(r);
		return why_errno(why, err, "start", "refresher");
	}
	*out = r;
	return CRED_OK;
}

void
refresher_wake(struct refresher *r)
{
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

void
refresher_stop(struct refresher *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
