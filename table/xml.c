#include "table/xml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edge/lang.h"

#define BLOCK 65536

/* Of the element or attribute "URI name". */
static const char *
local_name(const char *name, bool attribute)
{
	static const char *const ours[] = {
	    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
	    "http://purl.oclc.org/ooxml/spreadsheetml/main",
	    "http://schemas.openxmlformats.org/package/2006/relationships",
	    "http://schemas.openxmlformats.org/package/2006/content-types",
	};
	static const char *const links[] = {
	    "http://schemas.openxmlformats.org/officeDocument/2006/"
	    "relationships",
	    "http://purl.oclc.org/ooxml/officeDocument/relationships",
	};
	const char *sep = strrchr(name, ' ');
	size_t n;

	if (sep == NULL)
		return attribute ? name : "";
	n = (size_t)(sep - name);
	if (attribute) {
		for (size_t i = 0; i < sizeof links / sizeof *links; i++)
			if (strlen(links[i]) == n &&
			    memcmp(links[i], name, n) == 0 &&
			    strcmp(sep + 1, "id") == 0)
				return "r:id";
		return "";
	}
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strlen(ours[i]) == n && memcmp(ours[i], name, n) == 0)
			return sep + 1;
	return "";
}

const char *
xml_att(const char **atts, const char *name)
{
	for (; atts[0] != NULL; atts += 2)
		if (strcmp(local_name(atts[0], true), name) == 0)
			return atts[1];
	return NULL;
}

bool
xml_number(const char *s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

bool
xml_true(const char *s)
{
	return s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0);
}

void
xml_pause(struct xml *x)
{
	if (x->err == CRED_OK &&
	    XML_StopParser(x->parser, XML_TRUE) == XML_STATUS_OK)
		x->suspended = true;
}

void
xml_refuse(struct xml *x, enum cred_err e, const char *fmt, ...)
{
	va_list ap;

	if (x->err != CRED_OK)
		return;
	x->err = e;
	va_start(ap, fmt);
	vsnprintf(x->why.text, sizeof x->why.text, fmt, ap);
	va_end(ap);
	XML_StopParser(x->parser, XML_FALSE);
}

static void
on_start(void *ctx, const char *name, const char **atts)
{
	struct xml *x = ctx;

	if (x->err != CRED_OK)
		return;
	if (++x->depth > XML_MAX_DEPTH)
		xml_refuse(x, CRED_ERR_TABLE_DEPTH,
		    TR("%s in the XLSX file nests elements deeper than %d; "
		       "save the table anew as .xlsx",
			"XLSX 文件中的 %s 嵌套超过 %d 层；"
			"请重新另存为 .xlsx"),
		    x->part, XML_MAX_DEPTH);
	else
		x->calls->start(x, local_name(name, false), atts);
}

static void
on_end(void *ctx, const char *name)
{
	struct xml *x = ctx;

	if (x->err != CRED_OK)
		return;
	x->depth--;
	if (x->calls->end != NULL)
		x->calls->end(x, local_name(name, false));
}

static void
on_text(void *ctx, const char *s, int n)
{
	struct xml *x = ctx;

	if (x->err == CRED_OK && x->calls->text != NULL)
		x->calls->text(x, s, (size_t)n);
}

static void
on_doctype(void *ctx, const char *name, const char *system, const char *public,
    int internal)
{
	struct xml *x = ctx;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xml_refuse(x, CRED_ERR_TABLE_DOCTYPE,
	    TR("%s in the XLSX file has a DOCTYPE, which no spreadsheet "
	       "program writes; do not use this file",
		"XLSX 文件中的 %s 含有 DOCTYPE，正常的表格软件不会写出；"
		"请勿使用此文件"),
	    x->part);
}

static void
on_declaration(
    void *ctx, const char *version, const char *encoding, int standalone)
{
	struct xml *x = ctx;

	(void)version;
	(void)standalone;
	if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0 &&
	    strncasecmp(encoding, "UTF-16", 6) != 0)
		xml_refuse(x, CRED_ERR_TABLE_ENCODING,
		    TR("%s in the XLSX file is neither UTF-8 nor UTF-16; save "
		       "the table anew as .xlsx",
			"XLSX 文件中的 %s 不是 UTF-8 或 UTF-16；"
			"请重新另存为 .xlsx"),
		    x->part);
}

