#include "issuer/publish.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"

#define DAY_S  86400
#define HOUR_S 3600
#define ROUND  256 /* entries */

/* Is the list that stands at path newer than the last one we know we made? */
static enum cred_err
check_not_behind(
    struct home *h, const char *path, unsigned list, struct why *why)
{
	struct statuslist s;
	uint8_t *token;
	char key[64];
	enum cred_err e;
	int64_t last;
	size_t len;

	if (access(path, F_OK) != 0)
		return CRED_OK;
	e = file_read(path, STATUSLIST_TOKEN_MAX, &token, &len, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_IO : e;
	/* What is not ours says nothing, and will be replaced. */
	if (statuslist_decode(bytes_of(token, len), &s) != CRED_OK ||
	    own_verify_cose(h->own, &s.sign1) != CRED_OK)
		goto out;
	snprintf(key, sizeof key, "status.%u.iat", list);
	e = registry_meta_get(h->registry, key, 0, &last, why);
	if (e == CRED_OK && s.iat > last)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("%s is newer than anything this registry published: was "
		       "the registry restored from a backup? Publishing it "
		       "would take back revocations. Restore the newest one",
			"%s 比本登记库发布过的都新：登记库是否由备份恢复？"
			"此时发布会使撤销失效。请恢复最新的登记库"),
		    path);
out:
	free(token);
	return e;
}

/* Greater than ever before, whatever the clock does; kept before it is used,
 * so that a crash cannot bring it back. */
static enum cred_err
next_iat(
    struct home *h, unsigned list, int64_t now, int64_t *iat, struct why *why)
{
	char key[64];
	enum cred_err e;
	int64_t last;

	snprintf(key, sizeof key, "status.%u.iat", list);
	e = registry_meta_get(h->registry, key, 0, &last, why);
	if (e != CRED_OK)
		return e;
	*iat = now > last ? now : last + 1;
	return registry_meta_raise(h->registry, key, *iat, why);
}

static enum cred_err
publish_list(struct home *h, const char *dir, unsigned list, int64_t now,
    int64_t *exp, struct why *why)
{
	uint64_t from = (uint64_t)list * STATUSLIST_ENTRIES;
	uint64_t n = log_size(h->log) - from;
	uint8_t *raw = NULL, *token = NULL;
	struct outbuf o;
	char *path = NULL;
	enum cred_err e;
	int64_t iat = 0;

	if (n > STATUSLIST_ENTRIES)
		n = STATUSLIST_ENTRIES;
	n = (n + ROUND - 1) / ROUND * ROUND;
	if (n == 0)
		n = ROUND;
	raw = malloc(n / 4 + 1);
	token = malloc(STATUSLIST_TOKEN_MAX);
	if (raw == NULL || token == NULL ||
	    asprintf(&path, "%s/status/%u", dir, list) < 0) {
		path = NULL;
		e = why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
		goto out;
	}
	o = (struct outbuf){token, STATUSLIST_TOKEN_MAX, 0};
	/* iat first: a status changed after it is in the next list as well. */
	e = next_iat(h, list, now, &iat, why);
	if (e == CRED_OK)
		e = registry_status_bits(
		    h->registry, from, (size_t)n, raw, why);
	if (e == CRED_OK) {
		*exp = iat + (int64_t)h->conf.exp_days * DAY_S;
		e = signer_statuslist(h->signer, list, bytes_of(raw, n / 4),
		    iat, *exp, (int64_t)h->conf.ttl_hours * HOUR_S, &o, why);
		/* What we may not sign is our fault, nobody's input. */
		if (cred_is_refusal(e))
			e = CRED_FAULT_KEY;
	}
	if (e == CRED_OK)
		e = file_write(path, bytes_of(o.ptr, o.len), 0644, why);
	if (e == CRED_OK && iat > now + HOUR_S)
		cli_say(h->cli,
		    TR("warning: the clock is %lld s behind the last "
		       "publication; set it, or verifiers see lists from the "
		       "future",
			"提醒：时钟比上次发布慢 %lld 秒；请校准，"
			"否则核验方会看到来自将来的列表"),
		    (long long)(iat - now));
out:
	free(path);
	free(token);
	free(raw);
	return e;
}

enum cred_err
publish(struct home *h, const char *dir, int64_t now,
    struct publish_result *out, struct why *why)
{
	char *base = NULL, *status = NULL, *log = NULL, *path;
	uint64_t size = log_size(h->log);
	struct publish_result r = {.size = size, .lists = 1};
	enum cred_err e = CRED_OK;

	if (asprintf(&base, "%s/bodies/%s", dir, h->body->scope.body_id) < 0 ||
	    (status = file_join(base, "status")) == NULL ||
	    (log = file_join(base, "log")) == NULL) {
		e = why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
		goto out;
	}
	if (size > 0)
		r.lists = (unsigned)((size - 1) / STATUSLIST_ENTRIES) + 1;
	for (unsigned i = 0; e == CRED_OK && i < r.lists; i++) {
		if (asprintf(&path, "%s/%u", status, i) < 0) {
			e = CRED_FAULT_NOMEM;
			break;
		}
		e = check_not_behind(h, path, i, why);
		free(path);
	}
	/* A head that was read may be one that no standby has yet: whoever
	 * writes after it, in its epoch, has waited for the standbys. */
	if (e == CRED_OK)
		e = registry_meta_raise(
		    h->registry, "log.published", (int64_t)size, why);
	if (e == CRED_OK)
		e = file_mkdirs(log, 0755, why);
	if (e == CRED_OK)
		e = log_publish(h->log, log, why);
	if (e == CRED_OK)
		e = file_mkdirs(status, 0755, why);
	for (unsigned i = 0; e == CRED_OK && i < r.lists; i++)
		e = publish_list(h, base, i, now, &r.exp, why);
	if (e == CRED_OK)
		*out = r;
out:
	free(log);
	free(status);
	free(base);
	return e;
}
