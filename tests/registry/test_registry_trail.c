/* The contract of registry.h, over every engine: the audit trail, and small
 * facts. */
#include "tests/registry/contract.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
meta_keeps_numbers(void **state)
{
	struct fixture *f = *state;
	int64_t v;

	assert_ok(f, registry_meta_get(f->r, "status.0.iat", -7, &v, &f->why));
	assert_int_equal(v, -7);
	assert_ok(f, registry_meta_set(f->r, "status.0.iat", 5, &f->why));
	assert_ok(f, registry_meta_set(f->r, "status.1.iat", 6, &f->why));
	assert_ok(f, registry_meta_set(f->r, "status.0.iat", 4, &f->why));
	fixture_reopen(f);
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 4);
	assert_ok(f, registry_meta_raise(f->r, "status.0.iat", 3, &f->why));
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 4);
	assert_ok(f, registry_meta_raise(f->r, "status.0.iat", 8, &f->why));
	assert_ok(f, registry_meta_get(f->r, "status.0.iat", 0, &v, &f->why));
	assert_int_equal(v, 8);
	assert_ok(f, registry_meta_raise(f->r, "new", -8, &f->why));
	assert_ok(f, registry_meta_get(f->r, "new", 0, &v, &f->why));
	assert_int_equal(v, -8);
}

struct lines {
	size_t n;
	char text[8][1024];
};

static enum cred_err
note_act(void *ctx, const struct registry_act *a, struct why *why)
{
	struct lines *l = ctx;

	(void)why;
	assert_true(l->n < 8);
	snprintf(l->text[l->n++], sizeof l->text[0], "%llu %s %s %s|%s",
	    (unsigned long long)a->seq, a->actor, a->action, a->subject,
	    a->detail);
	return CRED_OK;
}

static void
every_act_leaves_a_line(void **state)
{
	struct fixture *f = *state;
	struct lines l = {0}, of = {0};
	uint64_t n = 9;
	uint8_t last[32], zero[32] = {0};

	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 0);
	assert_memory_equal(last, zero, 32);
	reserve_n(f->r, "B1", 2, 2, NULL);
	store_n(f->r, 0, 1);
	assert_ok(f, registry_actor_set(f->r, "wang"));
	assert_ok(f, registry_audit_append(f->r, NULL, "publish", "size 1",
			 "to pub", NOW, &f->why));
	assert_ok(f, registry_status_set(f->r, 0, STATUS_VALID, STATUS_REVOKED,
			 "forged papers", "li", NOW + 1, &f->why));
	assert_int_equal(registry_status_set(f->r, 0, STATUS_VALID,
			     STATUS_REVOKED, "again", "li", NOW + 1, &f->why),
	    CRED_FAULT_CONFLICT); /* leaves none */
	assert_ok(f, registry_void(f->r, 1, "stale", NOW + 2, &f->why));
	fixture_reopen(f);
	assert_ok(f, registry_audit_each(f->r, 0, NULL, note_act, &l, &f->why));
	assert_int_equal(l.n, 4);
	assert_string_equal(l.text[0], "1 - issue batch B1|2 from index 0");
	assert_string_equal(l.text[1], "2 wang publish size 1|to pub");
	assert_string_equal(
	    l.text[2], "3 li revoked index 0|valid: forged papers");
	assert_string_equal(l.text[3], "4 wang void index 1|stale");
	assert_ok(
	    f, registry_audit_each(f->r, 2, "index 1", note_act, &of, &f->why));
	assert_int_equal(of.n, 1);
	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 4);
	assert_memory_not_equal(last, zero, 32);
}

/* In the transaction of the reservation: a crash leaves both or neither. */
static void
reservation_leaves_its_lines(void **state)
{
	struct fixture *f = *state;
	char reason[700] = "x";
	struct reservation rows[3];
	struct plan *p = plan_new();
	struct lines l = {0};
	uint64_t n = 0, old = 1;
	uint8_t last[32];

	assert_ok(f, registry_actor_set(f->r, "wang"));
	reserve_n(f->r, "B1", 2, 2, NULL);
	reserve_n(f->r, "B1", 2, 2, NULL); /* nothing new */
	store_n(f->r, 0, 2);
	for (uint32_t i = 0; i < 3; i++)
		row_init(&rows[i], 50 + i, series);
	/* 1 + 3 * 200 bytes: the cut falls into a character */
	for (int i = 0; i < 200; i++)
		strcat(reason, "遗");
	rows[1].replaces = &old;
	rows[1].reason = reason;
	p->refuse_at = 2;
	assert_int_equal(
	    registry_reserve(f->r, "R", rows, 3, NOW, fill_plain, p, &f->why),
	    CRED_ERR_NOT_LEVEL);
	p->refuse_at = SIZE_MAX;
	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	assert_int_equal(n, 1);
	assert_ok(f,
	    registry_reserve(f->r, "R", rows, 3, NOW, fill_plain, p, &f->why));
	fixture_reopen(f);
	assert_ok(f, registry_audit_each(f->r, 0, NULL, note_act, &l, &f->why));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.text[0], "1 wang issue batch B1|2 from index 0");
	assert_ptr_equal(
	    strstr(l.text[1], "2 wang replace index 1|by index 3: x遗"),
	    l.text[1]);
	assert_string_equal(l.text[1] + strlen(l.text[1]) - 3, "遗");
	assert_true(strlen(l.text[1]) > 450);
	assert_string_equal(l.text[2], "3 wang issue batch R|2 from index 2");
	assert_ok(f, registry_audit_verify(f->r, &n, last, &f->why));
	free(p);
}

