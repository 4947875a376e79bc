#include "qr/pdf.h"

#include <stdlib.h>

#include <qpdf/qpdf-c.h>

#include "qr/pdf_int.h"
#include "qr/picture_int.h"

#define MAX_IMAGES 64
#define MAX_DEPTH  4  /* forms within forms */
#define MAX_PARENT 32 /* of a page, up to its resources */
#define MAX_KEYS   512

#define CALLS(X)                                                               \
	X(qpdf_init)                                                           \
	X(qpdf_cleanup)                                                        \
	X(qpdf_silence_errors)                                                 \
	X(qpdf_set_suppress_warnings)                                          \
	X(qpdf_read_memory)                                                    \
	X(qpdf_has_error)                                                      \
	X(qpdf_get_error)                                                      \
	X(qpdf_get_error_code)                                                 \
	X(qpdf_get_num_pages)                                                  \
	X(qpdf_get_page_n)                                                     \
	X(qpdf_oh_get_key)                                                     \
	X(qpdf_oh_get_dict)                                                    \
	X(qpdf_oh_is_dictionary)                                               \
	X(qpdf_oh_is_stream)                                                   \
	X(qpdf_oh_is_array)                                                    \
	X(qpdf_oh_is_name)                                                     \
	X(qpdf_oh_is_name_and_equals)                                          \
	X(qpdf_oh_get_value_as_bool)                                           \
	X(qpdf_oh_get_value_as_longlong)                                       \
	X(qpdf_oh_get_value_as_number)                                         \
	X(qpdf_oh_get_array_n_items)                                           \
	X(qpdf_oh_get_array_item)                                              \
	X(qpdf_oh_begin_dict_key_iter)                                         \
	X(qpdf_oh_dict_more_keys)                                              \
	X(qpdf_oh_dict_next_key)                                               \
	X(qpdf_oh_is_string)                                                   \
	X(qpdf_oh_get_binary_string_value)                                     \
	X(qpdf_oh_get_object_id)                                               \
	X(qpdf_oh_get_stream_data)

static struct {
	CALLS(PICTURE_LIB_MEMBER)
} lib;

static bool
load(void)
{
	static const char *const names[] = {CALLS(PICTURE_LIB_NAME)};
	static int state;

	return picture_lib(QPDF_SONAME, names,
	    sizeof names / sizeof *names, &lib, &state);
}

void
pdf_load(void)
{
	(void)load();
	picture_load(PICTURE_TIFF); /* faxes */
}

struct image {
	qpdf_oh oh, dict;
	uint32_t w, h;
	bool one_bit;
	int id;
};

struct pdf {
	qpdf_data q;
	unsigned n_pages;
	size_t n;
	struct image images[MAX_IMAGES];
};

enum cred_err
pdf_open(struct bytes file, struct pdf **out, unsigned *n_pages)
{
	struct pdf *p;
	enum cred_err e = CRED_ERR_PIC_BROKEN;
	int n;

	if (!load())
		return CRED_FAULT_CONFIG;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return CRED_FAULT_NOMEM;
	p->q = lib.qpdf_init();
	lib.qpdf_silence_errors(p->q);
	lib.qpdf_set_suppress_warnings(p->q, QPDF_TRUE);
	if ((lib.qpdf_read_memory(p->q, "pdf", (const char *)file.ptr,
		 file.len, NULL) &
		QPDF_ERRORS) != 0) {
		if (lib.qpdf_get_error_code(
			p->q, lib.qpdf_get_error(p->q)) == qpdf_e_password)
			e = CRED_ERR_PIC_ENCRYPTED;
		goto fail;
	}
	n = lib.qpdf_get_num_pages(p->q);
	if (lib.qpdf_has_error(p->q) || n <= 0)
		goto fail;
	p->n_pages = *n_pages = (unsigned)n;
	*out = p;
	return CRED_OK;
fail:
	pdf_close(p);
	return e;
}

void
pdf_close(struct pdf *p)
{
	if (p == NULL)
		return;
	lib.qpdf_cleanup(&p->q);
	free(p);
}

