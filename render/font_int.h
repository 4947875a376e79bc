#ifndef RENDER_FONT_INT_H
#define RENDER_FONT_INT_H

#include "render/template_int.h"

/*
 * Chinese faces have 65 000 glyphs, and cairo copies all of a face's outlines
 * and subroutines for every file it writes. So each face that a template uses
 * is cut down once a process to the characters of GB 2312 (a face that only
 * labels use: to theirs), without subroutines and hints, and put before the
 * whole face; a character outside falls back to that. Measured: four times
 * as many files a second, each a tenth as large.
 */

/*
 * The template's fonts get their cut-down faces in front, and the thread's
 * font map learns of them. Where that cannot be done everything stays as it is:
 * slower, not wrong.
 */
void font_cut(struct render_template *t);

#endif
