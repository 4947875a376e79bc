#include "tests/render/help.h"

#include <string.h>

#include "edge/lang.h"

char dir[] = "/tmp/tamga-render-XXXXXX";
char qr[700];

const struct render_field FIELDS[N_FIELDS] = {
    {"name", "阿拉坦高娃·巴特尔"},
    {"id_type", "居民身份证"},
    {"id_number", "150102199001010019"},
    {"occupation", "挖掘铲运和桩工机械司机"},
    {"direction", "--"},
    {"level", "四级/中级工"},
    {"number", "S000015000123264000001"},
    {"issued", "2026年6月30日"},
    {"issuer", "内蒙古草原职业技能评价中心"},
    {"body_text", "持证人考核合格，特发此证。"},
    {"verifier_url", "https://verify.example.org/"},
    {"unknown_to_the_template", "ignored"},
};

struct render_record
record(void)
{
	return (struct render_record){FIELDS, N_FIELDS, bytes_str(qr), {0}};
}

const char *
in_dir(const char *name)
{
	static char path[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

size_t
output_of(char *out, size_t size, const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;
	FILE *f;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof cmd, fmt, ap);
	va_end(ap);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	assert_int_equal(pclose(f), 0);
	return n;
}

void
draw(const char *svg, const char *pdf, const struct render_record *rec)
{
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *p;

	if (render_template_load(svg, &t, &why) != CRED_OK ||
	    render_pdf_open(pdf, "证书", &p, &why) != CRED_OK ||
	    render_pdf_page(p, t, rec, &why) != CRED_OK ||
	    render_pdf_close(p, &why) != CRED_OK)
		fail_msg("%s", why.text);
	render_template_free(t);
}

const char *
template_of(const char *inside)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/t.svg", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"210mm\" "
	    "height=\"297mm\" viewBox=\"0 0 210 297\">\n%s\n</svg>\n",
	    inside);
	assert_int_equal(fclose(f), 0);
	return path;
}

void
place_of(const char *pdf, const char *word, double box[4])
{
	static char text[65536];
	char find[64], *at;

	output_of(text, sizeof text, "pdftotext -bbox %s -", pdf);
	snprintf(find, sizeof find, ">%s</word>", word);
	at = strstr(text, find);
	if (at == NULL)
		fail_msg("no %s in %s", word, text);
	while (at > text && *at != '<')
		at--;
	if (strncmp(at, "<word", 5) != 0) {
		at--;
		while (at > text && *at != '<')
			at--;
	}
	assert_int_equal(
	    sscanf(at,
		"<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"",
		&box[0], &box[1], &box[2], &box[3]),
	    4);
}

int
set_up(void **state)
{
	size_t n;

	(void)state;
	lang_set(false);
	n = (size_t)snprintf(qr, sizeof qr, "https://verify.example.org/#");
	for (size_t i = 0; i < 535; i++)
		qr[n + i] = (char)('0' + (i * 7 + i / 10) % 10);
	qr[n + 535] = '\0';
	return mkdtemp(dir) == NULL;
}

int
tear_down(void **state)
{
	char out[16];

	(void)state;
	output_of(out, sizeof out, "rm -rf %s", dir);
	return 0;
}