static long long
number(struct pdf *p, qpdf_oh dict, const char *key, long long or)
{
	long long v;

	if (!lib.qpdf_oh_get_value_as_longlong(
		p->q, lib.qpdf_oh_get_key(p->q, dict, key), &v))
		return or;
	return v;
}

static bool
yes(struct pdf *p, qpdf_oh dict, const char *key)
{
	QPDF_BOOL v = QPDF_FALSE;

	return lib.qpdf_oh_get_value_as_bool(
		   p->q, lib.qpdf_oh_get_key(p->q, dict, key), &v) &&
	       v;
}

static bool
is_name(struct pdf *p, qpdf_oh oh, const char *name)
{
	return lib.qpdf_oh_is_name_and_equals(p->q, oh, name);
}

static void
add_image(struct pdf *p, qpdf_oh oh, qpdf_oh dict, uint32_t max_pixels)
{
	long long w = number(p, dict, "/Width", 0),
		  h = number(p, dict, "/Height", 0);
	int id = lib.qpdf_oh_get_object_id(p->q, oh);

	if (w <= 0 || h <= 0 || p->n == MAX_IMAGES ||
	    !picture_size_ok((uint64_t)w, (uint64_t)h, max_pixels))
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->images[i].id == id)
			return;
	p->images[p->n++] = (struct image){.oh = oh,
	    .dict = dict,
	    .w = (uint32_t)w,
	    .h = (uint32_t)h,
	    .one_bit = yes(p, dict, "/ImageMask") ||
		       number(p, dict, "/BitsPerComponent", 8) == 1,
	    .id = id};
}

/* The images among the XObjects of a resource dictionary, those of its forms
 * too. */
static void
collect(struct pdf *p, qpdf_oh resources, uint32_t max_pixels, int depth)
{
	qpdf_oh x = lib.qpdf_oh_get_key(p->q, resources, "/XObject");
	qpdf_oh forms[MAX_IMAGES];
	size_t n_forms = 0;

	if (depth > MAX_DEPTH || !lib.qpdf_oh_is_dictionary(p->q, x))
		return;
	lib.qpdf_oh_begin_dict_key_iter(p->q, x);
	for (int i = 0; i < MAX_KEYS && lib.qpdf_oh_dict_more_keys(p->q);
	     i++) {
		qpdf_oh oh = lib.qpdf_oh_get_key(
		    p->q, x, lib.qpdf_oh_dict_next_key(p->q));
		qpdf_oh dict, kind;
		if (!lib.qpdf_oh_is_stream(p->q, oh))
			continue;
		dict = lib.qpdf_oh_get_dict(p->q, oh);
		kind = lib.qpdf_oh_get_key(p->q, dict, "/Subtype");
		if (is_name(p, kind, "/Image"))
			add_image(p, oh, dict, max_pixels);
		else if (is_name(p, kind, "/Form") && n_forms < MAX_IMAGES)
			forms[n_forms++] = lib.qpdf_oh_get_key(
			    p->q, dict, "/Resources");
	}
	for (size_t i = 0; i < n_forms; i++)
		if (lib.qpdf_oh_is_dictionary(p->q, forms[i]))
			collect(p, forms[i], max_pixels, depth + 1);
}

/* /DeviceRGB, [/ICCBased stream], [/Indexed base n table] and the like: the
 * number of components, 0: none that we read. */
static unsigned
components(struct pdf *p, qpdf_oh cs)
{
	qpdf_oh head;

	if (is_name(p, cs, "/DeviceGray"))
		return 1;
	if (is_name(p, cs, "/DeviceRGB"))
		return 3;
	if (is_name(p, cs, "/DeviceCMYK"))
		return 4;
	if (!lib.qpdf_oh_is_array(p->q, cs) ||
	    lib.qpdf_oh_get_array_n_items(p->q, cs) < 1)
		return 0;
	head = lib.qpdf_oh_get_array_item(p->q, cs, 0);
	if (is_name(p, head, "/CalGray"))
		return 1;
	if (is_name(p, head, "/CalRGB"))
		return 3;
	if (is_name(p, head, "/ICCBased") &&
	    lib.qpdf_oh_get_array_n_items(p->q, cs) == 2) {
		qpdf_oh profile = lib.qpdf_oh_get_array_item(p->q, cs, 1);
		long long n = 0;
		if (lib.qpdf_oh_is_stream(p->q, profile))
			n = number(p, lib.qpdf_oh_get_dict(p->q, profile),
			    "/N", 0);
		return n == 1 || n == 3 || n == 4 ? (unsigned)n : 0;
	}
	return 0;
}

