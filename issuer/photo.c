#include "issuer/photo.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"

static enum cred_err
check_hash(const uint8_t *data, size_t len, const uint8_t *hash, bool *same)
{
	uint8_t now[32];

	if (EVP_Digest(data, len, now, NULL, EVP_sha256(), NULL) != 1) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	*same = memcmp(now, hash, CRED_PHOTO_LEN) == 0;
	return CRED_OK;
}

static enum cred_err
keep(const struct home *h, const char *path, const struct row *row,
    struct why *why)
{
	char *kept = home_photo_path(h, row->photo);
	char *dir = cli_home_path(h->cli, "photos");
	uint8_t *data = NULL;
	enum cred_err e;
	bool same = false;
	size_t len;

	if (kept == NULL) {
		e = CRED_FAULT_NOMEM;
		goto out;
	}
	if (access(kept, R_OK) == 0) {
		e = CRED_OK;
		goto out;
	}
	e = file_read(path, ROW_PHOTO_BYTES, &data, &len, why);
	if (e == CRED_OK)
		e = check_hash(data, len, row->photo, &same);
	if (e == CRED_OK && !same)
		e = why_set(why, CRED_FAULT_CONFLICT,
		    TR("the photo of row %u changed while the roster was "
		       "checked; run it again",
			"第 %u 行的照片在检查过程中被改动；请重新运行"),
		    row->row);
	if (e == CRED_OK)
		e = file_mkdirs(dir, 0700, why);
	if (e == CRED_OK)
		e = file_write(kept, bytes_of(data, len), 0600, why);
out:
	free(data);
	free(dir);
	free(kept);
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}

enum cred_err
photo_keep(const struct home *h, const char *dir, const struct row *row,
    struct why *why)
{
	enum cred_err e;
	char *path;

	if (!row->has_photo)
		return CRED_OK;
	path = file_join(dir, row->photo_file);
	if (path == NULL)
		return CRED_FAULT_NOMEM;
	e = keep(h, path, row, why);
	free(path);
	return e;
}

enum cred_err
photo_load(const struct home *h, struct bytes hash, uint8_t **out, size_t *len,
    struct why *why)
{
	char *path = home_photo_path(h, hash.ptr);
	enum cred_err e;
	uint8_t *data;
	bool same = false;
	size_t n;

	if (path == NULL)
		return CRED_FAULT_NOMEM;
	e = file_read(path, ROW_PHOTO_BYTES, &data, &n, why);
	if (e == CRED_OK) {
		e = check_hash(data, n, hash.ptr, &same);
		if (e == CRED_OK && !same)
			e = why_set(why, CRED_FAULT_IO,
			    TR("%s is damaged: its hash is not its name; "
			       "restore it from a backup",
				"%s 已损坏：内容与文件名不符；请从备份恢复"),
			    path);
		if (e == CRED_OK) {
			*out = data;
			*len = n;
		} else {
			free(data);
		}
	}
	free(path);
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}
