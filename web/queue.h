#ifndef WEB_QUEUE_H
#define WEB_QUEUE_H

/*
 * Who asks first is answered first. Each connection has a thread of civetweb's,
 * and of hundreds that can run the kernel runs one or the other; here, between
 * two requests, threads wait in a queue, and a few are served at once. A first
 * request on a connection does not wait, nor does what is asked for before its
 * answer is sent.
 *
 * civetweb tells nobody that it waits for the next request; it calls poll(). So
 * this file defines poll(): for a thread with a queue_place, between
 * queue_next() and the next bytes, it waits here. Any other call is the
 * kernel's, and ends being served: who waits for a client keeps nobody waiting.
 *
 * Who has waited in the queue as long as poll() was to wait goes on all the
 * same, so a place that is never given back slows but does not stop.
 */
struct queue;
struct queue_place;

/* n_places: threads that will ask for one; at_once: how many are served. NULL
 * with errno. To be stopped when those threads have ended. */
struct queue *queue_start(unsigned n_places, unsigned at_once);
void queue_stop(struct queue *q);

/* The calling thread takes part from now on, if a place is left. */
void queue_join(struct queue *q);

/* Of the calling thread, if it takes part: its request is answered, the next
 * poll() for input waits in the queue. */
void queue_next(void);
/* It need not wait in the queue (any more), and is not served. */
void queue_leave(void);

#endif
