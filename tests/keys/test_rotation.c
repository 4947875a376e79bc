/* Two authorities, one after the other: the old anchor is retired on a day. */
#include "world.h"

#include "edge/file.h"

/* NOW is 2025-11-23T00:00:00Z. */
struct pair {
	struct world *old, *new;
	char *anchors, *bodies, *crls;
};

static struct pair
pair_new(const char *comment)
{
	struct pair p = {
	    world_new(COSE_ES256), world_new(COSE_EDDSA), NULL, NULL, NULL};

	assert_true(asprintf(&p.anchors, "%s%s%s", comment,
			(const char *)p.old->anchor.ptr,
			(const char *)p.new->anchor.ptr) > 0);
	assert_true(asprintf(&p.bodies, "%s%s", (const char *)p.old->bodies.ptr,
			(const char *)p.new->bodies.ptr) > 0);
	assert_true(asprintf(&p.crls, "%s%s", (const char *)p.old->crl.ptr,
			(const char *)p.new->crl.ptr) > 0);
	return p;
}

static void
pair_free(struct pair *p)
{
	free(p->anchors);
	free(p->bodies);
	free(p->crls);
	world_free(p->old);
	world_free(p->new);
}

static enum cred_err
load(const struct pair *p, int64_t now, struct trust **t, struct why *why)
{
	struct trust_files f = {.anchor = bytes_str(p->anchors),
	    .bodies = bytes_str(p->bodies),
	    .crl = bytes_str(p->crls)};

	return trust_load(&f, now, t, NULL, NULL, why);
}

static struct log_fact log_says;

static void
good_status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	*out =
	    (struct status_fact){.iat = NOW, .exp = NOW + INT64_C(1000) * DAY};
}

static void
give_log(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	(void)ctx;
	(void)body;
	(void)index;
	(void)entry;
	*out = log_says;
}

static const char *
ask(const struct trust *t, struct signer *s, int64_t iat, int64_t now)
{
	static struct verification v;
	const struct evidence ev = {NULL, good_status, give_log};
	const struct verify_opts opts = {.now = now};
	struct claims c = claims_plain(1);
	uint8_t buf[CRED_MAX_BYTES];

	c.iat = iat;
	assert_err(
	    verify_cose(t, &ev, sign_claims(s, &c, buf), &opts, &v), CRED_OK);
	return verdict_name(v.verdict.status);
}

static void
old_bodies_count_until_the_day(void **state)
{
	/* midnight in Asia/Shanghai: 16:00 UTC of the 24th */
	const int64_t at = NOW + DAY + 16 * 3600;
	struct pair p = pair_new("# retired: 2025-11-25\n");
	struct trust *t;
	struct why why;

	(void)state;
	log_says = (struct log_fact){.state = LOG_SAME, .size = 9};
	assert_err(load(&p, NOW, &t, &why), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 2);
	assert_err(trust_crl(t)->why, CRED_OK);
	assert_string_equal(ask(t, p.old->signer, NOW, NOW), "valid");
	assert_string_equal(ask(t, p.old->signer, at - 1, at), "valid");
	assert_string_equal(ask(t, p.old->signer, at, at), "not_authorised");
	assert_string_equal(ask(t, p.new->signer, at, at), "valid");
	/* after the day only the log vouches for the old ones */
	log_says = (struct log_fact){.why = CRED_ERR_CHECKPOINT_FORM};
	assert_string_equal(
	    ask(t, p.old->signer, at - 1, at), "status_unknown");
	log_says = (struct log_fact){.state = LOG_OTHER};
	assert_string_equal(ask(t, p.old->signer, at - 1, at), "not_logged");
	trust_free(t);
	pair_free(&p);
}

static void
bodies_admitted_after_the_day(void **state)
{
	struct pair p = pair_new("# from 2020 on\n# retired: 2025-11-20\n");
	struct trust *t;
	struct why why;

	(void)state;
	/* its body was admitted on the 22nd */
	assert_err(load(&p, NOW, &t, &why), CRED_OK);
	assert_int_equal(trust_n_bodies(t), 1);
	assert_memory_equal(
	    trust_body(t, 0)->kid, signer_kid(p.new->signer), CRED_KID_LEN);
	trust_free(t);
	pair_free(&p);
}

