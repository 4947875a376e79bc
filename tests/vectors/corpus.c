#include "corpus.h"

static void
hex_into(const char *hex, uint8_t *out)
{
	for (; *hex != '\0'; hex += 2) {
		unsigned v = 0;
		for (int i = 0; i < 2; i++)
			v = v << 4 |
			    (unsigned)(hex[i] <= '9' ? hex[i] - '0'
						     : hex[i] - 'a' + 10);
		*out++ = (uint8_t)v;
	}
}

/* The private keys are SHA-256 of "tamga corpus es256" and "… sm2". */
static const struct {
	const char *kid;
	enum cose_alg alg;
	const char *key;
} KEYS[CORPUS_BODIES] = {
    {"corpus-1", COSE_EDDSA,
	"5a38d757948aa9ca79ae4df7fc4e69f3b6aa39c04f17852cf79e3b3df5fd3d0d"},
    {"corpus-2", COSE_ES256,
	"0423336b142ceefaccfa7e454db03e981c45ff51b28845ad5114f7d254b6ac3a74"
	"173c4aa1938b5b2b592e2db982585f1e649be2ccf9100e21cf6f1d9168e3c2e7"},
    {"corpus-3", COSE_SM2,
	"04fe65cbaed220f404ad5bd289c97f405fa45d498f56440ab31b8dd109805586df"
	"8b0f9f0de6e9bf30e99440a0878b813ffd28d11be30fd369879a4d26f654772f"},
};

void
corpus_bodies(struct body out[static CORPUS_BODIES])
{
	for (size_t i = 0; i < CORPUS_BODIES; i++) {
		struct body *b = &out[i];
		memset(b, 0, sizeof(*b));
		memcpy(b->kid, KEYS[i].kid, CRED_KID_LEN);
		b->alg = KEYS[i].alg;
		b->key_len = strlen(KEYS[i].key) / 2;
		hex_into(KEYS[i].key, b->key);
		strcpy(b->name, "呼和浩特某职业技能评价机构");
		strcpy(b->scope.body_id, "911501001000007370");
		strcpy(b->scope.prefix, "S000015000123");
		strcpy(b->scope.base, "https://" CORPUS_HOST "/");
		b->scope.kinds[KIND_LEVEL] = (struct scope_kind){
		    .granted = true,
		    .n = 2,
		    .items = {{"6-18-02-04", 0, 0}, {"6-31-01-03", 3, 5}},
		};
		b->scope.kinds[KIND_OPERATION] = (struct scope_kind){
		    .granted = true,
		    .n = 2,
		    .items = {{"1.2", 0, 0}, {"2.1", 0, 0}},
		};
		b->not_before = CORPUS_NOW - INT64_C(366) * 86400;
		b->not_after = CORPUS_NOW + INT64_C(366) * 86400;
	}
}

/* Another time, with lists as fresh as today's. */
static void
at(struct verdict_in *in, int64_t now)
{
	in->now = now;
	in->status.iat = in->crl.iat = now - 3600;
	in->status.exp = in->crl.exp = now + 86400;
}

#define DAY_START(day) ((int64_t)(day)*86400 - 8 * 3600)

#define STATE(name)                                                            \
	static void state_##name(struct verdict_in *in, struct body *b)
#define UNUSED (void)in, (void)b

STATE(ok)
{
	UNUSED;
}
STATE(no_body)
{
	UNUSED;
}

/* scope */
STATE(wide)
{
	UNUSED;
	for (int k = KIND_QUALIFICATION; k <= KIND_TRAINING; k++)
		b->scope.kinds[k] =
		    (struct scope_kind){.granted = true, .all = true};
}
STATE(nothing_granted)
{
	UNUSED;
	memset(b->scope.kinds, 0, sizeof(b->scope.kinds));
}
STATE(no_items)
{
	UNUSED;
	b->scope.kinds[KIND_LEVEL].n = b->scope.kinds[KIND_OPERATION].n = 0;
}
STATE(scope_begins_later)
{
	UNUSED;
	b->scope.has_not_before = true;
	b->scope.not_before = 20751;
}
STATE(scope_ended)
{
	UNUSED;
	b->scope.has_not_after = true;
	b->scope.not_after = 20749;
}
STATE(scope_that_day)
{
	UNUSED;
	b->scope.has_not_before = b->scope.has_not_after = true;
	b->scope.not_before = b->scope.not_after = 20750;
}
STATE(x509_later)
{
	UNUSED;
	b->not_before = INT64_C(1792828801); /* iat + 1 */
}
STATE(x509_earlier)
{
	UNUSED;
	b->not_after = INT64_C(1792828799); /* iat - 1 */
}
STATE(x509_over)
{
	UNUSED;
	b->not_after = CORPUS_NOW - 1;
}
STATE(x509_over_no_log)
{
	state_x509_over(in, b);
	in->log = (struct log_fact){.why = CRED_FAULT_NETWORK};
}

