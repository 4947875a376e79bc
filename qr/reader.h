#ifndef QR_READER_H
#define QR_READER_H

#include "credential/bytes.h"
#include "edge/why.h"

/*
 * QR codes out of pictures and PDFs. Every byte of a picture is decoded in a
 * child process that can touch nothing (docs/architecture.md "Jail"); what it
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
	unsigned max_pages;  /* of a PDF; 0: 20 */
	enum reader_effort effort;
	bool allow_unjailed; /* go on where the kernel lacks Landlock or seccomp */
};

enum cred_err reader_start(const struct reader_opts *opts,
    struct reader **out, struct why *why);
void reader_stop(struct reader *r);

#define READER_MAX_CODES 64
struct reader_code {
	unsigned page;   /* 1..; 1 for a picture */
	struct bytes text; /* at most 2953 bytes; may hold any bytes */
};
struct reader_result {
	size_t n; /* 0: no QR code found (unreadable) */
	unsigned pages;
	struct reader_code codes[READER_MAX_CODES];
	uint8_t *store; /* owns the texts */
};

/*
 * All QR codes of one file's bytes: PNG, JPEG or PDF, by its content, never
 * by its name. Safe from several threads. CRED_OK with n = 0 when it is a
 * picture without a code; CRED_ERR_PIC_* when it is none that we read;
 * CRED_FAULT_JAIL when the child died of our doing.
 */
enum cred_err reader_read(struct reader *r, struct bytes file,
    struct reader_result *out, struct why *why);
void reader_result_release(struct reader_result *res);

#endif
