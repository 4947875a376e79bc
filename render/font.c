#include "render/font_int.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <hb-subset.h>
#include <iconv.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Made once and kept to the end: cairo knows faces by their path, so no path
 * may ever come to mean another face.
 */
struct cut {
	char *file; /* the whole face */
	int index;
	hb_set_t *chars;
	char *path;      /* the cut one, in memory */
	char family[32]; /* the name it goes by here */
	struct cut *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cut *cuts;

/* Characters of GB 2312, what names and Chinese text are made of. */
static void
add_gb2312(hb_set_t *set)
{
	iconv_t ic = iconv_open("UTF-32LE", "GB2312");

	if (ic == (iconv_t)-1)
		return;
	for (int row = 0xa1; row <= 0xf7; row++) {
		for (int col = 0xa1; col <= 0xfe; col++) {
			char in[2] = {(char)row, (char)col}, *ip = in;
			unsigned char out[4];
			char *op = (char *)out;
			size_t il = 2, ol = 4;
			if (iconv(ic, &ip, &il, &op, &ol) == 0)
				hb_set_add(
				    set, (hb_codepoint_t)out[0] |
					     (hb_codepoint_t)out[1] << 8 |
					     (hb_codepoint_t)out[2] << 16);
			else
				iconv(ic, NULL, NULL, NULL, NULL);
		}
	}
	iconv_close(ic);
}

static void
add_text(hb_set_t *set, const char *s)
{
	for (; *s != '\0'; s += g_utf8_skip[(unsigned char)*s]) {
		gunichar c = g_utf8_get_char(s);
		/* a Mongolian word's parts must come from one face */
		if (c != 0x202f && (c < 0x1800 || c > 0x18af))
			hb_set_add(set, c);
	}
}

/* NULL, too, when the face has none of the characters. */
static hb_blob_t *
cut_face(const char *file, int index, const hb_set_t *chars)
{
	static const hb_tag_t FEATURES[] = {HB_TAG('k', 'e', 'r', 'n'),
	    HB_TAG('c', 'c', 'm', 'p'), HB_TAG('m', 'a', 'r', 'k'),
	    HB_TAG('m', 'k', 'm', 'k'), HB_TAG('v', 'e', 'r', 't')};
	hb_blob_t *blob = hb_blob_create_from_file_or_fail(file);
	hb_face_t *face = NULL, *cut = NULL;
	hb_subset_input_t *in = hb_subset_input_create_or_fail();
	hb_set_t *want, *features;

	if (blob == NULL || in == NULL)
		goto out;
	face = hb_face_create(blob, (unsigned)index);
	want = hb_subset_input_unicode_set(in);
	hb_face_collect_unicodes(face, want);
	hb_set_intersect(want, chars);
	if (hb_set_is_empty(want))
		goto out;
	features = hb_subset_input_set(in, HB_SUBSET_SETS_LAYOUT_FEATURE_TAG);
	hb_set_clear(features);
	for (size_t i = 0; i < sizeof FEATURES / sizeof FEATURES[0]; i++)
		hb_set_add(features, FEATURES[i]);
	hb_subset_input_set_flags(
	    in, HB_SUBSET_FLAGS_NO_HINTING | HB_SUBSET_FLAGS_DESUBROUTINIZE);
	cut = hb_subset_or_fail(face, in);
out:
	hb_subset_input_destroy(in);
	hb_face_destroy(face);
	hb_blob_destroy(blob);
	blob = NULL;
	if (cut != NULL)
		blob = hb_face_reference_blob(cut);
	hb_face_destroy(cut);
	return blob;
}

/* The bytes as a file that lives as long as the process; malloc. */
static char *
memory_file(hb_blob_t *blob)
{
	unsigned len;
	const char *data = hb_blob_get_data(blob, &len);
	int fd = memfd_create("tamga-font", MFD_CLOEXEC);
	char *path = NULL;

	if (fd < 0)
		return NULL;
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		data += n;
		len -= (unsigned)n;
	}
	if (len > 0 || asprintf(&path, "/proc/self/fd/%d", fd) < 0) {
		close(fd);
		return NULL;
	}
	return path;
}

/* The cut of a face that has all of chars; made if there is none. The chars
 * become the cut's or are freed. */
static const struct cut *
cut_of(const char *file, int index, hb_set_t *chars)
{
	static unsigned count;
	struct cut *c;
	hb_blob_t *blob;

	for (c = cuts; c != NULL; c = c->next) {
		if (c->index == index && strcmp(c->file, file) == 0 &&
		    hb_set_is_subset(chars, c->chars)) {
			hb_set_destroy(chars);
			return c;
		}
	}
	c = calloc(1, sizeof *c);
	blob = cut_face(file, index, chars);
	if (c == NULL || blob == NULL || (c->file = strdup(file)) == NULL ||
	    (c->path = memory_file(blob)) == NULL) {
		hb_blob_destroy(blob);
		hb_set_destroy(chars);
		if (c != NULL)
			free(c->file);
		free(c);
		return NULL;
	}
	hb_blob_destroy(blob);
	c->index = index;
	c->chars = chars;
	snprintf(c->family, sizeof c->family, "Tamga cut %04u", ++count);
	c->next = cuts;
	cuts = c;
	return c;
}

