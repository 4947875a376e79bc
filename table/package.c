#include "table/package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"

#define OFFICE "application/vnd.openxmlformats-officedocument."

struct package {
	zip_t *zip;
};

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
not_whole(struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_ZIP,
	    TR("the XLSX file is not whole (cut off while copying?); copy it "
	       "again or save it anew",
		"XLSX 文件不完整（复制时中断？）；请重新复制或重新另存"));
}

/* A name that, unpacked, stays below its folder. */
static bool
path_plain(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > PACKAGE_MAX_PATH || *s == '/')
		return false;
	for (const char *p = s; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 ||
		    strchr("\\:%*?\"<>|", *p) != NULL)
			return false;
		if (*p == '/' && p[1] == '/')
			return false;
		if (*p == '.' && (p == s || p[-1] == '/') &&
		    (p[1] == '\0' || p[1] == '/' ||
			(p[1] == '.' && (p[2] == '\0' || p[2] == '/'))))
			return false;
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static enum cred_err
check_entry(
    struct package *p, zip_uint64_t i, const char **name, struct why *why)
{
	zip_stat_t st;

	if (zip_stat_index(p->zip, i, 0, &st) != 0 ||
	    (st.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
			    ZIP_STAT_COMP_METHOD)) !=
		(ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
		    ZIP_STAT_COMP_METHOD))
		return not_whole(why);
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
	    st.encryption_method != ZIP_EM_NONE)
		return why_set(why, CRED_ERR_TABLE_PASSWORD,
		    TR("the spreadsheet has a password; open it, take the "
		       "password off, and save it as .xlsx",
			"此电子表格设有密码；请打开后取消密码，另存为 .xlsx"));
	if (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)
		return why_set(why, CRED_ERR_TABLE_ZIP,
		    TR("the XLSX file is packed in a way that spreadsheet "
		       "programs do not use; save it anew as .xlsx",
			"XLSX 文件的压缩方式不是表格软件所用；"
			"请重新另存为 .xlsx"));
	if (!path_plain(st.name) && strcmp(st.name, "[Content_Types].xml") != 0)
		return why_set(why, CRED_ERR_TABLE_PATH,
		    TR("the XLSX file holds a part whose name leads outside "
		       "it; do not use this file",
			"XLSX 文件中有指向文件之外的部件名；请勿使用此文件"));
	*name = st.name;
	return CRED_OK;
}

static enum cred_err
check_entries(struct package *p, struct why *why)
{
	zip_int64_t n = zip_get_num_entries(p->zip, 0);
	const char **names;
	enum cred_err e = CRED_OK;

	if (n < 0 || n > PACKAGE_MAX_ENTRIES)
		return why_set(why, CRED_ERR_TABLE_LIMIT,
		    TR("the XLSX file has more than %d parts; copy the cells "
		       "into a new table",
			"XLSX 文件的部件超过 %d 个；请把内容复制到新表格"),
		    PACKAGE_MAX_ENTRIES);
	names = reallocarray(NULL, (size_t)n + 1, sizeof *names);
	if (names == NULL)
		return nomem(why);
	for (zip_int64_t i = 0; i < n && e == CRED_OK; i++)
		e = check_entry(p, (zip_uint64_t)i, &names[i], why);
	if (e == CRED_OK)
		qsort(names, (size_t)n, sizeof *names, by_name);
	for (zip_int64_t i = 1; i < n && e == CRED_OK; i++)
		if (strcasecmp(names[i - 1], names[i]) == 0)
			e = why_set(why, CRED_ERR_TABLE_ZIP,
			    TR("the XLSX file holds one part twice, so that "
			       "two programs would read two tables; save it "
			       "anew as .xlsx",
				"XLSX 文件中同一部件出现两次，"
				"不同软件会读出不同内容；"
				"请重新另存为 .xlsx"));
	free(names);
	return e;
}