static void
comment_in_another_form(void **state)
{
	static const char *const bad[] = {
	    "# retired: 2025-11-31\n",
	    "# retired: 2025-11-2\n",
	    "# retired: soon\n",
	    "# retired 2025-11-25\n",
	    "#retired: 2025-11-25\n",
	    "# retired: 2025-11-25 \n",
	    "# retired: 2025-11-25\n# retired: 2025-11-26\n",
	};
	struct trust *t = NULL;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pair p = pair_new(bad[i]);

		assert_err(load(&p, NOW, &t, &why), CRED_FAULT_ANCHOR);
		assert_null(t);
		pair_free(&p);
	}
}

/* The comment is the one anchor's before which it stands. */
static void
comment_of_the_second(void **state)
{
	struct pair p = pair_new("");
	struct trust *t;
	struct why why;
	char *all;

	(void)state;
	log_says = (struct log_fact){.state = LOG_SAME, .size = 9};
	assert_true(asprintf(&all, "%s# retired: 2025-11-25\r\n%s",
			(const char *)p.new->anchor.ptr,
			(const char *)p.old->anchor.ptr) > 0);
	free(p.anchors);
	p.anchors = all;
	assert_err(load(&p, NOW, &t, &why), CRED_OK);
	assert_string_equal(
	    ask(t, p.new->signer, NOW + 9 * DAY, NOW + 9 * DAY), "valid");
	assert_string_equal(ask(t, p.old->signer, NOW + 9 * DAY, NOW + 9 * DAY),
	    "not_authorised");
	trust_free(t);
	pair_free(&p);
}

static uint64_t seen_old, seen_new;

static uint64_t
seen(void *ctx, const uint8_t anchor[static CRED_KID_LEN])
{
	return memcmp(ctx, anchor, CRED_KID_LEN) == 0 ? seen_old : seen_new;
}

/* Numbers of two anchors are no numbers of one series. */
static void
crl_numbers_are_each_anchors_own(void **state)
{
	struct pair p = pair_new("");
	struct trust_files f;
	struct trust *t;
	struct anchor_facts a;
	uint8_t old_kid[CRED_KID_LEN];
	struct why why;

	(void)state;
	for (int i = 0; i < 3; i++)
		world_reload(p.old, NOW); /* number 5; the new one's: 2 */
	free(p.crls);
	assert_true(asprintf(&p.crls, "%s%s", (const char *)p.old->crl.ptr,
			(const char *)p.new->crl.ptr) > 0);
	f = (struct trust_files){.anchor = bytes_str(p.anchors),
	    .bodies = bytes_str(p.bodies),
	    .crl = bytes_str(p.crls),
	    .crl_seen = seen,
	    .crl_seen_ctx = old_kid};
	assert_err(load(&p, NOW, &t, &why), CRED_OK);
	assert_int_equal(trust_n_anchors(t), 2);
	trust_anchor_facts(t, 0, &a);
	assert_int_equal(a.crl_number, 5);
	memcpy(old_kid, a.kid, CRED_KID_LEN);
	trust_anchor_facts(t, 1, &a);
	assert_int_equal(a.crl_number, 2);
	assert_int_equal(trust_crl_number(t), 5);
	assert_int_equal(trust_crl_version(t), 7);
	trust_free(t);
	seen_old = 5;
	seen_new = 2;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, &why), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_OK);
	trust_free(t);
	seen_new = 3; /* hidden behind the 5 before */
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, &why), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_OLDER);
	trust_free(t);
	seen_new = 2;
	seen_old = 6;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, &why), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_OLDER);
	trust_free(t);
	/* the old anchor gone from the configuration: its 6 does not matter */
	f.anchor = p.new->anchor;
	f.crl = p.new->crl;
	assert_err(trust_load(&f, NOW, &t, NULL, NULL, &why), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_OK);
	trust_free(t);
	pair_free(&p);
}