static bool
palette(struct pdf *p, qpdf_oh cs, struct pdf_samples *s)
{
	qpdf_oh table = lib.qpdf_oh_get_array_item(p->q, cs, 3);
	unsigned n =
	    components(p, lib.qpdf_oh_get_array_item(p->q, cs, 1));
	unsigned char *owned = NULL;
	const uint8_t *data = NULL;
	QPDF_BOOL filtered;
	size_t len = 0;

	if (n != 1 && n != 3)
		return false;
	if (lib.qpdf_oh_is_string(p->q, table))
		data = (const uint8_t *)lib.qpdf_oh_get_binary_string_value(
		    p->q, table, &len);
	else if (lib.qpdf_oh_is_stream(p->q, table) &&
		 lib.qpdf_oh_get_stream_data(p->q, table, qpdf_dl_specialized,
		     &filtered, &owned, &len) == QPDF_SUCCESS)
		data = owned;
	for (size_t i = 0; i < 256 && data != NULL && (i + 1) * n <= len; i++) {
		const uint8_t *c = data + i * n;
		s->palette[i] =
		    n == 1 ? c[0] : picture_luma(c[0], c[1], c[2]);
		s->n_palette = (unsigned)i + 1;
	}
	free(owned);
	return s->n_palette > 0;
}

/* False: not one that we read. */
static bool
describe(struct pdf *p, const struct image *im, struct pdf_samples *s)
{
	qpdf_oh cs = lib.qpdf_oh_get_key(p->q, im->dict, "/ColorSpace");
	qpdf_oh decode = lib.qpdf_oh_get_key(p->q, im->dict, "/Decode");
	long long bits = number(p, im->dict, "/BitsPerComponent", 1);
	double first = 0;

	*s = (struct pdf_samples){.w = im->w, .h = im->h, .colours = 1};
	if (lib.qpdf_oh_is_array(p->q, decode) &&
	    lib.qpdf_oh_get_array_n_items(p->q, decode) == 2)
		(void)lib.qpdf_oh_get_value_as_number(p->q,
		    lib.qpdf_oh_get_array_item(p->q, decode, 0), &first);
	s->inverted = first > 0.5;
	if (yes(p, im->dict, "/ImageMask")) {
		s->bits = 1;
		return true;
	}
	if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16)
		return false;
	s->bits = (unsigned)bits;
	if (lib.qpdf_oh_is_array(p->q, cs) &&
	    lib.qpdf_oh_get_array_n_items(p->q, cs) == 4 &&
	    is_name(p, lib.qpdf_oh_get_array_item(p->q, cs, 0), "/Indexed"))
		return bits <= 8 && palette(p, cs, s);
	s->colours = components(p, cs);
	return s->colours > 0;
}

static qpdf_oh
only(struct pdf *p, qpdf_oh oh)
{
	if (lib.qpdf_oh_is_array(p->q, oh) &&
	    lib.qpdf_oh_get_array_n_items(p->q, oh) == 1)
		return lib.qpdf_oh_get_array_item(p->q, oh, 0);
	return oh;
}

