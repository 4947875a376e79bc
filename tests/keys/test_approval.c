#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "keys/approval.h"
#include "keys/proposal.h"

static struct world *w;
static char *lines[3]; /* of approvers a, b, c */
static char key_path[3][128];

static void
write_home(const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s", w->authority, name);
	unlink(path);
	if (text != NULL)
		assert_err(
		    file_write(path, bytes_str(text), 0644, &w->why), CRED_OK);
}

/* k of a, b, c */
static void
policy(const char *k)
{
	char conf[64], all[512];

	snprintf(conf, sizeof conf, "[approval]\nk = %s\n", k);
	snprintf(all, sizeof all, "# who may approve\n\n%s%s%s", lines[0],
	    lines[1], lines[2]);
	write_home("tamga.conf", conf);
	write_home("approvers", all);
}

static struct proposal
withdrawal(const char *id)
{
	struct proposal p = {.action = PROPOSAL_WITHDRAW,
	    .made = NOW,
	    .body_id = id,
	    .reason = 1,
	    .tree_size = 7,
	    .at = NOW - DAY,
	    .crl_days = 30};
	struct authority *a;

	assert_err(
	    authority_open(w->authority, NULL, NOW, &a, &w->why), CRED_OK);
	authority_fingerprint(a, p.authority);
	authority_close(a);
	return p;
}

static char *
print(const struct proposal *p)
{
	char *text;

	assert_err(proposal_print(p, &text, &w->why), CRED_OK);
	return text;
}

static struct bytes
approve(int who, const char *name, const char *request)
{
	char *note;

	assert_err(approval_make(key_path[who], name, &w->pass,
		       bytes_str(request), &note, &w->why),
	    CRED_OK);
	return bytes_str(note);
}

static void
drop(struct bytes *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)b[i].ptr);
}

static enum cred_err
apply(const char *request, const struct bytes *notes, size_t n, int64_t now,
    struct applied *out)
{
	struct authority *a;
	enum cred_err e;

	assert_err(
	    authority_open(w->authority, &w->pass, now, &a, &w->why), CRED_OK);
	e = authority_apply(a, bytes_str(request), notes, n, now, out, &w->why);
	authority_close(a);
	return e;
}

static void
requests_are_canonical(void **s)
{
	struct proposal p = withdrawal(BODY_ID), q;
	char *text, *again;
	size_t n;

	(void)s;
	text = print(&p);
	n = strlen(text);
	assert_err(proposal_parse(bytes_of(text, n), &q, &w->why), CRED_OK);
	again = print(&q);
	assert_string_equal(text, again);
	assert_string_equal(q.body_id, BODY_ID);
	assert_int_equal(q.tree_size, 7);
	assert_int_equal(q.at, NOW - DAY);
	proposal_release(&q);
	free(again);
	/* no byte of it can go, and none can come */
	for (size_t i = 0; i < n; i++) {
		char *cut = strdup(text);
		assert_non_null(cut);
		memmove(cut + i, cut + i + 1, n - i);
		if (proposal_parse(bytes_str(cut), &q, &w->why) == CRED_OK) {
			/* a shorter number or name is another request */
			again = print(&q);
			assert_string_equal(again, cut);
			free(again);
			proposal_release(&q);
		}
		free(cut);
	}
	assert_err(proposal_parse(bytes_of(text, n - 1), &q, &w->why),
	    CRED_ERR_REQUEST_FORM);
	assert_err(proposal_parse(bytes_of(text, n + 1), &q, &w->why),
	    CRED_ERR_REQUEST_FORM);
	assert_err(proposal_parse(bytes_of(text, 0), &q, &w->why),
	    CRED_ERR_REQUEST_FORM);
	free(text);
}

