/* The contract of registry/ledger.h under many processes at once. */
#include "claims.h"

#include <sys/wait.h>
#include <unistd.h>

/* 16 bookers, 500 tries each, on 40 shared people and 9 subjects. */
#define BOOKERS 16
#define TRIES   500
#define PEOPLE  40

static int
booker(const char *spec, unsigned me)
{
	struct registry *r = NULL;
	struct why why = {""};
	unsigned seed = me * 7919 + 1;

	if (registry_open(spec, REGISTRY_WRITE, &r, &why) != CRED_OK)
		return 1;
	for (unsigned i = 0; i < TRIES; i++) {
		char id[32], subject[16];
		unsigned person, thing;
		struct ledger_claim c;
		struct ledger_answer a;
		person = (unsigned)rand_r(&seed) % PEOPLE;
		thing = (unsigned)rand_r(&seed) % 9;
		snprintf(id, sizeof id, "P%u-%u", me, i);
		snprintf(subject, sizeof subject, "sp:%u", thing);
		c = plain(id, person + 1, subject);
		c.year = 2020 + (int)(thing % 2);
		c.part = thing % 3 == 0 ? LEDGER_ADVANCE : LEDGER_FULL;
		if (ledger_book(r, &c, &THREE, "p", NOW, &a, &why) != CRED_OK)
			return 1;
	}
	registry_close(r);
	return 0;
}

struct tally {
	unsigned year[PEOPLE + 1][2], thing[PEOPLE + 1][9], n;
};

static enum cred_err
tally(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct tally *t = ctx;

	(void)why;
	t->n++;
	t->year[c->person[0]][c->year - 2020]++;
	t->thing[c->person[0]][c->subject[3] - '0']++;
	return CRED_OK;
}

static void
many_at_once(void **state)
{
	struct fixture *f = ledger_new(state);
	struct tally t = {0};
	unsigned over = 0, twice = 0, full = 0;
	pid_t pid[BOOKERS];

	if (fixture_is_memory(f)) {
		fixture_free(f);
		skip();
	}
	for (unsigned i = 0; i < BOOKERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			_exit(booker(f->spec, i));
	}
	for (unsigned i = 0; i < BOOKERS; i++) {
		int status = -1;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_ok(f,
	    ledger_each(f->r, &(struct ledger_filter){0}, tally, &t, &f->why));
	for (unsigned p = 1; p <= PEOPLE; p++) {
		for (unsigned y = 0; y < 2; y++) {
			over += t.year[p][y] > 3;
			full += t.year[p][y] == 3;
		}
		for (unsigned k = 0; k < 9; k++)
			twice += t.thing[p][k] > 1;
	}
	print_message("%u booked of %u tries; %u years full; over 3: %u, "
		      "twice: %u\n",
	    t.n, BOOKERS * TRIES, full, over, twice);
	assert_int_equal(over, 0);
	assert_int_equal(twice, 0);
	/* The tries sufficed to press against the limit everywhere. */
	assert_int_equal(full, PEOPLE * 2);
	assert_int_equal(n_acts(f), t.n);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
