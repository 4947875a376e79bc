#include "tests/issuer/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/batch.h"
#include "issuer/cmd.h"

int program_told_fd = -1;

static void
tell(const struct told *t)
{
	if (program_told_fd >= 0 &&
	    write(program_told_fd, t, sizeof *t) != sizeof *t)
		_exit(99);
}

/* Every checkpoint that is signed, before it is swapped in. */
enum cred_err __real_logkey_checkpoint(struct logkey *k, struct bytes origin,
    uint64_t size, const struct tlog_hash *root, struct outbuf *out,
    struct why *why);
enum cred_err __wrap_logkey_checkpoint(struct logkey *k, struct bytes origin,
    uint64_t size, const struct tlog_hash *root, struct outbuf *out,
    struct why *why);
enum cred_err
__wrap_logkey_checkpoint(struct logkey *k, struct bytes origin, uint64_t size,
    const struct tlog_hash *root, struct outbuf *out, struct why *why)
{
	struct told t = {.what = TOLD_HEAD, .at = size};

	memcpy(t.hash, root->b, sizeof t.hash);
	tell(&t);
	return __real_logkey_checkpoint(k, origin, size, root, out, why);
}

struct hook {
	const struct batch_job *job;
	struct home *h;
	size_t from; /* rows acknowledged */
};

static enum cred_err
tell_entry(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct hook *k = ctx;
	struct told t = {TOLD_CERTIFICATE, e->row, e->index, "", "", {0}};

	(void)why;
	for (size_t i = 0; i < k->from; i++)
		if (k->job->rows[i].row == e->row) {
			snprintf(t.batch, sizeof t.batch, "%s", e->batch);
			snprintf(t.number, sizeof t.number, "%s",
			    e->number != NULL ? e->number : "");
			if (batch_entry_hash(e->credential, t.hash) != CRED_OK)
				abort();
			tell(&t);
			break;
		}
	return CRED_OK;
}

/* A chunk is acknowledged. */
static void
on_progress(void *ctx, size_t done, size_t total)
{
	struct hook *k = ctx;
	struct registry_filter f = {
	    .batch = k->job->id, .state = ENTRY_LOGGED, .status = -1};
	struct why why;

	k->from = done;
	if (program_told_fd >= 0)
		(void)!registry_each(k->h->registry, &f, tell_entry, k, &why);
	if (k->job->progress != NULL)
		k->job->progress(k->job->progress_ctx, done, total);
}

enum cred_err __real_batch_issue(struct home *h, const struct batch_job *job,
    struct batch_result *out, struct why *why);
enum cred_err __wrap_batch_issue(struct home *h, const struct batch_job *job,
    struct batch_result *out, struct why *why);
enum cred_err
__wrap_batch_issue(struct home *h, const struct batch_job *job,
    struct batch_result *out, struct why *why)
{
	struct hook k = {job, h, 0};
	struct batch_job hooked = *job;

	hooked.progress = on_progress;
	hooked.progress_ctx = &k;
	return __real_batch_issue(h, &hooked, out, why);
}

void
program_make(const char *dir, const unsigned *rows, size_t n)
{
	char command[1024];
	int at;

	setenv("TAMGA_BIN", TAMGA_BINARY_DIR "/bin", 1);
	setenv("TAMGA_SOURCE", TAMGA_SOURCE_DIR, 1);
	at = snprintf(command, sizeof command,
	    "bash " TAMGA_SOURCE_DIR "/tests/issuer/crash_home.sh %s", dir);
	for (size_t i = 0; i < n; i++)
		at += snprintf(
		    command + at, sizeof command - (size_t)at, " %u", rows[i]);
	if (system(command) != 0)
		abort();
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"issue", cmd_issue},
    {"publish", cmd_publish},
    {"verify", cmd_verify},
    {"void", cmd_void},
};

int
program_here(const char *const *argv)
{
	char *copy[32];
	int argc = 0, status = 99;

	for (; argv[argc] != NULL && argc < 31; argc++)
		copy[argc] = strdup(argv[argc]);
	copy[argc] = NULL;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			status = commands[i].run(argc, copy);
	fflush(stdout);
	fflush(stderr);
	while (argc > 0)
		free(copy[--argc]);
	return status;
}

