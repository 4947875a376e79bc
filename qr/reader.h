#ifndef QR_READER_H
#define QR_READER_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * QR codes out of pictures and PDFs. Every byte of a picture is decoded in a
 * child process that can touch nothing (docs/jail.md); what it
 * answers is checked like any hostile input.
 *
 * reader_start() must be called before the first thread is made: it forks the
 * zygote from which each decode is forked.
 */
struct reader;

enum reader_effort {
	EFFORT_QUICK,  /* 0.3 s of CPU a picture */
	EFFORT_NORMAL, /* 1 s */
	EFFORT_HARD,   /* 3 s */
};

struct reader_opts {
	size_t max_bytes;    /* of a file; 0: 32 MiB */
	uint32_t max_pixels; /* of a picture; 0: 100 million */
	unsigned max_pages;  /* of a PDF or TIFF; 0: 20; at most 10 000 */
	unsigned max_wall_s; /* of 8 pages, where the machine is busy; 0: 110 s
				for a picture, 390 s for 8 pages */
	enum reader_effort effort;
	bool only_drawn; /* a PDF's pages as they look: not the images in it,
			    which may be covered on the page. For pages whose
			    codes are pictures: lines and areas are drawn with
			    hard edges, in a third of the time */
	bool allow_unjailed; /* go on where the kernel lacks Landlock or seccomp
			      */
};

/*
 * opts NULL: the defaults. CRED_FAULT_JAIL, naming what the kernel lacks,
 * unless opts->allow_unjailed. *out is ended by reader_stop().
 */
enum cred_err reader_start(
    const struct reader_opts *opts, struct reader **out, struct why *why);
void reader_stop(struct reader *r); /* takes NULL */

#define READER_MAX_CODES 64   /* of one picture or page; the rest is dropped */
#define READER_MAX_TEXT  7089 /* version 40, level L, digits */
struct reader_code {
	unsigned page;     /* 1..; 1 for a picture of one page */
	struct bytes text; /* at most READER_MAX_TEXT; may hold any bytes */
};
/* The codes of a page in no promised order; a text that stands twice on one
 * page is told once. */
struct reader_result {
	size_t n; /* 0: no QR code found (unreadable) */
	unsigned pages;
	struct reader_code *codes; /* n of them, pages ascending */
	uint8_t *store;            /* owns the texts */
};

/*
 * All QR codes of one file's bytes: PNG, JPEG, WebP, HEIC, TIFF, BMP, GIF or
 * PDF, by its content, never by its name. The pages of a TIFF are pages as a
 * PDF's are. Of a PDF the images inside are read at their own resolution; the
 * pages where they hold no code are rendered. Safe from several threads.
 *
 * CRED_OK with n = 0 when it is a picture without a code; CRED_ERR_PIC_* when
 * it is none that we read, CRED_ERR_PIC_CRASH among them: its decoder was
 * killed or spoke out of turn. CRED_FAULT_JAIL when there was no decoder,
 * CRED_FAULT_CONFIG when a library or pdftoppm is missing.
 */
enum cred_err reader_read(struct reader *r, struct bytes file,
    struct reader_result *out, struct why *why);
/* The same of a PDF each of whose pages is a sheet of columns x rows pictures,
 * 8 x 16 at most: each is read by itself too. */
enum cred_err reader_read_sheets(struct reader *r, struct bytes file,
    unsigned columns, unsigned rows, struct reader_result *out,
    struct why *why);
void reader_result_release(struct reader_result *res);

/* Would reader_read() take these bytes for a picture or PDF? By the first
 * bytes alone; decodes nothing. */
bool reader_is_picture(struct bytes file);
bool reader_is_pdf(struct bytes file);

#endif