static void
backup_is_one_state(void **state)
{
	struct fixture *f = *state;
	char path[128], spec[160];
	struct registry *copy = NULL;
	struct registry_entry e;
	uint64_t n = 0, acts, acts2;
	uint8_t last[32], last2[32];
	bool found = false;

	snprintf(path, sizeof path, "%s/copy", f->dir);
	snprintf(spec, sizeof spec, "sqlite:%s", path);
	reserve_n(f->r, "B1", 2, 3, NULL);
	store_n(f->r, 0, 2);
	if (fixture_is_memory(f)) {
		assert_int_equal(
		    registry_backup(f->r, path, &f->why), CRED_FAULT_CONFIG);
		return;
	}
	assert_ok(f, registry_audit_verify(f->r, &acts, last, &f->why));
	assert_ok(f, registry_backup(f->r, path, &f->why));
	assert_int_equal(
	    registry_backup(f->r, path, &f->why), CRED_FAULT_EXISTS);
	reserve_n(f->r, "B1", 20, 5, NULL);
	assert_ok(f, registry_open(spec, REGISTRY_WRITE, &copy, &f->why));
	assert_ok(f, registry_next_index(copy, &n, &f->why));
	assert_int_equal(n, 3);
	assert_ok(f, registry_by_index(copy, 1, &e, &found, &f->why));
	assert_int_equal(e.state, ENTRY_SIGNED);
	registry_entry_release(&e);
	assert_ok(f, registry_audit_verify(copy, &acts2, last2, &f->why));
	assert_int_equal(acts2, acts);
	assert_memory_equal(last2, last, 32);
	/* It is a registry like any. */
	reserve_n(copy, "B1", 30, 1, &n);
	assert_int_equal(n, 3);
	registry_close(copy);
	assert_int_equal(
	    registry_backup(f->r, "/proc/none/x", &f->why), CRED_FAULT_IO);
}

#define SAVERS 5

/* Of many who save under one name one does, and nobody takes it from him. */
static void
one_backup_a_name(void **state)
{
	struct fixture *f = *state;
	char path[128], spec[160];
	struct registry *copy = NULL;
	pid_t pid[SAVERS];
	uint64_t n = 0;
	int saved = 0, gate[2];

	if (fixture_is_memory(f))
		return;
	snprintf(path, sizeof path, "%s/copy", f->dir);
	snprintf(spec, sizeof spec, "sqlite:%s", path);
	reserve_n(f->r, "B1", 2, 300, NULL);
	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < SAVERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			struct registry *r = NULL;
			enum cred_err e =
			    registry_open(f->spec, REGISTRY_READ, &r, &f->why);
			char c;
			close(gate[1]);
			if (e == CRED_OK && read(gate[0], &c, 1) == 0)
				e = registry_backup(r, path, &f->why);
			_exit(e == CRED_OK		   ? 0
				  : e == CRED_FAULT_EXISTS ? 1
							   : 2);
		}
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < SAVERS; i++) {
		int status = -1;
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		saved += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(saved, 1);
	assert_ok(f, registry_open(spec, REGISTRY_READ, &copy, &f->why));
	assert_ok(f, registry_next_index(copy, &n, &f->why));
	assert_int_equal(n, 300);
	registry_close(copy);
}

static void
audit_hash_is_as_written(void **state)
{
	/* printf 'tamga-audit-1'; 32 zero bytes; 1 and 2 as 8 bytes;
	 * 4-byte lengths before "a", "b", "c" and "" | sha256sum */
	static const uint8_t want[4] = {0xd9, 0xfd, 0xea, 0x44};
	struct registry_act a = {.seq = 1,
	    .at = 2,
	    .actor = "a",
	    .action = "b",
	    .subject = "c",
	    .detail = ""};
	uint8_t h[32];

	(void)state;
	assert_int_equal(audit_hash(&a, h), CRED_OK);
	assert_memory_equal(h, want, sizeof want);
}

CONTRACT(T(meta_keeps_numbers), T(every_act_leaves_a_line),
    T(reservation_leaves_its_lines), T(backup_is_one_state),
	    T(one_backup_a_name),
	    T(one_backup_a_name),
    T(audit_hash_is_as_written))