/* One CRL expired, the other missing: at an earlier time only one is mended. */
static void
missing_is_worse_than_expired(void **state)
{
	struct pair p = pair_new("");
	struct trust_files f = {
	    .anchor = bytes_str(p.anchors), .bodies = bytes_str(p.bodies)};
	struct trust *t;
	struct why why;

	(void)state;
	log_says = (struct log_fact){.state = LOG_SAME, .size = 9};
	for (int i = 0; i < 2; i++) {
		f.crl = i == 0 ? p.old->crl : p.new->crl;
		assert_err(
		    trust_load(&f, NOW + 100 * DAY, &t, NULL, NULL, &why),
		    CRED_OK);
		assert_err(trust_crl(t)->why, CRED_ERR_CRL_MISSING);
		assert_string_equal(
		    ask(t, p.old->signer, NOW, NOW), "status_unknown");
		trust_free(t);
	}
	pair_free(&p);
}

/* Both there: good until the first of them expires. */
static void
the_first_to_expire_counts(void **state)
{
	struct pair p = pair_new("");
	struct trust *t;
	struct why why;

	(void)state;
	log_says = (struct log_fact){.state = LOG_SAME, .size = 9};
	world_reload(p.old, NOW + 10 * DAY);
	free(p.crls);
	assert_true(asprintf(&p.crls, "%s%s", (const char *)p.old->crl.ptr,
			(const char *)p.new->crl.ptr) > 0);
	assert_err(load(&p, NOW + 35 * DAY, &t, &why), CRED_OK);
	assert_err(trust_crl(t)->why, CRED_ERR_CRL_EXPIRED);
	assert_int_equal(trust_crl(t)->exp, NOW + 30 * DAY);
	assert_string_equal(
	    ask(t, p.old->signer, NOW, NOW + 30 * DAY - 1), "valid");
	assert_string_equal(
	    ask(t, p.old->signer, NOW, NOW + 30 * DAY), "status_unknown");
	trust_free(t);
	pair_free(&p);
}

/* HOME/retired may be an old copy, too. */
static void
an_old_retired_crl_is_not_published(void **state)
{
	struct pair p = pair_new("");
	char *pub = world_path(p.new, "pub");
	char *retired = world_path(p.new, "A/retired");
	struct bytes first = p.old->crl;
	struct authority *a;
	struct why why;

	(void)state;
	p.old->crl = (struct bytes){0};
	world_reload(p.old, NOW);
	assert_err(file_mkdirs(retired, 0755, &why), CRED_OK);
	world_write(retired, "anchor.pem", p.old->anchor);
	world_write(retired, "bodies.pem", p.old->bodies);
	world_write(retired, "authority.crl", p.old->crl);
	assert_err(
	    authority_open(p.new->authority, &p.new->pass, NOW, &a, &why),
	    CRED_OK);
	assert_err(authority_publish(a, pub, 30, NOW, &why), CRED_OK);
	world_write(retired, "authority.crl", first);
	assert_err(
	    authority_publish(a, pub, 30, NOW, &why), CRED_FAULT_CONFLICT);
	assert_non_null(strstr(why.text, "old copy"));
	world_write(retired, "authority.crl", p.old->crl);
	assert_err(authority_publish(a, pub, 30, NOW, &why), CRED_OK);
	authority_close(a);
	free((void *)(uintptr_t)first.ptr);
	free(pub);
	free(retired);
	pair_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(old_bodies_count_until_the_day),
	    cmocka_unit_test(bodies_admitted_after_the_day),
	    cmocka_unit_test(comment_in_another_form),
	    cmocka_unit_test(comment_of_the_second),
	    cmocka_unit_test(crl_numbers_are_each_anchors_own),
	    cmocka_unit_test(missing_is_worse_than_expired),
	    cmocka_unit_test(the_first_to_expire_counts),
	    cmocka_unit_test(an_old_retired_crl_is_not_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
