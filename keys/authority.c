#include "keys/authority_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

enum cred_err
authority_nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

void
authority_release(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}

enum cred_err
authority_init(const char *home, const struct authority_new *n,
    const struct pass_source *src, int64_t now, uint8_t fingerprint[static 32],
    struct why *why)
{
	struct validity when = {now, now + (int64_t)n->valid_days * DAY};
	struct crl crl = {.number = 1,
	    .this_update = now,
	    .next_update = now + (int64_t)n->crl_days * DAY};
	struct der der = {0}, crl_der = {0};
	char *pem = NULL, *crl_pem = NULL;
	struct anchor anchor = {0};
	struct bytes key_text = {0};
	struct key *key = NULL;
	char pass[PASS_MAX];
	enum cred_err e;

	e = n->key_uri == NULL
		? home_new_pass(src, pass, why)
		: pass_read(src,
		      TR("pass phrase or PIN of the key", "密钥的口令或 PIN"),
		      false, pass, why);
	if (e != CRED_OK)
		return e;
	e = home_new_key(n->alg, n->key_uri, pass, &key_text, &key, why);
	pass_clear(pass);
	if (e == CRED_OK)
		e = make_anchor(key, n->name, when, &der, why);
	if (e == CRED_OK)
		e = x509_anchor(bytes_of(der.ptr, der.len), &anchor);
	if (e == CRED_OK)
		e = make_crl(key, &anchor, &crl, &crl_der, why);
	if (e == CRED_OK) {
		pem = make_pem(PEM_STRING_X509, anchor.der);
		crl_pem = make_pem(
		    PEM_STRING_X509_CRL, bytes_of(crl_der.ptr, crl_der.len));
		if (pem == NULL || crl_pem == NULL)
			e = authority_nomem(why);
	}
	if (e == CRED_OK) {
		const struct home_file files[] = {
		    {"authority.key", key_text, 0600},
		    {"authority.crl", bytes_str(crl_pem), 0644},
		    {"anchor.pem", bytes_str(pem), 0644},
		};
		e = home_create(home, files, 3, why);
	}
	if (e == CRED_OK)
		memcpy(fingerprint, anchor.fingerprint, 32);
	free(crl_pem);
	free(pem);
	free(crl_der.ptr);
	free(der.ptr);
	anchor_release(&anchor);
	home_free_key(&key_text, key);
	return e;
}

static int
is_pem(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 4 &&
	       strcmp(d->d_name + len - 4, ".pem") == 0;
}

/* All of bodies/ one after the other; the folder may not be there yet. */
static enum cred_err
read_bodies(const char *home, struct bytes *out, struct why *why)
{
	char *dir = file_join(home, "bodies"), *all = NULL;
	struct dirent **list = NULL;
	enum cred_err e = CRED_OK;
	size_t len = 0;
	int n;

	if (dir == NULL)
		return authority_nomem(why);
	n = scandir(dir, &list, is_pem, alphasort);
	if (n < 0 && errno != ENOENT)
		e = why_errno(why, errno, TR("cannot read", "读不了"), dir);
	all = malloc(1);
	if (all == NULL)
		e = authority_nomem(why);
	for (int i = 0; i < n && e == CRED_OK; i++) {
		struct bytes one = {0};
		char *more;

		e = home_read(dir, list[i]->d_name, PEM_FILE_MAX, &one, why);
		if (e != CRED_OK)
			break;
		more = realloc(all, len + one.len + 2);
		if (more == NULL) {
			e = authority_nomem(why);
		} else {
			all = more;
			memcpy(all + len, one.ptr, one.len);
			len += one.len;
			if (len > 0 && all[len - 1] != '\n')
				all[len++] = '\n';
		}
		authority_release(&one);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	free(dir);
	if (e != CRED_OK) {
		free(all);
		return e;
	}
	*out = bytes_of(all, len);
	return CRED_OK;
}

static void
note_bad(void *ctx, const char *line)
{
	struct why *bad = ctx;

	if (bad->text[0] == '\0')
		(void)why_set(bad, CRED_FAULT_CONFIG, "%s", line);
}

/* Read the home's files again: after opening and after each change. */
enum cred_err
authority_reload(struct authority *a, int64_t now, struct why *why)
{
	struct trust *t = NULL;
	struct trust_files f;
	enum cred_err e;

	authority_release(&a->anchor_pem);
	authority_release(&a->bodies_pem);
	authority_release(&a->crl_pem);
	e = home_read(a->home, "anchor.pem", PEM_FILE_MAX, &a->anchor_pem, why);
	if (e == CRED_OK)
		e = read_bodies(a->home, &a->bodies_pem, why);
	if (e == CRED_OK)
		e = home_read(
		    a->home, "authority.crl", CRL_FILE_MAX, &a->crl_pem, why);
	if (e != CRED_OK)
		return e;
	f = (struct trust_files){a->anchor_pem, a->bodies_pem, a->crl_pem};
	a->bad.text[0] = '\0';
	e = trust_load(&f, now, &t, note_bad, &a->bad, why);
	if (e != CRED_OK)
		return e;
	trust_free(a->trust);
	a->trust = t;
	/* The CRL is the only record of what was withdrawn: without it, a new
	 * one would forgive everybody. */
	if (t->crl.why != CRED_OK && t->crl.why != CRED_ERR_CRL_EXPIRED)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s/authority.crl cannot be used (%s): restore it from "
		       "the publication (trust/authority.crl)",
			"%s/authority.crl 不能使用（%s）：请从已发布的 "
			"trust/authority.crl 恢复"),
		    a->home, cred_errname(t->crl.why));
	if (a->bad.text[0] != '\0' && a->key != NULL)
		return why_set(why, CRED_FAULT_CONFIG, "%s/bodies: %.900s",
		    a->home, a->bad.text);
	return CRED_OK;
}

