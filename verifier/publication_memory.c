#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "verifier/publication_int.h"

/*
 * DIR/seen.json:
 *   {"schema":1,"crl":7,"crls":{"<kid of the anchor>":7},"status":{"<body
 * id>/<n>":1764000000}, "log":{"<body id>-<key>":{"size":266,"root":"<hex>"}}}
 * crl is what versions before 0.2 wrote: the highest of all anchors, used for
 * an anchor that crls does not know while crls is empty.
 * The newest of each; merged with what another process wrote before it is
 * written, under a lock, so that no process forgets what another saw.
 */
#define MAX_BYTES (64u << 20)

struct memory {
	pthread_mutex_t lock;
	char *path, *lock_path; /* NULL: not kept on disk */
	uint64_t crl;
	json_t *crls, *status, *log;
	bool changed;
};

static void
anchor_key(const uint8_t kid[static CRED_KID_LEN], char out[static 17])
{
	for (size_t i = 0; i < CRED_KID_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", kid[i]);
}

static bool
root_from_hex(const char *hex, struct tlog_hash *out)
{
	if (hex == NULL || strlen(hex) != 64 ||
	    strspn(hex, "0123456789abcdef") != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		out->b[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

static json_t *
log_entry(uint64_t size, const struct tlog_hash *root)
{
	char hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", root->b[i]);
	return json_pack("{s:I, s:s}", "size", (json_int_t)size, "root", hex);
}

static bool
log_read(const json_t *o, uint64_t *size, struct tlog_hash *root)
{
	const json_t *n = json_object_get(o, "size");

	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    !root_from_hex(json_string_value(json_object_get(o, "root")), root))
		return false;
	*size = (uint64_t)json_integer_value(n);
	return true;
}

/* Take from doc whatever is newer than ours. */
static void
merge(struct memory *m, const json_t *doc)
{
	const json_t *crl = json_object_get(doc, "crl"), *v;
	struct tlog_hash root;
	uint64_t size, ours;
	const char *key;

	if (json_is_integer(crl) && json_integer_value(crl) > 0 &&
	    (uint64_t)json_integer_value(crl) > m->crl)
		m->crl = (uint64_t)json_integer_value(crl);
	json_object_foreach(json_object_get(doc, "crls"), key, v)
	{
		const json_t *o = json_object_get(m->crls, key);
		if (json_is_integer(v) &&
		    json_integer_value(v) > json_integer_value(o))
			json_object_set_new(m->crls, key, json_deep_copy(v));
	}
	json_object_foreach(json_object_get(doc, "status"), key, v)
	{
		const json_t *o = json_object_get(m->status, key);
		if (json_is_integer(v) &&
		    (o == NULL ||
			json_integer_value(v) > json_integer_value(o)))
			json_object_set_new(m->status, key, json_deep_copy(v));
	}
	json_object_foreach(json_object_get(doc, "log"), key, v)
	{
		const json_t *o = json_object_get(m->log, key);
		if (log_read(v, &size, &root) &&
		    (!log_read(o, &ours, &(struct tlog_hash){0}) ||
			size > ours))
			json_object_set_new(m->log, key, json_deep_copy(v));
	}
}

/* *doc NULL: no such file. */
static enum cred_err
read_doc(const char *path, json_t **out, struct why *why)
{
	uint8_t *buf = NULL;
	enum cred_err e;
	size_t len;
	json_t *doc;

	*out = NULL;
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return CRED_OK;
	e = file_read(path, MAX_BYTES, &buf, &len, why);
	if (e != CRED_OK)
		return e;
	doc = json_loadb((const char *)buf, len, JSON_REJECT_DUPLICATES, NULL);
	free(buf);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return why_set(why, CRED_FAULT_IO,
		    TR("%s is damaged, so it is not known what was seen last; "
		       "delete it to start anew",
			"%s 已损坏，无法得知上次见到的版本；删除它可重新开始"),
		    path);
	}
	*out = doc;
	return CRED_OK;
}

/* What another process or run has written; absent is fine. */
static enum cred_err
merge_disk(struct memory *m, struct why *why)
{
	json_t *doc;
	enum cred_err e = read_doc(m->path, &doc, why);

	if (e == CRED_OK && doc != NULL)
		merge(m, doc);
	json_decref(doc);
	return e;
}

static bool
is_of(const json_t *doc, const uint8_t (*kids)[CRED_KID_LEN], size_t n)
{
	char key[17];

	for (size_t i = 0; i < n; i++) {
		anchor_key(kids[i], key);
		if (json_object_get(json_object_get(doc, "crls"), key) != NULL)
			return true;
	}
	return false;
}

enum cred_err
memory_adopt(struct memory *m, const char *dir,
    const uint8_t (*kids)[CRED_KID_LEN], size_t n, struct why *why)
{
	char *above = file_join(dir, "..");
	enum cred_err e = CRED_OK;
	struct dirent *d;
	DIR *all = above != NULL ? opendir(above) : NULL;

	if (above == NULL)
		return CRED_FAULT_NOMEM;
	if (all == NULL)
		e = why_errno(why, errno, TR("cannot read", "读不了"), above);
	while (e == CRED_OK && (d = readdir(all)) != NULL) {
		char *path = NULL;
		json_t *doc = NULL;

		if (d->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s/seen.json", above, d->d_name) < 0)
			e = CRED_FAULT_NOMEM;
		if (e == CRED_OK)
			e = read_doc(path, &doc, why);
		if (e == CRED_OK && is_of(doc, kids, n))
			merge(m, doc);
		json_decref(doc);
		free(path);
	}
	if (all != NULL)
		closedir(all);
	free(above);
	return e;
}

enum cred_err
memory_open(const char *dir, struct memory **out, struct why *why)
{
	struct memory *m = calloc(1, sizeof *m);
	enum cred_err e = CRED_OK;

	if (m == NULL)
		return why_errno(why, ENOMEM, "calloc", "memory");
	pthread_mutex_init(&m->lock, NULL);
	m->crls = json_object();
	m->status = json_object();
	m->log = json_object();
	if (m->crls == NULL || m->status == NULL || m->log == NULL)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK && dir != NULL) {
		m->path = file_join(dir, "seen.json");
		m->lock_path = file_join(dir, "seen.lock");
		if (m->path == NULL || m->lock_path == NULL)
			e = CRED_FAULT_NOMEM;
	}
	if (e == CRED_OK && m->path != NULL)
		e = merge_disk(m, why);
	if (e != CRED_OK) {
		memory_close(m);
		return e;
	}
	*out = m;
	return CRED_OK;
}

void
memory_close(struct memory *m)
{
	if (m == NULL)
		return;
	json_decref(m->crls);
	json_decref(m->status);
	json_decref(m->log);
	pthread_mutex_destroy(&m->lock);
	free(m->path);
	free(m->lock_path);
	free(m);
}

static enum cred_err
write_disk(struct memory *m, struct why *why)
{
	enum cred_err e = CRED_FAULT_NOMEM;
	json_t *doc = json_pack("{s:i, s:I, s:O, s:O, s:O}", "schema", 1, "crl",
	    (json_int_t)m->crl, "crls", m->crls, "status", m->status, "log",
	    m->log);
	char *text =
	    doc != NULL ? json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	if (text != NULL)
		e = file_write(m->path, bytes_str(text), 0600, why);
	free(text);
	json_decref(doc);
	return e;
}

enum cred_err
memory_save(struct memory *m, struct why *why)
{
	enum cred_err e = CRED_OK;
	int fd;

	pthread_mutex_lock(&m->lock);
	if (!m->changed || m->path == NULL)
		goto out;
	fd = open(m->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		e = why_errno(
		    why, errno, TR("cannot lock", "无法加锁"), m->lock_path);
	if (e == CRED_OK)
		e = merge_disk(m, why);
	if (e == CRED_OK)
		e = write_disk(m, why);
	if (e == CRED_OK)
		m->changed = false;
	if (fd >= 0)
		close(fd);
out:
	pthread_mutex_unlock(&m->lock);
	return e;
}

uint64_t
memory_crl(struct memory *m, const uint8_t anchor[static CRED_KID_LEN])
{
	char key[17];
	uint64_t v;

	anchor_key(anchor, key);
	pthread_mutex_lock(&m->lock);
	if (json_object_size(m->crls) == 0)
		v = m->crl;
	else
		v = (uint64_t)json_integer_value(json_object_get(m->crls, key));
	pthread_mutex_unlock(&m->lock);
	return v;
}

void
memory_set_crl(struct memory *m, const uint8_t anchor[static CRED_KID_LEN],
    uint64_t number)
{
	char key[17];

	anchor_key(anchor, key);
	pthread_mutex_lock(&m->lock);
	if (number <= INT64_MAX && number > 0) {
		json_int_t n = (json_int_t)number;

		if (n > json_integer_value(json_object_get(m->crls, key)) &&
		    json_object_set_new(m->crls, key, json_integer(n)) == 0)
			m->changed = true;
		if (number > m->crl)
			m->crl = number;
	}
	pthread_mutex_unlock(&m->lock);
}

static void
status_key(const char *body_id, unsigned list, char out[static 64])
{
	snprintf(out, 64, "%s/%u", body_id, list);
}

int64_t
memory_status(struct memory *m, const char *body_id, unsigned list)
{
	char key[64];
	int64_t v;

	status_key(body_id, list, key);
	pthread_mutex_lock(&m->lock);
	v = json_integer_value(json_object_get(m->status, key));
	pthread_mutex_unlock(&m->lock);
	return v;
}

void
memory_set_status(
    struct memory *m, const char *body_id, unsigned list, int64_t iat)
{
	char key[64];

	status_key(body_id, list, key);
	pthread_mutex_lock(&m->lock);
	if (iat > json_integer_value(json_object_get(m->status, key)) &&
	    json_object_set_new(m->status, key, json_integer(iat)) == 0)
		m->changed = true;
	pthread_mutex_unlock(&m->lock);
}

bool
memory_log(
    struct memory *m, const char *log, uint64_t *size, struct tlog_hash *root)
{
	bool seen;

	pthread_mutex_lock(&m->lock);
	seen = log_read(json_object_get(m->log, log), size, root);
	pthread_mutex_unlock(&m->lock);
	return seen;
}

void
memory_set_log(struct memory *m, const char *log, uint64_t size,
    const struct tlog_hash *root)
{
	struct tlog_hash old_root;
	uint64_t old;

	pthread_mutex_lock(&m->lock);
	if ((!log_read(json_object_get(m->log, log), &old, &old_root) ||
		size > old) &&
	    json_object_set_new(m->log, log, log_entry(size, root)) == 0)
		m->changed = true;
	pthread_mutex_unlock(&m->lock);
}
