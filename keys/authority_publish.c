#include "keys/authority_int.h"

#include <stdlib.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/trustjson_int.h"

/* The CRL that stands in the publication must not be newer than ours. */
static enum cred_err
check_published(const struct authority *a, const char *dir, struct why *why)
{
	struct trust_files f = {.anchor = a->anchor_pem};
	struct trust *t = NULL;
	struct bytes crl = {0};
	enum cred_err e =
	    home_read(dir, "authority.crl", CRL_FILE_MAX, &crl, NULL);

	if (e != CRED_OK) /* nothing published yet */
		return CRED_OK;
	f.crl = crl;
	e = trust_load(&f, 0, &t, NULL, NULL, why);
	if (e == CRED_OK && t->crl_number > a->trust->crl_number)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("%s/authority.crl has number %llu, the home only %llu: "
		       "the home is an old copy; copy the published file into "
		       "it first",
			"%s/authority.crl 的编号是 %llu，而数据目录只有 %llu："
			"数据目录是旧的副本；请先把已发布的文件复制回来"),
		    dir, (unsigned long long)t->crl_number,
		    (unsigned long long)a->trust->crl_number);
	trust_free(t);
	authority_release(&crl);
	return e;
}

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

enum cred_err
authority_publish(struct authority *a, const char *dir, int crl_days,
    int64_t now, struct why *why)
{
	char *trust_dir = file_join(dir, "trust"), *json = NULL;
	struct crl crl = {0};
	enum cred_err e;

	if (trust_dir == NULL)
		return authority_nomem(why);
	e = file_mkdirs(trust_dir, 0755, why);
	if (e == CRED_OK)
		e = check_published(a, trust_dir, why);
	if (e == CRED_OK)
		e = authority_copy_crl(a, 0, &crl, why);
	if (e == CRED_OK)
		e = authority_replace_crl(a, &crl, crl_days, now, why);
	if (e == CRED_OK) {
		json = trustjson_make(a->trust);
		if (json == NULL)
			e = authority_nomem(why);
	}
	if (e == CRED_OK)
		e = write_into(trust_dir, "anchor.pem", a->anchor_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "bodies.pem", a->bodies_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "authority.crl", a->crl_pem, why);
	if (e == CRED_OK)
		e = write_into(trust_dir, "trust.json", bytes_str(json), why);
	free(json);
	free(crl.entries);
	free(trust_dir);
	return e;
}
