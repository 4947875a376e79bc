#include "qr/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "edge/lang.h"

struct jail {
	long landlock; /* ABI, 0: the kernel has none */
	bool seccomp;
	struct sock_fprog decoder, renderer;
};

/*
 * Landlock's interface as the kernel documents it (landlock(7), ABI 7); the
 * C library has no wrappers and Debian 12's headers know ABI 2 only.
 */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};
struct beneath_attr {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));
enum {
	FS_EXECUTE = 1 << 0,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
};

static long
landlock_abi(void)
{
	long v = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return v > 0 ? v : 0;
}

/* Everything that this ABI can forbid. */
static int
landlock_ruleset(long abi)
{
	struct ruleset_attr a = {0};
	size_t len = sizeof a.fs;

	a.fs = abi >= 5   ? 0xffff
	       : abi >= 3 ? 0x7fff
	       : abi == 2 ? 0x3fff
			  : 0x1fff;
	if (abi >= 4) {
		a.net = 3; /* bind and connect of TCP */
		len += sizeof a.net;
	}
	if (abi >= 6) {
		a.scoped = 3; /* abstract sockets, signals */
		len += sizeof a.scoped;
	}
	return (int)syscall(SYS_landlock_create_ruleset, &a, len, 0);
}

static bool
landlock_allow(int ruleset, const char *path, uint64_t rights)
{
	struct beneath_attr b = {0};
	struct stat st;
	bool ok;

	b.fd = open(path, O_PATH | O_CLOEXEC);
	if (b.fd < 0)
		return errno == ENOENT || errno == EACCES;
	if (fstat(b.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rights &= ~(uint64_t)FS_READ_DIR;
	b.allowed = rights;
	ok = syscall(
		 SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &b, 0) == 0;
	close(b.fd);
	return ok;
}

static bool
landlock_enforce(int ruleset)
{
	bool ok = ruleset >= 0 &&
		  syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;

	if (ruleset >= 0)
		close(ruleset);
	return ok;
}

/* Only what pdftoppm and the linker need, fonts and poppler's tables; of all
 * programs only those two run. */
static bool
landlock_zygote(long abi)
{
	static const char *const readable[] = {"/usr/lib", "/usr/lib64",
	    "/usr/share/fonts", "/usr/share/fontconfig", "/usr/share/poppler",
	    "/usr/share/xml/fontconfig", "/usr/local/share/fonts", "/lib",
	    "/lib64", "/etc/fonts", "/etc/ld.so.cache",
	    "/var/cache/fontconfig", "/dev/null", "/dev/urandom"};
	static const char *const programs[] = {JAIL_PDFTOPPM,
	    "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
	int rs = landlock_ruleset(abi);
	bool ok = rs >= 0;

	for (size_t i = 0; ok && i < sizeof readable / sizeof *readable; i++)
		ok =
		    landlock_allow(rs, readable[i], FS_READ_FILE | FS_READ_DIR);
	for (size_t i = 0; ok && i < sizeof programs / sizeof *programs; i++)
		ok = landlock_allow(rs, programs[i], FS_READ_FILE | FS_EXECUTE);
	if (ok)
		return landlock_enforce(rs);
	if (rs >= 0)
		close(rs);
	return false;
}

static bool
allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	return true;
}

static bool
allow_fd(scmp_filter_ctx f, int call, int fd)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1,
		   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd)) == 0;
}

/* As bytes: loading them again in each child costs microseconds. */
static bool
export_filter(scmp_filter_ctx f, struct sock_fprog *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter *code = NULL;
	struct stat st;
	bool ok = false;

	if (fd < 0 || seccomp_export_bpf(f, fd) != 0 || fstat(fd, &st) != 0)
		goto out;
	code = malloc((size_t)st.st_size);
	if (code == NULL ||
	    pread(fd, code, (size_t)st.st_size, 0) != st.st_size)
		goto out;
	out->len = (unsigned short)((size_t)st.st_size / sizeof *code);
	out->filter = code;
	code = NULL;
	ok = true;
out:
	free(code);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
filter_decoder(struct sock_fprog *out)
{
	static const int calls[] = {SCMP_SYS(exit), SCMP_SYS(exit_group),
	    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
	    SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn),
	    SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_gettime),
	    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
	    SCMP_SYS(sysinfo) /* qsort(3) asks how much memory there is */};
	static const int sanitizer[] = {SCMP_SYS(sched_yield), SCMP_SYS(gettid),
	    SCMP_SYS(getpid), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	/* as a tree: a fifth less work for the kernel at each decoder */
	bool ok = f != NULL &&
		  seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
		  allow(f, calls, sizeof calls / sizeof *calls) &&
		  allow_fd(f, SCMP_SYS(write), JAIL_ANSWER) &&
		  allow_fd(f, SCMP_SYS(read), JAIL_STREAM) &&
		  /* nothing that it may call makes a descriptor, so once
		   * closed they stay so */
		  allow_fd(f, SCMP_SYS(recvmsg), JAIL_ORDERS) &&
		  allow_fd(f, SCMP_SYS(close), JAIL_ORDERS) &&
		  allow_fd(f, SCMP_SYS(close), JAIL_STREAM) &&
		  seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
		  seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;

	if (ok && JAIL_SANITIZED)
		ok =
		    allow(f, sanitizer, sizeof sanitizer / sizeof *sanitizer) &&
		    allow_fd(f, SCMP_SYS(write), STDERR_FILENO);
	ok = ok && export_filter(f, out);
	seccomp_release(f);
	return ok;
}