/* Below, cutting saves nothing; and such a face may be of a script like
 * Mongolian, whose shaping needs all its features. */
#define LARGE 1000000

/* A face has a family name in each language; "serif" and its like are none. */
static bool
is_of_family(FcPattern *pattern, const char *family)
{
	FcChar8 *name;

	if (strcasecmp(family, "serif") == 0 ||
	    strcasecmp(family, "sans-serif") == 0 ||
	    strcasecmp(family, "monospace") == 0)
		return true;
	for (int i = 0; FcPatternGetString(pattern, FC_FAMILY, i, &name) ==
			FcResultMatch;
	     i++)
		if (strcasecmp((const char *)name, family) == 0)
			return true;
	return false;
}

/* The face of one family, if that is installed and a large one. */
static bool
face_of_family(PangoContext *ctx, const PangoFontDescription *desc,
    const char *family, char **file, int *index)
{
	PangoFontDescription *one = pango_font_description_copy(desc);
	PangoFont *font;
	FcPattern *pattern = NULL;
	FcChar8 *path;
	struct stat st;
	bool ok = false;

	pango_font_description_set_family(one, family);
	pango_font_description_set_absolute_size(one, 12 * PANGO_SCALE);
	font = pango_context_load_font(ctx, one);
	pango_font_description_free(one);
	if (font == NULL)
		return false;
	if (PANGO_IS_FC_FONT(font))
		pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
	if (pattern != NULL && is_of_family(pattern, family) &&
	    FcPatternGetString(pattern, FC_FILE, 0, &path) == FcResultMatch &&
	    FcPatternGetInteger(pattern, FC_INDEX, 0, index) == FcResultMatch &&
	    *index <= 0xffff && /* above: an instance of a variable font */
	    stat((const char *)path, &st) == 0 && st.st_size >= LARGE) {
		*file = strdup((const char *)path);
		ok = *file != NULL;
	}
	g_object_unref(font);
	return ok;
}

/* The first large face of a description's families; its family too (malloc).
 */
static bool
face_of(PangoContext *ctx, const PangoFontDescription *desc, char **family,
    char **file, int *index)
{
	char *list = strdup(pango_font_description_get_family(desc));
	char *save = NULL;
	bool ok = false;

	*family = NULL;
	for (char *f = list == NULL ? NULL : strtok_r(list, ",", &save);
	     f != NULL && !ok; f = strtok_r(NULL, ",", &save)) {
		ok = face_of_family(ctx, desc, f, file, index);
		if (ok)
			*family = strdup(f);
	}
	free(list);
	return ok && *family != NULL;
}

/* A description in use, the face that it means, what is drawn with it. */
struct use {
	PangoFontDescription *desc; /* the field's */
	const char *text;           /* NULL: any name */
	char *file;                 /* NULL: not known */
	char *family;               /* of desc, the one that is it */
	int index;
	const struct cut *cut;
};

static struct use *
uses_of(struct render_template *t, size_t n)
{
	struct use *u = calloc(n + 1, sizeof *u);

	for (size_t i = 0; u != NULL && i < n; i++) {
		size_t same = 0;
		if (i < t->n_fields)
			u[i] =
			    (struct use){t->fields[i].font, t->fields[i].keep};
		else
			u[i] =
			    (struct use){t->labels[i - t->n_fields].field.font,
				t->labels[i - t->n_fields].text};
		while (!pango_font_description_equal(u[same].desc, u[i].desc))
			same++;
		if (same == i) {
			if (!face_of(t->pango, u[i].desc, &u[i].family,
				&u[i].file, &u[i].index))
				u[i].file = NULL;
		} else if (u[same].file != NULL) {
			u[i].file = strdup(u[same].file);
			u[i].family = strdup(u[same].family);
			u[i].index = u[same].index;
		}
	}
	return u;
}

static bool
same_face(const struct use *a, const struct use *b)
{
	return a->file != NULL && b->file != NULL && a->index == b->index &&
	       strcmp(a->file, b->file) == 0;
}

/* All characters that the template draws in one face. */
static hb_set_t *
chars_of(const struct use *u, size_t n, const struct use *face)
{
	hb_set_t *set = hb_set_create();
	bool names = false;

	hb_set_add_range(set, 0x20, 0x7e);
	hb_set_add(set, 0xb7); /* the dot in Mongolian names */
	for (size_t i = 0; i < n; i++) {
		if (same_face(&u[i], face) && u[i].text != NULL)
			add_text(set, u[i].text);
		else if (same_face(&u[i], face))
			names = true;
	}
	if (names)
		add_gb2312(set);
	return set;
}

