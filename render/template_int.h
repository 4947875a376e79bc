#ifndef RENDER_TEMPLATE_INT_H
#define RENDER_TEMPLATE_INT_H

#include <cairo.h>
#include <pango/pango.h>

#include "render/render.h"
#include "render/style_int.h"

#define PT_MM (72 / 25.4) /* PDF's points in a millimetre */

struct art;
struct cut;
struct fit;
struct strings;

/* Who is told of every fault, so that a load goes on after one. */
struct teller {
	render_tell *tell;
	void *ctx;
	long line; /* of the last fault */
	char text[700];
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* A <text> with an id: what its value is to look like. Lengths in user units
 * of its element; m leads from them to millimetres on the page. */
struct field {
	char *id;
	long line; /* in the template, for messages */
	cairo_matrix_t m;
	double x, y;                /* the (first) baseline at the anchor */
	PangoFontDescription *font; /* without its size */
	double size;
	enum anchor anchor;
	struct rgba fill;
	double letter_spacing;
	double max_width;      /* 0: any */
	double max_height;     /* > 0: wraps into a paragraph of max_width */
	double line_height;    /* of a paragraph, in sizes */
	double indent;         /* of its first line, in sizes */
	const struct cut *cut; /* of its face, or NULL: font_int.h */
	char *keep;            /* drawn when the record has no value; or NULL */
	bool vertical;  /* columns from left to right, x their middle line */
	bool centred;   /* its lines on both sides of the first one's place */
	bool again;     /* another place of a value, by data-field */
	bool translate; /* the value, by the template's strings */
};

/* A <rect> with an id, in millimetres. */
struct box {
	char *id;
	long line;
	double x, y, w, h;
	struct rgba stroke;
	double stroke_width;
	int max_version; /* of "qr": the largest code it must hold */
};

/* A text that is the same on every page. Drawn as text, which librsvg would
 * turn into outlines: nobody could search or copy it. */
struct label {
	struct field field;
	char *text;
};

struct render_template {
	char *path;
	struct teller *teller; /* NULL: the first fault ends the load */
	double w_mm, h_mm;
	struct field *fields;
	size_t n_fields;
	struct label *labels;
	size_t n_labels;
	struct box *boxes;
	size_t n_boxes;
	cairo_surface_t *art; /* all that is not a field, in points */
	bool drawn;           /* its labels too: template_draw() */
	struct art *baked;    /* art_int.h; NULL until used */
	bool unbakable;
	PangoContext *pango, *vertical;
	struct strings *strings; /* NULL: the template names no table */
	const char *variant;     /* while it is loaded; or NULL */
	struct fit *fit; /* fit_int.h; NULL until used */
};

/*
 * Before its first page is made, what checking rows does not need: the cut
 * fonts and, with them, the labels. CRED_FAULT_RENDER, CRED_FAULT_NOMEM.
 */
enum cred_err template_draw(struct render_template *t, struct why *why);

bool template_is_field_id(const char *id);

/* White space as SVG 1.1 10.15 has it by default; malloc. */
char *template_collapsed(const char *s);

/* One place more at the end of an array, zeroed; NULL when out of memory. */
void *template_grown(void *array, size_t n, size_t size);

const struct field *template_field(
    const struct render_template *t, const char *id);
const struct box *template_box(const struct render_template *t, const char *id);

#endif
