#ifndef SUBSIDY_MONEY_H
#define SUBSIDY_MONEY_H

#include "credential/bytes.h"

/* Amounts are whole fen (1 yuan = 100), so that sums are exact. */
#define MONEY_MAX_FEN ((int64_t)100000000 * 100) /* 1 亿元: more is a slip */

/*
 * "1500", "1,500.00", "1500元", "￥1500": half-width already (normal_half()).
 * At most two decimals; a thousands comma only where one belongs. False for
 * anything else, for negative amounts and for more than MONEY_MAX_FEN.
 */
bool money_parse(struct bytes s, int64_t *fen);

/* "1500.00" */
#define MONEY_TEXT_MAX 24
void money_format(int64_t fen, char out[static MONEY_TEXT_MAX]);

/* percent of fen, half a fen rounded up. */
int64_t money_percent(int64_t fen, unsigned percent);

#endif
