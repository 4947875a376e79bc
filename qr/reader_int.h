#ifndef QR_READER_INT_H
#define QR_READER_INT_H

#include <sys/types.h>

#include "qr/jail.h"
#include "qr/reader.h"

/*
 * Between reader.c, the zygote and the inmates. The parent sends a request
 * with two descriptors, the file's and a pipe's. The decoder writes its answer
 * into the pipe; the zygote, once all inmates of the request are dead, a status
 * behind it. So the last bytes are the zygote's, unless it has died, and then
 * they are parsed with the suspicion that an answer is parsed with.
 */
enum {
	READER_CHUNK_PAGES =
	    8, /* pages of a PDF that one pair of inmates does */
	READER_PAGE_PX = 2400, /* longer side: A4 at 205 dpi, 3.4 px a module */
	READER_PAGES_MAX = 10000,
	READER_COLUMNS_MAX = 8,
	READER_ROWS_MAX = 16,
	READER_MEMORY = 1 << 30, /* address space of an inmate */
	READER_GLANCE = EFFORT_HARD + 1, /* an effort of tests: no rung but the
					    first */
};

/* CPU that a picture may take. */
static inline double
reader_effort_s(uint32_t effort)
{
	return effort == EFFORT_QUICK    ? 0.3
	       : effort == EFFORT_HARD   ? 3
	       : effort == READER_GLANCE ? 0
					 : 1;
}

enum reader_kind {
	READER_PICTURE,
	READER_IMAGES, /* of a PDF, at their own resolution */
	READER_PAGES,  /* of a PDF, rendered */
};

struct reader_request {
	uint32_t kind;
	uint32_t type;        /* enum picture_type: what must be loaded */
	uint32_t first, last; /* pages, from 1 */
	uint32_t max_pixels, max_pages;
	uint32_t effort;
	uint32_t columns, rows; /* of a sheet; 1 and 1: none */
	uint32_t hard_edges;    /* pages are drawn without smoothing lines */
	uint32_t wall_s; /* 0: by the number of pages */
};

struct reader_status {
	int32_t decoder, renderer; /* as wait(2) gives them; renderer 0: none */
	uint32_t encrypted;        /* the renderer asked for a pass phrase */
};

/*
 * The answer: "TGA1", err, pages, n as u16 little-endian, then n times page
 * u16, length u16, text. At most 64 codes a page and READER_ANSWER_MAX bytes.
 */
#define READER_ANSWER_CODES (READER_MAX_CODES * READER_CHUNK_PAGES)
#define READER_ANSWER_MAX                                                      \
	(10 + (size_t)READER_ANSWER_CODES * (4 + READER_MAX_TEXT))

#define READER_BYTES_MAX (READER_ANSWER_MAX + sizeof(struct reader_status))

struct reader_answer {
	enum cred_err err; /* CRED_OK, CRED_ERR_PIC_*, CRED_FAULT_NOMEM; a
			    * library is missing: CRED_FAULT_CONFIG */
	unsigned pages;    /* at most READER_CHUNK_PAGES */
	size_t n;
	struct reader_code
	    codes[READER_ANSWER_CODES]; /* point into the bytes */
};

/*
 * Parse what an inmate wrote, trusting nothing of it: CRED_FAULT_JAIL for
 * anything but an exact answer. first and last bound the page numbers.
 */
enum cred_err reader_answer_parse(
    struct bytes in, unsigned first, unsigned last, struct reader_answer *out);
/* The reverse; out has READER_ANSWER_MAX bytes. False: does not fit. */
struct reader_writer {
	uint8_t *buf;
	size_t len, n;
	unsigned page; /* the page now read */
};
void reader_answer_begin(struct reader_writer *w, uint8_t *buf);
/* Drops a text that is too long, the 65th of a page, and repetitions. */
void reader_answer_add(struct reader_writer *w, struct bytes text);
size_t reader_answer_end(
    struct reader_writer *w, enum cred_err e, unsigned pages);

/* A test's own act inside the jail, before the decoding; never returns to
 * the picture's caller, for it runs in the child. */
typedef void reader_hook(struct bytes file);

struct reader {
	struct reader_opts opts;
	int control;
	pid_t zygote;
};

/* One request: pages first..last of the file behind a descriptor. buf holds
 * READER_BYTES_MAX bytes, ans points into it. */
enum cred_err reader_ask(struct reader *r, int file,
    const struct reader_request *q, uint8_t *buf, struct reader_answer *ans,
    struct reader_status *st, struct why *why);
/* The sentence of a CRED_ERR_PIC_*. */
enum cred_err reader_refuse(enum cred_err e, struct why *why);

/* The zygote's whole life; never returns. */
_Noreturn void zygote_main(int control, bool allow_unjailed, reader_hook *hook);

/* In a fresh inmate: no signal is blocked, and it ends with the zygote. */
void inmate_signals(void);
/* In the decoder: decode and answer, from the file or from rendered pages. */
_Noreturn void inmate_picture(
    struct bytes file, const struct reader_request *req);
_Noreturn void inmate_images(
    struct bytes file, const struct reader_request *req);
_Noreturn void inmate_pages(const struct reader_request *req);

/* reader_start() with a hook. */
enum cred_err reader_start_hooked(const struct reader_opts *opts,
    reader_hook *hook, struct reader **out, struct why *why);

#endif