static zip_source_t *
source_of(const struct input *in, zip_error_t *err)
{
	zip_source_t *src;
	FILE *f;
	int fd;

	if (in->fd < 0)
		return zip_source_buffer_create(
		    in->bytes.ptr, in->bytes.len, 0, err);
	fd = fcntl(in->fd, F_DUPFD_CLOEXEC, 0);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (f == NULL) {
		zip_error_set(err, ZIP_ER_OPEN, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* The descriptor's position is shared, and nobody else's business:
	 * input_read() has none. */
	src = fseeko(f, 0, SEEK_SET) == 0
		  ? zip_source_filep_create(f, 0, -1, err)
		  : NULL;
	if (src == NULL)
		fclose(f);
	return src;
}

enum cred_err
package_open(const struct input *in, struct package **out, struct why *why)
{
	struct package *p = calloc(1, sizeof *p);
	zip_source_t *src;
	zip_error_t err;
	enum cred_err e;

	if (p == NULL)
		return nomem(why);
	zip_error_init(&err);
	src = source_of(in, &err);
	if (src != NULL) {
		p->zip = zip_open_from_source(src, ZIP_RDONLY, &err);
		if (p->zip == NULL)
			zip_source_free(src);
	}
	if (p->zip == NULL) {
		switch (zip_error_code_zip(&err)) {
		case ZIP_ER_MEMORY:
			e = nomem(why);
			break;
		case ZIP_ER_OPEN:
		case ZIP_ER_READ:
		case ZIP_ER_SEEK:
			e = why_errno(why, zip_error_code_system(&err),
			    TR("cannot read", "读不了"),
			    TR("the spreadsheet", "电子表格"));
			break;
		default:
			e = not_whole(why);
		}
	} else {
		e = check_entries(p, why);
	}
	zip_error_fini(&err);
	if (e != CRED_OK)
		package_close(p);
	else
		*out = p;
	return e;
}

void
package_close(struct package *p)
{
	if (p == NULL)
		return;
	if (p->zip != NULL)
		zip_discard(p->zip);
	free(p);
}

enum cred_err
package_part(struct package *p, const char *path, uint64_t max,
    const struct xml_calls *calls, void *ctx, struct xml *x, struct why *why)
{
	zip_int64_t i = zip_name_locate(p->zip, path, ZIP_FL_NOCASE);
	zip_file_t *f;
	zip_stat_t st;
	enum cred_err e;

	if (i < 0)
		return why_set(why, CRED_ERR_TABLE_PART,
		    TR("the XLSX file lacks its part %s; save the table anew "
		       "as .xlsx",
			"XLSX 文件缺少部件 %s；请重新另存为 .xlsx"),
		    path);
	f = zip_fopen_index(p->zip, (zip_uint64_t)i, 0);
	if (f == NULL || zip_stat_index(p->zip, (zip_uint64_t)i, 0, &st) != 0) {
		if (f != NULL)
			zip_fclose(f);
		return zip_error_code_zip(zip_get_error(p->zip)) ==
			       ZIP_ER_MEMORY
			   ? nomem(why)
			   : not_whole(why);
	}
	e = xml_open(x, f, path, st.comp_size, max, calls, ctx, why);
	if (e == CRED_OK)
		x->size = st.size;
	return e;
}

enum cred_err
package_read(struct package *p, const char *path, uint64_t max,
    const struct xml_calls *calls, void *ctx, struct why *why)
{
	struct xml x;
	enum cred_err e = package_part(p, path, max, calls, ctx, &x, why);

	if (e != CRED_OK)
		return e;
	e = xml_run(&x, why);
	xml_close(&x);
	return e;
}

/* What [Content_Types].xml says of one part. */
struct typing {
	const char *path;
	char by_name[160], by_extension[160];
};

static void
typing_start(struct xml *x, const char *name, const char **atts)
{
	struct typing *t = x->ctx;
	const char *type = xml_att(atts, "ContentType"), *what;
	const char *dot = strrchr(t->path, '.');

	if (type == NULL)
		return;
	if (strcmp(name, "Override") == 0) {
		what = xml_att(atts, "PartName");
		if (what != NULL && *what == '/' &&
		    strcasecmp(what + 1, t->path) == 0)
			snprintf(t->by_name, sizeof t->by_name, "%s", type);
	} else if (strcmp(name, "Default") == 0) {
		what = xml_att(atts, "Extension");
		if (what != NULL && dot != NULL &&
		    strcasecmp(what, dot + 1) == 0)
			snprintf(t->by_extension, sizeof t->by_extension, "%s",
			    type);
	}
}

enum cred_err
package_expect(struct package *p, const char *path, const char *const *types,
    struct why *why)
{
	static const struct xml_calls calls = {.start = typing_start};
	struct typing t = {.path = path};
	enum cred_err e = package_read(
	    p, "[Content_Types].xml", PACKAGE_MAX_INDEX, &calls, &t, why);
	const char *type = *t.by_name != '\0' ? t.by_name : t.by_extension;

	if (e != CRED_OK)
		return e;
	for (; *types != NULL; types++)
		if (strcasecmp(type, *types) == 0 ||
		    (strncasecmp(type, OFFICE, sizeof OFFICE - 1) == 0 &&
			strcasecmp(type + sizeof OFFICE - 1, *types) == 0))
			return CRED_OK;
	return why_set(why, CRED_ERR_TABLE_TYPE,
	    TR("%s in the file is no part of an .xlsx table; open it and save "
	       "it as .xlsx",
		"文件中的 %s 不是 .xlsx 表格的部件；请打开后另存为 .xlsx"),
	    path);
}

struct linking {
	struct links links;
	const char *folder; /* of the part, with its '/' */
	int folder_len;
};

static bool
followed(const char *type)
{
	static const char *const types[] = {
	    "officeDocument", "worksheet", "sharedStrings", "styles"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static void
linking_start(struct xml *x, const char *name, const char **atts)
{
	struct linking *l = x->ctx;
	const char *id = xml_att(atts, "Id"), *type = xml_att(atts, "Type");
	const char *target = xml_att(atts, "Target");
	const char *mode = xml_att(atts, "TargetMode");
	struct link *more, link = {0};

	if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL ||
	    target == NULL)
		return;
	type = strrchr(type, '/') != NULL ? strrchr(type, '/') + 1 : type;
	if (l->links.n == PACKAGE_MAX_LINKS) {
		xml_refuse(x, CRED_ERR_TABLE_LIMIT,
		    TR("%s in the XLSX file lists more than %d parts",
			"XLSX 文件中的 %s 列出的部件超过 %d 个"),
		    x->part, PACKAGE_MAX_LINKS);
		return;
	}
	more = reallocarray(l->links.list, l->links.n + 1, sizeof *more);
	if (more == NULL)
		goto nomem;
	l->links.list = more;
	link.id = strdup(id);
	link.type = strdup(type);
	if (*target == '/')
		link.path = strdup(target + 1);
	else if (asprintf(&link.path, "%.*s%s", l->folder_len, l->folder,
		     target) < 0)
		link.path = NULL;
	more[l->links.n++] = link;
	if (link.id == NULL || link.type == NULL || link.path == NULL)
		goto nomem;
	if ((mode != NULL && strcmp(mode, "Internal") != 0) ||
	    !path_plain(link.path)) {
		free(link.path);
		more[l->links.n - 1].path = NULL;
		if (followed(type))
			xml_refuse(x, CRED_ERR_TABLE_PATH,
			    TR("%s in the XLSX file leads to a part outside "
			       "it; do not use this file",
				"XLSX 文件中的 %s 指向文件之外；"
				"请勿使用此文件"),
			    x->part);
	}
	return;
nomem:
	xml_refuse(x, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

enum cred_err
package_links(
    struct package *p, const char *path, struct links *out, struct why *why)
{
	static const struct xml_calls calls = {.start = linking_start};
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	struct linking l = {.folder = path, .folder_len = (int)(base - path)};
	enum cred_err e;
	char *rels;

	if (asprintf(&rels, "%.*s_rels/%s.rels", l.folder_len, path, base) < 0)
		return nomem(why);
	e = package_read(p, rels, PACKAGE_MAX_INDEX, &calls, &l, why);
	free(rels);
	if (e != CRED_OK)
		links_release(&l.links);
	else
		*out = l.links;
	return e;
}

void
links_release(struct links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->list[i].id);
		free(l->list[i].type);
		free(l->list[i].path);
	}
	free(l->list);
	*l = (struct links){0};
}

const struct link *
links_by_type(const struct links *l, const char *type)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].type, type) == 0 &&
		    l->list[i].path != NULL)
			return &l->list[i];
	return NULL;
}

const struct link *
links_by_id(const struct links *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].id, id) == 0 && l->list[i].path != NULL)
			return &l->list[i];
	return NULL;
}
