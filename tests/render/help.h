#ifndef TESTS_RENDER_HELP_H
#define TESTS_RENDER_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "render/render.h"

#define N(a)  (sizeof(a) / sizeof(a)[0])
#define LEVEL TAMGA_SOURCE_DIR "/templates/level.svg"
#define TEXT  "<text x='20' y='20' font-family='Noto Serif CJK SC' "
#define RECT  "<rect x='20' y='20' width='38' height='38' "

/* A folder of the test's own, from set_up() to tear_down(). */
extern char dir[];
/* A QR text as long as a credential's. */
extern char qr[700];

/* For a level certificate; the last is unknown to the template. */
#define N_FIELDS 12
extern const struct render_field FIELDS[N_FIELDS];
struct render_record record(void);

/* dir/name; four of them at a time. */
const char *in_dir(const char *name);
/* What a command prints, at most size - 1 bytes; it must succeed. */
size_t output_of(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* One page; must succeed. */
void draw(const char *svg, const char *pdf, const struct render_record *rec);
/* dir/t.svg: this inside an A4 svg element. */
const char *template_of(const char *inside);
/* Where pdftotext sees a word, in points: left, top, right, bottom. */
void place_of(const char *pdf, const char *word, double box[4]);

int set_up(void **state);
int tear_down(void **state);

#endif
