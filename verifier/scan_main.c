#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/cli.h"
#include "edge/file.h"
#include "verifier/pub_open.h"
#include "verifier/scan.h"
#include "verifier/scan_args.h"

#define MAX_FILE  (256u << 20)
#define MAX_PAGES 10000
#define NAME_WIDTH 60 /* columns; longer names push what follows */

static enum cred_err
read_id(struct scan_args *a, struct why *why)
{
	uint8_t *buf = NULL;
	size_t len = 0;
	enum cred_err e;
	bool ok;

	if (a->id_file == NULL)
		return CRED_OK;
	e = file_read(a->id_file, 4096, &buf, &len, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
	ok = scan_args_id(a, bytes_of(buf, strcspn((char *)buf, "\r\n")));
	explicit_bzero(buf, len);
	free(buf);
	if (!ok)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s: its first line is not an ID number",
			"%s：第一行不是证件号码"),
		    a->id_file);
	return CRED_OK;
}

static enum cred_err
list_inputs(const struct scan_args *a, struct scan_list *list, struct why *why)
{
	enum cred_err e = CRED_OK;

	if (a->from_file != NULL)
		e = scan_list_add_from(list, a->from_file, a->nul, why);
	for (int i = 0; e == CRED_OK && i < a->n_inputs; i++)
		e = scan_list_add(list, a->inputs[i], why);
	return e;
}

int
main(int argc, char **argv)
{
	struct scan_args a = {.effort = EFFORT_NORMAL, .camera_wait_s = 60};
	struct scan_sheet *sheet = NULL;
	struct scan_job job = {.max_bytes = MAX_FILE};
	struct scan_list list = {0};
	struct scan_style style;
	struct reader_opts ro;
	struct why why = {{0}};
	enum cred_err e;
	int status;

	cli_init("tamga-scan");
	argp_program_version = "tamga-scan " TAMGA_VERSION;
	cli_common_init(&a.common);
	scan_args_parse(argc, argv, &a);
	ro = (struct reader_opts){.max_bytes = MAX_FILE,
	    .max_pages = MAX_PAGES,
	    .effort = a.effort,
	    .allow_unjailed = a.unjailed};
	/* before the first thread */
	e = reader_start(&ro, &job.reader, &why);
	if (e == CRED_OK)
		e = read_id(&a, &why);
	if (e == CRED_OK && !a.raw)
		e = pub_open(&a.common, a.pub, a.offline, &job.pub,
		    &why);
	if (e == CRED_OK)
		e = list_inputs(&a, &list, &why);
	if (e == CRED_OK && (a.csv != NULL || a.xlsx != NULL))
		e = scan_sheet_open(a.csv, a.xlsx, &sheet, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	job.every_page = !a.raw;
	job.opts.now = a.at_given ? a.at : time(NULL);
	if (a.host != NULL)
		job.opts.host = bytes_str(a.host);
	if (a.id_len > 0)
		job.id = bytes_of(a.id, a.id_len);
	style = (struct scan_style){.json = a.common.json,
	    .raw = a.raw,
	    .quiet = a.common.quiet,
	    .many = list.n > 1 || a.continuous,
	    .table = list.n > 1 && !a.details,
	    .silent = a.csv != NULL && strcmp(a.csv, "-") == 0,
	    .safe = isatty(STDOUT_FILENO)};
	style.colour = style.safe && getenv("NO_COLOR") == NULL;
	for (size_t i = 0; i < list.n; i++) {
		int w = scan_width(list.names[i]);
		if (w > style.name_width && w <= NAME_WIDTH)
			style.name_width = w;
	}
	if (a.camera) {
		struct scan_camera c = {
		    a.camera_dev, a.continuous, a.camera_wait_s};
		status = scan_camera_run(&job, &c, &style, sheet);
	} else if (list.n == 0) {
		cli_say(&a.common, "tamga-scan: %s",
		    TR("no files there", "没有文件"));
		status = EXIT_NOTHING;
	} else {
		status = scan_pool_run(&job, &list, &style, sheet);
	}
	e = scan_sheet_close(sheet, &why);
	sheet = NULL;
	if (e != CRED_OK)
		status = cli_fail(e, &why);
out:
	scan_sheet_abort(sheet);
	scan_list_release(&list);
	publication_close(job.pub);
	reader_stop(job.reader);
	explicit_bzero(a.id, sizeof a.id);
	return status;
}
