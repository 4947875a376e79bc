#ifndef RENDER_FONT_INT_H
#define RENDER_FONT_INT_H

#include "render/template_int.h"

/*
 * Chinese faces have 65 000 glyphs, and cairo copies all of a face's outlines
 * and subroutines for every file it writes. So each face that a template draws
 * with is cut down once a process to the characters of GB 2312 (a face that
 * only labels use: to theirs), without subroutines and hints, and put before
 * the whole face; a character outside falls back to that. Measured: four times
 * as many files a second, each a tenth as large; 0.15 s a process.
 */

/*
 * The template's fonts get their cut-down faces in front, and the thread's
 * font map learns of them. Where that cannot be done everything stays as it is:
 * slower and larger, not wrong.
 */
void font_cut(struct render_template *t);

/*
 * Before value is shaped as f, and before any other value of its page is: rare
 * characters that the cut lacks come from a second cut, of their 256
 * neighbours, made when the first of them is seen.
 */
void font_cover(struct render_template *t, struct field *f, const char *value);

#endif
