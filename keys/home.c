#include "keys/home_int.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/token_int.h"
#include "keys/x509_int.h"

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

enum cred_err
home_create(
    const char *home, const struct home_file *files, size_t n, struct why *why)
{
	enum cred_err e = file_mkdirs(home, 0700, why);
	size_t done = 0;
	char *path;

	for (size_t i = 0; i < n && e == CRED_OK; i++) {
		path = file_join(home, files[i].name);
		if (path == NULL)
			e = nomem(why);
		else if (access(path, F_OK) == 0)
			e = why_set(why, CRED_FAULT_EXISTS,
			    TR("%s exists already; it is not overwritten",
				"%s 已经存在，不会覆盖"),
			    path);
		free(path);
	}
	while (done < n && e == CRED_OK) {
		path = file_join(home, files[done].name);
		e = path == NULL ? nomem(why)
				 : file_create(path, files[done].data,
				       files[done].mode, why);
		free(path);
		if (e == CRED_OK)
			done++;
	}
	while (e != CRED_OK && done-- > 0) {
		path = file_join(home, files[done].name);
		if (path != NULL)
			unlink(path);
		free(path);
	}
	return e;
}

enum cred_err
home_new_pass(
    const struct pass_source *src, char out[static PASS_MAX], struct why *why)
{
	enum cred_err e = pass_read(src,
	    TR("pass phrase for the new keys", "新密钥的口令"), true, out, why);

	if (e == CRED_OK && strlen(out) < PASS_MIN) {
		pass_clear(out);
		e = why_set(why, CRED_FAULT_PASS,
		    TR("the pass phrase is shorter than %d bytes",
			"口令少于 %d 个字节"),
		    PASS_MIN);
	}
	return e;
}

/* What a key file of the home says when the key is elsewhere: one line. */
static enum cred_err
reference(const char *uri, char **out, struct why *why)
{
	char real[PATH_MAX];
	const char *path = strncmp(uri, "file:", 5) == 0 ? uri + 5 : uri;
	int n;

	if (strncmp(uri, "pkcs11:", 7) == 0)
		n = asprintf(out, "%s\n", uri);
	else if (realpath(path, real) == NULL)
		return why_errno(why, errno, TR("cannot open", "打不开"), path);
	else
		n = asprintf(out, "file:%s\n", real);
	if (n < 0) {
		*out = NULL;
		return nomem(why);
	}
	return CRED_OK;
}

enum cred_err
home_new_key(enum cose_alg alg, const char *key_uri, const char *pass,
    struct bytes *text, struct key **key, struct why *why)
{
	struct key *k = NULL;
	char *pem = NULL;
	size_t len = 0;
	enum cred_err e;

	if (key_uri == NULL) {
		e = keyfile_generate(alg, pass, &pem, &len, &k, why);
	} else {
		e = reference(key_uri, &pem, why);
		if (e == CRED_OK)
			len = strlen(pem);
		if (e == CRED_OK && strncmp(key_uri, "pkcs11:", 7) == 0)
			e = tokenkey_open_or_make(key_uri, alg, pass, &k, why);
		else if (e == CRED_OK)
			e = key_open(key_uri, pass, &k, why);
	}
	if (e != CRED_OK) {
		free(pem);
		return e;
	}
	*text = bytes_of(pem, len);
	*key = k;
	return CRED_OK;
}

void
home_free_key(struct bytes *text, struct key *key)
{
	free((void *)(uintptr_t)text->ptr);
	*text = (struct bytes){0};
	key_free(key);
}

enum cred_err
home_has(const char *home, const char *name, const char *command,
    struct why *why)
{
	char *path = file_join(home, name);
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return nomem(why);
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is not there. Is --home right? Else make it with: "
		       "%s",
			"%s 不存在。--home 是否正确？否则先用 %s 建立"),
		    path, command);
	free(path);
	return e;
}

enum cred_err
home_read(const char *home, const char *name, size_t max, struct bytes *out,
    struct why *why)
{
	char *path = file_join(home, name);
	uint8_t *data;
	size_t len;
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	e = file_read(path, max, &data, &len, why);
	if (e == CRED_OK)
		*out = bytes_of(data, len);
	free(path);
	return e;
}

enum cred_err
pem_first(struct bytes pem, const char *label, uint8_t **der, size_t *len)
{
	BIO *in = pem.ptr == NULL || pem.len > INT_MAX
		      ? NULL
		      : BIO_new_mem_buf(pem.ptr, (int)pem.len);
	enum cred_err e = CRED_FAULT_NOMEM;
	uint8_t *got = NULL;

	if (in != NULL)
		e = pem_next(in, label, &got, len);
	BIO_free(in);
	if (e == CRED_OK && got == NULL)
		e = CRED_ERR_X509_FORM;
	if (e == CRED_OK)
		*der = got;
	return e;
}