static void
every_action(void **s)
{
	static const char *const no_list[] = {"S000015000123204000001\n",
	    "17\n\n18\n", "1234567890123\n", "17 \n", "-17\n"};
	struct proposal p = withdrawal(BODY_ID), q;
	char *text;

	(void)s;
	p.action = PROPOSAL_ADMIT;
	p.valid_days = 365;
	p.scope = "[body]\n\n | looks like ours\nid = x\n";
	p.csr = "-----BEGIN-----\ncsr\nend\n";
	text = print(&p);
	assert_err(proposal_parse(bytes_str(text), &q, &w->why), CRED_OK);
	assert_string_equal(q.scope, p.scope);
	assert_string_equal(q.csr, p.csr);
	proposal_release(&q);
	free(text);
	p.action = PROPOSAL_REVOKE;
	p.list = "17\n18\n";
	p.why = "考核作弊";
	text = print(&p);
	assert_non_null(strstr(text, "\ncount 2\n"));
	assert_err(proposal_parse(bytes_str(text), &q, &w->why), CRED_OK);
	assert_string_equal(q.list, p.list);
	assert_string_equal(q.why, p.why);
	proposal_release(&q);
	free(text);
	p.action = PROPOSAL_REPLACE;
	p.valid_to = "2031-06-30";
	text = print(&p);
	assert_non_null(strstr(text, "\naction replace\nbody-id "));
	assert_non_null(strstr(text,
	    "\nvalid-to 2031-06-30\nreview-due unchanged\nreason 考核作弊\n"));
	assert_err(proposal_parse(bytes_str(text), &q, &w->why), CRED_OK);
	assert_string_equal(q.list, p.list);
	assert_string_equal(q.valid_to, p.valid_to);
	assert_null(q.review_due);
	proposal_release(&q);
	free(text);
	p.valid_to = "unchanged"; /* the word, not the absence */
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	p.action = PROPOSAL_REVOKE;
	/* a number can come to mean another certificate */
	for (size_t i = 0; i < sizeof no_list / sizeof *no_list; i++) {
		p.list = no_list[i];
		assert_err(
		    proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	}
	p.list = "17\n18\n";
	/* what an approver does not see */
	p.why = "fraud \u202enothing";
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	p.action = PROPOSAL_ADMIT;
	p.scope = "[body]\nkinds=2\u200b\n";
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	p.scope = "[body]\n\tkinds = 2\n";
	text = print(&p);
	free(text);
	p.action = PROPOSAL_REVOKE;
	p.why = "two\nlines";
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	p.why = "x";
	p.list = "17\r\n";
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
	p.list = "17";
	assert_err(proposal_print(&p, &text, &w->why), CRED_FAULT_CONFIG);
}

static void
policies(void **s)
{
	struct approvers a;
	char twice[512];

	(void)s;
	write_home("tamga.conf", NULL);
	write_home("approvers", NULL);
	assert_err(approvers_load(w->authority, &a, &w->why), CRED_OK);
	assert_int_equal(a.k, 0);
	policy("2");
	assert_err(approvers_load(w->authority, &a, &w->why), CRED_OK);
	assert_int_equal(a.k, 2);
	assert_int_equal(a.n, 3);
	assert_string_equal(a.all[1].name, "b");
	policy("4");
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	policy("-1");
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	policy("two");
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	policy("1");
	write_home("approvers", "a nokey\n");
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	/* a section misspelt is not no section */
	policy("2");
	write_home("tamga.conf", "[approvals]\nk = 2\n");
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	write_home("tamga.conf", "[Approval]\nk = 2\n[print]\nk = x\n");
	assert_err(approvers_load(w->authority, &a, &w->why), CRED_OK);
	assert_int_equal(a.k, 2);
	/* one key under two names would be two of k */
	snprintf(twice, sizeof twice, "%sz%s", lines[0], lines[0] + 1);
	write_home("approvers", twice);
	assert_err(
	    approvers_load(w->authority, &a, &w->why), CRED_FAULT_CONFIG);
	assert_non_null(strstr(w->why.text, "line 2"));
}

static void
counting(void **s)
{
	struct proposal p = withdrawal(BODY_ID);
	char *text = print(&p), *other;
	struct bytes n[5];
	struct approvers a;

	(void)s;
	policy("2");
	assert_err(approvers_load(w->authority, &a, &w->why), CRED_OK);
	p.tree_size = 8;
	other = print(&p);
	n[0] = approve(0, "a", text);
	n[1] = approve(0, "a", text);
	n[2] = approve(0, "not-a", text);
	n[3] = approve(1, "b", text);
	n[4] = approve(1, "b", other);
	assert_err(approval_check(&a, bytes_str(text), n, 0, &w->why),
	    CRED_ERR_APPROVAL_FEW);
	assert_err(approval_check(&a, bytes_str(text), n, 1, &w->why),
	    CRED_ERR_APPROVAL_FEW);
	/* the same key, again, and under another name */
	assert_err(approval_check(&a, bytes_str(text), n, 3, &w->why),
	    CRED_ERR_APPROVAL_FEW);
	assert_err(approval_check(&a, bytes_str(text), n, 4, &w->why), CRED_OK);
	assert_err(approval_check(&a, bytes_str(text), n, 5, &w->why),
	    CRED_ERR_APPROVAL_OTHER);
	assert_err(approval_check(&a, bytes_str(other), n + 3, 2, &w->why),
	    CRED_ERR_APPROVAL_OTHER);
	/* one who is not on the list */
	a.n = 1;
	assert_err(approval_check(&a, bytes_str(text), n, 4, &w->why),
	    CRED_ERR_APPROVAL_FEW);
	drop(n, 5);
	free(other);
	free(text);
}

static void
no_bit_of_an_approval_can_change(void **s)
{
	struct proposal p = withdrawal(BODY_ID);
	char *text = print(&p);
	struct bytes n = approve(0, "a", text);
	struct approvers a;

	(void)s;
	policy("1");
	assert_err(approvers_load(w->authority, &a, &w->why), CRED_OK);
	assert_err(
	    approval_check(&a, bytes_str(text), &n, 1, &w->why), CRED_OK);
	for (size_t i = 0; i < n.len * 8; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)&n.ptr[i / 8];
		enum cred_err e;

		*at ^= (uint8_t)(1 << i % 8);
		e = approval_check(&a, bytes_str(text), &n, 1, &w->why);
		assert_true(
		    e == CRED_ERR_APPROVAL_FEW || e == CRED_ERR_APPROVAL_OTHER);
		*at ^= (uint8_t)(1 << i % 8);
	}
	drop(&n, 1);
	free(text);
}

