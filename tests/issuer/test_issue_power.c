/*
 * Power cuts: tamga-issuer issue and publish are recorded call by call, the
 * database's and the log's and the PDFs' writes together; from every point of
 * the record homes are made as they could be found after the power came back.
 * On each that differs the same commands are given again. TAMGA_POWER_IMAGES
 * (2000) homes.
 *
 * That the counters count: a disk that lies about one kind of sync must be
 * found out by each of them (a_lying_disk_is_found_out).
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

#include "tests/issuer/aftermath.h"
#include "tests/log/disk.h"

static char base[64], made[96], home[96], image[96], whole[96];
static const struct plan with_publish = {
    .made = made, .rows = {3, 4}, .publish = true};
static const struct plan with_pdf = {.made = made, .rows = {3}, .pdf = true};

/* n of them by default. */
static size_t
images(size_t n)
{
	const char *s = getenv("TAMGA_POWER_IMAGES");

	return s != NULL ? n * (size_t)atoi(s) / 2000 : n;
}

/* The home as it was made is on the disk surely. */
static struct disk *
disk_of_made(void)
{
	static const char *const files[] = {
	    "body.csr", "body.key", "body.pem", "log.key"};
	struct disk *d = disk_new(home);
	char path[160];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", home, files[i]);
		disk_keep(d, path);
	}
	return d;
}

static void
record(const struct plan *p)
{
	int fds[2], out, null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
	char path[160];

	snprintf(path, sizeof path, "%s/body", made);
	tree_copy(path, home);
	interpose_n_events = 0;
	assert_int_equal(pipe(fds), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= 0);
	program_told_fd = fds[1];
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	dup2(null, STDOUT_FILENO);
	interpose_said(program_told_fd);
	interpose(INTERPOSE_RECORD, 0, 0);
	status = plan_run(p, home);
	interpose(INTERPOSE_OFF, 0, 0);
	interpose_said(-1);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
	close(fds[0]);
	close(fds[1]);
	program_told_fd = -1;
	assert_int_equal(status, 0);
}

static void
make_image(const struct disk *d, uint64_t choose, const struct aftermath *said,
    struct aftermath *a)
{
	*a = (struct aftermath){0};
	tree_remove(image);
	disk_image(d, choose, image);
	for (size_t i = 0; i < said->n; i++)
		aftermath_hear(a, &said->told[i]);
}

static void
hear_event(struct aftermath *said, const struct event *e)
{
	struct told t;

	if (e->kind != EVENT_SAID)
		return;
	assert_int_equal(e->len, sizeof t);
	memcpy(&t, e->data, sizeof t);
	aftermath_hear(said, &t);
}

struct sums {
	size_t made, heard, same;
	struct aftermath all;
};

/* What was found of a home that was promised so much. */
struct known {
	size_t said;
	uint8_t hash[32];
};
struct known_homes {
	struct known *of;
	size_t n;
};

/* Between two syncs the same home is often left: one is as good as all. */
static bool
is_known(struct known_homes *k, size_t said)
{
	struct known *x = &k->of[k->n];

	x->said = said;
	tree_hash(image, x->hash);
	for (size_t i = 0; i < k->n; i++)
		if (k->of[i].said == said &&
		    memcmp(k->of[i].hash, x->hash, sizeof x->hash) == 0)
			return true;
	k->n++;
	return false;
}

/* want images over the whole record; pdfs_only: no command is given again but
 * on every so-manieth that differs. */
