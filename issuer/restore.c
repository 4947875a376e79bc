#include "issuer/restore.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edge/file.h"
#include "issuer/published.h"
#include "keys/trust.h"

typedef unsigned long long ull;

struct restore {
	const struct cli_common *cli;
	const struct restore_opts *o;
	struct manifest m;
	char *dir;            /* HOME/restoring.XXXXXX */
	struct cli_common in; /* of that home */
	struct home h;
	int64_t now;
	struct why *why;
};

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

#define BEHIND_EN                                                              \
	" Going on from it would give indexes and numbers away twice and "     \
	"take "                                                                \
	"revocations back. Restore a newer backup, or the registry.db of the " \
	"old disk. If there is none, this log has ended: docs/operations.md, " \
	"\"No newer backup\""
#define BEHIND_ZH                                                                                                \
	"由此继续会重复使用序号和编号，并使撤销失效。请恢复更新的备份，或旧磁" \
	"盘上的"                                                                                              \
	" registry.db。若都没有，此日志到此为止：见 "                                             \
	"docs/operations.md“没有更新的备份”"

static enum cred_err
behind_log(struct restore *r, const char *where, uint64_t theirs)
{
	return why_set(r->why, CRED_ERR_BACKUP_BEHIND,
	    TR("the log in %s has %llu entries, this backup %llu: it is "
	       "older." BEHIND_EN,
		"%s 中的日志有 %llu 条，此备份只有 %llu "
		"条：备份较旧。" BEHIND_ZH),
	    where, (ull)theirs, (ull)r->m.size);
}

static enum cred_err
other_tree(struct restore *r, const char *where, uint64_t size)
{
	return why_set(r->why, CRED_ERR_BACKUP_BEHIND,
	    TR("the log in %s is, at %llu entries, another than the backup's: "
	       "the two went different ways. Nothing was restored; find out "
	       "which is right (docs/operations.md)",
		"%s 中的日志在 %llu "
		"条处与备份不同：二者已分叉。未恢复任何内容，"
		"请先查明哪一个正确（docs/operations.md）"),
	    where, (ull)size);
}

static bool
exists(const struct restore *r, const char *name)
{
	char *path = cli_home_path(r->cli, name);
	struct stat st;
	bool is = lstat(path, &st) == 0;

	free(path);
	return is;
}

static enum cred_err
check_empty(struct restore *r)
{
	static const char *const names[] = {"registry.db", "log", "body.key"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!r->o->force && exists(r, names[i]))
			return why_set(r->why, CRED_FAULT_EXISTS,
			    TR("%s/%s exists already; with -f what is there "
			       "is moved aside, unless it is newer",
				"%s/%s 已经存在；用 -f "
				"会把原有内容移到一旁，除非它更新"),
			    r->cli->home, names[i]);
	return CRED_OK;
}

/* The folders above a file of the backup. */
static enum cred_err
make_folders(struct restore *r, const char *to)
{
	char *dir = strdup(to);
	enum cred_err e;

	if (dir == NULL)
		return nomem(r->why);
	*strrchr(dir, '/') = '\0';
	e = file_mkdirs(dir, 0700, r->why);
	free(dir);
	return e;
}

static enum cred_err
copy_one(struct restore *r, const struct manifest_file *f)
{
	char *from = file_join(r->o->from, f->path);
	char *to = file_join(r->dir, f->path);
	uint8_t hash[32];
	uint64_t len = 0;
	enum cred_err e =
	    from != NULL && to != NULL ? make_folders(r, to) : nomem(r->why);

	if (e == CRED_OK)
		e = backup_copy(from, to, f->mode, &len, hash, r->why);
	if (e == CRED_OK && (len != f->len || memcmp(hash, f->hash, 32) != 0))
		e = why_set(r->why, CRED_ERR_BACKUP_FORM,
		    TR("%s changed while it was read", "%s 在读取时被改动"),
		    from);
	free(from);
	free(to);
	return e;
}