static void
nothing_without_approval(void **s)
{
	struct withdrawal wd = {
	    .body_id = BODY_ID, .reason = 5, .tree_size = 3, .at = NOW};
	struct authority *a;
	size_t n;

	(void)s;
	policy("2");
	assert_err(
	    authority_open(w->authority, &w->pass, NOW, &a, &w->why), CRED_OK);
	assert_err(authority_withdraw(a, &wd, 30, NOW, &n, &w->why),
	    CRED_ERR_APPROVAL_FEW);
	assert_false(trust_body(authority_trust(a), 0)->withdrawn);
	authority_close(a);
}

static void
applied_once(void **s)
{
	struct proposal p = withdrawal(BODY_ID);
	char *text = print(&p), *other;
	struct bytes n[2] = {approve(0, "a", text), approve(2, "c", text)};
	struct applied done;
	struct authority *a;

	(void)s;
	policy("2");
	assert_err(apply(text, n, 1, NOW, &done), CRED_ERR_APPROVAL_FEW);
	assert_err(
	    apply(text, n, 2, NOW + 31 * DAY, &done), CRED_ERR_REQUEST_DONE);
	assert_err(apply(text, n, 2, NOW - DAY, &done), CRED_ERR_REQUEST_DONE);
	assert_err(apply(text, n, 2, NOW, &done), CRED_OK);
	assert_int_equal(done.n, 1);
	assert_err(apply(text, n, 2, NOW, &done), CRED_ERR_REQUEST_DONE);
	assert_err(
	    authority_open(w->authority, NULL, NOW, &a, &w->why), CRED_OK);
	assert_int_equal(trust_body(authority_trust(a), 0)->tree_size, 7);
	authority_close(a);
	drop(n, 2);
	/* what was refused may be tried again: nothing was done */
	p.body_id = "52150000MJ00000X9X";
	other = print(&p);
	n[0] = approve(0, "a", other);
	n[1] = approve(1, "b", other);
	assert_err(apply(other, n, 2, NOW, &done), CRED_ERR_X509_FORM);
	assert_err(apply(other, n, 2, NOW, &done), CRED_ERR_X509_FORM);
	free(other);
	/* another authority's */
	p.authority[0] ^= 1;
	other = print(&p);
	assert_err(apply(other, n, 2, NOW, &done), CRED_ERR_REQUEST_FORM);
	drop(n, 2);
	free(other);
	free(text);
}

static int
setup(void **s)
{
	static const char *const names[] = {"a", "b", "c"};

	(void)s;
	w = world_new(COSE_ES256);
	for (int i = 0; i < 3; i++) {
		snprintf(key_path[i], sizeof key_path[i], "%s/%s.key", w->dir,
		    names[i]);
		assert_err(approver_init(key_path[i], names[i], &w->pass,
			       &lines[i], &w->why),
		    CRED_OK);
	}
	return 0;
}

static int
teardown(void **s)
{
	(void)s;
	for (int i = 0; i < 3; i++)
		free(lines[i]);
	world_free(w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_canonical),
	    cmocka_unit_test(every_action),
	    cmocka_unit_test(policies),
	    cmocka_unit_test(counting),
	    cmocka_unit_test(no_bit_of_an_approval_can_change),
	    cmocka_unit_test(nothing_without_approval),
	    cmocka_unit_test(applied_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