static void
cut_everywhere(const struct plan *p, enum disk_lie lie, size_t want,
    size_t pdfs_only, struct sums *s)
{
	struct disk *d = disk_of_made();
	struct aftermath said = {0}, a;
	struct known_homes known = {calloc(want + 1, sizeof *known.of), 0};
	char what[64];

	assert_non_null(known.of);
	*s = (struct sums){0};
	disk_set_lie(d, lie);
	for (size_t i = 0; i < interpose_n_events; i++) {
		size_t due = (i + 1) * want / interpose_n_events;

		disk_apply(d, &interpose_events[i]);
		hear_event(&said, &interpose_events[i]);
		for (; s->made < due; s->made++) {
			size_t choose = s->made % 7 < 2 ? s->made % 7 : s->made;
			make_image(d, choose, &said, &a);
			if (is_known(&known, said.n)) {
				s->same++;
				aftermath_release(&a);
				continue;
			}
			if (pdfs_only != 0)
				aftermath_pdfs(&a, image, whole);
			if (pdfs_only == 0 || (known.n - 1) % pdfs_only == 0)
				aftermath_check(&a, p, image,
				    pdfs_only != 0 ? whole : NULL);
			snprintf(what, sizeof what, "call %zu of %zu, home %zu",
			    i, interpose_n_events, choose);
			if (lie == DISK_HONEST)
				(void)aftermath_good(&a, what);
			s->all.lost += a.lost;
			s->all.duplicate += a.duplicate;
			s->all.split += a.split;
			s->all.corrupt += a.corrupt;
			s->all.unfinished += a.unfinished;
			aftermath_release(&a);
		}
	}
	s->heard = said.n;
	free(known.of);
	aftermath_release(&said);
	disk_free(d);
}

static void
database_and_tiles(void **state)
{
	struct sums s;

	(void)state;
	record(&with_publish);
	cut_everywhere(&with_publish, DISK_HONEST, images(2000), 0, &s);
	print_message("%zu calls, %zu said, %zu homes, %zu of them the same as "
		      "another: " AFTERMATH_COUNTERS "\n",
	    interpose_n_events, s.heard, s.made, s.same,
	    AFTERMATH_VALUES(&s.all));
	assert_true(s.made >= images(2000));
	assert_true(s.made - s.same > interpose_n_events);
	assert_true(s.heard >= 7 + 2);
	assert_true(aftermath_good(&s.all, "power"));
}

/* Uses the record of the test before. */
static void
a_lying_disk_is_found_out(void **state)
{
	static const struct {
		enum disk_lie lie;
		const char *name;
	} lies[] = {{DISK_NO_SYNC, "no sync"},
	    {DISK_NO_DATA_SYNC, "names only"},
	    {DISK_NO_DATABASE_SYNC, "log only"},
	    {DISK_NO_NAME_SYNC, "data only"}};
	struct sums s[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		cut_everywhere(&with_publish, lies[i].lie, 60, 0, &s[i]);
		print_message("%s: " AFTERMATH_COUNTERS "\n", lies[i].name,
		    AFTERMATH_VALUES(&s[i].all));
	}
	assert_true(s[0].all.lost > 0);
	assert_true(s[0].all.duplicate > 0);
	assert_true(s[0].all.split > 0);
	assert_true(s[1].all.corrupt > 0);
	assert_true(s[1].all.unfinished > 0);
	assert_true(s[2].all.lost > 0);
	assert_true(s[3].all.lost > 0);
}

static void
pdfs_whole_or_absent(void **state)
{
	struct sums s;
	char path[160];

	(void)state;
	record(&with_pdf);
	snprintf(path, sizeof path, "%s/pdf", home);
	tree_copy(path, whole);
	cut_everywhere(&with_pdf, DISK_HONEST, images(300), 8, &s);
	print_message("%zu calls, %zu homes, %zu of them the same as "
		      "another: " AFTERMATH_COUNTERS "\n",
	    interpose_n_events, s.made, s.same, AFTERMATH_VALUES(&s.all));
	assert_true(aftermath_good(&s.all, "PDFs"));
	cut_everywhere(&with_pdf, DISK_NO_DATA_SYNC, 100, 1000, &s);
	print_message(
	    "names only: " AFTERMATH_COUNTERS "\n", AFTERMATH_VALUES(&s.all));
	assert_true(s.all.corrupt > 0);
}

int
main(void)
{
	static const unsigned rows[] = {3, 4};
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(database_and_tiles),
	    cmocka_unit_test(a_lying_disk_is_found_out),
	    cmocka_unit_test(pdfs_whole_or_absent),
	};
	int failed;

	snprintf(base, sizeof base, "%s/tamga-power.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(base) == NULL)
		return 1;
	snprintf(made, sizeof made, "%s/made", base);
	snprintf(home, sizeof home, "%s/home", base);
	snprintf(image, sizeof image, "%s/image", base);
	snprintf(whole, sizeof whole, "%s/whole", base);
	program_make(made, rows, 2);
	failed = cmocka_run_group_tests_name("issue power", tests, NULL, NULL);
	tree_remove(base);
	return failed;
}
