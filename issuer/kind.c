#include "issuer/kind.h"

#include <stddef.h>

static const struct kind_rules table[] = {
    {KIND_QUALIFICATION, true, true, '-', false, true, "qualification"},
    {KIND_LEVEL, true, true, '\0', false, true, "level"},
    {KIND_SPECIALISED, false, true, 'Z', false, false, "specialised"},
    {KIND_OPERATION, false, false, '-', true, false, "operation"},
    {KIND_TRAINING, false, true, 'P', false, false, "training"},
};

const struct kind_rules *
kind_rules(enum kind kind)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].kind == kind)
			return &table[i];
	return NULL;
}