static enum cred_err
take_lock(struct authority *a, struct why *why)
{
	char *path = file_join(a->home, "lock");
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return authority_nomem(why);
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock < 0)
		e = why_errno(why, errno, TR("cannot open", "打不开"), path);
	else if (flock(a->lock, LOCK_EX | LOCK_NB) != 0)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("another program is changing %s; try again later",
			"另一个程序正在修改 %s，请稍后再试"),
		    a->home);
	free(path);
	return e;
}

static enum cred_err
open_key(struct authority *a, const struct pass_source *src, struct why *why)
{
	char *path = file_join(a->home, "authority.key");
	const struct pubkey *pub, *want = &a->trust->anchors[0].a.key;
	char pass[PASS_MAX];
	enum cred_err e;

	if (path == NULL)
		return authority_nomem(why);
	e = pass_read(src,
	    TR("pass phrase of the authority's key", "主管部门密钥的口令"),
	    false, pass, why);
	if (e == CRED_OK)
		e = key_open(path, pass, &a->key, why);
	pass_clear(pass);
	if (e == CRED_OK) {
		pub = key_public(a->key);
		if (pub->alg != want->alg ||
		    memcmp(pub->raw, want->raw, want->len) != 0)
			e = why_set(why, CRED_FAULT_KEY,
			    TR("%s is not the key of the anchor",
				"%s 不是信任锚的私钥"),
			    path);
	}
	free(path);
	return e;
}

enum cred_err
authority_open(const char *home, const struct pass_source *pass, int64_t now,
    struct authority **out, struct why *why)
{
	struct authority *a = calloc(1, sizeof *a);
	enum cred_err e = CRED_OK;

	if (a == NULL)
		return authority_nomem(why);
	a->lock = -1;
	a->home = strdup(home);
	if (a->home == NULL)
		e = authority_nomem(why);
	if (e == CRED_OK)
		e = home_has(
		    home, "anchor.pem", "tamga-keys authority init", why);
	if (e == CRED_OK && pass != NULL)
		e = take_lock(a, why);
	if (e == CRED_OK && pass != NULL)
		e = approvers_load(home, &a->approvers, why);
	if (e == CRED_OK)
		e = authority_reload(a, now, why);
	if (e == CRED_OK && pass != NULL)
		e = open_key(a, pass, why);
	if (e == CRED_OK && pass != NULL && a->bad.text[0] != '\0')
		e = why_set(why, CRED_FAULT_CONFIG, "%s/bodies: %.900s", home,
		    a->bad.text);
	if (e != CRED_OK) {
		authority_close(a);
		return e;
	}
	*out = a;
	return CRED_OK;
}

void
authority_close(struct authority *a)
{
	if (a == NULL)
		return;
	key_free(a->key);
	trust_free(a->trust);
	authority_release(&a->anchor_pem);
	authority_release(&a->bodies_pem);
	authority_release(&a->crl_pem);
	if (a->lock >= 0)
		close(a->lock);
	free(a->home);
	free(a);
}

const struct trust *
authority_trust(const struct authority *a)
{
	return a->trust;
}
