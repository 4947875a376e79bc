#ifndef TABLE_WORKBOOK_H
#define TABLE_WORKBOOK_H

#include "table/package.h"

/* Where the parts of one sheet are. */
struct workbook {
	char *sheet_name, *sheet; /* sheet: path of its part */
	char *strings, *styles;   /* paths, or NULL */
	bool date1904;
};

#define WORKBOOK_MAX_SHEETS 1024

/* sheet: its name, or NULL for the first that is visible. CRED_ERR_TABLE_SHEET
 * names those there are. */
enum cred_err workbook_read(struct package *p, const char *sheet,
    struct workbook *out, struct why *why);
void workbook_release(struct workbook *w);

#endif
