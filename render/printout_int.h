#ifndef RENDER_PRINTOUT_INT_H
#define RENDER_PRINTOUT_INT_H

#include "render/printout.h"

/* The objects of a PDF as cairo and bind.c write them. All: CRED_ERR_PIC_FORMAT
 * for what is not so. */

#define PRINTOUT_ENTRY 20 /* bytes of a line of the table, 7.5.4 */

bool printout_starts(struct bytes b, const char *s);
/* Digits at the start of b, which moves behind them. */
bool printout_number(struct bytes *b, size_t *out);
/* From behind "7 0 obj\n" on, to the end of the file. */
enum cred_err printout_object(
    const struct printout *p, size_t n, struct bytes *out);
/* The value of a key of the dictionary that b starts with; a reference. */
enum cred_err printout_find(struct bytes b, const char *key, struct bytes *out);
enum cred_err printout_find_ref(
    struct bytes dict, const char *key, size_t *out);

#endif
