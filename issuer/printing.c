#include "issuer/printing.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"
#include "issuer/press.h"
#include "issuer/progress.h"
#include "issuer/readback.h"

struct run {
	struct home *h;
	const struct printing_opts *opts;
	struct printing_result *out;
	struct printer printer; /* templates that say what is a sheet's */
	struct press *press;
	struct render_flow flow; /* of the pages of the one file */
	struct progress bar;
	struct readback old, fresh;
	size_t at_old; /* next of old in the second walk */
	size_t done, total;
};

static bool
is_printed(const struct registry_entry *e)
{
	return e->state == ENTRY_LOGGED &&
	       (e->status == STATUS_VALID || e->status == STATUS_SUSPENDED);
}

static char *
file_of(const struct run *r, const struct registry_entry *e)
{
	char name[PRINT_NAME_MAX], *file = NULL, *path;

	print_name(e, name);
	if (asprintf(&file, "%s.pdf", name) < 0)
		return NULL;
	path = file_join(r->opts->dir, file);
	free(file);
	return path;
}

/* First walk: which files are there already? */
static enum cred_err
find_old(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct run *r = ctx;
	enum cred_err err;
	char *path;

	if (!is_printed(e))
		return CRED_OK;
	r->total++;
	if (r->opts->dir == NULL)
		return CRED_OK;
	path = file_of(r, e);
	if (path != NULL && access(path, F_OK) != 0) {
		free(path);
		return CRED_OK;
	}
	err = readback_file(&r->old, path, why);
	if (err == CRED_OK)
		err = readback_page(&r->old, e, why);
	return err;
}

/* Second walk: write what is not there, or not good. */
static enum cred_err
write_file(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct run *r = ctx;
	enum cred_err err;
	char *path;

	if (!is_printed(e))
		return CRED_OK;
	progress_step(&r->bar, r->done++, r->total);
	if (r->at_old < r->old.n_files &&
	    r->old.pages[r->at_old].index == e->index &&
	    !r->old.files[r->at_old++].bad) {
		r->out->there++;
		return CRED_OK;
	}
	path = file_of(r, e);
	if (path == NULL)
		return CRED_FAULT_NOMEM;
	err = press_put(r->press, e, path, why);
	if (err != CRED_OK) {
		free(path);
		return err;
	}
	r->out->made++;
	err = readback_file(&r->fresh, path, why);
	if (err == CRED_OK)
		err = readback_page(&r->fresh, e, why);
	return err;
}

static enum cred_err
write_page(void *ctx, const struct registry_entry *e, struct why *why)
{
	const struct render_sheet *sheet;
	struct run *r = ctx;
	struct render_template *t = NULL;
	enum cred_err err = CRED_OK;

	if (!is_printed(e))
		return CRED_OK;
	sheet = &r->opts->sheet;
	progress_step(&r->bar, r->done++, r->total);
	if (sheet->columns > 0)
		err =
		    printer_template(&r->printer, e->kind, e->issued, &t, why);
	if (err != CRED_OK)
		return err;
	render_flow_next(&r->flow, sheet, t);
	err = press_put_page(r->press, e, r->flow.slot == 0, why);
	if (err == CRED_OK)
		err = readback_page(&r->fresh, e, why);
	if (err == CRED_OK)
		readback_place(
		    &r->fresh, r->flow.page, sheet->columns, sheet->rows);
	return err;
}

/* All that filter names, by each in turn, through a press. */
static enum cred_err
run_press(struct run *r, const struct registry_filter *filter,
    struct render_pdf *whole, struct why *why)
{
	enum cred_err e, last;
	struct why other = {""};

	progress_start(&r->bar, r->h->cli, TR("printing", "打印"));
	r->done = 0;
	e = press_start(
	    r->h, r->opts->template_name, r->total, whole, &r->press, why);
	if (e == CRED_OK) {
		e = registry_each(r->h->registry, filter,
		    whole == NULL ? write_file : write_page, r, why);
		last = press_stop(r->press, e == CRED_OK ? why : &other);
		if (e == CRED_OK)
			e = last;
	}
	progress_end(&r->bar);
	return e;
}

static enum cred_err
run_files(struct run *r, struct reader *reader,
    const struct registry_filter *filter, struct why *why)
{
	struct why ignored;
	enum cred_err e;

	e = file_mkdirs(r->opts->dir, 0700, why);
	if (e == CRED_OK && r->old.n_files > 0) {
		progress_start(&r->bar, r->h->cli, TR("reading back", "回读"));
		e = readback_run(&r->old, reader, r->h->own, progress_step,
		    &r->bar, &ignored);
		progress_end(&r->bar);
		/* A bad one is written again; a fault would show there. */
		e = CRED_OK;
	}
	return e == CRED_OK ? run_press(r, filter, NULL, why) : e;
}

static enum cred_err
run_one(struct run *r, const struct registry_filter *filter, struct why *why)
{
	struct render_pdf *whole;
	enum cred_err e = render_pdf_open(
	    r->opts->one, TR("Certificates", "证书"), &whole, why);

	if (e != CRED_OK)
		return e;
	render_pdf_sheets(whole, &r->opts->sheet);
	e = readback_file(&r->fresh, strdup(r->opts->one), why);
	if (e == CRED_OK)
		e = run_press(r, filter, whole, why);
	if (e != CRED_OK) {
		render_pdf_abort(whole);
		return e;
	}
	e = render_pdf_close(whole, why);
	if (e == CRED_OK)
		r->out->made++;
	return e;
}

enum cred_err
printing_run(struct home *h, struct reader *reader,
    const struct registry_filter *filter, const struct printing_opts *opts,
    struct printing_result *out, struct why *why)
{
	struct run r = {.h = h, .opts = opts, .out = out};
	enum cred_err e;

	*out = (struct printing_result){0};
	printer_init(&r.printer, h, opts->template_name);
	readback_init(&r.old);
	readback_init(&r.fresh);
	r.old.quick = r.fresh.quick = !opts->full;
	e = registry_each(h->registry, filter, find_old, &r, why);
	if (e == CRED_OK && opts->dir != NULL)
		e = run_files(&r, reader, filter, why);
	if (e == CRED_OK && opts->one != NULL && r.total > 0)
		e = run_one(&r, filter, why);
	if (e == CRED_OK && r.fresh.n_files > 0) {
		progress_start(&r.bar, h->cli, TR("reading back", "回读"));
		e = readback_run(
		    &r.fresh, reader, h->own, progress_step, &r.bar, why);
		progress_end(&r.bar);
	}
	readback_release(&r.fresh);
	readback_release(&r.old);
	printer_release(&r.printer);
	return e;
}

void
printing_say(const struct cli_common *cli, const struct printing_opts *opts,
    const struct printing_result *r)
{
	bool both = opts->dir != NULL && opts->one != NULL;

	cli_say(cli,
	    TR("%zu PDF files written, %zu were there; all read back and "
	       "verified; in %s%s%s",
		"写出 %zu 个 PDF，已有 %zu 个；全部回读并验证无误；在 %s%s%s"),
	    r->made, r->there, opts->dir != NULL ? opts->dir : opts->one,
	    both ? ", " : "", both ? opts->one : "");
}
