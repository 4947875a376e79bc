#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pictures.h"
#include "qr/reader_int.h"

#define TEXT "https://skill.example/#12345678901234567890123456789012345"

static struct reader *reader;

static int
start(void **state)
{
	struct why why;

	(void)state;
	if (reader_start(NULL, &reader, &why) != CRED_OK) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	reader_stop(reader);
	return 0;
}

static void
expect_text(const struct reader_code *c, unsigned page, const char *text)
{
	assert_int_equal(c->page, page);
	assert_int_equal(c->text.len, strlen(text));
	assert_memory_equal(c->text.ptr, text, strlen(text));
}

static void
expect_one(struct bytes file)
{
	struct reader_result res;
	struct why why = {{0}};

	if (reader_read(reader, file, &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	assert_int_equal(res.n, 1);
	assert_int_equal(res.pages, 1);
	expect_text(&res.codes[0], 1, TEXT);
	reader_result_release(&res);
}

static void
expect_err_of(struct reader *r, struct bytes file, enum cred_err e)
{
	struct reader_result res;
	struct why why = {{0}};
	enum cred_err got = reader_read(r, file, &res, &why);

	if (got != e)
		fail_msg("%s, not %s: %s", cred_errname(got), cred_errname(e),
		    why.text);
	assert_true(why.text[0] != '\0');
}

static void
expect_err(struct bytes file, enum cred_err e)
{
	expect_err_of(reader, file, e);
}

static struct gray
one_code(uint32_t scale)
{
	struct gray g = sheet_new(110 * scale, 110 * scale);

	sheet_qr(&g, TEXT, 10 * scale, 12 * scale, scale);
	return g;
}

static void
png(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

static void
jpeg(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_jpeg(&g, 60, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

static void
pdf(void **state)
{
	struct gray g = one_code(5);
	size_t len;
	uint8_t *f = sheet_pdf(&g, 1, false, &len);

	(void)state;
	expect_one(bytes_of(f, len));
	free(f);
	sheet_free(&g);
}

/* More pages than one pair of inmates takes; one of them blank. */
static void
pdf_of_eleven_pages(void **state)
{
	struct gray g[11];
	struct reader_result res;
	struct why why = {{0}};
	char text[64];
	size_t len;
	uint8_t *f;

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		g[i] = sheet_new(400, 500);
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			sheet_qr(&g[i], text, 20 + i, 30, 5);
	}
	f = sheet_pdf(g, 11, false, &len);
	if (reader_read(reader, bytes_of(f, len), &res, &why) != CRED_OK)
		fail_msg("%s", why.text);
	assert_int_equal(res.pages, 11);
	assert_int_equal(res.n, 10);
	for (unsigned i = 0, k = 0; i < 11; i++) {
		snprintf(text, sizeof text, "https://a.example/#%u", 1000 + i);
		if (i != 4)
			expect_text(&res.codes[k++], i + 1, text);
		sheet_free(&g[i]);
	}
	reader_result_release(&res);
	free(f);
}

static void
pdf_of_exactly_one_chunk(void **state)
{
	struct gray g[READER_CHUNK_PAGES];
	struct reader_result res;
	struct why why = {{0}};
	size_t len;
	uint8_t *f;

	(void)state;
	for (unsigned i = 0; i < READER_CHUNK_PAGES; i++) {
		g[i] = sheet_new(400, 400);
		sheet_qr(&g[i], "A", 20, 20, 5);
	}
	f = sheet_pdf(g, READER_CHUNK_PAGES, false, &len);
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.pages, READER_CHUNK_PAGES);
	assert_int_equal(res.n, READER_CHUNK_PAGES);
	reader_result_release(&res);
	for (unsigned i = 0; i < READER_CHUNK_PAGES; i++)
		sheet_free(&g[i]);
	free(f);
}

static void
several_codes(void **state)
{
	struct gray g = sheet_new(900, 600);
	bool seen[3] = {false};
	struct reader_result res;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	sheet_qr(&g, "one", 10, 10, 6);
	sheet_qr(&g, "two", 400, 30, 7);
	sheet_qr(&g, "three", 200, 320, 6);
	sheet_qr(&g, "two", 600, 320, 6);
	f = sheet_png(&g, &len);
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.n, 3); /* "two" once */
	for (size_t i = 0; i < 3; i++) {
		static const char *const texts[] = {"one", "two", "three"};
		for (size_t k = 0; k < 3; k++)
			if (bytes_eq(res.codes[i].text, bytes_str(texts[k])))
				seen[k] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	reader_result_release(&res);
	free(f);
	sheet_free(&g);
}

static void
no_code(void **state)
{
	struct gray g = sheet_new(300, 200);
	struct reader_result res;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	assert_int_equal(reader_read(reader, bytes_of(f, len), &res, &why), 0);
	assert_int_equal(res.n, 0);
	reader_result_release(&res);
	free(f);
	sheet_free(&g);
}

static void
not_a_picture(void **state)
{
	(void)state;
	expect_err(bytes_of("", 0), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_of(NULL, 0), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("GIF90a...."), CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("BMW drives at 100 km/h, no more"),
	    CRED_ERR_PIC_FORMAT);
	expect_err(bytes_str("https://a.example/#123"), CRED_ERR_PIC_FORMAT);
}

static void
marks_alone(void **state)
{
	(void)state;
	expect_err(bytes_of("\x89PNG\r\n\x1a\n", 8), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("\xff\xd8\xff\xe0", 4), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_str("%PDF-1.4\n"), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_str("GIF89a...."), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("II*\0\x08\0\0\0", 8), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("RIFF\4\0\0\0WEBP", 12), CRED_ERR_PIC_BROKEN);
	expect_err(bytes_of("\0\0\0\x14"
			    "ftypheic\0\0\0\0mif1",
		       20),
	    CRED_ERR_PIC_BROKEN);
}

/* Cut at every tenth of its length: broken, or, where the code is whole
 * already, read. */
static void
truncated(void **state)
{
	struct gray g = one_code(5);
	size_t len;

	(void)state;
	for (int type = 0; type < 3; type++) {
		uint8_t *f = type == 0   ? sheet_png(&g, &len)
			     : type == 1 ? sheet_jpeg(&g, 60, &len)
					 : sheet_pdf(&g, 1, false, &len);
		for (size_t i = 1; i < 9; i += type == 2 ? 4 : 1) {
			struct reader_result res;
			struct why why;
			enum cred_err e = reader_read(
			    reader, bytes_of(f, len * i / 10), &res, &why);
			if (e == CRED_OK) {
				for (size_t k = 0; k < res.n; k++)
					expect_text(&res.codes[k], 1, TEXT);
				assert_true(res.n == 1 || type == 2);
				reader_result_release(&res);
			} else {
				assert_int_equal(e, CRED_ERR_PIC_BROKEN);
			}
		}
		free(f);
	}
	sheet_free(&g);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A valid head of 30 000 x 30 000, and nothing after it. */
static void
png_bomb(void **state)
{
	static const uint8_t head[] =
	    "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
	    "\0\0\x75\x30\0\0\x75\x30\x08\0\0\0\0\x36\xcb\xcb\xa9"
	    "\0\0\0\0IDAT\x35\xaf\x06\x1e";
	int64_t t0 = now_ms();

	(void)state;
	expect_err(bytes_of(head, sizeof head - 1), CRED_ERR_PIC_PIXELS);
	assert_true(now_ms() - t0 < 1000);
}

/* Rewrite the size in a JPEG's frame header. */
static void
jpeg_bomb(void **state)
{
	struct gray g = one_code(3);
	size_t len;
	uint8_t *f = sheet_jpeg(&g, 60, &len), *sof;

	(void)state;
	sof = memmem(f, len, "\xff\xc0", 2);
	assert_non_null(sof);
	memcpy(sof + 5, "\xff\xdc\xff\xdc", 4);
	expect_err(bytes_of(f, len), CRED_ERR_PIC_PIXELS);
	free(f);
	sheet_free(&g);
}

static void
encrypted_pdf(void **state)
{
	struct gray g = one_code(3);
	size_t len;
	uint8_t *f = sheet_pdf(&g, 1, true, &len);

	(void)state;
	expect_err(bytes_of(f, len), CRED_ERR_PIC_ENCRYPTED);
	free(f);
	sheet_free(&g);
}

static void
limits(void **state)
{
	struct reader_opts o = {
	    .max_bytes = 50000, .max_pixels = 10000, .max_pages = 2};
	struct gray g[3] = {
	    sheet_new(101, 100), sheet_new(99, 99), sheet_new(50, 50)};
	struct reader_result res;
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f;

	(void)state;
	assert_int_equal(reader_start(&o, &r, &why), CRED_OK);
	f = sheet_png(&g[0], &len);
	expect_err_of(r, bytes_of(f, len), CRED_ERR_PIC_PIXELS);
	free(f);
	f = calloc(1, 50001);
	memcpy(f, "\x89PNG\r\n\x1a\n", 8);
	expect_err_of(r, bytes_of(f, 50001), CRED_ERR_PIC_BYTES);
	free(f);
	f = sheet_pdf(g, 3, false, &len);
	expect_err_of(r, bytes_of(f, len), CRED_ERR_PIC_PAGES);
	free(f);
	f = sheet_pdf(g, 2, false, &len);
	assert_int_equal(reader_read(r, bytes_of(f, len), &res, &why), CRED_OK);
	assert_int_equal(res.pages, 2);
	reader_result_release(&res);
	free(f);
	for (size_t i = 0; i < 3; i++)
		sheet_free(&g[i]);
	reader_stop(r);
}

static int futex_word;

static void
deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

/* What a taken-over decoder might try. The file's last byte chooses. */
static void
escape(struct bytes file)
{
	char path[] = "/etc/passwd";
	char *argv[] = {path, NULL};
	volatile char *p;

	switch (file.ptr[file.len - 1]) {
	case 'o':
		_exit(open(path, O_RDONLY) < 0 ? 50 : 51);
	case 's':
		_exit(socket(AF_INET, SOCK_STREAM, 0) < 0 ? 50 : 51);
	case 'x':
		execve("/bin/true", argv, argv + 1);
		_exit(50);
	case 'f':
		_exit(fork() < 0 ? 50 : 51);
	case 'p':
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? 50 : 51);
	case 'k':
		_exit(kill(getppid(), SIGKILL) < 0 ? 50 : 51);
	case 'e': /* code of its own */
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		_exit(p == MAP_FAILED ? 50 : 51);
	case 'w': /* another descriptor than the answer's */
		_exit(write(STDOUT_FILENO, "x", 1) < 0 ? 50 : 51);
	case 'a': /* an answer without end */
		for (;;)
			(void)!write(JAIL_ANSWER, path, sizeof path);
	case 'g': /* rubbish as an answer */
		(void)!write(JAIL_ANSWER, path, sizeof path);
		_exit(0);
	case 't':
		for (;;)
			;
	case 'z': /* asleep for ever, deaf to the alarm */
		deaf();
		for (;;)
			(void)syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0,
			    NULL, NULL, 0);
	case 'm':
		p = malloc((size_t)2 << 30);
		_exit(p == NULL ? 60 : 61);
	default:
		break;
	}
}

static void
escapes(void **state)
{
	static const char kinds[] = "osxfpkewag";
	struct reader_opts o = {.effort = EFFORT_QUICK,
	    .max_pixels = 1000000,
	    .max_wall_s = 20};
	struct gray g = one_code(3);
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);

	(void)state;
	f = realloc(f, len + 1);
	assert_non_null(f);
	assert_int_equal(reader_start_hooked(&o, escape, &r, &why), CRED_OK);
	for (const char *k = kinds; *k != '\0'; k++) {
		struct reader_result res;
		enum cred_err e;
		f[len] = (uint8_t)*k;
		e = reader_read(r, bytes_of(f, len + 1), &res, &why);
		if (e != CRED_ERR_PIC_CRASH)
			fail_msg("escape '%c': %s", *k, cred_errname(e));
		if (strchr("osxfpkew", *k) != NULL &&
		    strstr(why.text, "killed by signal 31") == NULL)
			fail_msg("escape '%c': %s", *k, why.text);
		/* and the next decode is as good as ever */
		f[len] = 0;
		e = reader_read(r, bytes_of(f, len + 1), &res, &why);
		assert_int_equal(e, CRED_OK);
		assert_int_equal(res.n, 1);
		reader_result_release(&res);
	}
	if (!JAIL_SANITIZED) {
		f[len] = 'm';
		expect_err_of(r, bytes_of(f, len + 1), CRED_FAULT_JAIL);
		f[len] = 't';
		expect_err_of(r, bytes_of(f, len + 1), CRED_ERR_PIC_TIME);
	}
	reader_stop(r);
	o.max_wall_s = 2;
	assert_int_equal(reader_start_hooked(&o, escape, &r, &why), CRED_OK);
	f[len] = 'z';
	expect_err_of(r, bytes_of(f, len + 1), CRED_ERR_PIC_TIME);
	reader_stop(r);
	free(f);
	sheet_free(&g);
}

static void *
read_often(void *arg)
{
	struct bytes *file = arg;

	for (int i = 0; i < 20; i++) {
		struct reader_result res;
		struct why why;
		if (reader_read(reader, *file, &res, &why) != CRED_OK ||
		    res.n != 1)
			return file;
		reader_result_release(&res);
	}
	return NULL;
}

static void
from_threads(void **state)
{
	struct gray g = one_code(3);
	pthread_t t[6];
	struct bytes file;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);
	int before, after;

	(void)state;
	before = dup(0);
	close(before);
	file = bytes_of(f, len);
	for (int i = 0; i < 6; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, read_often, &file), 0);
	for (int i = 0; i < 6; i++) {
		void *bad;
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after); /* no descriptor leaks */
	free(f);
	sheet_free(&g);
}

