#include "verifier/csvout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"

struct csvout {
	FILE *file;
	char *path, *tmp;
};

static enum cred_err
open_tmp(struct csvout *c, const char *path, struct why *why)
{
	int fd;

	if ((c->path = strdup(path)) == NULL ||
	    asprintf(&c->tmp, "%s.tmp.XXXXXX", path) < 0) {
		c->tmp = NULL;
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	fd = mkostemp(c->tmp, O_CLOEXEC);
	if (fd < 0 || (c->file = fdopen(fd, "w")) == NULL) {
		enum cred_err e = why_errno(
		    why, errno, TR("cannot create", "无法创建"), path);
		if (fd >= 0)
			close(fd);
		else
			*c->tmp = '\0';
		return e;
	}
	return CRED_OK;
}

enum cred_err
csvout_open(const char *path, bool force, struct csvout **out, struct why *why)
{
	struct csvout *c;
	enum cred_err e;

	if (!force && access(path, F_OK) == 0)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; give -f to write over it",
			"%s 已经存在；要覆盖请加 -f"),
		    path);
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = open_tmp(c, path, why);
	if (e != CRED_OK) {
		csvout_abort(c);
		return e;
	}
	/* With a byte order mark, Excel takes it for UTF-8. */
	fputs("\xef\xbb\xbf", c->file);
	*out = c;
	return CRED_OK;
}

void
csvout_cell(struct csvout *c, const char *s, bool last)
{
	size_t n = s != NULL ? strlen(s) : 0;
	bool digits = n > 11 && strspn(s, "0123456789Xx") == n;

	fputc('"', c->file);
	/* A tab keeps Excel from making a number of eighteen digits, and a
	 * formula of what only looks like one. */
	if (digits || (n > 0 && strchr("=+-@", *s) != NULL))
		fputc('\t', c->file);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			fputc('"', c->file);
		fputc(s[i], c->file);
	}
	fputs(last ? "\"\r\n" : "\",", c->file);
}

enum cred_err
csvout_close(struct csvout *c, struct why *why)
{
	bool bad = fflush(c->file) != 0 || fsync(fileno(c->file)) != 0;
	enum cred_err e = CRED_OK;

	bad = fclose(c->file) != 0 || bad;
	c->file = NULL;
	if (bad || rename(c->tmp, c->path) != 0)
		e = why_errno(
		    why, errno, TR("cannot write", "写不了"), c->path);
	else
		*c->tmp = '\0';
	csvout_abort(c);
	return e;
}

void
csvout_abort(struct csvout *c)
{
	if (c == NULL)
		return;
	if (c->file != NULL)
		fclose(c->file);
	if (c->tmp != NULL && *c->tmp != '\0')
		unlink(c->tmp);
	free(c->tmp);
	free(c->path);
	free(c);
}
