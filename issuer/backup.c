#include "issuer/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/file.h"

#define DEPTH_MAX 8

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
backup_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

enum cred_err
backup_sync(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum cred_err e = CRED_OK;

	if (fd < 0 || syncfs(fd) != 0)
		e = why_errno(why, errno, TR("cannot sync", "无法落盘"), path);
	if (fd >= 0)
		close(fd);
	return e;
}

static enum cred_err
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return CRED_FAULT_IO;
		p += done;
		n -= (size_t)done;
	}
	return CRED_OK;
}

/* to < 0: only read. */
static enum cred_err
pump(int from, int to, const char *from_name, const char *to_name,
    uint64_t *len, uint8_t hash[static 32], struct why *why)
{
	uint8_t buf[65536];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good =
	    md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
	enum cred_err e = good ? CRED_OK : CRED_FAULT_CRYPTO;
	uint64_t total = 0;
	ssize_t n = 0;

	while (e == CRED_OK && (n = read(from, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			e = why_errno(why, errno, TR("cannot read", "无法读取"),
			    from_name);
			break;
		}
		if (EVP_DigestUpdate(md, buf, (size_t)n) != 1)
			e = CRED_FAULT_CRYPTO;
		else if (to >= 0 && write_all(to, buf, (size_t)n) != CRED_OK)
			e = why_errno(
			    why, errno, TR("cannot write", "写不了"), to_name);
		total += (uint64_t)n;
	}
	if (e == CRED_OK && EVP_DigestFinal_ex(md, hash, NULL) != 1)
		e = CRED_FAULT_CRYPTO;
	EVP_MD_CTX_free(md);
	if (e == CRED_FAULT_CRYPTO) {
		ERR_clear_error();
		return why_set(why, e, "%s", cred_strerr(e));
	}
	if (e == CRED_OK)
		*len = total;
	return e;
}

enum cred_err
backup_copy(const char *from, const char *to, unsigned mode, uint64_t *len,
    uint8_t hash[static 32], struct why *why)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1;
	enum cred_err e = CRED_OK;

	if (in < 0)
		return why_errno(
		    why, errno, TR("cannot read", "无法读取"), from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		e = why_errno(why, errno, TR("cannot create", "无法创建"), to);
	if (e == CRED_OK)
		e = pump(in, out, from, to, len, hash, why);
	if (e == CRED_OK && fchmod(out, (mode_t)mode) != 0)
		e = why_errno(why, errno, TR("cannot write", "写不了"), to);
	if (out >= 0 && close(out) != 0 && e == CRED_OK)
		e = why_errno(why, errno, TR("cannot write", "写不了"), to);
	close(in);
	return e;
}

/* What it reads comes from the disk, where the kernel lets it. */
static enum cred_err
hash_file(
    const char *path, uint64_t *len, uint8_t hash[static 32], struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum cred_err e;

	if (fd < 0)
		return why_errno(
		    why, errno, TR("cannot read", "无法读取"), path);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	e = pump(fd, -1, path, NULL, len, hash, why);
	close(fd);
	return e;
}

struct walk {
	struct home *h;
	const char *home, *to;
	struct manifest *m;
	struct why *why;
};

/* The registry has its own way; the log follows from it. */
static bool
is_left_out(const char *rel)
{
	static const char *const names[] = {"log", "issuer.lock",
	    MANIFEST_REGISTRY, MANIFEST_REGISTRY "-wal",
	    MANIFEST_REGISTRY "-shm", MANIFEST_NAME};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(rel, names[i]) == 0)
			return true;
	return strncmp(rel, "replaced-", 9) == 0 ||
	       strncmp(rel, "restoring.", 10) == 0 ||
	       strstr(rel, ".tmp.") != NULL || strstr(rel, ".new.") != NULL;
}

static enum cred_err walk_folder(struct walk *w, const char *rel, int depth);

