#include "tests/log/interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	enum interpose_mode mode;
	unsigned nth, calls;
	int err, said;
	bool changes_only;
	const char *hit;
} g = {.said = -1};

struct event *interpose_events;
size_t interpose_n_events;
static size_t cap_events;

static void
off(void)
{
	g.mode = INTERPOSE_OFF;
}

void
interpose(enum interpose_mode mode, unsigned nth, int err)
{
	static bool registered;

	if (!registered && pthread_atfork(NULL, NULL, off) == 0)
		registered = true;
	g.mode = mode;
	g.nth = nth;
	g.err = err;
	g.calls = 0;
	g.hit = NULL;
}

void
interpose_changes_only(bool on)
{
	g.changes_only = on;
}

unsigned
interpose_calls(void)
{
	return g.calls;
}

const char *
interpose_hit(void)
{
	return g.hit;
}

void
interpose_said(int fd)
{
	g.said = fd;
}

/* Several may sync at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool
hit_locked(const char *name, bool needs_room)
{
	if (g.mode == INTERPOSE_OFF)
		return false;
	g.calls++;
	if (g.mode == INTERPOSE_FULL && g.calls >= g.nth && needs_room) {
		g.hit = name;
		errno = ENOSPC;
		return true;
	}
	if (g.calls != g.nth)
		return false;
	if (g.mode == INTERPOSE_KILL)
		raise(SIGKILL);
	if (g.mode == INTERPOSE_FAIL) {
		g.hit = name;
		errno = g.err;
		return true;
	}
	return false;
}

/* Shall this call fail? errno is set then. */
static bool
hit(const char *name, bool needs_room)
{
	bool r;

	if (g.mode == INTERPOSE_OFF || g.mode == INTERPOSE_MEMORY ||
	    g.mode == INTERPOSE_COUNT_MEMORY)
		return false;
	pthread_mutex_lock(&lock);
	r = hit_locked(name, needs_room);
	pthread_mutex_unlock(&lock);
	return r;
}

static size_t
room(size_t n)
{
	if (g.mode == INTERPOSE_SHORT && g.calls == g.nth && n > 1) {
		g.hit = "short write";
		return n / 2;
	}
	return n;
}

static bool
recording(void)
{
	return g.mode == INTERPOSE_RECORD;
}

static char *
absolute(int dirfd, const char *path)
{
	char link[64], dir[512], *out;
	ssize_t n;

	if (path[0] == '/')
		return strdup(path);
	snprintf(link, sizeof link, "/proc/self/cwd");
	if (dirfd != AT_FDCWD)
		snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
	n = readlink(link, dir, sizeof dir - 1);
	if (n < 0)
		abort();
	dir[n] = '\0';
	if (strcmp(path, ".") == 0)
		return strdup(dir);
	if (asprintf(&out, "%s/%s", dir, path) < 0)
		abort();
	return out;
}

static void
record(struct event e)
{
	pthread_mutex_lock(&lock);
	if (interpose_n_events == cap_events) {
		cap_events = 2 * cap_events + 4096;
		interpose_events = realloc(
		    interpose_events, cap_events * sizeof *interpose_events);
		if (interpose_events == NULL)
			abort();
	}
	interpose_events[interpose_n_events++] = e;
	pthread_mutex_unlock(&lock);
}

/* A file of a database's shared memory is made anew from the log: of no
 * account. */
static bool
no_account(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, "-shm") == 0;
}

static char *
path_of(int fd)
{
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n < 0)
		return NULL;
	path[n] = '\0';
	return strdup(path);
}

static uint64_t
id_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return st.st_ino;
}

static void
record_data(int fd, const void *data, size_t len, uint64_t off)
{
	struct event e = {.kind = EVENT_SAID, .off = off, .len = len};
	char *path;

	if (fd != g.said) {
		e.kind = EVENT_WRITE;
		e.id = id_of(fd);
		path = path_of(fd);
		if (e.id == 0 || path == NULL || no_account(path)) {
			free(path);
			return;
		}
		free(path);
	}
	e.data = malloc(len);
	if (e.data == NULL)
		abort();
	memcpy(e.data, data, len);
	record(e);
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	ssize_t done;

	if (fd != g.said && hit("write", true))
		return -1;
	done = syscall(SYS_write, fd, buf, fd != g.said ? room(n) : n);
	if (done > 0 && recording())
		record_data(fd, buf, (size_t)done,
		    fd == g.said
			? 0
			: (uint64_t)lseek(fd, 0, SEEK_CUR) - (uint64_t)done);
	return done;
}

ssize_t
pwrite64(int fd, const void *buf, size_t n, off_t off)
{
	ssize_t done;

	if (hit("pwrite", true))
		return -1;
	done = syscall(SYS_pwrite64, fd, buf, room(n), off);
	if (done > 0 && recording())
		record_data(fd, buf, (size_t)done, (uint64_t)off);
	return done;
}

static int
sync_fd(const char *name, long nr, int fd)
{
	struct stat st;
	char *path;
	int r;

	if (hit(name, false))
		return -1;
	r = (int)syscall(nr, fd);
	if (r == 0 && recording() && fstat(fd, &st) == 0) {
		path = path_of(fd);
		if (path != NULL && S_ISDIR(st.st_mode)) {
			record(
			    (struct event){.kind = EVENT_SYNC_DIR, .a = path});
		} else {
			if (path != NULL && !no_account(path))
				record((struct event){
				    .kind = EVENT_SYNC, .id = st.st_ino});
			free(path);
		}
	}
	return r;
}

