/*
 * Power cuts: an issue is recorded call by call; from every point of it disks
 * are made as they could be found after the power came back, and each must
 * hold what had been acknowledged by then, agree with itself, and go on.
 * TAMGA_POWER_IMAGES (default 2000) disks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/log/disk.h"
#include "tests/log/witness.h"

static char base[64], dir[96], image[96];
static int told_fd;

static void
tell_signed(uint64_t size, const struct tlog_hash *root)
{
	tell(told_fd, TOLD_SIGNED_HEAD, size, root->b);
}

static void
must(struct store *s, enum cred_err e)
{
	if (e != CRED_OK)
		print_error("%s: %s\n", cred_errname(e), s->why.text);
	assert_int_equal(e, CRED_OK);
}

/* Chunks past two full tiles, statuses, publications, a second start. */
static void
work(void)
{
	struct store s = {.signed_hook = tell_signed};
	char batch[16];

	for (int run = 0; run < 2; run++) {
		must(&s, store_open(&s, dir));
		for (uint32_t i = 0; i < 6; i++) {
			snprintf(batch, sizeof batch, "%d-%u", run, i);
			must(&s,
			    issue_chunk(&s, told_fd, batch, 0, 20 + i * 17));
			must(&s,
			    registry_status_set(s.r, (uint64_t)run * 300 + i,
				STATUS_VALID, STATUS_REVOKED, "power", "test",
				STORE_NOW, &s.why));
			tell(told_fd, TOLD_REVOKED, (uint64_t)run * 300 + i,
			    NULL);
			if (i % 3 == 2) {
				must(&s, log_publish(s.l, s.pub, &s.why));
				tell(told_fd, TOLD_PUBLISHED, log_size(s.l),
				    NULL);
			}
		}
		store_close(&s);
	}
}

static void
record_work(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	/* What is said is taken from the record; the pipe only holds it. */
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= 0);
	told_fd = fds[1];
	interpose_said(told_fd);
	interpose(INTERPOSE_RECORD, 0, 0);
	work();
	interpose(INTERPOSE_OFF, 0, 0);
	interpose_said(-1);
	close(fds[0]);
	close(fds[1]);
}

static void
check_image(const struct disk *d, uint64_t choose, const struct witness *said,
    size_t event)
{
	struct witness w = {0};

	remove_tree(image);
	disk_image(d, choose, image);
	for (size_t i = 0; i < said->n; i++)
		witness_hear(&w, &said->told[i]);
	witness_check(&w, image, true);
	if (!witness_content(&w)) {
		print_error("event %zu of %zu, disk %llu: %u lost %u duplicate "
			    "%u split %u corrupt %u unopened: %s\n",
		    event, interpose_n_events, (unsigned long long)choose,
		    w.lost, w.duplicate, w.split, w.corrupt, w.unopened,
		    w.first);
		fail();
	}
	witness_release(&w);
}

static void
every_disk_holds_what_was_said(void **state)
{
	const char *env = getenv("TAMGA_POWER_IMAGES");
	size_t want = env != NULL ? (size_t)atoi(env) : 2000, made = 0;
	struct witness said = {0};
	struct disk *d;

	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	record_work();
	d = disk_new(dir);
	for (size_t i = 0; i < interpose_n_events; i++) {
		const struct event *e = &interpose_events[i];
		size_t due = (i + 1) * want / interpose_n_events;

		disk_apply(d, e);
		if (e->kind == EVENT_SAID) {
			struct told t;
			assert_int_equal(e->len, sizeof t);
			memcpy(&t, e->data, sizeof t);
			witness_hear(&said, &t);
		}
		for (; made < due; made++)
			check_image(
			    d, made % 7 < 2 ? made % 7 : made, &said, i);
	}
	print_message("%zu calls, %zu said, %zu disks\n", interpose_n_events,
	    said.n, made);
	assert_true(made >= want);
	assert_true(said.n > 100);
	witness_release(&said);
	disk_free(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_disk_holds_what_was_said),
	};
	int failed;

	snprintf(base, sizeof base, "%s/tamga-power.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(dir, sizeof dir, "%s/d", base);
	snprintf(image, sizeof image, "%s/image", base);
	failed = cmocka_run_group_tests_name("power", tests, NULL, NULL);
	remove_tree(base);
	return failed;
}
