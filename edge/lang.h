#ifndef EDGE_LANG_H
#define EDGE_LANG_H

#include <stdbool.h>

/*
 * Every sentence for people stands in both languages at the place where it is
 * said, so that none can lack its translation (docs/decisions.md, 3).
 *     TR("no such batch: %s", "没有这个批次：%s")
 */
#define TR(en, zh) (lang_is_zh() ? (zh) : (en))

/* Set once at the start of main from LANGUAGE, LC_ALL, LC_MESSAGES, LANG in
 * that order of precedence; "zh…" is Chinese, all else English. */
void lang_init(void);
void lang_set(bool zh);
bool lang_is_zh(void);

#endif