/* A zygote that was killed is a fault, not a hang. */
static void
dead_zygote(void **state)
{
	struct gray g = one_code(3);
	struct reader *r;
	struct why why;
	size_t len;
	uint8_t *f = sheet_png(&g, &len);
	FILE *p;
	char path[64];
	int pid = 0;

	(void)state;
	assert_int_equal(reader_start(NULL, &r, &why), CRED_OK);
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	p = fopen(path, "r");
	if (p == NULL)
		skip();
	while (fscanf(p, "%d", &pid) == 1)
		; /* the youngest is the last */
	fclose(p);
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	usleep(50000);
	expect_err_of(r, bytes_of(f, len), CRED_FAULT_JAIL);
	reader_stop(r);
	free(f);
	sheet_free(&g);
}

static struct reader_answer ans;

static enum cred_err
parse(const char *s, size_t len)
{
	return reader_answer_parse(bytes_of(s, len), 1, 8, &ans);
}

static void
answers(void **state)
{
	static const char good[] = "TGA1\0\0\x02\0\x02\0"
				   "\x01\0\x02\0hi\x02\0\0\0";
	char bad[sizeof good];

	(void)state;
	assert_int_equal(parse(good, sizeof good - 1), CRED_OK);
	assert_int_equal(ans.n, 2);
	assert_int_equal(ans.pages, 2);
	expect_text(&ans.codes[0], 1, "hi");
	expect_text(&ans.codes[1], 2, "");
	for (size_t i = 0; i < sizeof good - 1; i++)
		assert_int_equal(parse(good, i), CRED_FAULT_JAIL);
	assert_int_equal(parse(good, sizeof good), CRED_FAULT_JAIL);
	static const struct {
		size_t at;
		char v;
	} wrong[] = {{0, 't'}, {4, 5}, {5, 1}, {6, 9}, {8, 1}, {8, 3}, {9, 2},
	    {10, 0}, {10, 9}, {10, 3}, {12, 3}, {13, 0x20}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		memcpy(bad, good, sizeof good);
		bad[wrong[i].at] = wrong[i].v;
		if (parse(bad, sizeof good - 1) != CRED_FAULT_JAIL)
			fail_msg("accepted: byte %zu", wrong[i].at);
	}
}

