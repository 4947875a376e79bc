#include "qr/picture_int.h"

#include <dlfcn.h>
#include <stdlib.h>

/* HEVC in HEIF: among the brands of the first box is one of these. */
static bool
is_heif(struct bytes f)
{
	static const char brands[][5] = {
	    "heic", "heix", "heim", "heis", "hevc", "hevx"};
	size_t end;

	if (f.len < 16 || memcmp(f.ptr + 4, "ftyp", 4) != 0)
		return false;
	end = f.ptr[2] * 256u + f.ptr[3];
	if (f.ptr[0] != 0 || f.ptr[1] != 0 || end > f.len)
		return false;
	for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4)
		for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
			if (memcmp(f.ptr + at, brands[i], 4) == 0)
				return true;
	return false;
}

/* Two letters are little, so the size of a known header besides. */
static bool
is_bmp(struct bytes f)
{
	static const uint8_t heads[] = {12, 40, 52, 56, 64, 108, 124};

	if (f.len < 26 || memcmp(f.ptr, "BM", 2) != 0 ||
	    memcmp(f.ptr + 15, "\0\0", 3) != 0)
		return false;
	return memchr(heads, f.ptr[14], sizeof heads) != NULL;
}

enum picture_type
picture_sniff(struct bytes f)
{
	size_t n = f.len < 1024 ? f.len : 1024;

	if (f.len >= 8 && memcmp(f.ptr, "\x89PNG\r\n\x1a\n", 8) == 0)
		return PICTURE_PNG;
	if (f.len >= 3 && memcmp(f.ptr, "\xff\xd8\xff", 3) == 0)
		return PICTURE_JPEG;
	if (f.len >= 12 && memcmp(f.ptr, "RIFF", 4) == 0 &&
	    memcmp(f.ptr + 8, "WEBP", 4) == 0)
		return PICTURE_WEBP;
	if (is_heif(f))
		return PICTURE_HEIF;
	if (f.len >= 4 && (memcmp(f.ptr, "II*\0", 4) == 0 ||
			      memcmp(f.ptr, "MM\0*", 4) == 0 ||
			      memcmp(f.ptr, "II+\0", 4) == 0 ||
			      memcmp(f.ptr, "MM\0+", 4) == 0))
		return PICTURE_TIFF;
	if (f.len >= 6 && (memcmp(f.ptr, "GIF87a", 6) == 0 ||
			      memcmp(f.ptr, "GIF89a", 6) == 0))
		return PICTURE_GIF;
	if (is_bmp(f))
		return PICTURE_BMP;
	if (n >= 5 && memmem(f.ptr, n, "%PDF-", 5) != NULL)
		return PICTURE_PDF;
	return PICTURE_NONE;
}

bool
picture_size_ok(uint64_t w, uint64_t h, uint32_t max_pixels)
{
	return w > 0 && h > 0 && w <= UINT32_MAX && h <= UINT32_MAX / w &&
	       w * h <= max_pixels;
}

bool
picture_blank(struct picture *p, uint32_t w, uint32_t h)
{
	p->px = malloc((size_t)w * h);
	if (p->px == NULL)
		return false;
	memset(p->px, 255, (size_t)w * h);
	p->gray = (struct gray){p->px, w, h};
	return true;
}

bool
picture_lib(const char *file, const char *const *names, size_t n, void *slots,
    int *state)
{
	void *lib;

	if (*state != 0)
		return *state > 0;
	*state = -1;
	lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(lib, names[i]);
		if (f == NULL)
			return false;
		memcpy((char *)slots + i * sizeof f, &f, sizeof f);
	}
	*state = 1;
	return true;
}

void
picture_load(enum picture_type type)
{
	if (type == PICTURE_HEIF)
		(void)picture_heif_load();
	else if (type == PICTURE_TIFF)
		(void)picture_tiff_load();
}

static unsigned
get16(struct bytes s, size_t at, bool big)
{
	unsigned a, b;

	if (at > s.len || s.len - at < 2)
		return 0;
	a = s.ptr[at];
	b = s.ptr[at + 1];
	return big ? a << 8 | b : b << 8 | a;
}

bool
picture_exif_mirrored(struct bytes t)
{
	bool big = t.len > 0 && t.ptr[0] == 'M';
	size_t dir = big ? (size_t)get16(t, 4, big) << 16 | get16(t, 6, big)
			 : (size_t)get16(t, 6, big) << 16 | get16(t, 4, big);
	unsigned n = get16(t, dir, big), v;

	for (unsigned i = 0; i < n && dir + 2 + 12 * i < t.len; i++) {
		if (get16(t, dir + 2 + 12 * i, big) != 0x0112)
			continue;
		v = get16(t, dir + 2 + 12 * i + 8, big);
		return v == 2 || v == 4 || v == 5 || v == 7;
	}
	return false;
}

static void
mirror(struct picture *p)
{
	for (uint32_t y = 0; y < p->gray.h; y++) {
		uint8_t *a = p->px + (size_t)y * p->gray.w;
		uint8_t *b = a + p->gray.w - 1;
		for (; a < b; a++, b--) {
			uint8_t c = *a;
			*a = *b;
			*b = c;
		}
	}
}

static enum cred_err
decode(struct bytes file, uint32_t max_pixels, unsigned page,
    struct picture *out)
{
	enum picture_type type = picture_sniff(file);

	if (page > 0 && type != PICTURE_TIFF)
		return CRED_ERR_PIC_PAGES;
	switch (type) {
	case PICTURE_PNG:
		return picture_png(file, max_pixels, out);
	case PICTURE_JPEG:
		return picture_jpeg(file, max_pixels, out);
	case PICTURE_WEBP:
		return picture_webp(file, max_pixels, out);
	case PICTURE_HEIF:
		return picture_heif(file, max_pixels, out);
	case PICTURE_TIFF:
		return picture_tiff(file, max_pixels, page, out);
	case PICTURE_BMP:
		return picture_bmp(file, max_pixels, out);
	case PICTURE_GIF:
		return picture_gif(file, max_pixels, out);
	case PICTURE_PDF:
	case PICTURE_NONE:
		break;
	}
	return CRED_ERR_PIC_FORMAT;
}

enum cred_err
picture_decode(struct bytes file, uint32_t max_pixels, unsigned page,
    struct picture *out)
{
	struct picture p = {0};
	enum cred_err e = decode(file, max_pixels, page, &p);

	if (e != CRED_OK)
		return e;
	if (p.mirrored)
		mirror(&p);
	*out = p;
	return CRED_OK;
}

void
picture_release(struct picture *p)
{
	free(p->px);
	*p = (struct picture){0};
}
