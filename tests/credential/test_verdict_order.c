#include "verdict_case.h"

/*
 * All defects at once, every combination. The oracle is the table of design
 * 6, read from the top: the first row that applies is the status. It shares
 * no code with the decision.
 */
enum { T_OK, T_NOT_OURS, T_SIZE, T_DIGITS, T_FAULT, N_T };
enum { D_OK, D_ALG, D_CBOR, N_D };
enum { B_SIGNED, B_OTHER_KEY, B_NONE, N_B };
enum { S_OK, S_KIND, S_YEAR, S_IAT, N_S };
enum { L_SAME, L_OTHER, L_VOID, L_BEYOND, L_NONE, N_L };
enum { W_NO, W_BELOW, W_ABOVE, N_W };
enum { C_OK, C_OLD, C_NONE, N_C };
enum {
	V_OK,
	V_REVOKED,
	V_SUPERSEDED,
	V_SUSPENDED,
	V_NONE,
	V_STALE,
	V_STALE_REVOKED,
	N_V
};
enum { E_OK, E_EXPIRED, E_OVERDUE, E_FUTURE, E_BOTH, N_E };

struct defects {
	int t, d, foreign, b, s, l, w, c, v, e;
};

static void
apply(const struct defects *x)
{
	struct certificate *c = &cred.claims.cert;
	all_good(NULL);
	in.text_err = (const enum cred_err[]){CRED_OK, CRED_ERR_QR_NOT_OURS,
	    CRED_ERR_QR_SIZE, CRED_ERR_DIGITS_LENGTH, CRED_FAULT_IO}[x->t];
	in.decode_err = (const enum cred_err[]){
	    CRED_OK, CRED_ERR_COSE_ALG, CRED_ERR_CBOR_HEAD}[x->d];
	if (x->t != T_OK || x->d != D_OK)
		in.cred = NULL;
	in.foreign_host = x->foreign;
	if (x->b != B_SIGNED)
		in.body = NULL;
	if (x->b == B_NONE)
		in.n_candidates = 0;
	if (x->s == S_KIND)
		c->kind = KIND_TRAINING;
	if (x->s == S_YEAR)
		c->number = bytes_str("S000015000123254000001");
	if (x->s == S_IAT)
		cred.claims.iat = body.not_before - 1;
	in.log.state = (const enum log_state[]){
	    LOG_SAME, LOG_OTHER, LOG_VOID, LOG_BEYOND, LOG_UNKNOWN}[x->l];
	body.withdrawn = x->w != W_NO;
	body.tree_size = x->w == W_BELOW ? 18 : 17;
	if (x->c == C_OLD)
		in.crl.exp = NOW;
	if (x->c == C_NONE)
		in.crl = (struct crl_fact){.why = CRED_FAULT_IO};
	in.status.value = (const enum status_value[]){STATUS_VALID,
	    STATUS_REVOKED, STATUS_SUPERSEDED, STATUS_SUSPENDED, STATUS_VALID,
	    STATUS_VALID, STATUS_REVOKED}[x->v];
	if (x->v == V_NONE)
		in.status = (struct status_fact){.why = CRED_FAULT_NETWORK};
	if (x->v == V_STALE || x->v == V_STALE_REVOKED)
		in.status.exp = NOW;
	if (x->e == E_EXPIRED || x->e == E_BOTH) {
		c->has_valid_to = true;
		c->valid_to = TODAY - 1;
	}
	if (x->e == E_OVERDUE || x->e == E_BOTH) {
		c->has_review_due = true;
		c->review_due = TODAY - 2;
	}
	if (x->e == E_FUTURE)
		cred.claims.iat = x->s == S_IAT ? cred.claims.iat : NOW + 999;
	if (x->e == E_FUTURE && x->s == S_IAT)
		c->issued = TODAY + 1; /* same year: the number still fits */
}