static enum cred_err
copy_all(struct restore *r)
{
	enum cred_err e = CRED_OK;

	r->dir = cli_home_path(r->cli, "restoring.XXXXXX");
	if (mkdtemp(r->dir) == NULL) {
		e = why_errno(
		    r->why, errno, TR("cannot create", "无法创建"), r->dir);
		free(r->dir);
		r->dir = NULL;
		return e;
	}
	for (size_t i = 0; e == CRED_OK && i < r->m.n; i++)
		e = copy_one(r, &r->m.files[i]);
	if (e != CRED_OK)
		return e;
	r->in = *r->cli;
	r->in.home = r->dir;
	r->in.registry = NULL;
	e = home_open(&r->in, HOME_WRITE, &r->h, r->why);
	if (e == CRED_OK && strcmp(r->h.body->scope.body_id, r->m.body_id) != 0)
		e = why_set(r->why, CRED_ERR_BACKUP_FORM,
		    TR("manifest and certificate of the backup name different "
		       "bodies",
			"备份的清单与证书属于不同机构"));
	return e;
}

/* The checkpoint that stands in the home; what cannot be read says nothing. */
static enum cred_err
own_checkpoint(
    struct restore *r, bool *found, uint64_t *size, struct tlog_hash *root)
{
	char *path = cli_home_path(r->cli, "log/checkpoint");
	uint8_t *note = NULL;
	struct why ignored;
	size_t len;

	*found =
	    access(path, F_OK) == 0 &&
	    file_read(path, NOTE_MAX_BYTES, &note, &len, &ignored) == CRED_OK &&
	    trust_open_checkpoint(r->h.body, bytes_of(note, len), size, root) ==
		CRED_OK;
	if (!*found && access(path, F_OK) == 0)
		cli_say(r->cli,
		    TR("note: %s is not of this log or damaged; it was not "
		       "compared",
			"注意：%s 不属于此日志或已损坏，未作比较"),
		    path);
	free(note);
	free(path);
	return CRED_OK;
}

/* Has the registry that stands in the home reserved or done more? */
static enum cred_err
check_own_registry(struct restore *r)
{
	char *path = cli_home_path(r->cli, "registry.db"), *spec = NULL;
	uint64_t next = 0, acts = 0, our_next = 0, our_acts = 0;
	uint8_t last[32];
	struct registry *own = NULL;
	struct why why = {""};
	enum cred_err e = CRED_OK;

	if (access(path, F_OK) != 0) {
		free(path);
		return CRED_OK;
	}
	if (asprintf(&spec, "sqlite:%s", path) < 0) {
		free(path);
		return nomem(r->why);
	}
	e = registry_open(spec, REGISTRY_READ, &own, &why);
	if (e == CRED_OK)
		e = registry_next_index(own, &next, &why);
	if (e == CRED_OK)
		e = registry_audit_verify(own, &acts, last, &why);
	registry_close(own);
	if (e != CRED_OK) {
		cli_say(r->cli,
		    TR("note: the registry in the home cannot be read, and was "
		       "not compared: %s",
			"注意：数据目录中的登记库无法读取，未作比较：%s"),
		    why.text);
		e = CRED_OK;
	} else {
		e = registry_next_index(r->h.registry, &our_next, r->why);
		if (e == CRED_OK)
			e = registry_audit_verify(
			    r->h.registry, &our_acts, last, r->why);
		if (e == CRED_OK && (next > our_next || acts > our_acts))
			e = why_set(r->why, CRED_ERR_BACKUP_BEHIND,
			    TR("%s has %llu certificates and %llu acts, this "
			       "backup %llu and %llu: it is older." BEHIND_EN,
				"%s 有 %llu 份证书、%llu 条审计记录，此备份"
				"只有 %llu 份、%llu 条：备份较旧。" BEHIND_ZH),
			    path, (ull)next, (ull)acts, (ull)our_next,
			    (ull)our_acts);
	}
	free(spec);
	free(path);
	return e;
}

struct bits {
	struct bytes raw;
	uint64_t from, differs; /* index, UINT64_MAX: none */
};