static enum cred_err
fax(struct pdf *p, const struct image *im, struct bytes data,
    uint32_t max_pixels, struct picture *out)
{
	qpdf_oh parms = only(
	    p, lib.qpdf_oh_get_key(p->q, im->dict, "/DecodeParms"));
	struct pdf_fax f = {.w = 1728, .h = im->h};
	struct pdf_samples s;
	enum cred_err e;
	uint8_t *tiff;
	size_t len;

	if (lib.qpdf_oh_is_dictionary(p->q, parms)) {
		long long w = number(p, parms, "/Columns", 1728);
		f.w = w > 0 && w < 100000 ? (uint32_t)w : 0;
		f.k = (int)number(p, parms, "/K", 0);
		f.black_is_1 = yes(p, parms, "/BlackIs1");
		f.aligned = yes(p, parms, "/EncodedByteAlign");
	}
	if (!picture_size_ok(f.w, f.h, max_pixels))
		return CRED_ERR_PIC_PIXELS;
	tiff = pdf_fax_tiff(&f, data, &len);
	if (tiff == NULL)
		return CRED_FAULT_NOMEM;
	e = picture_decode(bytes_of(tiff, len), max_pixels, 0, out);
	free(tiff);
	if (e == CRED_OK && describe(p, im, &s) && s.inverted)
		for (size_t i = 0; i < (size_t)out->gray.w * out->gray.h; i++)
			out->px[i] = (uint8_t)~out->px[i];
	return e;
}

static enum cred_err
decode(struct pdf *p, const struct image *im, uint32_t max_pixels,
    struct picture *out)
{
	qpdf_oh filter =
	    only(p, lib.qpdf_oh_get_key(p->q, im->dict, "/Filter"));
	enum cred_err e = CRED_ERR_PIC_FORMAT;
	unsigned char *data = NULL;
	QPDF_BOOL filtered = QPDF_FALSE;
	struct pdf_samples s;
	size_t len = 0;

	if ((lib.qpdf_oh_get_stream_data(p->q, im->oh, qpdf_dl_specialized,
		 &filtered, &data, &len) &
		QPDF_ERRORS) != 0 ||
	    data == NULL)
		return CRED_ERR_PIC_BROKEN;
	if (is_name(p, filter, "/DCTDecode")) {
		if (picture_sniff(bytes_of(data, len)) == PICTURE_JPEG)
			e = picture_decode(
			    bytes_of(data, len), max_pixels, 0, out);
	} else if (is_name(p, filter, "/CCITTFaxDecode")) {
		e = fax(p, im, bytes_of(data, len), max_pixels, out);
	} else if (filtered && describe(p, im, &s)) {
		e = pdf_samples(&s, bytes_of(data, len), out);
	}
	free(data);
	return e;
}

static int
by_use(const void *a, const void *b)
{
	const struct image *x = a, *y = b;
	uint64_t sx = (uint64_t)x->w * x->h, sy = (uint64_t)y->w * y->h;

	if (x->one_bit != y->one_bit)
		return x->one_bit ? -1 : 1;
	return sx > sy ? -1 : sx < sy ? 1 : x->id - y->id;
}

enum cred_err
pdf_images(struct pdf *p, unsigned page, uint32_t max_pixels, pdf_each *each,
    void *ctx)
{
	qpdf_oh node = lib.qpdf_get_page_n(p->q, page - 1), r;

	p->n = 0;
	for (int i = 0; i < MAX_PARENT; i++) { /* resources are inherited */
		if (!lib.qpdf_oh_is_dictionary(p->q, node))
			return CRED_OK;
		r = lib.qpdf_oh_get_key(p->q, node, "/Resources");
		if (lib.qpdf_oh_is_dictionary(p->q, r)) {
			collect(p, r, max_pixels, 0);
			break;
		}
		node = lib.qpdf_oh_get_key(p->q, node, "/Parent");
	}
	qsort(p->images, p->n, sizeof *p->images, by_use);
	for (size_t i = 0; i < p->n; i++) {
		struct picture pic = {0};
		enum cred_err e = decode(p, &p->images[i], max_pixels, &pic);
		bool more;
		if (e == CRED_FAULT_NOMEM)
			return e;
		if (e != CRED_OK)
			continue;
		if (!pdf_enlarge(&pic)) {
			picture_release(&pic);
			return CRED_FAULT_NOMEM;
		}
		more = each(ctx, &pic.gray);
		picture_release(&pic);
		if (!more)
			break;
	}
	return CRED_OK;
}
