#include "render/fit_int.h"

#include <math.h>
#include <pango/pango.h>
#include <stdlib.h>
#include <string.h>

#include "edge/fnv.h"
#include "render/text_int.h"

#define N_CHARS  8192 /* places; three quarters are used at most */
#define N_VALUES 1024

/* No context makes a line wider than its characters one by one by more, nor
 * a cut face than the whole one: it lacks ligatures. */
#define SLACK 1.25

#define UNSURE (-1) /* not drawn alone without a doubt */

struct fit {
	size_t used;
	struct {
		uint64_t key; /* field and character; 0: free */
		int width;    /* pango's units, or UNSURE */
	} chars[N_CHARS];
	struct {
		const struct field *field;
		char *text;
	} good[N_VALUES];
};

void
fit_free(struct fit *fit)
{
	if (fit == NULL)
		return;
	for (size_t i = 0; i < N_VALUES; i++)
		free(fit->good[i].text);
	free(fit);
}

/* Drawn on its own whatever stands beside it: no marks, no joining scripts,
 * no variation selectors, no white space. */
static bool
is_plain(gunichar c)
{
	return (c > 0x20 && c < 0x7f) || c == 0xb7 ||
	       (c >= 0x3400 && c < 0x4dc0) || (c >= 0x4e00 && c < 0xa000) ||
	       (c >= 0x20000 && c < 0x30000);
}

static int
measure(const struct render_template *t, const struct field *f, gunichar c)
{
	char utf8[8] = {0};
	struct why why;
	struct text x;
	int width = UNSURE;

	g_unichar_to_utf8(c, utf8);
	if (text_make(t, f, utf8, &x, &why) != CRED_OK)
		return UNSURE;
	if (x.layout != NULL)
		pango_layout_get_size(x.layout, &width, NULL);
	text_release(&x);
	return width;
}

static int
width_of(struct render_template *t, const struct field *f, gunichar c)
{
	struct fit *fit = t->fit;
	uint64_t key = (uint64_t)(f - t->fields + 1) << 32 | c;
	size_t i = key * 0x9e3779b97f4a7c15u >> 51 & (N_CHARS - 1);

	for (; fit->chars[i].key != 0; i = (i + 1) & (N_CHARS - 1))
		if (fit->chars[i].key == key)
			return fit->chars[i].width;
	if (fit->used == N_CHARS / 4 * 3)
		return UNSURE;
	fit->used++;
	fit->chars[i].key = key;
	fit->chars[i].width = measure(t, f, c);
	return fit->chars[i].width;
}

/* Beyond doubt: a line of plain characters that has room to spare. */
static bool
fits_surely(struct render_template *t, const struct field *f, const char *value)
{
	double scale = text_scale(f) * PANGO_SCALE;
	double em = f->size * scale, sum = 0;

	if ((f->max_height > 0 && f->indent != 0) || f->letter_spacing != 0 ||
	    !g_utf8_validate(value, -1, NULL))
		return false;
	for (; *value != '\0'; value += g_utf8_skip[(guchar)*value]) {
		gunichar c = g_utf8_get_char(value);
		int w = is_plain(c) ? width_of(t, f, c) : UNSURE;
		if (w == UNSURE)
			return false;
		/* The dot may come from a neighbour's face. */
		sum += c < 0x7f ? w : fmax(w, em);
	}
	return f->max_width <= 0 || sum * SLACK <= f->max_width * scale;
}

/* With whole faces, in room that is narrower by what cut ones may need. */
static bool
fits_uncut(
    const struct render_template *t, const struct field *f, const char *value)
{
	struct field narrow = *f;
	struct why why;
	struct text x;

	narrow.max_width /= SLACK;
	if (text_make(t, &narrow, value, &x, &why) != CRED_OK)
		return false;
	text_release(&x);
	return true;
}

/* As it will be drawn. */
static enum cred_err
fits_cut(struct render_template *t, const struct field *f, const char *value,
    struct why *why)
{
	struct text x;
	enum cred_err e = template_draw(t, why);

	if (e == CRED_OK)
		e = text_make(t, f, value, &x, why);
	if (e == CRED_OK)
		text_release(&x);
	return e;
}

static size_t
place_of(const struct field *f, const char *value)
{
	uint64_t h = fnv(FNV_BASIS ^ (uintptr_t)f, bytes_str(value));

	return (h ^ h >> 32) & (N_VALUES - 1);
}

enum cred_err
fit_check(struct render_template *t, const struct field *f, const char *value,
    struct why *why)
{
	size_t i = place_of(f, value);
	enum cred_err e = CRED_OK;
	char *copy;

	if (t->fit == NULL)
		t->fit = calloc(1, sizeof *t->fit);
	if (t->fit == NULL)
		return CRED_FAULT_NOMEM;
	if (t->fit->good[i].field == f &&
	    strcmp(t->fit->good[i].text, value) == 0)
		return CRED_OK;
	if (fits_surely(t, f, value))
		return CRED_OK;
	if (t->drawn || !fits_uncut(t, f, value))
		e = fits_cut(t, f, value, why);
	if (e != CRED_OK)
		return e;
	copy = strdup(value);
	if (copy != NULL) {
		free(t->fit->good[i].text);
		t->fit->good[i].field = f;
		t->fit->good[i].text = copy;
	}
	return CRED_OK;
}
