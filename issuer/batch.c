#include "issuer/batch.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "issuer/intent.h"
#include "issuer/photo.h"

/* A stretch of staged entries, copied out of the registry. */
struct stage {
	uint64_t from;
	size_t n;
	struct staged {
		enum entry_state state;
		uint32_t row;
		char batch[BATCH_ID_MAX + 1];
		uint8_t payload[CRED_MAX_BYTES];
		size_t payload_len;
		uint8_t credential[CRED_MAX_BYTES];
		size_t credential_len;
	} list[BATCH_CHUNK];
	/* For registry_store(): those signed now. */
	uint64_t index[BATCH_CHUNK];
	struct bytes fresh[BATCH_CHUNK];
	size_t n_fresh;
	uint8_t entries[BATCH_CHUNK][TLOG_ENTRY_LEN];
};

enum cred_err
batch_entry_hash(struct bytes credential, uint8_t out[static 32])
{
	uint8_t hash[32];

	if (EVP_Digest(credential.ptr, credential.len, hash, NULL, EVP_sha256(),
		NULL) != 1) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	memcpy(out, hash, sizeof hash);
	return CRED_OK;
}

static enum cred_err
collect(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct stage *s = ctx;
	struct staged *x;

	/* Indexes have no gaps: what is missing was lost, and would be a
	 * certificate nobody can account for. */
	if (s->n == BATCH_CHUNK || e->index != s->from + s->n ||
	    e->payload.len > sizeof x->payload ||
	    e->credential.len > sizeof x->credential)
		return why_set(why, CRED_FAULT_DB,
		    TR("the registry has no whole entry at index %llu; restore "
		       "it from a backup",
			"登记库缺少序号 %llu 的完整记录；请从备份恢复"),
		    (unsigned long long)(s->from + s->n));
	x = &s->list[s->n++];
	x->state = e->state;
	x->row = e->row;
	snprintf(x->batch, sizeof x->batch, "%s", e->batch);
	memcpy(x->payload, e->payload.ptr, e->payload.len);
	x->payload_len = e->payload.len;
	x->credential_len = e->credential.len;
	if (e->credential.len > 0)
		memcpy(x->credential, e->credential.ptr, e->credential.len);
	return CRED_OK;
}

/* The signature was verified by the signer; that the message carries exactly
 * the stored intent is verified here. */
static enum cred_err
sign_one(struct home *h, struct staged *x, struct why *why)
{
	struct outbuf o = {x->credential, sizeof x->credential, 0};
	struct bytes payload = bytes_of(x->payload, x->payload_len);
	struct credential c;
	enum cred_err e = signer_credential(h->signer, payload, &o, why);

	if (e != CRED_OK)
		return e;
	e = credential_decode(bytes_of(o.ptr, o.len), &c);
	if (e == CRED_OK && !bytes_eq(c.sign1.payload, payload))
		e = CRED_ERR_COSE_PAYLOAD;
	if (e == CRED_OK)
		e = own_verify_cose(h->own, &c.sign1);
	if (e != CRED_OK)
		return why_set(why, CRED_FAULT_CRYPTO,
		    TR("a signature just made does not verify (%s); nothing "
		       "of this chunk was kept. Check key and token",
			"刚生成的签名验证不通过（%s）；本组未保存任何内容。"
			"请检查密钥或加密设备"),
		    cred_errname(e));
	x->credential_len = o.len;
	return CRED_OK;
}

static enum cred_err
void_one(struct home *h, struct stage *s, size_t i, enum cred_err refusal,
    const struct batch_job *job, struct why *why)
{
	struct staged *x = &s->list[i];
	enum cred_err e = registry_void(
	    h->registry, s->from + i, cred_errname(refusal), job->now, why);

	if (e != CRED_OK)
		return e;
	x->state = ENTRY_VOID;
	if (job->refused != NULL)
		job->refused(job->refused_ctx, x->batch, x->row, refusal);
	return CRED_OK;
}

static enum cred_err
sign_stage(struct home *h, struct stage *s, const struct batch_job *job,
    struct why *why)
{
	enum cred_err e;

	s->n_fresh = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct staged *x = &s->list[i];
		if (x->state != ENTRY_RESERVED)
			continue;
		e = sign_one(h, x, why);
		if (cred_is_refusal(e))
			e = void_one(h, s, i, e, job, why);
		if (e != CRED_OK)
			return e;
		if (x->state == ENTRY_VOID)
			continue;
		x->state = ENTRY_SIGNED;
		s->index[s->n_fresh] = s->from + i;
		s->fresh[s->n_fresh++] =
		    bytes_of(x->credential, x->credential_len);
	}
	if (s->n_fresh == 0)
		return CRED_OK;
	return registry_store(
	    h->registry, s->index, s->fresh, s->n_fresh, job->now, why);
}

