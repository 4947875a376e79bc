#include <stdlib.h>

#include "edge/cli.h"
#include "verifier/scan.h"

#define WORDS_WIDTH 46 /* of the longest headline in English; Chinese is less */

/* Wide are the scripts of East Asia; good enough to align names. */
static bool
is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x3fffd);
}

int
scan_width(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	int w = 0;

	while (*p != 0) {
		const uint8_t *from = p;
		uint32_t c = *p++;
		int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
		if (more > 0)
			c &= 0x3fu >> more;
		for (; more > 0 && (*p & 0xc0) == 0x80; more--)
			c = c << 6 | (*p++ & 0x3f);
		if (more > 0) /* no character: a '?' a byte */
			w += (int)(p - from);
		else
			w += is_wide(c) ? 2 : 1;
	}
	return w;
}

static void
pad(FILE *f, int width, int up_to)
{
	for (; width < up_to; width++)
		fputc(' ', f);
}

static void
put(FILE *f, struct bytes s)
{
	cli_print_safe(f, (const char *)s.ptr, s.len);
}

/* Which item of a report stands for it: the one that decides the exit. */
static const struct scan_item *
worst_item(const struct scan_report *r)
{
	const struct scan_item *worst = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct scan_item *it = &r->items[i];
		int a = verdict_exit(it->v.verdict.status), b;
		if (it->blank)
			continue;
		if (worst == NULL) {
			worst = it;
			continue;
		}
		b = verdict_exit(worst->v.verdict.status);
		if (a != b && scan_worse(a, b) == a)
			worst = it;
	}
	return worst;
}

static void
put_words(FILE *f, const struct scan_item *it, const struct scan_style *style)
{
	struct scan_look l = scan_look_of(it->v.verdict.status);
	const char *words =
	    report_headline(it->v.verdict.status, scan_lang());

	if (style->colour)
		fputs(l.colour, f);
	fprintf(f, "%s %s", l.mark, words);
	if (style->colour)
		fputs("\033[0m", f);
}

/* Whose, which, or why not. */
static void
put_what(FILE *f, const struct scan_report *r, const struct scan_item *it)
{
	const struct verdict *v = &it->v.verdict;

	if (v->show) {
		const struct certificate *c = &v->cred->claims.cert;
		const char *level = report_level(c->level, scan_lang());
		put(f, c->name);
		fputs(" · ", f);
		put(f, c->occupation);
		if (level[0] != '\0')
			fprintf(f, " %s", level);
		if (c->number.len > 0) {
			fputs(" · ", f);
			put(f, c->number);
		}
		if (v->status != VERDICT_VALID)
			fputs(" — ", f);
	}
	if (v->status != VERDICT_VALID)
		put(f, bytes_str(scan_reason(r, it)));
	if (it->id_asked)
		fputs(it->id_match
			  ? TR(" · ID number fits", " · 证件号码相符")
			  : TR(" · NOT the holder's ID number",
				" · 证件号码不是持证人的"),
		    f);
	for (unsigned w = WARN_FOREIGN_HOST; w <= WARN_STATUS_OLD; w <<= 1)
		if ((v->warnings & w) != 0)
			fprintf(f, " · ! %s",
			    report_warning(
				(enum verdict_warning)w, scan_lang()));
}

/* A file of several codes: how many of which. */
static void
put_counts(FILE *f, const struct scan_report *r)
{
	size_t count[VERDICT_UNREADABLE + 1] = {0}, n = 0, blank = 0;
	const char *sep = TR(": ", "：");

	for (size_t i = 0; i < r->n; i++) {
		if (r->items[i].blank) {
			blank++;
			continue;
		}
		count[r->items[i].v.verdict.status]++;
		n++;
	}
	fprintf(f, TR("%zu codes", "%zu 个二维码"), n);
	for (int s = 0; s <= VERDICT_UNREADABLE; s++) {
		if (count[s] == 0)
			continue;
		fprintf(f, "%s%zu %s", sep, count[s],
		    report_headline((enum verdict_status)s, scan_lang()));
		sep = TR(", ", "，");
	}
	if (blank > 0)
		fprintf(f, TR("%s%zu pages without", "%s%zu 页没有"), sep,
		    blank);
}

static bool
is_good(const struct scan_item *it)
{
	return it->blank || (it->v.verdict.status == VERDICT_VALID &&
				(!it->id_asked || it->id_match));
}

static void
put_item(FILE *f, const struct scan_report *r, const struct scan_item *it,
    const struct scan_style *style)
{
	const char *words =
	    report_headline(it->v.verdict.status, scan_lang());

	fputs("    ", f);
	put_words(f, it, style);
	pad(f, scan_width(words), WORDS_WIDTH);
	if (it->page != 0)
		fprintf(f,
		    r->paged ? TR(" page %-4u ", " 第 %u 页  ")
			     : TR(" line %-4u ", " 第 %u 行  "),
		    it->page);
	else
		fputs("  ", f);
	put_what(f, r, it);
	fputc('\n', f);
}

void
scan_print_line(
    FILE *f, const struct scan_report *r, const struct scan_style *style)
{
	const struct scan_item *it = worst_item(r);
	const char *name = strcmp(r->source, "-") == 0
			       ? TR("standard input", "标准输入")
			       : r->source;
	bool good = r->err < CRED_FAULT_NOMEM;

	for (size_t i = 0; i < r->n; i++)
		good = good && is_good(&r->items[i]);
	if (style->quiet && good)
		return;
	if (it == NULL) { /* a fault */
		fprintf(f, "! %s", TR("Could not be checked", "未能核验"));
		pad(f, scan_width(TR("Could not be checked", "未能核验")),
		    WORDS_WIDTH);
	} else {
		put_words(f, it, style);
		pad(f,
		    scan_width(report_headline(
			it->v.verdict.status, scan_lang())),
		    WORDS_WIDTH);
	}
	fputs("  ", f);
	cli_print_safe(f, name, strlen(name));
	pad(f, scan_width(name), style->name_width);
	fputs("  ", f);
	if (it == NULL)
		put(f, bytes_str(r->why.text));
	else if (r->n > 1)
		put_counts(f, r);
	else
		put_what(f, r, it);
	fputc('\n', f);
	for (size_t i = 0; it != NULL && r->n > 1 && i < r->n; i++)
		if (!style->quiet || !is_good(&r->items[i]))
			put_item(f, r, &r->items[i], style);
}