static void
answer_writer(void **state)
{
	static uint8_t buf[READER_ANSWER_MAX], big[READER_MAX_TEXT + 1];
	struct reader_writer w;
	size_t len;
	char text[16];

	(void)state;
	reader_answer_begin(&w, buf);
	for (unsigned page = 1; page <= 8; page++) {
		w.page = page;
		reader_answer_add(&w, bytes_of(big, sizeof big)); /* too long */
		for (int i = 0; i < 70; i++) {
			snprintf(text, sizeof text, "%d", i);
			reader_answer_add(&w, bytes_str(text));
			reader_answer_add(&w, bytes_str(text));
		}
	}
	len = reader_answer_end(&w, CRED_OK, 8);
	assert_int_equal(
	    reader_answer_parse(bytes_of(buf, len), 1, 8, &ans), CRED_OK);
	assert_int_equal(ans.n, 8 * READER_MAX_CODES);
	expect_text(&ans.codes[64], 2, "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(png),
	    cmocka_unit_test(jpeg),
	    cmocka_unit_test(pdf),
	    cmocka_unit_test(pdf_of_eleven_pages),
	    cmocka_unit_test(pdf_of_exactly_one_chunk),
	    cmocka_unit_test(several_codes),
	    cmocka_unit_test(no_code),
	    cmocka_unit_test(not_a_picture),
	    cmocka_unit_test(marks_alone),
	    cmocka_unit_test(truncated),
	    cmocka_unit_test(png_bomb),
	    cmocka_unit_test(jpeg_bomb),
	    cmocka_unit_test(encrypted_pdf),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(from_threads),
	    cmocka_unit_test(dead_zygote),
	    cmocka_unit_test(answers),
	    cmocka_unit_test(answer_writer),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
