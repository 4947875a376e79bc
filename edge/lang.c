#include "edge/lang.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool zh;

void
lang_init(void)
{
	static const char *const names[] = {
	    "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

	/* C.UTF-8 is always there; without it iconv and wcwidth see ASCII. */
	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	zh = false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *v = getenv(names[i]);
		if (v != NULL && *v != '\0') {
			zh = strncmp(v, "zh", 2) == 0;
			return;
		}
	}
}

void
lang_set(bool v)
{
	zh = v;
}

bool
lang_is_zh(void)
{
	return zh;
}
