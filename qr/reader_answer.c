#include "qr/reader_int.h"

static const uint8_t MAGIC[4] = "TGA1";

static unsigned
get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static bool
err_allowed(unsigned e)
{
	return e == CRED_OK || e == CRED_FAULT_NOMEM ||
	       e == CRED_FAULT_CONFIG ||
	       (e >= CRED_ERR_PIC_FORMAT && e <= CRED_ERR_PIC_TIME);
}

enum cred_err
reader_answer_parse(
    struct bytes in, unsigned first, unsigned last, struct reader_answer *out)
{
	const uint8_t *p = in.ptr, *end;
	unsigned page = first, on_page = 0;
	size_t n;

	if (in.len < 10 || in.len > READER_ANSWER_MAX ||
	    memcmp(p, MAGIC, 4) != 0 || !err_allowed(get16(p + 4)))
		return CRED_FAULT_JAIL;
	end = p + in.len;
	out->err = (enum cred_err)get16(p + 4);
	out->pages = get16(p + 6);
	n = get16(p + 8);
	if (n > READER_ANSWER_CODES || out->pages > last - first + 1)
		return CRED_FAULT_JAIL;
	p += 10;
	for (size_t i = 0; i < n; i++) {
		unsigned at, len;
		if (end - p < 4)
			return CRED_FAULT_JAIL;
		at = get16(p);
		len = get16(p + 2);
		p += 4;
		if (at < page || at > last || len > READER_MAX_TEXT ||
		    (size_t)(end - p) < len)
			return CRED_FAULT_JAIL;
		on_page = at == page ? on_page + 1 : 1;
		if (on_page > READER_MAX_CODES)
			return CRED_FAULT_JAIL;
		page = at;
		out->codes[i] = (struct reader_code){at, {p, len}};
		p += len;
	}
	if (p != end)
		return CRED_FAULT_JAIL;
	out->n = n;
	return CRED_OK;
}

void
reader_answer_begin(struct reader_writer *w, uint8_t *buf)
{
	*w = (struct reader_writer){.buf = buf, .len = 10};
	memcpy(buf, MAGIC, 4);
}

void
reader_answer_add(struct reader_writer *w, struct bytes text)
{
	const uint8_t *p = w->buf + 10;
	uint8_t *to = w->buf + w->len;
	size_t on_page = 0;

	if (text.len > READER_MAX_TEXT || w->n == READER_ANSWER_CODES)
		return;
	for (size_t i = 0; i < w->n; i++, p += 4 + get16(p + 2)) {
		if (get16(p) != w->page)
			continue;
		if (bytes_eq(bytes_of(p + 4, get16(p + 2)), text))
			return;
		on_page++;
	}
	if (on_page == READER_MAX_CODES)
		return;
	put16(to, w->page);
	put16(to + 2, (unsigned)text.len);
	if (text.len > 0)
		memcpy(to + 4, text.ptr, text.len);
	w->len += 4 + text.len;
	w->n++;
}

size_t
reader_answer_end(struct reader_writer *w, enum cred_err e, unsigned pages)
{
	put16(w->buf + 4, (unsigned)e);
	put16(w->buf + 6, pages);
	put16(w->buf + 8, (unsigned)w->n);
	return w->len;
}
