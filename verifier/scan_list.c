#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/scan.h"

#define MAX_DEPTH 64
#define LIST_MAX  (256u << 20)

static enum cred_err
push(struct scan_list *l, char *name, struct why *why)
{
	if (l->n == l->cap) {
		size_t cap = l->cap * 2 + 16;
		char **more = realloc(l->names, cap * sizeof *more);
		if (more == NULL) {
			free(name);
			return why_errno(why, ENOMEM, "realloc", "names");
		}
		l->names = more;
		l->cap = cap;
	}
	l->names[l->n++] = name;
	return CRED_OK;
}

void
scan_list_release(struct scan_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct scan_list){0};
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum cred_err add_folder(
    struct scan_list *l, const char *dir, unsigned depth, struct why *why);

/* A folder that is a link is not entered: it may lead back here. */
static enum cred_err
add_entry(struct scan_list *l, const char *dir, const char *name,
    unsigned depth, struct why *why)
{
	char *path = file_join(dir, name);
	struct stat st, link;
	enum cred_err e;

	if (path == NULL)
		return why_errno(why, ENOMEM, "malloc", dir);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return push(l, path, why);
	e = CRED_OK;
	if (lstat(path, &link) == 0 && S_ISDIR(link.st_mode))
		e = add_folder(l, path, depth + 1, why);
	free(path);
	return e;
}

static enum cred_err
add_folder(
    struct scan_list *l, const char *dir, unsigned depth, struct why *why)
{
	struct dirent **names;
	enum cred_err e = CRED_OK;
	int n;

	if (depth > MAX_DEPTH)
		return why_set(why, CRED_FAULT_IO,
		    TR("%s: folders more than %d deep",
			"%s：文件夹层数超过 %d"),
		    dir, MAX_DEPTH);
	n = scandir(dir, &names, visible, by_bytes);
	if (n < 0)
		return why_errno(why, errno,
		    TR("cannot open the folder", "打不开文件夹"), dir);
	for (int i = 0; i < n; i++) {
		if (e == CRED_OK)
			e = add_entry(l, dir, names[i]->d_name, depth, why);
		free(names[i]);
	}
	free(names);
	return e;
}

enum cred_err
scan_list_add(struct scan_list *l, const char *name, struct why *why)
{
	struct stat st;
	char *copy;

	if (strcmp(name, "-") != 0 && stat(name, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return add_folder(l, name, 0, why);
	copy = strdup(name);
	if (copy == NULL)
		return why_errno(why, ENOMEM, "strdup", name);
	return push(l, copy, why);
}

enum cred_err
scan_list_add_from(
    struct scan_list *l, const char *file, bool nul, struct why *why)
{
	uint8_t *buf;
	size_t len;
	enum cred_err e = file_read(file, LIST_MAX, &buf, &len, why);
	char end = nul ? '\0' : '\n';

	if (e != CRED_OK) /* a list of names that cannot be read is a fault */
		return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
	for (size_t i = 0; e == CRED_OK && i < len;) {
		char *name = (char *)buf + i;
		char *stop = memchr(name, end, len - i);
		size_t n = stop != NULL ? (size_t)(stop - name) : len - i;
		i += n + 1;
		name[n] = '\0'; /* buf has one byte more than len */
		if (!nul && n > 0 && name[n - 1] == '\r')
			name[--n] = '\0';
		if (n > 0)
			e = scan_list_add(l, name, why);
	}
	free(buf);
	return e;
}
