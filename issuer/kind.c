#include "issuer/kind.h"

#include <stddef.h>

static const struct kind_rules table[] = {
    {KIND_QUALIFICATION, true, true, '-', false, true, "职业资格证书",
	"qualification"},
    {KIND_LEVEL, true, true, '\0', false, true, "职业技能等级证书", "level"},
    {KIND_SPECIALISED, false, true, 'Z', false, false, "专项职业能力证书",
	"specialised"},
    {KIND_OPERATION, false, false, '-', true, false, "特种作业操作证",
	"operation"},
    {KIND_TRAINING, false, true, 'P', false, false, "培训合格证书", "training"},
};

const struct kind_rules *
kind_rules(enum kind kind)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].kind == kind)
			return &table[i];
	return NULL;
}
