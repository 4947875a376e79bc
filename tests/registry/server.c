#include "tests/registry/server.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef TAMGA_PG_BIN
#	define TAMGA_PG_BIN "/usr/lib/postgresql/15/bin"
#endif

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("server: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	_exit(99);
}

/* PostgreSQL refuses to be run by root. */
static const struct passwd *
user(void)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return NULL;
	pw = getpwnam("postgres");
	return pw != NULL ? pw : getpwnam("nobody");
}

static pid_t
spawn(const struct server *s, char *const argv[])
{
	const struct passwd *pw = user();
	char path[160], log[160];
	pid_t pid;
	int fd;

	snprintf(path, sizeof path, "%s/%s", TAMGA_PG_BIN, argv[0]);
	snprintf(log, sizeof log, "%s/log", s->dir);
	if ((pid = fork()) != 0)
		return pid;
	if (pw != NULL && (setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 ||
			      setuid(pw->pw_uid) != 0))
		die("cannot become %s", pw->pw_name);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir(s->dir) != 0)
		die("no way into %s", s->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	setenv("LC_ALL", "C", 1);
	execv(path, argv);
	die("%s: is postgresql-15 installed?", path);
}

static void
run(const struct server *s, char *const argv[])
{
	int status = -1;
	pid_t pid = spawn(s, argv);

	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("%s failed, see %s/log", argv[0], s->dir);
}

/* A folder of its own, and a number that nobody else's socket has. */
static void
place(struct server *s)
{
	static unsigned made;
	const char *tmp = getenv("TMPDIR");
	const struct passwd *pw = user();
	struct stat st;

	memset(s, 0, sizeof *s);
	/* The server's user has to get there, and a socket's name is short. */
	if (tmp == NULL || strlen(tmp) > 40 || stat(tmp, &st) != 0 ||
	    (pw != NULL && (st.st_mode & 1) == 0))
		tmp = "/tmp";
	snprintf(s->dir, sizeof s->dir, "%s/tamga-pg.XXXXXX", tmp);
	if (mkdtemp(s->dir) == NULL ||
	    (pw != NULL && chown(s->dir, pw->pw_uid, pw->pw_gid) != 0))
		die("cannot make %s", s->dir);
	s->port = 5432 + made++;
}

void
server_make(struct server *s)
{
	char data[128];
	char *argv[] = {(char[]){"initdb"}, (char[]){"-D"}, data,
	    (char[]){"-U"}, (char[]){"tamga"}, (char[]){"-A"},
	    (char[]){"trust"}, (char[]){"-E"}, (char[]){"UTF8"},
	    (char[]){"--no-locale"}, (char[]){"--no-sync"},
	    (char[]){"--no-instructions"}, NULL};

	place(s);
	snprintf(data, sizeof data, "%s/data", s->dir);
	run(s, argv);
}

static void
address(const struct server *s, char *out, size_t size)
{
	snprintf(out, size, "host=%s port=%u user=tamga dbname=postgres",
	    s->dir, s->port);
}

void
server_make_standby(struct server *s, const struct server *of)
{
	char data[128], from[256];
	char *argv[] = {(char[]){"pg_basebackup"}, (char[]){"-D"}, data,
	    (char[]){"-d"}, from, (char[]){"-R"}, (char[]){"-c"},
	    (char[]){"fast"}, (char[]){"--no-sync"}, NULL};

	place(s);
	snprintf(data, sizeof data, "%s/data", s->dir);
	address(of, from, sizeof from);
	run(s, argv);
}

void
server_rewind(struct server *s, const struct server *of)
{
	char data[128], from[256];
	char *argv[] = {(char[]){"pg_rewind"}, (char[]){"-D"}, data,
	    (char[]){"--source-server"}, from, (char[]){"-R"},
	    (char[]){"--no-sync"}, NULL};

	snprintf(data, sizeof data, "%s/data", s->dir);
	address(of, from, sizeof from);
	run(s, argv);
}

