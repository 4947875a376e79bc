#ifndef TESTS_TABLE_SAID_H
#define TESTS_TABLE_SAID_H

#include "table/table.h"

/* What was said of the last table: why not, or its cells as one text:
 * "1:t甲|n2|| 3h:…", hidden rows with h. */
extern struct why why;
extern char said[8192];

enum cred_err read_all(struct table *t);
/* at: the row of the fault */
enum cred_err open_and_read(
    struct bytes file, const char *sheet, uint32_t *at);

#endif
