/*
 * A template filled with sample values: to look at it while drawing, and to
 * measure. Not installed.
 *   render_sample TEMPLATE OUT.pdf [PHOTO]          one page
 *   render_sample --cards TEMPLATE OUT.pdf [PHOTO]   thirteen on sheets of ten
 *   render_sample --bench TEMPLATE DIR PAGES [PHOTO]  PAGES files, then one of
 *                                                   PAGES pages
 * Before all of these: --as VARIANT, --set FIELD=TEXT, more than once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "render/render.h"

static const char *const NAMES[] = {"张三", "乌云其木格", "欧阳修文",
    "阿拉坦高娃·巴特尔", "李明", "斯琴高娃", "王小二", "哈斯额尔敦"};

#define N(a) (sizeof(a) / sizeof(a)[0])

static char serial[32], id_number[32];
static struct render_field fields[] = {
    {"name", "阿拉坦高娃·巴特尔"},
    {"gender", "女"},
    {"id_type", "居民身份证"},
    {"id_number", id_number},
    {"occupation", "电工"},
    {"direction", "--"},
    {"level", "四级/中级工"},
    {"number", serial},
    {"issued", "2026年6月30日"},
    {"issuer", "内蒙古草原职业技能评价中心"},
    {"valid_from", "2026年6月30日"},
    {"valid_to", "2032年6月29日"},
    {"review_due", "2029年6月29日"},
    {"category", "电工作业"},
    {"item", "低压电工作业"},
    {"hours", "80"},
    {"trained_from", "2026年4月1日"},
    {"trained_to", "2026年5月20日"},
    {"verifier_url", "https://verify.example.org/"},
    {"notice", "以从官方网址打开后扫码结果为准"},
    {"query_url", "http://jndj.osta.org.cn"},
    {"serial_note", "No. 00000001"},
};

static void
set(const char *id, const char *text)
{
	for (size_t i = 0; i < N(fields); i++) {
		if (strcmp(fields[i].id, id) == 0)
			fields[i].text = text;
	}
}

/* A credential of 220 bytes that differs from page to page. */
static void
vary(unsigned k, char *qr, size_t size)
{
	int n = snprintf(qr, size, "https://verify.example.org/#");
	unsigned long long x = k * 2654435761ull + 12345;

	for (int i = 0; i < 31 * 17 + 8; i++) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		qr[n++] = (char)('0' + x / 7 % 10 % 10);
	}
	qr[n] = '\0';
	snprintf(serial, sizeof serial, "S000015000123264%06u", k % 1000000);
	snprintf(id_number, sizeof id_number, "15010219900101%03u9", k % 1000);
	set("name", NAMES[k % N(NAMES)]);
}

/* CPU time: other work on the machine does not count. */
static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
must(enum cred_err e, const struct why *why)
{
	if (e != CRED_OK) {
		fprintf(stderr, "%s: %s\n", cred_errname(e), why->text);
		exit(2);
	}
}

static void
bench(struct render_template *t, struct render_record *rec, char *qr,
    size_t qr_size, const char *dir, unsigned pages)
{
	struct why why = {""};
	struct render_pdf *pdf;
	char path[4096];
	struct stat st;
	double start = now_s();
	long long bytes = 0;

	for (unsigned k = 0; k < pages; k++) {
		vary(k, qr, qr_size);
		snprintf(path, sizeof path, "%s/%u.pdf", dir, k);
		must(render_pdf_open(path, "证书", &pdf, &why), &why);
		must(render_pdf_page(pdf, t, rec, &why), &why);
		must(render_pdf_close(pdf, &why), &why);
		if (stat(path, &st) == 0)
			bytes += st.st_size;
	}
	printf("single  %.1f files/s  %.1f kB each\n",
	    pages / (now_s() - start), (double)bytes / pages / 1000);
	start = now_s();
	snprintf(path, sizeof path, "%s/all.pdf", dir);
	must(render_pdf_open(path, "证书", &pdf, &why), &why);
	for (unsigned k = 0; k < pages; k++) {
		vary(k, qr, qr_size);
		must(render_pdf_page(pdf, t, rec, &why), &why);
	}
	must(render_pdf_close(pdf, &why), &why);
	stat(path, &st);
	printf("one     %.1f pages/s  %.1f kB each\n",
	    pages / (now_s() - start), (double)st.st_size / pages / 1000);
}

int
main(int argc, char **argv)
{
	struct why why = {""};
	struct render_template *t;
	struct render_pdf *pdf;
	struct render_record rec = {fields, N(fields), {0}, {0}};
	uint8_t *photo = NULL;
	size_t len = 0;
	char qr[4096];
	const char *variant = NULL;
	char *own[N(fields)], *equals;
	size_t n_own = 0;

	for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
		if (strcmp(argv[1], "--as") == 0)
			variant = argv[2];
		else if (strcmp(argv[1], "--set") == 0 && n_own < N(own) &&
			 strchr(argv[2], '=') != NULL)
			own[n_own++] = argv[2];
		else
			break;
	}
	int measure = argc > 1 && strcmp(argv[1], "--bench") == 0;
	int cards = argc > 1 && strcmp(argv[1], "--cards") == 0;

	if (argc < 3 + 2 * measure + cards) {
		fprintf(stderr,
		    "usage: %s [--bench|--cards] TEMPLATE OUT [PAGES] "
		    "[PHOTO]\n",
		    argv[0]);
		return 2;
	}
	argv += 1 + measure + cards;
	must(render_template_load_as(argv[0], variant, &t, &why), &why);
	if (argv[2 + measure] != NULL) {
		must(file_read(argv[2 + measure], 1u << 26, &photo, &len, &why),
		    &why);
		rec.photo = bytes_of(photo, len);
	}
	vary(1, qr, sizeof qr);
	rec.qr_text = bytes_str(qr);
	if (measure) {
		bench(t, &rec, qr, sizeof qr, argv[1], (unsigned)atoi(argv[2]));
	} else {
		must(render_pdf_open(argv[1], "证书", &pdf, &why), &why);
		if (cards)
			render_pdf_sheets(pdf, &RENDER_SHEET_CARDS);
		for (unsigned k = 1; k <= (cards ? 13 : 1); k++) {
			vary(k, qr, sizeof qr);
			for (size_t i = 0; i < n_own; i++) {
				equals = strchr(own[i], '=');
				*equals = '\0';
				set(own[i], equals + 1);
				*equals = '=';
			}
			must(render_pdf_page(pdf, t, &rec, &why), &why);
		}
		must(render_pdf_close(pdf, &why), &why);
		puts(qr);
	}
	render_template_free(t);
	free(photo);
	return 0;
}
