#include "issuer/home.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"
#include "issuer/batch.h"
#include "keys/trust.h"

#define CERTS_MAX (1u << 20)

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

/* Adds the file at path to the certificates in *pem. */
static enum cred_err
add_certificate(const char *path, uint8_t **pem, size_t *len, struct why *why)
{
	uint8_t *one, *all;
	enum cred_err e;
	size_t n;

	e = file_read(path, CERTS_MAX, &one, &n, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_KEY : e;
	all = realloc(*pem, *len + n + 1);
	if (all == NULL) {
		free(one);
		return nomem(why);
	}
	memcpy(all + *len, one, n);
	free(one);
	*pem = all;
	*len += n;
	return CRED_OK;
}

/* body.pem, then the certificates it had before: body-<kid>.pem. */
static enum cred_err
open_certificate(struct home *h, struct why *why)
{
	char *path = cli_home_path(h->cli, "body.pem");
	char *pattern = cli_home_path(h->cli, "body-*.pem");
	glob_t older = {0};
	uint8_t *pem = NULL;
	enum cred_err e;
	size_t len = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		e = why_set(why, CRED_FAULT_KEY,
		    TR("%s is not there: no certificate is installed in this "
		       "home. Is --home right? Else: tamga-keys body install",
			"%s 不存在：此目录没有安装评价机构证书。--home "
			"是否正确？"
			"否则请先运行 tamga-keys body install"),
		    path);
		goto out;
	}
	e = add_certificate(path, &pem, &len, why);
	if (e == CRED_OK && glob(pattern, 0, NULL, &older) == 0)
		for (size_t i = 0; e == CRED_OK && i < older.gl_pathc; i++)
			e = add_certificate(older.gl_pathv[i], &pem, &len, why);
	if (e == CRED_OK)
		e = own_open(bytes_of(pem, len), &h->own, why);
	/* Our own configuration is at fault, not what somebody gave us. */
	if (cred_is_refusal(e))
		e = CRED_FAULT_KEY;
	if (e == CRED_OK)
		h->body = own_body(h->own);
out:
	globfree(&older);
	free(pem);
	free(pattern);
	free(path);
	return e;
}

static enum cred_err
open_registry(struct home *h, enum home_mode mode, struct why *why)
{
	char *path = cli_home_path(h->cli, "registry.db"), *spec = NULL;
	enum cred_err e = CRED_OK;

	if (h->cli->registry != NULL)
		spec = strdup(h->cli->registry);
	else if (mode == HOME_CHECK && access(path, F_OK) != 0 &&
		 errno == ENOENT)
		goto out;
	else if (asprintf(&spec, "sqlite:%s", path) < 0)
		spec = NULL;
	if (spec == NULL) {
		e = nomem(why);
		goto out;
	}
	e = registry_open_told(spec,
	    mode >= HOME_WRITE ? REGISTRY_WRITE : REGISTRY_READ, cli_retry,
	    (void *)(uintptr_t)h->cli, &h->registry, why);
	if (cred_is_refusal(e))
		e = CRED_FAULT_DB;
	if (e == CRED_OK)
		e = registry_actor_set(h->registry, home_actor());
out:
	free(spec);
	free(path);
	return e;
}

/* One process at a time appends to the log of a home. */
enum cred_err
home_lock(struct home *h, struct why *why)
{
	char *path = cli_home_path(h->cli, "issuer.lock"), pid[32] = "?";
	enum cred_err e = CRED_OK;
	ssize_t n;

	h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (h->lock < 0) {
		e = why_errno(why, errno, TR("cannot open", "打不开"), path);
		goto out;
	}
	if (flock(h->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK) {
			e = why_errno(
			    why, errno, TR("cannot lock", "无法锁定"), path);
			goto out;
		}
		n = pread(h->lock, pid, sizeof pid - 1, 0);
		if (n > 0)
			pid[strcspn(pid, "\n")] = '\0';
		cli_say(h->cli,
		    TR("another tamga-issuer (process %s) is "
		       "working on %s; waiting for it",
			"另一个 tamga-issuer（进程 %s）正在使用 "
			"%s，等待其完成"),
		    pid, h->cli->home);
		while (flock(h->lock, LOCK_EX) != 0)
			if (errno != EINTR) {
				e = why_errno(why, errno,
				    TR("cannot lock", "无法锁定"), path);
				goto out;
			}
	}
	/* For the message above only: a full disk does not matter here. */
	n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	if (ftruncate(h->lock, 0) == 0)
		n = pwrite(h->lock, pid, (size_t)n, 0);
	(void)n;
out:
	free(path);
	return e;
}

static enum cred_err
head_get(void *ctx, struct log_head *out, struct why *why)
{
	struct home *h = ctx;

	return registry_head_get(h->registry, &out->size, out->root.b,
	    out->note, sizeof out->note, &out->note_len, why);
}

static enum cred_err
head_swap(
    void *ctx, uint64_t old_size, const struct log_head *head, struct why *why)
{
	struct home *h = ctx;

	return registry_head_swap(h->registry, old_size, head->size,
	    head->root.b, bytes_of(head->note, head->note_len), why);
}

