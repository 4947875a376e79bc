#include "tests/render/help.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "qr/jail.h"
#include "render/cell_int.h"

/* A PNG of one white pixel; behind it what the hook is to do. */
static const uint8_t PNG[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
    0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
    0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00,
    0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01,
    0x01, 0x01, 0x00, 0xb1, 0x38, 0xf6, 0x14, 0x00, 0x00, 0x00, 0x00, 0x49,
    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

struct answer_head {
	char magic[4];
	int32_t err, w, h, orientation;
	uint32_t len;
	struct why why;
};

/* What a decoder that was taken over might do. */
static void
hook(struct bytes file)
{
	const char *act = (const char *)file.ptr + sizeof PNG;
	struct answer_head a = {
	    {'T', 'G', 'P', '1'}, 0, 1, 1, 1, 4, {{0}}};

	if (file.len == sizeof PNG)
		return;
	if (*act == 'o' && open("/etc/passwd", O_RDONLY) >= 0)
		_exit(0);
	if (*act == 's' && socket(AF_INET, SOCK_STREAM, 0) >= 0)
		_exit(0);
	if (*act == 'k' && fork() >= 0)
		_exit(0);
	if (*act == 'm') { /* more than it may have */
		char *p = malloc((size_t)3 << 30);
		if (p == NULL)
			_exit(0);
		for (size_t i = 0; i < (size_t)3 << 30; i += 4096)
			p[i] = 1;
	}
	if (*act == 'g')
		(void)!write(3, "garbage", 7);
	if (*act == 'l') { /* a length without the bytes */
		a.len = 1000;
		(void)!write(3, &a, sizeof a);
		_exit(0);
	}
	if (*act == 'n') { /* no JPEG */
		(void)!write(3, &a, sizeof a);
		(void)!write(3, "abcd", 4);
		_exit(0);
	}
	if (*act == 'w') { /* a size that nobody could draw */
		a.w = a.h = 60000;
		(void)!write(3, &a, sizeof a);
		(void)!write(3, "\xff\xd8\xff\xd9", 4);
		_exit(0);
	}
	if (*act == 'e') { /* an error that is none of ours */
		a.err = 12345;
		(void)!write(3, &a, sizeof a);
		_exit(0);
	}
}

static enum cred_err
decode(const char *act, struct why *why)
{
	uint8_t file[sizeof PNG + 8];
	uint8_t *jpeg = NULL;
	struct photo p = {0};
	size_t len = 0;
	enum cred_err e;

	memcpy(file, PNG, sizeof PNG);
	memcpy(file + sizeof PNG, act, strlen(act));
	e = cell_prepare(bytes_of(file, sizeof PNG + strlen(act)), 394, 551,
	    &jpeg, &len, &p, why);
	if (e == CRED_OK) {
		assert_int_equal(p.w, 1);
		assert_int_equal(p.h, 1);
		assert_true(len > 100);
		assert_memory_equal(jpeg, "\xff\xd8\xff", 3);
	} else {
		assert_null(jpeg);
	}
	free(jpeg);
	return e;
}

static void
a_photo_comes_out(void **state)
{
	struct why why = {""};

	(void)state;
	if (decode("", &why) != CRED_OK)
		fail_msg("%s", why.text);
}

/* Whatever one photo does, it is refused, and the next one is decoded. */
static void
a_decoder_taken_over_can_do_nothing(void **state)
{
	static const char *const ACTS[] = {
	    "o", "s", "k", "m", "g", "l", "n", "w", "e"};

	(void)state;
	for (size_t i = 0; i < N(ACTS); i++) {
		struct why why = {""};
		enum cred_err e;

		/* a sanitizer's own memory leaves no room for a limit */
		if (JAIL_SANITIZED && *ACTS[i] == 'm')
			continue;
		e = decode(ACTS[i], &why);
		if (e != CRED_FAULT_RENDER ||
		    strstr(why.text, "could not be decoded within") == NULL)
			fail_msg("%s: %s: %s", ACTS[i], cred_errname(e),
			    why.text);
		assert_int_equal(decode("", &why), CRED_OK);
	}
}

/* A refusal's words come through, and an empty file is none. */
static void
a_damaged_one_is_told_as_such(void **state)
{
	struct why why = {""};
	uint8_t *jpeg = NULL;
	struct photo p;
	size_t len;

	(void)state;
	assert_int_equal(cell_prepare(bytes_of(PNG, sizeof PNG - 20), 394, 551,
			     &jpeg, &len, &p, &why),
	    CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "damaged"));
	assert_int_equal(
	    photo_make(bytes_of(PNG, 0), 25, 35, &p, &why), CRED_FAULT_RENDER);
	assert_non_null(strstr(why.text, "neither PNG nor JPEG"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_photo_comes_out),
	    cmocka_unit_test(a_decoder_taken_over_can_do_nothing),
	    cmocka_unit_test(a_damaged_one_is_told_as_such),
	};

	cell_set_hook(hook);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