static enum verdict_status
oracle(const struct defects *x)
{
	bool broken = x->t != T_OK || x->d != D_OK;
	if (x->t == T_FAULT)
		return VERDICT_UNREADABLE;
	if (x->t == T_NOT_OURS || x->t == T_SIZE || (broken && x->foreign))
		return VERDICT_NOT_OURS;
	const struct {
		bool applies;
		enum verdict_status status;
	} table[] = {
	    {broken || x->b == B_OTHER_KEY, VERDICT_FORGED},
	    {x->b == B_NONE, VERDICT_UNKNOWN_ISSUER},
	    {x->s != S_OK, VERDICT_NOT_AUTHORISED},
	    {x->l == L_OTHER || x->l == L_VOID, VERDICT_NOT_LOGGED},
	    {x->w == W_ABOVE, VERDICT_ISSUER_WITHDRAWN},
	    {x->v == V_REVOKED || x->v == V_STALE_REVOKED, VERDICT_REVOKED},
	    {x->v == V_SUPERSEDED, VERDICT_SUPERSEDED},
	    {x->v == V_SUSPENDED, VERDICT_SUSPENDED},
	    {x->e == E_EXPIRED || x->e == E_BOTH, VERDICT_EXPIRED},
	    {x->e == E_OVERDUE, VERDICT_REVIEW_OVERDUE},
	    {x->e == E_FUTURE, VERDICT_NOT_YET_VALID},
	    {x->l != L_SAME || x->c != C_OK || x->v == V_NONE ||
		    x->v == V_STALE,
		VERDICT_STATUS_UNKNOWN},
	    {true, VERDICT_VALID},
	};
	size_t i = 0;
	while (!table[i].applies)
		i++;
	return table[i].status;
}

static void
one_combination(const struct defects *x)
{
	enum verdict_status want = oracle(x);
	apply(x);
	verdict_decide(&in, &v);
	if (v.status != want)
		fail_msg("t%d d%d f%d b%d s%d l%d w%d c%d v%d e%d: %s not %s",
		    x->t, x->d, x->foreign, x->b, x->s, x->l, x->w, x->c, x->v,
		    x->e, verdict_name(v.status), verdict_name(want));
	/* Nothing of a credential is shown before its signature holds. */
	bool signed_ = want != VERDICT_FORGED &&
		       want != VERDICT_UNKNOWN_ISSUER &&
		       want != VERDICT_NOT_OURS && want != VERDICT_UNREADABLE;
	assert_int_equal(v.show, signed_);
	assert_int_equal(v.cred != NULL, signed_);
	assert_int_equal(v.body != NULL, signed_);
	assert_int_equal((v.warnings & WARN_FOREIGN_HOST) != 0,
	    x->foreign && want != VERDICT_NOT_OURS &&
		want != VERDICT_UNREADABLE);
	if (want == VERDICT_VALID)
		expect_checks("pppppppp");
	if (signed_) {
		assert_int_equal(
		    v.checks[CHECK_SCOPE] == RESULT_PASS, x->s == S_OK);
		assert_int_equal(
		    v.checks[CHECK_LOG] == RESULT_PASS, x->l == L_SAME);
		assert_int_equal(
		    v.checks[CHECK_DATES] == RESULT_PASS, x->e == E_OK);
	}
}

static void
precedence(void **state)
{
	(void)state;
	struct defects x;
	size_t n = 0;
	for (x.t = 0; x.t < N_T; x.t++)
		for (x.d = 0; x.d < N_D; x.d++)
			for (x.foreign = 0; x.foreign < 2; x.foreign++)
				for (x.b = 0; x.b < N_B; x.b++)
					for (x.s = 0; x.s < N_S; x.s++)
						for (x.l = 0; x.l < N_L; x.l++)
							for (x.w = 0; x.w < N_W;
							     x.w++)
								for (x.c = 0;
								     x.c < N_C;
								     x.c++)
									for (
									    x.v =
										0;
									    x.v <
									    N_V;
									    x.v++)
										for (
										    x.e =
											0;
										    x.e <
										    N_E;
										    x.e++,
										   n++)
											one_combination(
											    &x);
	assert_int_equal(n, 567000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(precedence, all_good)};

	return cmocka_run_group_tests_name("verdict order", tests, NULL, NULL);
}