static enum cred_err
compare_bit(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct bits *b = ctx;
	enum status_value s,
	    want = e->state == ENTRY_VOID ? STATUS_REVOKED : e->status;

	(void)why;
	if (statuslist_get(b->raw, e->index - b->from, &s) != CRED_OK)
		s = STATUS_VALID;
	if (s != want && b->differs == UINT64_MAX)
		b->differs = e->index;
	return CRED_OK;
}

/*
 * A list that was made after the backup may say nothing that the backup does
 * not know. If it says the same, the next one must still be newer than it.
 */
static enum cred_err
check_list(struct restore *r, struct published *p, unsigned n, uint64_t size)
{
	struct bits b = {
	    .from = (uint64_t)n * STATUSLIST_ENTRIES, .differs = UINT64_MAX};
	struct registry_filter f = {.state = -1, .status = -1, .from = b.from};
	int64_t iat = 0, last = 0;
	bool found = false;
	char key[64];
	enum cred_err e = published_list(p, n, &found, &iat, &b.raw, r->why);

	snprintf(key, sizeof key, "status.%u.iat", n);
	if (e == CRED_OK && found)
		e = registry_meta_get(r->h.registry, key, 0, &last, r->why);
	if (e != CRED_OK || !found || iat <= last)
		return e;
	f.to = b.from + STATUSLIST_ENTRIES < size ? b.from + STATUSLIST_ENTRIES
						  : size;
	if (f.from < f.to)
		e = registry_each(r->h.registry, &f, compare_bit, &b, r->why);
	if (e == CRED_OK && b.differs != UINT64_MAX)
		e = why_set(r->why, CRED_ERR_BACKUP_BEHIND,
		    TR("the status of certificate %llu was changed and "
		       "published after this backup was made." BEHIND_EN,
			"序号 %llu "
			"的证书状态在此备份之后更改并发布过。" BEHIND_ZH),
		    (ull)b.differs);
	if (e == CRED_OK)
		e = registry_meta_raise(r->h.registry, key, iat, r->why);
	return e;
}

static enum cred_err
check_lists(struct restore *r, struct published *p, uint64_t size)
{
	unsigned n =
	    size == 0 ? 1 : (unsigned)((size - 1) / STATUSLIST_ENTRIES) + 1;
	enum cred_err e = CRED_OK;

	for (unsigned i = 0; e == CRED_OK && i < n; i++)
		e = check_list(r, p, i, size);
	return e;
}

/* The log built anew against what is published and what stands here. */
static enum cred_err
check_logs(struct restore *r, struct published *p, uint64_t *pub_size)
{
	const char *where[2];
	struct restore_mark marks[2];
	struct tlog_hash roots[2];
	bool found = false;
	size_t n = 0;
	enum cred_err e = CRED_OK;

	*pub_size = 0;
	if (p != NULL) {
		e = published_checkpoint(
		    p, &found, &marks[n].size, &roots[n], r->why);
		if (e == CRED_OK && !found)
			e = why_set(r->why, CRED_FAULT_CONFIG,
			    TR("%s holds no log of this body: is it the right "
			       "publication?",
				"%s 中没有本机构的日志：是不是这份发布数据？"),
			    r->o->pub);
		if (e != CRED_OK)
			return e;
		*pub_size = marks[n].size;
		where[n++] = r->o->pub;
	}
	e = own_checkpoint(r, &found, &marks[n].size, &roots[n]);
	if (e == CRED_OK && found)
		where[n++] = r->cli->home;
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		if (marks[i].size > r->m.size)
			e = behind_log(r, where[i], marks[i].size);
	if (e != CRED_OK)
		return e;
	if (n == 2 && marks[0].size > marks[1].size) {
		struct restore_mark m = marks[0];
		struct tlog_hash h = roots[0];
		const char *w = where[0];
		marks[0] = marks[1], marks[1] = m;
		roots[0] = roots[1], roots[1] = h;
		where[0] = where[1], where[1] = w;
	}
	e = restore_log(&r->h, marks, n, r->why);
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		if (memcmp(marks[i].root.b, roots[i].b, 32) != 0)
			e = other_tree(r, where[i], marks[i].size);
	return e;
}

