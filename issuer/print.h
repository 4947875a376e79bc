#ifndef ISSUER_PRINT_H
#define ISSUER_PRINT_H

#include <stdatomic.h>

#include "issuer/home.h"
#include "issuer/row.h"
#include "render/render.h"

/*
 * A certificate of the registry on paper. The texts are those of domain.md 1.4
 * and 2.1, in fields named by their ids in the template.
 */
struct printer {
	const struct home *h;
	const char *chosen; /* --template, or NULL */
	/* by kind, mn-first and zh-first; loaded when used */
	struct render_template *templates[6][2];
	bool said; /* that texts are not confirmed */
	atomic_bool *all_said; /* the same of all printers of a run, or NULL */
};

void printer_init(struct printer *p, const struct home *h, const char *chosen);
void printer_release(struct printer *p);

/* The template of a kind for a day of issue, loaded once. In a name that was
 * chosen * stands for the kind's own. CRED_FAULT_RENDER. */
enum cred_err printer_template(struct printer *p, enum kind kind,
    int32_t issued, struct render_template **out, struct why *why);

/* Name of a certificate's file, without folder: its number, or its index where
 * the number is the ID number (kind 4). No personal data. */
#define PRINT_NAME_MAX 64
void print_name(
    const struct registry_entry *e, char out[static PRINT_NAME_MAX]);

/* A page, or a file of its own. */
enum cred_err printer_page(struct printer *p, const struct registry_entry *e,
    struct render_part *part, struct why *why);
enum cred_err printer_file(struct printer *p, const struct registry_entry *e,
    const char *path, struct why *why);

/*
 * Could this row be printed? What the fonts lack, what does not fit and a
 * photo that cannot be drawn are findings; CRED_FAULT_RENDER when there is no
 * template.
 */
enum cred_err printer_check(struct printer *p, const char *photo_dir,
    struct row *row, int64_t now, struct findings *f, struct why *why);

#endif