/* log */
STATE(log_other)
{
	UNUSED;
	in->log.state = LOG_OTHER;
}
STATE(log_void)
{
	UNUSED;
	in->log.state = LOG_VOID;
}
STATE(log_beyond)
{
	UNUSED;
	in->log.state = LOG_BEYOND;
}
STATE(log_none)
{
	UNUSED;
	in->log = (struct log_fact){0};
}
#define LOG_WHY(name, reason)                                                  \
	STATE(name)                                                            \
	{                                                                      \
		UNUSED;                                                        \
		in->log = (struct log_fact){.why = reason};                    \
	}
LOG_WHY(log_unreachable, CRED_FAULT_NETWORK)
LOG_WHY(log_missing, CRED_ERR_CHECKPOINT_MISSING)
LOG_WHY(log_part_missing, CRED_ERR_TLOG_MISSING)
LOG_WHY(log_note_form, CRED_ERR_NOTE_FORM)
LOG_WHY(log_note_key, CRED_ERR_NOTE_KEY)
LOG_WHY(log_checkpoint_form, CRED_ERR_CHECKPOINT_FORM)
LOG_WHY(log_checkpoint_origin, CRED_ERR_CHECKPOINT_ORIGIN)
LOG_WHY(log_checkpoint_older, CRED_ERR_CHECKPOINT_OLDER)
LOG_WHY(log_checkpoint_split, CRED_ERR_CHECKPOINT_SPLIT)
LOG_WHY(log_tile, CRED_ERR_TLOG_TILE)
LOG_WHY(log_bundle, CRED_ERR_TLOG_BUNDLE)
LOG_WHY(log_proof, CRED_ERR_TLOG_PROOF)

/* withdrawal */
static void
withdraw(struct body *b, uint64_t tree_size)
{
	b->withdrawn = true;
	b->reason = 1; /* keyCompromise */
	b->tree_size = tree_size;
}
STATE(withdrawn_all)
{
	UNUSED;
	withdraw(b, 0);
}
STATE(withdrawn_from_17)
{
	UNUSED;
	withdraw(b, 17);
}
STATE(withdrawn_from_18)
{
	UNUSED;
	withdraw(b, 18);
}
STATE(withdrawn_from_18_no_log)
{
	UNUSED;
	withdraw(b, 18);
	in->log = (struct log_fact){.why = CRED_FAULT_NETWORK};
}
STATE(withdrawn_crl_expired)
{
	UNUSED;
	withdraw(b, 17);
	in->crl.why = CRED_ERR_CRL_EXPIRED;
}
STATE(crl_expires_now)
{
	UNUSED;
	in->crl.exp = CORPUS_NOW;
}
STATE(crl_expires_next)
{
	UNUSED;
	in->crl.exp = CORPUS_NOW + 1;
}
#define CRL_WHY(name, reason)                                                  \
	STATE(name)                                                            \
	{                                                                      \
		UNUSED;                                                        \
		in->crl = (struct crl_fact){.why = reason};                    \
	}
CRL_WHY(crl_missing, CRED_ERR_CRL_MISSING)
CRL_WHY(crl_unreadable_file, CRED_FAULT_IO)
CRL_WHY(crl_form, CRED_ERR_CRL_FORM)
CRL_WHY(crl_signature, CRED_ERR_CRL_SIGNATURE)
CRL_WHY(crl_older, CRED_ERR_CRL_OLDER)

/* status */
#define STATUS_IS(name, v)                                                     \
	STATE(name)                                                            \
	{                                                                      \
		UNUSED;                                                        \
		in->status.value = v;                                          \
	}
STATUS_IS(revoked, STATUS_REVOKED)
STATUS_IS(suspended, STATUS_SUSPENDED)
STATUS_IS(superseded, STATUS_SUPERSEDED)
STATE(revoked_stale)
{
	UNUSED;
	in->status.value = STATUS_REVOKED;
	in->status.exp = CORPUS_NOW - 86400;
}
STATE(revoked_no_log)
{
	UNUSED;
	in->status.value = STATUS_REVOKED;
	in->log = (struct log_fact){.why = CRED_FAULT_NETWORK};
}
STATE(status_expires_now)
{
	UNUSED;
	in->status.exp = CORPUS_NOW;
}
STATE(status_expires_next)
{
	UNUSED;
	in->status.exp = CORPUS_NOW + 1;
}
#define STATUS_WHY(name, reason)                                               \
	STATE(name)                                                            \
	{                                                                      \
		UNUSED;                                                        \
		in->status = (struct status_fact){.why = reason};              \
	}
