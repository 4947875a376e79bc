#ifndef ISSUER_REPLACE_PRINT_H
#define ISSUER_REPLACE_PRINT_H

#include "issuer/replace.h"

/* A line on stdout for one replacement; dry: of what would be done. */
void replace_print_json(const struct replace_item *it, bool dry);
void replace_print_text(const struct replace_item *it, bool dry);

#endif