static enum cred_err
check_all(struct restore *r, struct restore_result *out)
{
	struct published *p = NULL;
	uint8_t note[NOTE_MAX_BYTES];
	struct tlog_hash root;
	uint64_t pub_size = 0, next = 0;
	char detail[96];
	size_t len;
	enum cred_err e = registry_head_get(
	    r->h.registry, &out->size, root.b, note, sizeof note, &len, r->why);

	if (e == CRED_OK &&
	    (out->size != r->m.size || memcmp(root.b, r->m.root.b, 32) != 0))
		e = why_set(r->why, CRED_ERR_BACKUP_FORM,
		    TR("manifest and registry of the backup are not of one "
		       "another",
			"备份的清单与登记库不相符"));
	if (e == CRED_OK && r->o->pub != NULL)
		e = published_open(r->o->pub, r->h.own, &p, r->why);
	if (e == CRED_OK)
		e = check_logs(r, p, &pub_size);
	if (e == CRED_OK)
		e = check_own_registry(r);
	if (e == CRED_OK && p != NULL)
		e = check_lists(r, p, pub_size);
	if (e == CRED_OK)
		e = registry_next_index(r->h.registry, &next, r->why);
	if (e == CRED_OK) {
		out->staged = next - out->size;
		snprintf(detail, sizeof detail,
		    "backup of %lld, log of %llu, published %llu",
		    (long long)r->m.made, (ull)out->size, (ull)pub_size);
		e = registry_audit_append(r->h.registry, NULL, "restore",
		    "registry", detail, r->now, r->why);
	}
	published_close(p);
	return e;
}

/* HOME/replaced-TIME, a new one: what another restore put aside in the same
 * second stays as it is. */
static enum cred_err
make_aside(struct restore *r, struct restore_result *out)
{
	char name[sizeof out->aside];

	for (time_t t = r->now;; t++) {
		char *dir;
		struct tm tm;
		int err;

		gmtime_r(&t, &tm);
		strftime(name, sizeof name, "replaced-%Y%m%dT%H%M%SZ", &tm);
		dir = cli_home_path(r->cli, name);
		err = mkdir(dir, 0700) == 0 ? 0 : errno;
		if (err != 0 && err != EEXIST) {
			enum cred_err e = why_errno(r->why, err,
			    TR("cannot create", "无法创建"), dir);
			free(dir);
			return e;
		}
		free(dir);
		if (err == 0)
			break;
	}
	memcpy(out->aside, name, sizeof name);
	return CRED_OK;
}

/* HOME/name to HOME/replaced-TIME/name, if it is there. */
static enum cred_err
put_aside(struct restore *r, const char *name, struct restore_result *out)
{
	char *from, *dir, *to;
	enum cred_err e = CRED_OK;

	if (!exists(r, name))
		return CRED_OK;
	if (out->aside[0] == '\0')
		e = make_aside(r, out);
	if (e != CRED_OK)
		return e;
	from = cli_home_path(r->cli, name);
	dir = cli_home_path(r->cli, out->aside);
	to = file_join(dir, name);
	if (to == NULL)
		e = nomem(r->why);
	else if (rename(from, to) != 0)
		e = why_errno(
		    r->why, errno, TR("cannot rename to", "无法改名为"), to);
	free(to);
	free(dir);
	free(from);
	return e;
}

static enum cred_err
put_in_place(struct restore *r, const char *name, struct restore_result *out)
{
	char *from = file_join(r->dir, name), *to = cli_home_path(r->cli, name);
	enum cred_err e = put_aside(r, name, out);

	if (e == CRED_OK && from == NULL)
		e = nomem(r->why);
	if (e == CRED_OK && rename(from, to) != 0)
		e = why_errno(
		    r->why, errno, TR("cannot rename to", "无法改名为"), to);
	free(to);
	free(from);
	return e;
}

/*
 * The registry goes first and comes last: whenever this is interrupted, no
 * registry stands beside a log that is not its own, and nothing can be signed.
 */