int
fsync(int fd)
{
	return sync_fd("fsync", SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_fd("fdatasync", SYS_fdatasync, fd);
}

int
ftruncate64(int fd, off_t len)
{
	char *path;
	int r;

	if (hit("ftruncate", true))
		return -1;
	r = (int)syscall(SYS_ftruncate, fd, len);
	if (r == 0 && recording() && (path = path_of(fd)) != NULL) {
		if (!no_account(path))
			record((struct event){.kind = EVENT_TRUNC,
			    .id = id_of(fd),
			    .off = (uint64_t)len});
		free(path);
	}
	return r;
}

static int
open_any(const char *name, int dirfd, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool there;
	char *full;
	int fd;

	if ((!g.changes_only || (flags & O_CREAT) != 0) &&
	    hit(name, (flags & O_CREAT) != 0))
		return -1;
	there = !recording() || (flags & O_CREAT) == 0 ||
		fstatat(dirfd, path, &st, 0) == 0;
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fd < 0 || !recording())
		return fd;
	full = absolute(dirfd, path);
	if (!there && !no_account(full)) {
		record((struct event){
		    .kind = EVENT_CREATE, .a = full, .id = id_of(fd)});
		return fd;
	}
	if ((flags & O_TRUNC) != 0 && !no_account(full))
		record((struct event){.kind = EVENT_TRUNC, .id = id_of(fd)});
	free(full);
	return fd;
}

#define MODE_ARG(flags, mode)                                                  \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		mode = ((flags)&O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;        \
		va_end(ap);                                                    \
	} while (0)

int
open(const char *path, int flags, ...)
{
	mode_t mode;

	MODE_ARG(flags, mode);
	return open_any("open", AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode;

	MODE_ARG(flags, mode);
	return open_any("open", AT_FDCWD, path, flags, mode);
}

int
openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode;

	MODE_ARG(flags, mode);
	return open_any("openat", dirfd, path, flags, mode);
}

int
mkostemp(char *template, int flags)
{
	static int (*real)(char *, int);
	int fd;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mkostemp");
	if (hit("mkostemp", true))
		return -1;
	fd = real(template, flags);
	if (fd >= 0 && recording())
		record((struct event){.kind = EVENT_CREATE,
		    .a = absolute(AT_FDCWD, template),
		    .id = id_of(fd)});
	return fd;
}

int
close(int fd)
{
	bool fails = !g.changes_only && hit("close", false);
	int err = errno, r = (int)syscall(SYS_close, fd);

	if (fails) {
		errno = err;
		return -1;
	}
	return r;
}

static void
record_names(enum event_kind kind, char *a, char *b)
{
	if (no_account(a)) {
		free(a);
		free(b);
		return;
	}
	record((struct event){.kind = kind, .a = a, .b = b});
}

int
renameat(int from, const char *a, int to, const char *b)
{
	int r;

	if (hit("rename", true))
		return -1;
	r = (int)syscall(SYS_renameat, from, a, to, b);
	if (r == 0 && recording())
		record_names(EVENT_RENAME, absolute(from, a), absolute(to, b));
	return r;
}

int
rename(const char *a, const char *b)
{
	return renameat(AT_FDCWD, a, AT_FDCWD, b);
}

int
link(const char *a, const char *b)
{
	int r;

	if (hit("link", true))
		return -1;
	r = (int)syscall(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0);
	if (r == 0 && recording())
		record_names(
		    EVENT_LINK, absolute(AT_FDCWD, a), absolute(AT_FDCWD, b));
	return r;
}

int
unlinkat(int dirfd, const char *path, int flags)
{
	int r;

	if (hit("unlink", false))
		return -1;
	r = (int)syscall(SYS_unlinkat, dirfd, path, flags);
	if (r == 0 && recording())
		record_names(EVENT_UNLINK, absolute(dirfd, path), NULL);
	return r;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
mkdirat(int dirfd, const char *path, mode_t mode)
{
	int r;

	if (hit("mkdir", true))
		return -1;
	r = (int)syscall(SYS_mkdirat, dirfd, path, mode);
	if (r == 0 && recording())
		record_names(EVENT_MKDIR, absolute(dirfd, path), NULL);
	return r;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* Reading only fails; a kill there is one before the next write. */
static bool
hit_reading(const char *name)
{
	return !g.changes_only &&
	       (g.mode == INTERPOSE_FAIL ||
		   (g.mode == INTERPOSE_COUNT && g.err != 0)) &&
	       hit(name, false);
}

ssize_t
read(int fd, void *buf, size_t n)
{
	if (hit_reading("read"))
		return -1;
	return syscall(SYS_read, fd, buf, n);
}

ssize_t
pread64(int fd, void *buf, size_t n, off_t off)
{
	if (hit_reading("pread"))
		return -1;
	return syscall(SYS_pread64, fd, buf, n, off);
}

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static bool
hit_memory(void)
{
	bool r;

	if (g.mode != INTERPOSE_MEMORY && g.mode != INTERPOSE_COUNT_MEMORY)
		return false;
	pthread_mutex_lock(&lock);
	r = ++g.calls == g.nth && g.mode == INTERPOSE_MEMORY;
	pthread_mutex_unlock(&lock);
	if (r) {
		g.hit = "malloc";
		errno = ENOMEM;
	}
	return r;
}

void *
malloc(size_t n)
{
	return hit_memory() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return hit_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return hit_memory() ? NULL : __libc_realloc(p, n);
}
