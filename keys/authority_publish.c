#include "keys/authority_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"

static enum cred_err
write_into(
    const char *dir, const char *name, struct bytes data, struct why *why)
{
	char *path = file_join(dir, name);
	enum cred_err e = path == NULL ? authority_nomem(why)
				       : file_write(path, data, 0644, why);

	free(path);
	return e;
}

/*
 * Ours, and what HOME/retired/ has of the authority before us: its bodies'
 * certificates and its last CRL go on being published.
 */
struct published {
	struct bytes anchor, bodies, crl;
};

static enum cred_err
join(const struct authority *a, const char *name, struct bytes ours,
    struct bytes *out, struct why *why)
{
	char *dir = file_join(a->home, "retired");
	char *path = dir == NULL ? NULL : file_join(dir, name);
	struct bytes theirs = {0};
	enum cred_err e = path == NULL ? authority_nomem(why) : CRED_OK;
	uint8_t *all;

	if (e == CRED_OK && access(dir, F_OK) == 0)
		e = home_read(dir, name, CRL_FILE_MAX, &theirs, why);
	all = e == CRED_OK ? malloc(ours.len + theirs.len + 2) : NULL;
	if (e == CRED_OK && all == NULL)
		e = authority_nomem(why);
	if (e == CRED_OK) {
		size_t n = 0;

		if (theirs.len > 0) {
			memcpy(all, theirs.ptr, theirs.len);
			n = theirs.len;
			all[n++] = '\n';
		}
		if (ours.len > 0)
			memcpy(all + n, ours.ptr, ours.len);
		*out = bytes_of(all, n + ours.len);
	}
	authority_release(&theirs);
	free(path);
	free(dir);
	return e;
}

static void
published_release(struct published *p)
{
	authority_release(&p->anchor);
	authority_release(&p->bodies);
	authority_release(&p->crl);
}

static uint64_t
crl_number(const struct trust *t, const uint8_t *fingerprint)
{
	for (size_t i = 0; i < trust_n_anchors(t); i++) {
		struct anchor_facts f;

		trust_anchor_facts(t, i, &f);
		if (memcmp(f.fingerprint, fingerprint, 32) == 0)
			return f.crl_number;
	}
	return 0;
}

/* Of no anchor may the publication have a newer CRL than the home. */
static enum cred_err
compare_published(const struct trust *ours, const struct trust *theirs,
    const char *dir, struct why *why)
{
	for (size_t i = 0; i < trust_n_anchors(ours); i++) {
		struct anchor_facts f;
		uint64_t there;

		trust_anchor_facts(ours, i, &f);
		there = crl_number(theirs, f.fingerprint);
		if (there > f.crl_number)
			return why_set(why, CRED_FAULT_CONFLICT,
			    TR("%s/authority.crl has number %llu, the home "
			       "only %llu: the home is an old copy; copy the "
			       "published file into it first",
				"%s/authority.crl 的编号是 %llu，而数据目录只"
				"有 %llu：数据目录是旧的副本；请先把已发布的文"
				"件复制回来"),
			    dir, (unsigned long long)there,
			    (unsigned long long)f.crl_number);
	}
	return CRED_OK;
}

/* A file that is there and cannot be read is no file that is not there. */
static enum cred_err
read_published(const char *dir, struct bytes *out, struct why *why)
{
	char *path = file_join(dir, "authority.crl");
	enum cred_err e;

	if (path == NULL)
		return authority_nomem(why);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		e = CRED_OK;
	else
		e = home_read(dir, "authority.crl", CRL_FILE_MAX, out, why);
	free(path);
	return e;
}

static enum cred_err
check_published(
    const struct authority *a, const char *dir, int64_t now, struct why *why)
{
	struct bytes anchors = {0}, mine = {0}, published = {0};
	struct trust *ours = NULL, *theirs = NULL;
	struct trust_files f = {0};
	enum cred_err e = read_published(dir, &published, why);

	if (e != CRED_OK || published.ptr == NULL)
		return e;
	e = join(a, "anchor.pem", a->anchor_pem, &anchors, why);
	if (e == CRED_OK)
		e = join(a, "authority.crl", a->crl_pem, &mine, why);
	f.anchor = anchors;
	f.crl = mine;
	if (e == CRED_OK)
		e = trust_load(&f, now, &ours, NULL, NULL, why);
	f.crl = published;
	if (e == CRED_OK)
		e = trust_load(&f, now, &theirs, NULL, NULL, why);
	if (e == CRED_OK)
		e = compare_published(ours, theirs, dir, why);
	trust_free(ours);
	trust_free(theirs);
	authority_release(&anchors);
	authority_release(&mine);
	authority_release(&published);
	return e;
}

static enum cred_err
join_all(struct authority *a, int64_t now, struct published *p, char **json,
    struct why *why)
{
	struct trust_files f = {0};
	struct trust *t = NULL;
	enum cred_err e = join(a, "anchor.pem", a->anchor_pem, &p->anchor, why);

	if (e == CRED_OK)
		e = join(a, "bodies.pem", a->bodies_pem, &p->bodies, why);
	if (e == CRED_OK)
		e = join(a, "authority.crl", a->crl_pem, &p->crl, why);
	if (e != CRED_OK)
		return e;
	f.anchor = p->anchor;
	f.bodies = p->bodies;
	f.crl = p->crl;
	e = trust_load(&f, now, &t, NULL, NULL, why);
	if (e == CRED_OK && t->crl.why != CRED_OK)
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s/retired/authority.crl cannot be published: %s (%s)",
			"%s/retired/authority.crl 不能发布：%s（%s）"),
		    a->home, cred_strerr(t->crl.why), cred_errname(t->crl.why));
	if (e == CRED_OK) {
		*json = trust_list_json(t);
		if (*json == NULL)
			e = authority_nomem(why);
	}
	trust_free(t);
	return e;
}

enum cred_err
authority_publish(struct authority *a, const char *dir, int crl_days,
    int64_t now, struct why *why)
{
	char *trust_dir = file_join(dir, "trust"), *json = NULL;
	struct published p = {0};
	struct crl crl = {0};
	enum cred_err e;

	if (trust_dir == NULL)
		return authority_nomem(why);
	e = file_mkdirs(trust_dir, 0755, why);
	if (e == CRED_OK)
		e = check_published(a, trust_dir, now, why);
	if (e == CRED_OK)
		e = authority_copy_crl(a, 0, &crl, why);
	if (e == CRED_OK)
		e = authority_replace_crl(a, &crl, crl_days, now, why);
	if (e == CRED_OK)
		e = join_all(a, now, &p, &json, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "anchor.pem", p.anchor, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "bodies.pem", p.bodies, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "authority.crl", p.crl, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "trust.json", bytes_str(json), why);
	published_release(&p);
	free(json);
	free(crl.entries);
	free(trust_dir);
	return e;
}