static enum cred_err
log_stage(struct home *h, struct stage *s, struct why *why)
{
	uint64_t first = 0;
	enum cred_err e;

	for (size_t i = 0; i < s->n; i++) {
		const struct staged *x = &s->list[i];
		if (x->state == ENTRY_VOID) {
			memset(s->entries[i], 0, TLOG_ENTRY_LEN);
			continue;
		}
		e = batch_entry_hash(
		    bytes_of(x->credential, x->credential_len), s->entries[i]);
		if (e != CRED_OK)
			return why_set(why, e, "%s", cred_strerr(e));
	}
	e = log_append(h->log, (const uint8_t(*)[TLOG_ENTRY_LEN])s->entries,
	    s->n, &first, why);
	if (e == CRED_OK && first != s->from)
		return why_set(why, CRED_FAULT_LOG,
		    TR("the log put index %llu at %llu; stop and compare "
		       "registry and log (tamga-issuer verify)",
			"日志把序号 %llu 放到了 %llu；"
			"请停止并核对登记库与日志（tamga-issuer verify）"),
		    (unsigned long long)s->from, (unsigned long long)first);
	return e;
}

/* To an index: sign what is not signed, append what is not logged. */
static enum cred_err
complete_to(struct home *h, const struct batch_job *job, struct stage *s,
    uint64_t next, size_t *total, struct why *why)
{
	enum cred_err e = CRED_OK;
	uint64_t first;

	for (uint64_t at = log_size(h->log); e == CRED_OK && at < next;
	     at += s->n) {
		struct registry_filter f = {.state = -1,
		    .status = -1,
		    .from = at,
		    .to = at + BATCH_CHUNK};
		if (f.to > next)
			f.to = next;
		s->from = at;
		s->n = 0;
		e = registry_each(h->registry, &f, collect, s, why);
		if (e == CRED_OK && s->n != f.to - at)
			e = why_set(why, CRED_FAULT_DB,
			    TR("the registry lacks index %llu",
				"登记库缺少序号 %llu"),
			    (unsigned long long)(at + s->n));
		if (e == CRED_OK)
			e = sign_stage(h, s, job, why);
		if (e == CRED_OK)
			e = log_stage(h, s, why);
		if (e == CRED_OK)
			*total += s->n;
	}
	/* An empty log is signed too, so that it can be published. */
	if (e == CRED_OK && next == 0)
		e = log_append(h->log, NULL, 0, &first, why);
	return e;
}

/* Another issuer of this body, with a home of its own, may sign and append the
 * same at the same time: whoever comes first is right, the other looks again. */
#define CONTESTED 200

static enum cred_err
contest(struct home *h, const struct batch_job *job, struct stage *s,
    uint64_t next, size_t *total, struct why *why)
{
	for (unsigned i = 0;; i++) {
		enum cred_err e;
		struct timespec t = {.tv_nsec = 5000000 + 100000 * (getpid() % 97)};

		registry_look(h->registry);
		e = complete_to(h, job, s, next, total, why);

		if (e != CRED_FAULT_CONFLICT || i == CONTESTED)
			return e;
		nanosleep(&t, NULL);
		if ((e = log_refresh(h->log, why)) != CRED_OK)
			return e;
	}
}

enum cred_err
batch_complete(
    struct home *h, const struct batch_job *job, size_t *n, struct why *why)
{
	struct stage *s = malloc(sizeof *s);
	enum cred_err e = CRED_OK;
	size_t total = 0, superseded;
	uint64_t next;

	if (s == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = registry_next_index(h->registry, &next, why);
	if (e == CRED_OK)
		e = contest(h, job, s, next, &total, why);
	free(s);
	if (e == CRED_OK)
		e = registry_supersede(
		    h->registry, NULL, job->now, &superseded, why);
	if (e == CRED_OK && n != NULL)
		*n = total;
	return e;
}

struct filling {
	const struct home *h;
	const struct batch_job *job;
	struct row *rows;
	struct intent *intents;
};

static enum cred_err
fill(void *ctx, struct reservation *r, size_t i, struct registry_entry *out,
    struct why *why)
{
	struct filling *f = ctx;