static enum cred_err
walk_one(struct walk *w, const char *rel, int depth)
{
	char *from = file_join(w->home, rel), *to = file_join(w->to, rel);
	struct manifest_file f = {.path = (char *)(uintptr_t)rel};
	enum cred_err e = CRED_OK;
	struct stat st;

	if (from == NULL || to == NULL) {
		e = nomem(w->why);
	} else if (lstat(from, &st) != 0) {
		/* gone since the folder was read: it was temporary */
		if (errno != ENOENT)
			e = why_errno(
			    w->why, errno, TR("cannot read", "无法读取"), from);
	} else if (!manifest_path_ok(rel) ||
		   (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		e = why_set(w->why, CRED_FAULT_CONFIG,
		    TR("%s is neither file nor folder, or has a name that "
		       "cannot be kept; move it out of the home",
			"%s 不是文件也不是文件夹，或名称无法保存；"
			"请把它移出数据目录"),
		    from);
	} else if (S_ISDIR(st.st_mode)) {
		if (mkdir(to, 0700) != 0)
			e = why_errno(
			    w->why, errno, TR("cannot create", "无法创建"), to);
		else
			e = walk_folder(w, rel, depth + 1);
	} else {
		f.mode = st.st_mode & 0777;
		e = backup_copy(from, to, f.mode, &f.len, f.hash, w->why);
		if (e == CRED_OK)
			e = manifest_add(w->m, &f, w->why);
	}
	free(from);
	free(to);
	return e;
}

static enum cred_err
walk_folder(struct walk *w, const char *rel, int depth)
{
	char *path = *rel == '\0' ? strdup(w->home) : file_join(w->home, rel);
	DIR *d = path != NULL ? opendir(path) : NULL;
	enum cred_err e = CRED_OK;
	struct dirent *entry;

	if (d == NULL || depth > DEPTH_MAX)
		e = why_errno(w->why, d == NULL ? errno : ELOOP,
		    TR("cannot read", "无法读取"), path != NULL ? path : rel);
	while (e == CRED_OK && (errno = 0, entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;
		char *sub;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		sub = *rel == '\0' ? strdup(name) : file_join(rel, name);
		if (sub == NULL)
			e = nomem(w->why);
		else if (!is_left_out(sub))
			e = walk_one(w, sub, depth);
		free(sub);
	}
	if (e == CRED_OK && errno != 0)
		e = why_errno(
		    w->why, errno, TR("cannot read", "无法读取"), path);
	if (d != NULL)
		closedir(d);
	free(path);
	return e;
}

/* One moment of the registry, and what it says of the log. */
static enum cred_err
copy_registry(
    struct home *h, const char *to, struct manifest *m, struct why *why)
{
	struct manifest_file f = {
	    .path = (char *)(uintptr_t)MANIFEST_REGISTRY, .mode = 0600};
	char *path = file_join(to, MANIFEST_REGISTRY), *spec = NULL;
	uint8_t note[NOTE_MAX_BYTES];
	struct registry *r = NULL;
	size_t note_len;
	enum cred_err e;

	if (path == NULL || asprintf(&spec, "sqlite:%s", path) < 0) {
		free(path);
		return nomem(why);
	}
	e = registry_backup(h->registry, path, why);
	if (e == CRED_OK) /* to write: closing it leaves one file, not three */
		e = registry_open(spec, REGISTRY_WRITE, &r, why);
	if (e == CRED_OK)
		e = registry_head_get(
		    r, &m->size, m->root.b, note, sizeof note, &note_len, why);
	registry_close(r);
	if (e == CRED_OK)
		e = hash_file(path, &f.len, f.hash, why);
	if (e == CRED_OK)
		e = manifest_add(m, &f, why);
	free(spec);
	free(path);
	return e;
}

/* Copying itself, again and again? */
static enum cred_err
check_outside(const char *home, const char *out, struct why *why)
{
	char in[PATH_MAX], *parent = strdup(out), *slash, at[PATH_MAX];
	enum cred_err e = CRED_OK;
	size_t n;

	if (parent == NULL)
		return nomem(why);
	slash = strrchr(parent, '/');
	if (slash != NULL)
		slash[slash == parent] = '\0';
	if (realpath(home, in) == NULL)
		e = why_errno(why, errno, TR("cannot read", "无法读取"), home);
	else if (realpath(slash != NULL ? parent : ".", at) == NULL &&
		 errno == ENOENT)
		e = why_set(why, CRED_FAULT_IO,
		    TR("%s is not there: mount the disk for backups, or make "
		       "the folder. It is not made here: a backup beside the "
		       "home is none",
			"%s 不存在：请挂载备份磁盘，或建立该文件夹。"
			"这里不代为建立：与数据目录同盘的备份等于没有"),
		    slash != NULL ? parent : ".");
	else if (realpath(slash != NULL ? parent : ".", at) == NULL)
		e = why_errno(why, errno, TR("cannot create", "无法创建"), out);
	else if (n = strlen(in),
	    strncmp(at, in, n) == 0 && (at[n] == '/' || at[n] == '\0'))
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("--out %s is in the home itself: a disk that fails "
		       "takes both; give another place",
			"--out %s 就在数据目录里：磁盘损坏会一起丢失；"
			"请换个地方"),
		    out);
	free(parent);
	return e;
}

static enum cred_err
fill(struct home *h, const char *tmp, struct manifest *m, struct why *why)
{
	struct walk w = {h, h->cli->home, tmp, m, why};
	struct manifest again = {0};
	char *path, *text = NULL;
	enum cred_err e = copy_registry(h, tmp, m, why);

	/* Photos stand before their certificates: those of the registry's
	 * moment are there. */
	if (e == CRED_OK)
		e = walk_folder(&w, "", 0);
	if (e == CRED_OK)
		e = manifest_print(m, &text, why);
	path = file_join(tmp, MANIFEST_NAME);
	if (e == CRED_OK && path == NULL)
		e = nomem(why);
	if (e == CRED_OK)
		e = file_write(path, bytes_str(text), 0600, why);
	if (e == CRED_OK)
		e = backup_sync(path, why);
	if (e == CRED_OK)
		e = backup_check(tmp, &again, why);
	manifest_release(&again);
	free(path);
	free(text);
	return e;
}

enum cred_err
backup_make(struct home *h, const char *out, int64_t now, struct manifest *m,
    struct why *why)
{
	struct manifest made = {.made = now};
	char *tmp = NULL;
	enum cred_err e;

	snprintf(
	    made.body_id, sizeof made.body_id, "%s", h->body->scope.body_id);
	if (access(out, F_OK) == 0)
		return why_set(why, CRED_FAULT_EXISTS,
		    TR("%s exists already; it is not overwritten",
			"%s 已经存在，不会覆盖"),
		    out);
	e = check_outside(h->cli->home, out, why);
	if (e != CRED_OK)
		return e;
	if (asprintf(&tmp, "%s.tmp.XXXXXX", out) < 0)
		return nomem(why);
	if (mkdtemp(tmp) == NULL) {
		e = why_errno(why, errno, TR("cannot create", "无法创建"), out);
		free(tmp);
		return e;
	}
	e = fill(h, tmp, &made, why);
	/* An empty folder made meanwhile is taken, a full one is not. */
	if (e == CRED_OK && rename(tmp, out) != 0)
		e = why_errno(
		    why, errno, TR("cannot rename to", "无法改名为"), out);
	if (e == CRED_OK)
		e = backup_sync(out, why);
	else
		backup_remove(tmp);
	free(tmp);
	if (e == CRED_OK && m != NULL)
		*m = made;
	else
		manifest_release(&made);
	return e;
}

static enum cred_err
check_file(const char *dir, const struct manifest_file *f, struct why *why)
{
	char *path = file_join(dir, f->path);
	uint8_t hash[32];
	uint64_t len = 0;
	enum cred_err e;

	if (path == NULL)
		return nomem(why);
	e = hash_file(path, &len, hash, why);
	if (e == CRED_FAULT_IO && access(path, F_OK) != 0)
		e = why_set(why, CRED_ERR_BACKUP_FORM,
		    TR("%s is missing: the backup is not whole; take another",
			"缺少 %s：备份不完整，请换一份"),
		    path);
	else if (e == CRED_OK &&
		 (len != f->len || memcmp(hash, f->hash, 32) != 0))
		e = why_set(why, CRED_ERR_BACKUP_FORM,
		    TR("%s is not what the manifest says: the backup is "
		       "damaged; take another",
			"%s 与清单不符：备份已损坏，请换一份"),
		    path);
	free(path);
	return e;
}

enum cred_err
backup_check(const char *dir, struct manifest *m, struct why *why)
{
	char *path = file_join(dir, MANIFEST_NAME);
	struct manifest got = {0};
	uint8_t *text = NULL;
	enum cred_err e;
	size_t len;

	if (path == NULL)
		return nomem(why);
	if (access(path, F_OK) != 0)
		e = why_set(why, CRED_ERR_BACKUP_FORM,
		    TR("%s is not there: %s is no backup, or not a whole one",
			"没有 %s：%s 不是备份，或不完整"),
		    path, dir);
	else
		e = file_read(path, MANIFEST_MAX, &text, &len, why);
	if (e == CRED_ERR_PIC_BYTES)
		e = CRED_ERR_BACKUP_FORM;
	if (e == CRED_OK)
		e = manifest_parse(bytes_of(text, len), &got, why);
	for (size_t i = 0; e == CRED_OK && i < got.n; i++)
		e = check_file(dir, &got.files[i], why);
	free(text);
	free(path);
	if (e == CRED_OK)
		*m = got;
	else
		manifest_release(&got);
	return e;
}
