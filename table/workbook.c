#include "table/workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

struct reading {
	const struct links *links;
	const char *wanted;
	struct workbook *out;
	size_t n;
	bool found;
	char names[400]; /* of the visible sheets, for a message */
};

static void
on_sheet(struct xml *x, struct reading *r, const char **atts)
{
	const char *name = xml_att(atts, "name"), *id = xml_att(atts, "r:id");
	const char *state = xml_att(atts, "state");
	bool visible = state == NULL || strcmp(state, "visible") == 0;
	const struct link *link = id != NULL ? links_by_id(r->links, id) : NULL;
	size_t used = strlen(r->names);

	if (++r->n > WORKBOOK_MAX_SHEETS) {
		xml_refuse(x, CRED_ERR_TABLE_LIMIT,
		    TR("the XLSX file has more than %d sheets",
			"XLSX 文件的工作表超过 %d 个"),
		    WORKBOOK_MAX_SHEETS);
		return;
	}
	/* A chart has a sheet of its own, without cells. */
	if (name == NULL ||
	    (link != NULL && strcmp(link->type, "worksheet") != 0))
		return;
	if (visible && used + strlen(name) + 8 < sizeof r->names)
		snprintf(r->names + used, sizeof r->names - used, "%s%s",
		    used > 0 ? ", " : "", name);
	if (r->found ||
	    !(r->wanted != NULL ? strcmp(name, r->wanted) == 0 : visible))
		return;
	r->found = true;
	if (link == NULL) {
		xml_refuse(x, CRED_ERR_TABLE_PART,
		    TR("the XLSX file names a sheet '%s' and does not say "
		       "where it is; save the table anew as .xlsx",
			"XLSX 文件有工作表“%s”但没有指明其位置；"
			"请重新另存为 .xlsx"),
		    name);
		return;
	}
	r->out->sheet_name = strdup(name);
	r->out->sheet = strdup(link->path);
	if (r->out->sheet_name == NULL || r->out->sheet == NULL)
		xml_refuse(
		    x, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static void
on_start(struct xml *x, const char *name, const char **atts)
{
	struct reading *r = x->ctx;

	if (strcmp(name, "sheet") == 0)
		on_sheet(x, r, atts);
	else if (strcmp(name, "workbookPr") == 0)
		r->out->date1904 = xml_true(xml_att(atts, "date1904"));
}

static enum cred_err
copy_path(const struct links *l, const char *type, char **out, struct why *why)
{
	const struct link *link = links_by_type(l, type);

	if (link != NULL && (*out = strdup(link->path)) == NULL)
		return nomem(why);
	return CRED_OK;
}

static enum cred_err
not_a_table(struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_FORMAT,
	    TR("an archive, but no .xlsx table; open it in the spreadsheet "
	       "program and save it as .xlsx",
		"这是压缩文件，但不是 .xlsx 表格；"
		"请用表格软件打开后另存为 .xlsx"));
}

/* The path of workbook.xml, by the package's own relationships. */
static enum cred_err
find_workbook(struct package *p, char **path, struct why *why)
{
	/* .xlsx, .xlsm, .xltx, .xltm; xlsb is none of them */
	static const char *const types[] = {"spreadsheetml.sheet.main+xml",
	    "spreadsheetml.template.main+xml",
	    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
	    "application/vnd.ms-excel.template.macroEnabled.main+xml", NULL};
	struct links links;
	enum cred_err e = package_links(p, "", &links, why);

	if (e == CRED_ERR_TABLE_PART)
		return not_a_table(why);
	if (e != CRED_OK)
		return e;
	e = copy_path(&links, "officeDocument", path, why);
	links_release(&links);
	if (e == CRED_OK && *path == NULL)
		return not_a_table(why);
	return e == CRED_OK ? package_expect(p, *path, types, why) : e;
}

static enum cred_err
no_sheet(const struct reading *r, struct why *why)
{
	if (r->wanted == NULL)
		return why_set(why, CRED_ERR_TABLE_SHEET,
		    TR("no sheet of the XLSX file is visible",
			"XLSX 文件中没有可见的工作表"));
	return why_set(why, CRED_ERR_TABLE_SHEET,
	    TR("the XLSX file has no sheet '%s'; it has: %s",
		"XLSX 文件没有工作表“%s”；现有：%s"),
	    r->wanted, r->names);
}

enum cred_err
workbook_read(
    struct package *p, const char *sheet, struct workbook *out, struct why *why)
{
	static const struct xml_calls calls = {.start = on_start};
	static const char *const types[] = {
	    "spreadsheetml.worksheet+xml", NULL};
	struct workbook w = {.sheet = NULL};
	struct links links = {.n = 0};
	struct reading r = {.links = &links, .wanted = sheet, .out = &w};
	char *path = NULL;
	enum cred_err e = find_workbook(p, &path, why);

	if (e == CRED_OK)
		e = package_links(p, path, &links, why);
	if (e == CRED_OK)
		e = package_read(p, path, PACKAGE_MAX_INDEX, &calls, &r, why);
	if (e == CRED_OK && !r.found)
		e = no_sheet(&r, why);
	if (e == CRED_OK)
		e = package_expect(p, w.sheet, types, why);
	if (e == CRED_OK)
		e = copy_path(&links, "sharedStrings", &w.strings, why);
	if (e == CRED_OK)
		e = copy_path(&links, "styles", &w.styles, why);
	links_release(&links);
	free(path);
	if (e != CRED_OK)
		workbook_release(&w);
	else
		*out = w;
	return e;
}

void
workbook_release(struct workbook *w)
{
	free(w->sheet_name);
	free(w->sheet);
	free(w->strings);
	free(w->styles);
	*w = (struct workbook){.sheet = NULL};
}