	/* A fill may be tried again in a transaction that had to be. */
	intent_release(&f->intents[i]);
	return intent_make(&f->rows[i], f->h->body, r->index, r->serial,
	    f->job->now, &f->intents[i], out, why);
}

/* What a chunk reserved: fresh indexes from first on, and the rows of them
 * that are known to be void. */
struct chunk {
	uint64_t first;
	size_t fresh, n_void;
	uint32_t voids[BATCH_CHUNK];
};

static enum cred_err
reserve_chunk(struct home *h, const struct batch_job *job, size_t from,
    size_t n, struct chunk *c, struct batch_result *out, struct why *why)
{
	struct reservation *rs = calloc(n, sizeof *rs);
	struct intent *intents = calloc(n, sizeof *intents);
	char(*series)[ROW_SERIES_MAX] = calloc(n, sizeof *series);
	struct filling f = {h, job, job->rows + from, intents};
	enum cred_err e = CRED_FAULT_NOMEM;

	if (rs == NULL || intents == NULL || series == NULL) {
		e = why_set(why, e, "%s", cred_strerr(e));
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &job->rows[from + i];
		rs[i].row = row->row;
		memcpy(rs[i].row_key, row->key, sizeof row->key);
		if (row_series(row, h->body->scope.prefix, series[i]))
			rs[i].number_series = series[i];
		if (*row->number != '\0')
			rs[i].number = row->number;
	}
	/* Photos first: nothing may name one that is not kept. */
	e = CRED_OK;
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = photo_keep(h, job->photo_dir, &job->rows[from + i], why);
	if (e == CRED_OK)
		e = registry_reserve(
		    h->registry, job->id, rs, n, job->now, fill, &f, why);
	for (size_t i = 0; e == CRED_OK && i < n; i++) {
		out->already += rs[i].already;
		if (!rs[i].already && c->fresh++ == 0)
			c->first = rs[i].index;
	}
out:
	for (size_t i = 0; intents != NULL && i < n; i++)
		intent_release(&intents[i]);
	free(series);
	free(intents);
	free(rs);
	return e;
}

struct counting {
	const struct batch_job *job;
	size_t refused;
	struct chunk chunk;
};

static void
count_refused(void *ctx, const char *batch, uint32_t row, enum cred_err why)
{
	struct counting *c = ctx;

	if (strcmp(batch, c->job->id) == 0) {
		c->refused++;
		if (c->chunk.n_void < BATCH_CHUNK)
			c->chunk.voids[c->chunk.n_void++] = row;
	}
	if (c->job->refused != NULL)
		c->job->refused(c->job->refused_ctx, batch, row, why);
}

static enum cred_err
voided(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct counting *c = ctx;

	(void)why;
	for (size_t i = 0; i < c->chunk.n_void; i++)
		if (c->chunk.voids[i] == e->row)
			return CRED_OK;
	count_refused(c, c->job->id, e->row, CRED_FAULT_CONFLICT);
	return CRED_OK;
}

/* Of one chunk: reserved, and signed and logged by whoever was first; another
 * issuer may have given some of it up. */
static enum cred_err
issue_chunk(struct home *h, struct counting *c, const struct batch_job *counted,
    size_t at, size_t n, struct batch_result *out, struct why *why)
{
	struct registry_filter f = {.state = ENTRY_VOID, .status = -1};
	enum cred_err e;

	c->chunk.fresh = c->chunk.n_void = 0;
	e = reserve_chunk(h, c->job, at, n, &c->chunk, out, why);
	if (e == CRED_OK)
		e = batch_complete(h, counted, NULL, why);
	f.from = c->chunk.first;
	f.to = f.from + c->chunk.fresh;
	if (e == CRED_OK && c->chunk.fresh > 0)
		e = registry_each(h->registry, &f, voided, c, why);
	if (e == CRED_OK)
		out->issued += c->chunk.fresh - c->chunk.n_void;
	return e;
}

enum cred_err
batch_issue(struct home *h, const struct batch_job *job,
    struct batch_result *out, struct why *why)
{
	struct counting c = {.job = job};
	struct batch_job counted = *job;
	enum cred_err e;

	counted.refused = count_refused;
	counted.refused_ctx = &c;
	*out = (struct batch_result){0};
	e = batch_complete(h, &counted, NULL, why);
	for (size_t at = 0; e == CRED_OK && at < job->n;) {
		size_t n = job->n - at;
		if (n > BATCH_CHUNK)
			n = BATCH_CHUNK;
		e = issue_chunk(h, &c, &counted, at, n, out, why);
		if (e != CRED_OK)
			break;
		at += n;
		if (job->progress != NULL)
			job->progress(job->progress_ctx, at, job->n);
	}
	out->refused = c.refused;
	return e;
}

void
batch_default_id(const uint8_t hash[static 32], char out[static 13])
{
	for (size_t i = 0; i < 6; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

bool
batch_id_ok(const char *id)
{
	size_t n = strlen(id);

	if (n == 0 || n > BATCH_ID_MAX)
		return false;
	for (; *id != '\0'; id++)
		if (!((*id >= 'a' && *id <= 'z') ||
			(*id >= 'A' && *id <= 'Z') ||
			(*id >= '0' && *id <= '9') || *id == '-' ||
			*id == '_' || *id == '.'))
			return false;
	return true;
}