/* All cuts under their names beside all installed fonts. */
static FcConfig *
config_with_cuts(void)
{
	FcConfig *config = FcInitLoadConfigAndFonts();
	FcFontSet *added;
	int n = 0;

	for (const struct cut *c = cuts; config != NULL && c != NULL;
	     c = c->next, n++) {
		if (!FcConfigAppFontAddFile(config, (const FcChar8 *)c->path))
			goto fail;
		added = FcConfigGetFonts(config, FcSetApplication);
		if (added == NULL || added->nfont != n + 1)
			goto fail;
		FcPatternDel(added->fonts[n], FC_FAMILY);
		FcPatternDel(added->fonts[n], FC_FAMILYLANG);
		FcPatternAddString(
		    added->fonts[n], FC_FAMILY, (const FcChar8 *)c->family);
	}
	return config;
fail:
	FcConfigDestroy(config);
	return NULL;
}

/*
 * The calling thread's font map gets a configuration with every cut made so
 * far, once: what older templates use is still in it.
 */
static bool
map_knows_cuts(PangoFontMap *map)
{
	static FcConfig *newest;
	static const struct cut *newest_cut;
	PangoFcFontMap *fc = PANGO_FC_FONT_MAP(map);

	if (newest == NULL || newest_cut != cuts) {
		FcConfig *config = config_with_cuts();
		if (config == NULL)
			return false;
		if (newest != NULL)
			FcConfigDestroy(newest);
		newest = config;
		newest_cut = cuts;
	}
	if (pango_fc_font_map_get_config(fc) != newest)
		pango_fc_font_map_set_config(fc, newest);
	return true;
}

static void
make_cuts(struct use *u, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t same = 0;
		if (u[i].file == NULL)
			continue;
		while (!same_face(&u[same], &u[i]))
			same++;
		if (same < i)
			u[i].cut = u[same].cut;
		else
			u[i].cut = cut_of(
			    u[i].file, u[i].index, chars_of(u, n, &u[i]));
	}
}

/* Before this one of desc's families: another that it prefers stays so. */
static void
put_before(
    PangoFontDescription *desc, const struct cut *c, const char *family)
{
	const char *now = pango_font_description_get_family(desc), *at = now;
	size_t len = strlen(family);
	char *families;

	while (strncmp(at, family, len) != 0 ||
	       (at[len] != ',' && at[len] != '\0')) {
		at = strchr(at, ',');
		if (at == NULL)
			return;
		at++;
	}
	if (asprintf(&families, "%.*s%s,%s", (int)(at - now), now, c->family,
		at) < 0)
		return;
	pango_font_description_set_family(desc, families);
	free(families);
}

void
font_cut(struct render_template *t)
{
	size_t n = t->n_fields + t->n_labels;
	struct use *u;
	bool known;

	pthread_mutex_lock(&lock);
	u = uses_of(t, n);
	if (u != NULL)
		make_cuts(u, n);
	known = u != NULL && cuts != NULL &&
		map_knows_cuts(pango_context_get_font_map(t->pango));
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; u != NULL && i < n; i++) {
		if (known && i < t->n_fields)
			t->fields[i].cut = u[i].cut;
		if (known && u[i].cut != NULL)
			put_before(u[i].desc, u[i].cut, u[i].family);
		free(u[i].file);
		free(u[i].family);
	}
	free(u);
}

#define HAN        0x2e80 /* from here on: Chinese characters and their kin */
#define NEIGHBOURS 256

static void
cover(struct render_template *t, struct field *f, hb_codepoint_t ch)
{
	hb_codepoint_t from = ch / NEIGHBOURS * NEIGHBOURS;
	hb_set_t *chars = hb_set_create();
	const struct cut *c;
	const char *families;

	hb_set_add_range(chars, from, from + NEIGHBOURS - 1);
	hb_set_add(chars, ' '); /* is taken from the face before it */
	c = cut_of(f->cut->file, f->cut->index, chars);
	families = pango_font_description_get_family(f->font);
	if (c != NULL && strstr(families, c->family) == NULL &&
	    map_knows_cuts(pango_context_get_font_map(t->pango)))
		put_before(f->font, c, f->cut->family);
}

void
font_cover(struct render_template *t, struct field *f, const char *value)
{
	if (f->cut == NULL || !g_utf8_validate(value, -1, NULL))
		return;
	for (; *value != '\0'; value += g_utf8_skip[(unsigned char)*value]) {
		gunichar ch = g_utf8_get_char(value);
		if (ch < HAN || hb_set_has(f->cut->chars, ch))
			continue;
		pthread_mutex_lock(&lock);
		cover(t, f, ch);
		pthread_mutex_unlock(&lock);
	}
}