static enum cred_err
head_sign(void *ctx, uint64_t size, const struct tlog_hash *root,
    struct outbuf *note, struct why *why)
{
	struct home *h = ctx;

	if (h->logkey == NULL)
		return CRED_FAULT_INTERNAL;
	return logkey_checkpoint(
	    h->logkey, bytes_str(h->origin), size, root, note, why);
}

struct entries {
	uint64_t from;
	size_t n, got;
	uint8_t (*out)[TLOG_ENTRY_LEN];
};

static enum cred_err
entry(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct entries *x = ctx;
	enum cred_err err = CRED_OK;

	if (x->got == x->n || e->index != x->from + x->got ||
	    (e->state != ENTRY_LOGGED && e->state != ENTRY_VOID))
		return why_set(why, CRED_FAULT_DB,
		    TR("the registry has no whole entry at index %llu; restore "
		       "it from a backup",
			"登记库缺少序号 %llu 的完整记录；请从备份恢复"),
		    (unsigned long long)(x->from + x->got));
	memset(x->out[x->got], 0, TLOG_ENTRY_LEN);
	if (e->state == ENTRY_LOGGED)
		err = batch_entry_hash(e->credential, x->out[x->got]);
	x->got++;
	return err == CRED_OK ? err
			      : why_set(why, err, "%s", cred_strerr(err));
}

/* What another issuer of this body has logged. */
static enum cred_err
entries(void *ctx, uint64_t from, size_t n, uint8_t (*out)[TLOG_ENTRY_LEN],
    struct why *why)
{
	struct home *h = ctx;
	struct entries x = {.from = from, .n = n, .out = out};
	const struct registry_filter f = {
	    .state = -1, .status = -1, .from = from, .to = from + n};
	enum cred_err e = registry_each(h->registry, &f, entry, &x, why);

	if (e == CRED_OK && x.got != n)
		e = why_set(why, CRED_FAULT_DB,
		    TR("the registry lacks index %llu",
			"登记库缺少序号 %llu"),
		    (unsigned long long)(from + x.got));
	return e;
}

enum cred_err
home_open_log(struct home *h, struct why *why)
{
	struct outbuf o = {(uint8_t *)h->origin, sizeof h->origin - 1, 0};
	char *dir = cli_home_path(h->cli, "log");
	enum cred_err e;

	e = checkpoint_origin(bytes_str(h->body->scope.base),
	    bytes_str(h->body->scope.body_id), &o);
	if (e == CRED_OK) {
		h->origin[o.len] = '\0';
		h->ops = (struct log_ops){.ctx = h,
		    .head_get = head_get,
		    .head_swap = head_swap,
		    .sign = head_sign,
		    .sha256 = trust_sha256,
		    .entries = entries};
		e = log_open(dir, &h->ops, &h->log, why);
	}
	free(dir);
	return cred_is_refusal(e) ? CRED_FAULT_LOG : e;
}

enum cred_err
home_open(const struct cli_common *cli, enum home_mode mode, struct home *out,
    struct why *why)
{
	char *conf = cli_home_path(cli, "tamga.conf");
	enum cred_err e;

	*out = (struct home){.cli = cli, .lock = -1};
	e = conf_load(conf, &out->conf, why);
	if (e == CRED_OK)
		e = open_certificate(out, why);
	/* The pass phrase first: nobody should wait for a lock, or hold it,
	 * to learn that it is wrong. */
	if (e == CRED_OK && mode == HOME_SIGN) {
		e = signer_open_home(
		    cli->home, &cli->pass, &out->signer, &out->logkey, why);
		if (cred_is_refusal(e))
			e = CRED_FAULT_KEY;
	}
	if (e == CRED_OK && mode >= HOME_WRITE)
		e = home_lock(out, why);
	if (e == CRED_OK)
		e = open_registry(out, mode, why);
	if (e == CRED_OK && mode == HOME_SIGN)
		e = conf_write_default(conf, why);
	if (e == CRED_OK && mode == HOME_SIGN)
		e = home_open_log(out, why);
	free(conf);
	return e;
}

void
home_close(struct home *h)
{
	log_close(h->log);
	registry_close(h->registry);
	logkey_free(h->logkey);
	signer_free(h->signer);
	own_free(h->own);
	if (h->lock >= 0)
		close(h->lock);
	*h = (struct home){.lock = -1};
}

char *
home_photo_path(const struct home *h, const uint8_t hash[static CRED_PHOTO_LEN])
{
	char hex[2 * CRED_PHOTO_LEN + 1], *dir, *path;

	for (size_t i = 0; i < CRED_PHOTO_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	dir = file_join(h->cli->home, "photos");
	path = dir == NULL ? NULL : file_join(dir, hex);
	free(dir);
	return path;
}

const char *
home_actor(void)
{
	const struct passwd *p = getpwuid(getuid());

	return p != NULL ? p->pw_name : "?";
}
