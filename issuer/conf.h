#ifndef ISSUER_CONF_H
#define ISSUER_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/why.h"

/* HOME/tamga.conf: what a body may set, with defaults for everything. */
#define CONF_TEXT_MAX 600
#define CONF_ORDERS   8

struct conf {
	char templates[CONF_TEXT_MAX];    /* folder of SVG templates */
	char template_name[6][128];       /* by kind: name or path */
	char body_text[6][CONF_TEXT_MAX]; /* 证书正文 */
	char query_url[6][CONF_TEXT_MAX]; /* official query address */
	char notice[6][CONF_TEXT_MAX];
	/* Which language comes first on bilingual certificates, by the day
	 * they are issued; ascending, the first from ever. */
	struct conf_order {
		int32_t from;
		bool zh_first;
	} orders[CONF_ORDERS];
	size_t n_orders;
	int exp_days;  /* life of a status list, 1..30 */
	int ttl_hours; /* when to fetch it anew, 1..720 */
	int mass;      /* changes at once that take --yes and their count */
};

/* The defaults, then path if it is there. A key or section we do not know, or
 * a value out of range, is CRED_FAULT_CONFIG with its line. */
enum cred_err conf_load(const char *path, struct conf *out, struct why *why);

/* The commented default file; does nothing if path is there. */
enum cred_err conf_write_default(const char *path, struct why *why);

/* "mn-first" or "zh-first": the variant of a bilingual template. */
const char *conf_order(const struct conf *c, int32_t issued);

/* Path of a template: a path as it is (it holds '/' or ends in .svg), else
 * NAME.svg in the folder. malloc. */
char *conf_template_path(const struct conf *c, const char *name);

#endif
