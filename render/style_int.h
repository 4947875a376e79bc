#ifndef RENDER_STYLE_INT_H
#define RENDER_STYLE_INT_H

#include <cairo.h>
#include <libxml/tree.h>
#include <stdbool.h>

/*
 * The part of SVG and CSS that a text or rectangle of a template needs:
 * lengths, transforms, colours, and properties inherited through attributes
 * and style="". Style sheets and classes are not read: template.c refuses
 * fields that depend on them.
 */

/* "4.2333", "12pt", "210mm" in user units (1 px = 1/96 in). False: no length
 * (em and % neither). */
bool style_length(const char *s, double *out);

/* Exactly n numbers with spaces or commas between them. */
bool style_numbers(const char *s, double *out, size_t n);

/* transform="…": product of all functions; false when malformed. */
bool style_transform(const char *s, cairo_matrix_t *out);

struct rgba {
	double r, g, b, a;
};
/* #rgb, #rrggbb, rgb(), a name; "none" and "transparent" give a = 0. */
bool style_colour(const char *s, struct rgba *out);

/*
 * The property as it stands on node or the nearest ancestor that has it, in
 * style="" before the attribute; malloc, NULL when nowhere. inherit false:
 * on node alone.
 */
char *style_property(const xmlNode *node, const char *name, bool inherit);

/* The attribute without namespace; malloc, NULL when absent. */
char *style_attr(const xmlNode *node, const char *name);

#endif