static enum cred_err
install(struct restore *r, struct restore_result *out)
{
	static const char *const old[] = {
	    "registry.db", "registry.db-wal", "registry.db-shm", "log"};
	enum cred_err e = CRED_OK;
	struct dirent *entry;
	DIR *d;

	for (size_t i = 0; e == CRED_OK && i < sizeof old / sizeof *old; i++)
		e = put_aside(r, old[i], out);
	if (e == CRED_OK)
		e = backup_sync(r->cli->home, r->why);
	if ((d = opendir(r->dir)) == NULL)
		return why_errno(
		    r->why, errno, TR("cannot read", "无法读取"), r->dir);
	while (e == CRED_OK && (errno = 0, entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, "issuer.lock") != 0 &&
		    strcmp(entry->d_name, MANIFEST_REGISTRY) != 0)
			e = put_in_place(r, entry->d_name, out);
	/* What was not seen would be thrown away, and missed much later. */
	if (e == CRED_OK && errno != 0)
		e = why_errno(
		    r->why, errno, TR("cannot read", "无法读取"), r->dir);
	closedir(d);
	if (e == CRED_OK)
		e = backup_sync(r->cli->home, r->why);
	if (e == CRED_OK)
		e = put_in_place(r, MANIFEST_REGISTRY, out);
	return e == CRED_OK ? backup_sync(r->cli->home, r->why) : e;
}

/* The home may have no registry now; the backup is as it was. */
static enum cred_err
stopped_half_way(
    struct restore *r, enum cred_err e, const struct restore_result *res)
{
	const struct why was = *r->why;

	if (res->aside[0] == '\0')
		return why_set(r->why, e,
		    TR("%s. Stopped half-way: repair the cause and restore "
		       "again with -f",
			"%s。恢复中断：请消除原因后用 -f 重新恢复"),
		    was.text);
	return why_set(r->why, e,
	    TR("%s. Stopped half-way: what stood here is in %s/%s; repair the "
	       "cause and restore again with -f",
		"%s。恢复中断：原有内容在 %s/%s；"
		"请消除原因后用 -f 重新恢复"),
	    was.text, r->cli->home, res->aside);
}

/* Made for the lock alone: of a dry run, or refused before anything came in.
 * The lock's file goes only while the lock is ours. */
static void
remove_home(const struct cli_common *cli, bool locked)
{
	char *path = cli_home_path(cli, "issuer.lock");

	if (locked)
		unlink(path);
	free(path);
	rmdir(cli->home);
}

enum cred_err
restore_run(const struct cli_common *cli, const struct restore_opts *o,
    int64_t now, struct restore_result *out, struct why *why)
{
	struct restore r = {
	    .cli = cli, .o = o, .h = {.lock = -1}, .now = now, .why = why};
	struct home locked = {.cli = cli, .lock = -1};
	struct restore_result res = {.made = 0};
	const bool there = access(cli->home, F_OK) == 0;
	bool mine = false;  /* the lock */
	bool began = false; /* something may be in place */
	enum cred_err e = check_empty(&r);

	if (e == CRED_OK)
		e = backup_check(o->from, &r.m, why);
	if (e == CRED_OK)
		e = file_mkdirs(cli->home, 0700, why);
	if (e == CRED_OK)
		e = home_lock(&locked, why);
	mine = e == CRED_OK && locked.lock >= 0;
	if (e == CRED_OK) /* who had the lock may have restored */
		e = check_empty(&r);
	if (e == CRED_OK)
		e = copy_all(&r);
	if (e == CRED_OK)
		e = check_all(&r, &res);
	home_close(&r.h); /* leaves one file of the registry */
	if (e == CRED_OK)
		e = backup_sync(r.dir, why);
	if (e == CRED_OK && !o->dry_run) {
		began = true;
		e = install(&r, &res);
		if (e != CRED_OK)
			e = stopped_half_way(&r, e, &res);
	}
	if (r.dir != NULL)
		backup_remove(r.dir);
	if (!there && !began)
		remove_home(cli, mine);
	home_close(&locked);
	free(r.dir);
	res.made = r.m.made;
	manifest_release(&r.m);
	if (e == CRED_OK)
		*out = res;
	return e;
}