void
server_follow(struct server *s, const struct server *of)
{
	char from[256], sql[320];

	address(of, from, sizeof from);
	snprintf(
	    sql, sizeof sql, "ALTER SYSTEM SET primary_conninfo = '%s'", from);
	server_sql(s, sql, NULL, 0);
	server_sql(s, "SELECT pg_reload_conf()", NULL, 0);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

void
server_start(struct server *s)
{
	char data[128], port[16], info[256], settings[1024], *word;
	char *argv[64] = {(char[]){"postgres"}, (char[]){"-D"}, data,
	    (char[]){"-k"}, s->dir, (char[]){"-p"}, port, (char[]){"-F"},
	    (char[]){"-c"}, (char[]){"listen_addresses="}, (char[]){"-c"},
	    (char[]){"shared_buffers=32MB"}, (char[]){"-c"},
	    (char[]){"max_connections=40"}, (char[]){"-c"},
	    (char[]){"jit=off"}};
	size_t n = 16;

	snprintf(data, sizeof data, "%s/data", s->dir);
	snprintf(port, sizeof port, "%u", s->port);
	snprintf(settings, sizeof settings, "%s", s->settings);
	for (word = strtok(settings, " "); word != NULL && n < 62;
	     word = strtok(NULL, " "))
		argv[n++] = word;
	s->pid = spawn(s, argv);
	snprintf(info, sizeof info,
	    "host=%s port=%u user=tamga dbname=postgres connect_timeout=5",
	    s->dir, s->port);
	for (int i = 0; i < 1500; i++) {
		if (PQping(info) == PQPING_OK)
			return;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			die("the server ended, see %s/log", s->dir);
		nap();
	}
	die("the server does not come up, see %s/log", s->dir);
}

/* A machine that dies takes all with it; a backend that waits for a standby
 * outlives its postmaster, and the data may not be started again beside it, nor
 * beside one that is still dying. */
static void
kill_children(const struct server *s)
{
	struct pollfd gone[64];
	nfds_t n = 0;
	char path[64];
	FILE *f;
	int pid;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)s->pid,
	    (int)s->pid);
	kill(s->pid, SIGSTOP); /* it makes no more */
	f = fopen(path, "r");
	while (f != NULL && n < 64 && fscanf(f, "%d", &pid) == 1) {
		gone[n] = (struct pollfd){pidfd_open(pid, 0), POLLIN, 0};
		kill(pid, SIGKILL);
		if (gone[n].fd >= 0)
			n++;
	}
	if (f != NULL)
		fclose(f);
	while (n-- > 0) {
		if (poll(&gone[n], 1, 30000) != 1)
			die("a server's process does not end");
		close(gone[n].fd);
	}
}

void
server_stop(struct server *s, int sig)
{
	if (s->pid == 0)
		return;
	if (sig == SIGKILL)
		kill_children(s);
	kill(s->pid, sig);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
server_release(struct server *s)
{
	server_stop(s, SIGQUIT);
	nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
server_spec(const struct server *s, const char *schema, char *out, size_t size)
{
	snprintf(out, size,
	    "postgresql://tamga@/postgres?host=%s&port=%u"
	    "&options=-csearch_path%%3D%s",
	    s->dir, s->port, schema);
}

void
server_sql(const struct server *s, const char *sql, char *out, size_t size)
{
	char info[256];
	PGconn *c;
	PGresult *r;

	snprintf(info, sizeof info,
	    "host=%s port=%u user=tamga dbname=postgres", s->dir, s->port);
	c = PQconnectdb(info);
	r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK)
		die("%s: %s", sql, PQerrorMessage(c));
	if (out != NULL)
		snprintf(out, size, "%s",
		    PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	PQfinish(c);
}

static struct server shared;

static void
shared_end(void)
{
	server_release(&shared);
}

struct server *
server_shared(void)
{
	if (shared.pid == 0) {
		server_make(&shared);
		server_start(&shared);
		atexit(shared_end);
	}
	return &shared;
}

void
server_new_spec(struct server *s, char *out, size_t size)
{
	static unsigned n;
	char sql[64], schema[16];

	snprintf(schema, sizeof schema, "s%u", ++n);
	snprintf(sql, sizeof sql, "CREATE SCHEMA %s", schema);
	server_sql(s, sql, NULL, 0);
	server_spec(s, schema, out, size);
}
