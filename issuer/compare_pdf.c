#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"
#include "issuer/compare.h"
#include "issuer/print.h"
#include "issuer/readback.h"

struct walk {
	const char *dir;
	compare_say_fn *say;
	void *ctx;
	struct readback files;
	size_t missing;
	uint64_t first_missing;
};

/* Those printed: in the log, valid or suspended. */
static bool
is_printed(const struct registry_entry *e)
{
	return e->state == ENTRY_LOGGED &&
	       (e->status == STATUS_VALID || e->status == STATUS_SUSPENDED);
}

static enum cred_err
look_for(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct walk *w = ctx;
	char name[PRINT_NAME_MAX], *path = NULL;
	enum cred_err err;

	if (!is_printed(e))
		return CRED_OK;
	print_name(e, name);
	if (asprintf(&path, "%s/%s.pdf", w->dir, name) < 0)
		return CRED_FAULT_NOMEM;
	if (access(path, F_OK) != 0) {
		if (w->missing++ == 0)
			w->first_missing = e->index;
		free(path);
		return CRED_OK;
	}
	err = readback_file(&w->files, path, why);
	if (err == CRED_OK)
		err = readback_page(&w->files, e, why);
	return err;
}

/* The certificate that a file is named after. */
static enum cred_err
by_name(struct home *h, const char *name, size_t len,
    struct registry_entry *out, bool *found, struct why *why)
{
	char stem[PRINT_NAME_MAX], *end;
	uint64_t index;

	*found = false;
	if (len >= sizeof stem)
		return CRED_OK;
	memcpy(stem, name, len);
	stem[len] = '\0';
	if (strncmp(stem, "index-", 6) != 0)
		return registry_by_number(h->registry, stem, out, found, why);
	index = strtoull(stem + 6, &end, 10);
	if (end == stem + 6 || *end != '\0' || index >= TLOG_MAX_SIZE)
		return CRED_OK;
	return registry_by_index(h->registry, index, out, found, why);
}

static enum cred_err
look_at_name(struct home *h, struct walk *w, const char *name, struct why *why)
{
	size_t len = strlen(name);
	struct registry_entry entry;
	uint64_t index = COMPARE_NONE;
	bool found, printed = false;
	char text[512], own_name[PRINT_NAME_MAX];
	enum cred_err e;

	if (len < 5 || strcmp(name + len - 4, ".pdf") != 0)
		return CRED_OK;
	e = by_name(h, name, len - 4, &entry, &found, why);
	if (e != CRED_OK)
		return e;
	if (found) {
		print_name(&entry, own_name);
		printed = is_printed(&entry) && strlen(own_name) == len - 4 &&
			  strncmp(own_name, name, len - 4) == 0;
		index = entry.index;
		registry_entry_release(&entry);
	}
	if (printed)
		return CRED_OK;
	snprintf(text, sizeof text,
	    found ? TR("%.200s: its certificate is no longer good, or was "
		       "replaced; destroy it",
			"%.200s：该证书已失效或已换发；请销毁此文件")
		  : TR("%.200s: no certificate of this registry has this "
		       "name; where is it from?",
			"%.200s：登记库中没有此名称的证书；来源不明"),
	    name);
	w->say(w->ctx, true, index, "pdf", text);
	return CRED_OK;
}

static enum cred_err
look_at_names(struct home *h, struct walk *w, struct why *why)
{
	DIR *d = opendir(w->dir);
	enum cred_err e = CRED_OK;
	struct dirent *at;

	if (d == NULL)
		return why_errno(
		    why, errno, TR("cannot read", "无法读取"), w->dir);
	while (e == CRED_OK && (at = readdir(d)) != NULL)
		e = look_at_name(h, w, at->d_name, why);
	closedir(d);
	return e;
}

enum cred_err
compare_pdfs(struct home *h, struct reader *reader, const char *dir,
    const char *batch, compare_say_fn *say, void *ctx, struct why *why)
{
	const struct registry_filter filter = {
	    .batch = batch, .state = -1, .status = -1};
	struct walk w = {.dir = dir, .say = say, .ctx = ctx};
	char text[512];
	enum cred_err e;

	readback_init(&w.files);
	e = look_at_names(h, &w, why);
	if (e == CRED_OK)
		e = registry_each(h->registry, &filter, look_for, &w, why);
	if (e == CRED_OK && w.files.n_files > 0) {
		e = readback_run(&w.files, reader, h->own, NULL, NULL, why);
		if (e == CRED_FAULT_RENDER)
			e = CRED_OK; /* told one by one */
	}
	for (size_t i = 0; e == CRED_OK && i < w.files.n_files; i++) {
		const struct readback_file *f = &w.files.files[i];
		if (!f->bad)
			continue;
		snprintf(text, sizeof text,
		    TR("%.200s: its QR code does not read as the registry's "
		       "certificate; render it again",
			"%.200s：二维码与登记库中的证书不符；请重新生成"),
		    f->path);
		say(ctx, true, w.files.pages[f->first].index, "pdf", text);
	}
	if (e == CRED_OK && w.missing > 0) {
		snprintf(text, sizeof text,
		    TR("%zu certificates have no PDF in %.200s, this is the "
		       "first: run render",
			"有 %zu 份证书在 %.200s 中没有 PDF，这是第一份："
			"请运行 render"),
		    w.missing, dir);
		say(ctx, false, w.first_missing, "pdf", text);
	}
	readback_release(&w.files);
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}