static void
slurp(int fd, char *text, size_t cap)
{
	ssize_t n = pread(fd, text, cap - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int
wait_for(pid_t pid, const int fd[2], struct output *o)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (o != NULL) {
		slurp(fd[0], o->out, sizeof o->out);
		slurp(fd[1], o->err, sizeof o->err);
	}
	return status;
}

static pid_t
start(struct output *o, int fd[2])
{
	pid_t pid;

	fflush(stdout);
	if (o != NULL) {
		fd[0] = memfd_create("out", MFD_CLOEXEC);
		fd[1] = memfd_create("err", MFD_CLOEXEC);
	}
	if ((pid = fork()) != 0)
		return pid;
	if (o == NULL)
		fd[0] = fd[1] = open("/dev/null", O_WRONLY);
	dup2(fd[0], STDOUT_FILENO);
	dup2(fd[1], STDERR_FILENO);
	return 0;
}

int
program_child(int (*fn)(void *ctx), void *ctx, struct output *o)
{
	int fd[2];
	pid_t pid = start(o, fd);

	if (pid == 0)
		_exit(fn(ctx));
	return wait_for(pid, fd, o);
}

static void
become(const char *const *argv)
{
	static char path[] = TAMGA_BINARY_DIR "/bin/tamga-issuer";
	char *copy[32] = {path};

	for (int i = 0; i < 30 && argv[i] != NULL; i++)
		copy[i + 1] = strdup(argv[i]);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("LANGUAGE", "en", 1);
	execv(path, copy);
	_exit(98);
}

int
program_exec(const char *const *argv, struct output *o)
{
	int fd[2];
	pid_t pid = start(o, fd);

	if (pid == 0)
		become(argv);
	return wait_for(pid, fd, o);
}

pid_t
program_start(const char *const *argv, int *out, int *err)
{
	int o[2], e[2];
	pid_t pid;

	if (pipe2(o, O_CLOEXEC) != 0 || pipe2(e, O_CLOEXEC) != 0)
		abort();
	if ((pid = fork()) == 0) {
		dup2(o[1], STDOUT_FILENO);
		dup2(e[1], STDERR_FILENO);
		become(argv);
	}
	if (pid < 0)
		abort();
	close(o[1]);
	close(e[1]);
	*out = o[0];
	*err = e[0];
	return pid;
}

static unsigned
number_after(const char *line, const char *key, bool *good)
{
	const char *p = strstr(line, key);

	if (p == NULL) {
		*good = false;
		return 0;
	}
	return (unsigned)atoi(p + strlen(key));
}

bool
program_summary(
    const char **out, unsigned *issued, unsigned *already, unsigned *refused)
{
	const char *line = strstr(*out, "{\"schema\":1,\"batch\"");
	const char *end = line != NULL ? strchr(line, '\n') : NULL;
	bool good = end != NULL;

	if (!good)
		return false;
	*out = end;
	*issued = number_after(line, "\"issued\":", &good);
	*already = number_after(line, "\"already\":", &good);
	*refused = number_after(line, "\"refused\":", &good);
	return good;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
tree_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static uint8_t (*tree_sum)[32];
static size_t tree_root;

static int
add_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	uint8_t part[4096], sum[32];
	uint32_t mode = st->st_mode;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	(void)ftw;
	if (md == NULL || fd < 0 ||
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(
		md, path + tree_root, strlen(path + tree_root) + 1) != 1 ||
	    EVP_DigestUpdate(md, &mode, sizeof mode) != 1)
		abort();
	while (type == FTW_F && (n = read(fd, part, sizeof part)) > 0)
		if (EVP_DigestUpdate(md, part, (size_t)n) != 1)
			abort();
	if (EVP_DigestFinal_ex(md, sum, NULL) != 1)
		abort();
	for (size_t i = 0; i < sizeof sum; i++)
		(*tree_sum)[i] ^= sum[i];
	EVP_MD_CTX_free(md);
	close(fd);
	return 0;
}

void
tree_hash(const char *dir, uint8_t out[static 32])
{
	memset(out, 0, 32);
	tree_sum = (uint8_t(*)[32])out;
	tree_root = strlen(dir);
	if (nftw(dir, add_one, 16, FTW_PHYS) != 0)
		abort();
}

static bool
copy_file(int from, int to, const char *name, const struct stat *st)
{
	int in = openat(from, name, O_RDONLY | O_CLOEXEC);
	int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    st->st_mode & 07777);
	bool ok = in >= 0 && out >= 0;

	for (off_t left = st->st_size; ok && left > 0;) {
		ssize_t n = sendfile(out, in, NULL, (size_t)left);
		ok = n > 0;
		left -= n;
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

/* The folder at name of from's folder, as it is, to to. */
static bool
copy_folder(int from, const char *name, int to, const char *as)
{
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), out;
	DIR *list = in < 0 ? NULL : fdopendir(in);
	struct dirent *d;
	struct stat st;
	bool ok = list != NULL && fstat(in, &st) == 0 &&
		  mkdirat(to, as, st.st_mode & 07777) == 0;

	out = openat(to, as, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (ok && (d = readdir(list)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		ok = fstatat(in, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		if (ok && S_ISDIR(st.st_mode))
			ok = copy_folder(in, d->d_name, out, d->d_name);
		else if (ok)
			ok = S_ISREG(st.st_mode) &&
			     copy_file(in, out, d->d_name, &st);
	}
	if (list != NULL)
		closedir(list);
	if (out >= 0)
		close(out);
	return ok;
}

void
tree_copy(const char *from, const char *to)
{
	tree_remove(to);
	if (!copy_folder(AT_FDCWD, from, AT_FDCWD, to))
		abort();
}
