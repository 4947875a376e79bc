#include "table/styles.h"

#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"
#include "table/value.h"

struct reading {
	struct styles *out;
	bool in_formats; /* cellXfs */
	uint32_t n;
	uint8_t custom[STYLES_MAX / 8], custom_date[STYLES_MAX / 8];
};

static bool
bit(const uint8_t *bits, uint32_t i)
{
	return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static void
set_bit(uint8_t *bits, uint32_t i)
{
	bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
}

static void
on_start(struct xml *x, const char *name, const char **atts)
{
	struct reading *r = x->ctx;
	const char *code;
	uint32_t id;

	if (strcmp(name, "cellXfs") == 0) {
		r->in_formats = true;
	} else if (strcmp(name, "numFmt") == 0) {
		code = xml_att(atts, "formatCode");
		if (code == NULL ||
		    !xml_number(xml_att(atts, "numFmtId"), STYLES_MAX - 1, &id))
			return;
		set_bit(r->custom, id);
		if (value_format_code_is_date(code))
			set_bit(r->custom_date, id);
	} else if (strcmp(name, "xf") == 0 && r->in_formats) {
		if (r->n == STYLES_MAX) {
			xml_refuse(x, CRED_ERR_TABLE_LIMIT,
			    TR("the XLSX file has more than %d cell formats; "
			       "copy the cells into a new table",
				"XLSX 文件的单元格格式超过 %d 种；"
				"请把内容复制到新表格"),
			    STYLES_MAX);
			return;
		}
		if (xml_number(
			xml_att(atts, "numFmtId"), STYLES_MAX - 1, &id) &&
		    (bit(r->custom, id) ? bit(r->custom_date, id)
					: value_format_id_is_date(id)))
			set_bit(r->out->date, r->n);
		r->n++;
	}
}

static void
on_end(struct xml *x, const char *name)
{
	struct reading *r = x->ctx;

	if (strcmp(name, "cellXfs") == 0)
		r->in_formats = false;
}

enum cred_err
styles_read(
    struct package *p, const char *path, struct styles *out, struct why *why)
{
	static const struct xml_calls calls = {on_start, on_end, NULL};
	struct reading *r = calloc(1, sizeof *r);
	enum cred_err e;

	if (r == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	r->out = out;
	e = package_read(p, path, PACKAGE_MAX_STYLES, &calls, r, why);
	free(r);
	return e;
}

bool
styles_is_date(const struct styles *s, uint32_t format)
{
	return format < STYLES_MAX && bit(s->date, format);
}
