#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/lang.h"
#include "render/part_int.h"

#define BUFFER 65536

#if defined(__has_feature)
#	if __has_feature(address_sanitizer)
const char *__lsan_default_suppressions(void);
/* fontconfig keeps pointers as offsets, which the leak checker does not see;
 * cairo 1.16 loses 250 bytes a PDF. tests/render watches ours by growth. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libcairo.so\n";
}
#	endif
#endif

struct render_pdf {
	char *path, *tmp;
	int fd;
	int err; /* errno of the first write that failed */
	char *title;
	struct render_part **parts; /* the first: of render_pdf_page() */
	size_t n_parts;
	size_t n; /* bytes waiting in buf */
	uint8_t buf[BUFFER];
};

static bool
flush(struct render_pdf *p)
{
	for (size_t at = 0; at < p->n && p->err == 0;) {
		ssize_t got = write(p->fd, p->buf + at, p->n - at);
		if (got < 0 && errno != EINTR)
			p->err = errno;
		if (got > 0)
			at += (size_t)got;
	}
	p->n = 0;
	return p->err == 0;
}

static bool
put(void *arg, const void *data, size_t len)
{
	struct render_pdf *p = arg;
	const uint8_t *from = data;

	while (len > 0 && p->err == 0) {
		size_t k = BUFFER - p->n;
		if (k > len)
			k = len;
		memcpy(p->buf + p->n, from, k);
		p->n += k;
		from += k;
		len -= k;
		if (p->n == BUFFER)
			flush(p);
	}
	return p->err == 0;
}

static enum cred_err
write_failed(struct render_pdf *p, int err, struct why *why)
{
	return why_errno(why, err, TR("cannot write", "写不了"), p->path);
}

enum cred_err
render_pdf_part(struct render_pdf *p, struct render_part **out, struct why *why)
{
	struct render_part **more =
	    reallocarray(p->parts, p->n_parts + 1, sizeof *more);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (more != NULL) {
		p->parts = more;
		e = part_open(p->path, p->title, &more[p->n_parts]);
	}
	if (e != CRED_OK)
		return write_failed(p, ENOMEM, why);
	if (p->n_parts > 0)
		more[p->n_parts]->sheet = more[0]->sheet;
	*out = more[p->n_parts++];
	return CRED_OK;
}

enum cred_err
render_pdf_open(const char *path, const char *title, struct render_pdf **out,
    struct why *why)
{
	struct render_pdf *p = malloc(sizeof *p);
	struct render_part *first;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (p == NULL)
		return why_errno(
		    why, ENOMEM, TR("cannot write", "写不了"), path);
	*p = (struct render_pdf){.fd = -1};
	p->path = strdup(path);
	p->title = strdup(title);
	if (p->path == NULL || p->title == NULL ||
	    asprintf(&p->tmp, "%s.tmp.XXXXXX", path) < 0) {
		p->tmp = NULL;
		goto fail;
	}
	p->fd = mkostemp(p->tmp, O_CLOEXEC);
	if (p->fd < 0) {
		e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		free(p->tmp);
		p->tmp = NULL;
		goto fail;
	}
	e = render_pdf_part(p, &first, why);
	if (e != CRED_OK)
		goto fail;
	*out = p;
	return CRED_OK;
fail:
	render_pdf_abort(p);
	return e;
}

void
render_pdf_sheets(struct render_pdf *p, const struct render_sheet *s)
{
	p->parts[0]->sheet = *s;
}

size_t
render_pdf_pages(const struct render_pdf *p)
{
	return p->parts[0]->flow.page;
}

struct render_part *
render_pdf_first(struct render_pdf *p)
{
	return p->parts[0];
}

enum cred_err
render_pdf_page(struct render_pdf *p, struct render_template *t,
    const struct render_record *rec, struct why *why)
{
	return render_part_page(p->parts[0], t, rec, why);
}

/* All parts that have pages, bound into the file. */
static enum cred_err
bind_parts(struct render_pdf *p, struct why *why)
{
	static const struct bind_run BLANK = {0, 1}; /* cairo's, of no pages */
	struct bind_part *parts = calloc(p->n_parts, sizeof *parts);
	enum cred_err e = parts == NULL ? CRED_FAULT_NOMEM : CRED_OK;
	size_t n = 0;

	for (size_t i = 0; e == CRED_OK && i < p->n_parts; i++)
		if (p->parts[i]->flow.page > 0)
			e = part_bytes(p->parts[i], &parts[n++], why);
	if (e == CRED_OK && n == 0) {
		e = part_bytes(p->parts[0], &parts[n++], why);
		parts[0].runs = &BLANK;
		parts[0].n_runs = 1;
	}
	if (e == CRED_OK) {
		e = bind_write(parts, n, put, p);
		flush(p);
		if (p->err != 0)
			e = write_failed(p, p->err, why);
		else if (e != CRED_OK)
			e = why_set(why, e,
			    TR("cannot write %s: %s", "写不了 %s：%s"), p->path,
			    cred_strerr(e));
	} else if (parts == NULL) {
		e = write_failed(p, ENOMEM, why);
	}
	free(parts);
	return e;
}

static enum cred_err
sync_folder(const char *path, struct why *why)
{
	char *dir = strdup(path), *slash;
	enum cred_err e = CRED_OK;
	int fd;

	if (dir == NULL)
		return CRED_FAULT_NOMEM;
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
	fd =
	    open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	free(dir);
	return e;
}

enum cred_err
render_pdf_close(struct render_pdf *p, struct why *why)
{
	enum cred_err e = bind_parts(p, why);
	int fd = p->fd;

	if (e == CRED_OK && fsync(fd) != 0)
		e = write_failed(p, errno, why);
	p->fd = -1;
	if (close(fd) != 0 && e == CRED_OK)
		e = write_failed(p, errno, why);
	if (e == CRED_OK && rename(p->tmp, p->path) != 0)
		e = why_errno(
		    why, errno, TR("cannot rename to", "无法改名为"), p->path);
	if (e == CRED_OK) {
		free(p->tmp);
		p->tmp = NULL;
		e = sync_folder(p->path, why);
	}
	render_pdf_abort(p);
	return e;
}

void
render_pdf_abort(struct render_pdf *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_parts; i++)
		part_free(p->parts[i]);
	free(p->parts);
	if (p->fd >= 0)
		close(p->fd);
	if (p->tmp != NULL)
		unlink(p->tmp);
	free(p->tmp);
	free(p->title);
	free(p->path);
	free(p);
}