static bool
filter_renderer(struct sock_fprog *out)
{
	static const int calls[] = {SCMP_SYS(read), SCMP_SYS(readv),
	    SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	    SCMP_SYS(lseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close),
	    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
	    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access),
	    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(statfs),
	    SCMP_SYS(fstatfs), SCMP_SYS(fcntl), SCMP_SYS(fadvise64),
	    SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(munmap),
	    SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	    SCMP_SYS(execve), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address),
	    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(futex),
	    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(getrandom),
	    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getcwd),
	    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
	    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	    SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(sched_getaffinity),
	    SCMP_SYS(sched_yield), SCMP_SYS(getrusage), SCMP_SYS(exit),
	    SCMP_SYS(exit_group)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = f != NULL && allow(f, calls, sizeof calls / sizeof *calls) &&
		  /* reading limits is fine, raising them is not */
		  seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
		      SCMP_A2(SCMP_CMP_EQ, 0)) == 0;

	ok = ok && export_filter(f, out);
	seccomp_release(f);
	return ok;
}

static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}};

	(void)syscall(SYS_capset, &head, none);
}

static enum cred_err
jail_missing(const char *what, struct why *why)
{
	return why_set(why, CRED_FAULT_JAIL,
	    TR("this kernel lacks %s, so pictures cannot be decoded safely; "
	       "use a kernel of 5.13 or later with it switched on, or allow "
	       "decoding without the jail",
		"本机内核不支持 %s，无法安全地解码图片；请改用 5.13 "
		"以上并启用该功能的内核，或明确允许不隔离解码"),
	    what);
}

enum cred_err
jail_prepare(bool allow_unjailed, struct jail **out, struct why *why)
{
	struct jail *j = calloc(1, sizeof *j);

	if (j == NULL)
		return CRED_FAULT_NOMEM;
	drop_capabilities();
	j->landlock = landlock_abi();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		j->landlock = 0;
	else
		j->seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
				 &(uint32_t){SECCOMP_RET_KILL_PROCESS}) == 0;
	if (j->landlock > 0 && !landlock_zygote(j->landlock))
		j->landlock = 0;
	if (j->seccomp)
		j->seccomp = filter_decoder(&j->decoder) &&
			     filter_renderer(&j->renderer);
	if (!allow_unjailed && (j->landlock == 0 || !j->seccomp)) {
		const char *what = j->landlock == 0 ? "Landlock" : "seccomp";
		free(j);
		return jail_missing(what, why);
	}
	*out = j;
	return CRED_OK;
}

static bool
limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
	struct rlimit l = {soft, hard};

	return setrlimit(what, &l) == 0;
}

static bool
limit_cpu(pid_t pid, unsigned cpu_s)
{
	struct rlimit l = {cpu_s, cpu_s + 1};

	return prlimit(pid, RLIMIT_CPU, &l, NULL) == 0;
}

static bool
set_limits(const struct jail_limits *l, rlim_t n_files)
{
	alarm(l->wall_s);
	return (JAIL_SANITIZED || limit(RLIMIT_AS, l->as_bytes, l->as_bytes)) &&
	       (l->cpu_s == 0 || limit_cpu(0, l->cpu_s)) &&
	       limit(RLIMIT_NOFILE, n_files, n_files) &&
	       limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_CORE, 0, 0);
}

static bool
install(const struct sock_fprog *filter)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0) == 0;
}

bool
jail_decoder(const struct jail *j, const struct jail_limits *limits)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return false;
	if (j->landlock > 0 && !landlock_enforce(landlock_ruleset(j->landlock)))
		return false;
	return set_limits(limits, JAIL_ORDERS + 1) &&
	       (!j->seccomp || install(&j->decoder));
}

bool
jail_decoder_cpu(pid_t decoder, unsigned cpu_s)
{
	return decoder > 0 && limit_cpu(decoder, cpu_s);
}

bool
jail_renderer(const struct jail *j, const struct jail_limits *limits)
{
	return set_limits(limits, 64) && (!j->seccomp || install(&j->renderer));
}
