#ifndef QR_SPARE_H
#define QR_SPARE_H

#include "qr/reader_int.h"

/*
 * A decoder forked ahead of its file: locked in and waiting for one order. It
 * decodes the file that comes with it and ends; without one it ends when the
 * zygote closes its side, or ends itself.
 */
struct spare {
	pid_t pid;  /* 0: none */
	int orders; /* our side */
};

/* hook: a test's, after the order. False: no process or no descriptor. */
bool spare_make(const struct jail *j, reader_hook *hook, struct spare *out);
/*
 * Gives it q, the answer's descriptor and the file's, or the stream's of
 * READER_PAGES, and limits its CPU time. False: it is dead or cannot be
 * limited; nothing has been decoded. Closes our side.
 */
bool spare_order(struct spare *s, const struct reader_request *q, int answer,
    int input, unsigned cpu_s);
/* Ends one that has no order. */
void spare_end(struct spare *s);

#endif