enum cred_err
xml_open(struct xml *x, zip_file_t *file, const char *part, uint64_t packed,
    uint64_t max, const struct xml_calls *calls, void *ctx, struct why *why)
{
	*x = (struct xml){.ctx = ctx,
	    .calls = calls,
	    .file = file,
	    .part = part,
	    .packed = packed,
	    .max = max};
	x->parser = XML_ParserCreateNS(NULL, ' ');
	if (x->parser == NULL) {
		xml_close(x);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	XML_SetXmlDeclHandler(x->parser, on_declaration);
	return CRED_OK;
}

void
xml_close(struct xml *x)
{
	if (x->parser != NULL)
		XML_ParserFree(x->parser);
	if (x->file != NULL)
		zip_fclose(x->file);
	*x = (struct xml){0};
}

static enum cred_err
unpack_failed(struct xml *x, struct why *why)
{
	int code = zip_error_code_zip(zip_file_get_error(x->file));

	if (code == ZIP_ER_MEMORY)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if (code == ZIP_ER_CRC)
		return why_set(why, CRED_ERR_TABLE_CRC,
		    TR("%s in the XLSX file is damaged (wrong check sum); copy "
		       "the file again or save it anew",
			"XLSX 文件中的 %s 已损坏（校验和不符）；"
			"请重新复制或重新另存"),
		    x->part);
	return why_set(why, CRED_ERR_TABLE_ZIP,
	    TR("%s in the XLSX file cannot be unpacked; copy the file again "
	       "or save it anew",
		"XLSX 文件中的 %s 无法解压；请重新复制或重新另存"),
	    x->part);
}

static enum cred_err
too_much(struct xml *x, struct why *why)
{
	return why_set(why, CRED_ERR_TABLE_BOMB,
	    TR("%s in the XLSX file unpacks to far more than a table of its "
	       "size would; copy the cells into a new table",
		"XLSX 文件中的 %s 解压后远大于正常表格；"
		"请把内容复制到新表格"),
	    x->part);
}

static enum cred_err
parse_failed(struct xml *x, struct why *why)
{
	enum XML_Error code = XML_GetErrorCode(x->parser);

	if (x->err != CRED_OK)
		return why_set(why, x->err, "%s", x->why.text);
	if (code == XML_ERROR_NO_MEMORY)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	return why_set(why, CRED_ERR_TABLE_XML,
	    TR("%s in the XLSX file is damaged: line %lu is no XML (%s); save "
	       "the table anew as .xlsx",
		"XLSX 文件中的 %s 已损坏：第 %lu 行不是 XML（%s）；"
		"请重新另存为 .xlsx"),
	    x->part, (unsigned long)XML_GetCurrentLineNumber(x->parser),
	    XML_ErrorString(code));
}

enum cred_err
xml_run(struct xml *x, struct why *why)
{
	while (!x->finished) {
		enum XML_Status status;

		if (x->suspended) {
			XML_ParsingStatus where;
			x->suspended = false;
			status = XML_ResumeParser(x->parser);
			XML_GetParsingStatus(x->parser, &where);
			x->finished = status == XML_STATUS_OK &&
				      where.parsing == XML_FINISHED;
		} else {
			void *buf = XML_GetBuffer(x->parser, BLOCK);
			zip_int64_t n;
			if (buf == NULL)
				return parse_failed(x, why);
			n = zip_fread(x->file, buf, BLOCK);
			if (n < 0)
				return unpack_failed(x, why);
			x->out += (uint64_t)n;
			if (x->out > x->max ||
			    (x->out > XML_RATIO_FROM &&
				x->out / XML_MAX_RATIO > x->packed))
				return too_much(x, why);
			status = XML_ParseBuffer(x->parser, (int)n, n == 0);
			x->finished = status == XML_STATUS_OK && n == 0;
		}
		if (status == XML_STATUS_ERROR)
			return parse_failed(x, why);
		if (status == XML_STATUS_SUSPENDED)
			return CRED_OK;
	}
	return CRED_OK;
}