STATUS_WHY(status_unreachable, CRED_FAULT_NETWORK)
STATUS_WHY(status_missing, CRED_ERR_STATUS_MISSING)
STATUS_WHY(status_form, CRED_ERR_STATUS_FORM)
STATUS_WHY(status_bits, CRED_ERR_STATUS_BITS)
STATUS_WHY(status_subject, CRED_ERR_STATUS_SUBJECT)
STATUS_WHY(status_inflate, CRED_ERR_STATUS_INFLATE)
STATUS_WHY(status_short, CRED_ERR_STATUS_INDEX)
STATUS_WHY(status_older, CRED_ERR_STATUS_OLDER)
STATUS_WHY(status_future, CRED_ERR_STATUS_FUTURE)
STATUS_WHY(status_signature, CRED_ERR_SIGNATURE)

/* time: card valid to 22940, review due 21845, issued 20750 */
STATE(on_last_day)
{
	UNUSED;
	at(in, DAY_START(22941) - 1);
}
STATE(after_last_day)
{
	UNUSED;
	at(in, DAY_START(22941));
}
STATE(on_review_day)
{
	UNUSED;
	at(in, DAY_START(21846) - 1);
}
STATE(after_review_day)
{
	UNUSED;
	at(in, DAY_START(21846));
}
STATE(day_before_issue)
{
	UNUSED;
	at(in, DAY_START(20750) - 1);
}
STATE(before_iat_300)
{
	UNUSED;
	at(in, INT64_C(1792828800) - 300);
}
STATE(before_iat_301)
{
	UNUSED;
	at(in, INT64_C(1792828800) - 301);
}

#define S(name)                                                                \
	{                                                                      \
#		name, state_##name                                            \
	}
static const struct {
	const char *name;
	void (*change)(struct verdict_in *in, struct body *b);
} STATES[] = {S(ok), S(no_body), S(wide), S(nothing_granted), S(no_items),
    S(scope_begins_later), S(scope_ended), S(scope_that_day), S(x509_later),
    S(x509_earlier), S(x509_over), S(x509_over_no_log), S(log_other),
    S(log_void), S(log_beyond), S(log_none), S(log_unreachable),
    S(log_note_form), S(log_note_key), S(log_checkpoint_form),
    S(log_checkpoint_origin), S(log_checkpoint_older), S(log_checkpoint_split),
    S(log_missing), S(log_part_missing), S(log_tile), S(log_bundle),
    S(log_proof), S(withdrawn_all), S(withdrawn_from_17), S(withdrawn_from_18),
    S(withdrawn_from_18_no_log), S(withdrawn_crl_expired), S(crl_expires_now),
    S(crl_expires_next), S(crl_missing), S(crl_unreadable_file), S(crl_form),
    S(crl_signature), S(crl_older), S(revoked), S(suspended), S(superseded),
    S(revoked_stale), S(revoked_no_log), S(status_expires_now),
    S(status_expires_next), S(status_unreachable), S(status_missing),
    S(status_form), S(status_bits), S(status_subject), S(status_inflate),
    S(status_short), S(status_older), S(status_future), S(status_signature),
    S(on_last_day), S(after_last_day), S(on_review_day), S(after_review_day),
    S(day_before_issue), S(before_iat_300), S(before_iat_301)};

bool
corpus_state(const char *name, struct verdict_in *in, struct body *body)
{
	struct body nobody = {0};

	in->log = (struct log_fact){.state = LOG_SAME, .size = 100};
	in->status.ttl = 43200;
	at(in, CORPUS_NOW);
	for (size_t i = 0; i < sizeof(STATES) / sizeof(STATES[0]); i++) {
		if (strcmp(STATES[i].name, name) == 0) {
			STATES[i].change(in, body != NULL ? body : &nobody);
			return true;
		}
	}
	return false;
}

const char *
corpus_state_name(size_t i)
{
	return i < sizeof(STATES) / sizeof(STATES[0]) ? STATES[i].name : NULL;
}

bool
corpus_knows_body(const char *name)
{
	return strcmp(name, "no_body") != 0;
}
