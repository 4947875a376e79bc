#ifndef VERIFIER_SCAN_ARGS_H
#define VERIFIER_SCAN_ARGS_H

#include "credential/verdict.h"
#include "edge/cli.h"
#include "qr/reader.h"

/* The command line of tamga-scan. */
struct scan_args {
	struct cli_common common;
	const char *pub, *host, *id_file, *from_file;
	const char *csv, *xlsx; /* reports; NULL: none */
	char id[ID_CHECK_MAX];
	size_t id_len;
	enum reader_effort effort;
	int64_t at;
	bool at_given, offline, raw, nul, unjailed, details;
	bool camera, continuous, wait_given;
	const char *camera_dev; /* NULL: the first */
	unsigned camera_wait_s; /* 0: for ever */
	char **inputs;
	int n_inputs;
};

/* Ends the program on wrong usage, --help and --version. */
void scan_args_parse(int argc, char **argv, struct scan_args *a);
/* An ID number, normalised into a->id; false: it is none. */
bool scan_args_id(struct scan_args *a, struct bytes in);

#endif
