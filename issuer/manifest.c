#include "issuer/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "credential/cbor.h"
#include "credential/claims.h"
#include "edge/cli.h"
#include "keys/trust.h"

typedef unsigned long long ull;

void
manifest_release(struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->files[i].path);
	free(m->files);
	*m = (struct manifest){0};
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

bool
manifest_path_ok(const char *path)
{
	size_t n = strlen(path);

	if (n == 0 || n > MANIFEST_PATH_MAX || !utf8_valid(bytes_str(path)) ||
	    !claims_is_visible(bytes_str(path)))
		return false;
	while (*path != '\0') {
		size_t part = strcspn(path, "/");

		if (part == 0 || (part == 1 && path[0] == '.') ||
		    (part == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += part;
		if (*path == '/' && *++path == '\0')
			return false;
	}
	return true;
}

enum cred_err
manifest_add(struct manifest *m, const struct manifest_file *f, struct why *why)
{
	char *path = strdup(f->path);

	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 64 : 2 * m->cap;
		struct manifest_file *more =
		    reallocarray(m->files, cap, sizeof *more);
		if (more != NULL) {
			m->files = more;
			m->cap = cap;
		}
	}
	if (path == NULL || m->n == m->cap) {
		free(path);
		return nomem(why);
	}
	m->files[m->n] = *f;
	m->files[m->n++].path = path;
	return CRED_OK;
}

static int
by_path(const void *a, const void *b)
{
	const struct manifest_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

const struct manifest_file *
manifest_find(const struct manifest *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->files[i].path, path) == 0)
			return &m->files[i];
	return NULL;
}

static void
put_hex(FILE *f, const uint8_t h[static 32])
{
	for (size_t i = 0; i < 32; i++)
		fprintf(f, "%02x", h[i]);
}

static void
put(FILE *f, const struct manifest *m)
{
	time_t t = m->made;
	struct tm tm;
	char made[40];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(made, sizeof made, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(made, "?");
	fprintf(f, "tamga-backup 1\nmade %s\nbody %s\nsize %llu\nroot ", made,
	    m->body_id, (ull)m->size);
	put_hex(f, m->root.b);
	fputc('\n', f);
	for (size_t i = 0; i < m->n; i++) {
		fputs("file ", f);
		put_hex(f, m->files[i].hash);
		fprintf(f, " %llu %04o %s\n", (ull)m->files[i].len,
		    m->files[i].mode, m->files[i].path);
	}
}

enum cred_err
manifest_print(struct manifest *m, char **text, struct why *why)
{
	char *buf = NULL;
	size_t len;
	FILE *f = open_memstream(&buf, &len);
	uint8_t end[32];

	if (f == NULL)
		return nomem(why);
	if (m->n > 0)
		qsort(m->files, m->n, sizeof *m->files, by_path);
	put(f, m);
	if (fflush(f) == 0) {
		trust_sha256(end, bytes_of(buf, len), (struct bytes){0});
		fputs("end ", f);
		put_hex(f, end);
		fputc('\n', f);
	}
	if (fclose(f) != 0) {
		free(buf);
		return nomem(why);
	}
	*text = buf;
	return CRED_OK;
}

/* Reading is loose: what was read is printed again and must be the same. */
static bool
get_hex(const char *s, uint8_t out[static 32])
{
	if (strspn(s, "0123456789abcdef") < 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		char two[3] = {s[2 * i], s[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

static bool
get_number(const char *s, int base, uint64_t max, char **end, uint64_t *out)
{
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, end, base);
	return errno == 0 && *out <= max;
}

static bool
read_file(char *s, struct manifest_file *f)
{
	uint64_t mode;
	char *end;

	if (strncmp(s, "file ", 5) != 0 || !get_hex(s + 5, f->hash) ||
	    s[69] != ' ' ||
	    !get_number(s + 70, 10, MANIFEST_FILE_MAX, &end, &f->len) ||
	    *end != ' ' || !get_number(end + 1, 8, 0777, &end, &mode) ||
	    *end != ' ')
		return false;
	f->mode = (unsigned)mode;
	f->path = end + 1;
	return manifest_path_ok(f->path);
}

static bool
read_head(struct manifest *m, size_t nth, char *s)
{
	uint64_t n;
	char *end;

	switch (nth) {
	case 0:
		return strcmp(s, "tamga-backup 1") == 0;
	case 1:
		return strncmp(s, "made ", 5) == 0 &&
		       cli_parse_time(s + 5, &m->made);
	case 2:
		if (strncmp(s, "body ", 5) != 0 ||
		    strlen(s + 5) >= sizeof m->body_id)
			return false;
		strcpy(m->body_id, s + 5);
		return true;
	case 3:
		if (strncmp(s, "size ", 5) != 0 ||
		    !get_number(s + 5, 10, TLOG_MAX_SIZE, &end, &n) ||
		    *end != '\0')
			return false;
		m->size = n;
		return true;
	default:
		return strncmp(s, "root ", 5) == 0 &&
		       get_hex(s + 5, m->root.b) && s[69] == '\0';
	}
}

static enum cred_err
read_all(struct manifest *m, char *text, bool *good, struct why *why)
{
	char *s, *save = NULL;
	size_t nth = 0;
	enum cred_err e = CRED_OK;

	*good = true;
	for (s = strtok_r(text, "\n", &save); s != NULL && e == CRED_OK;
	     s = strtok_r(NULL, "\n", &save), nth++) {
		struct manifest_file f;

		if (nth < 5) {
			*good &= read_head(m, nth, s);
		} else if (strncmp(s, "end ", 4) == 0) {
			*good &= strtok_r(NULL, "\n", &save) == NULL;
		} else if (m->n == MANIFEST_FILES_MAX || !read_file(s, &f)) {
			*good = false;
		} else {
			e = manifest_add(m, &f, why);
		}
		if (!*good)
			break;
	}
	*good &= nth >= 5;
	for (size_t i = 1; *good && i < m->n; i++)
		*good = strcmp(m->files[i - 1].path, m->files[i].path) < 0;
	return e;
}

enum cred_err
manifest_parse(struct bytes text, struct manifest *out, struct why *why)
{
	struct manifest m = {0};
	char *copy = malloc(text.len + 1), *again = NULL;
	enum cred_err e;
	bool good = false;

	if (copy == NULL)
		return nomem(why);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	e = read_all(&m, copy, &good, why);
	if (e == CRED_OK && good)
		e = manifest_print(&m, &again, why);
	if (e == CRED_OK && (!good || !bytes_eq(text, bytes_str(again)) ||
				manifest_find(&m, MANIFEST_REGISTRY) == NULL))
		e = why_set(why, CRED_ERR_BACKUP_FORM,
		    TR("its manifest is damaged or none: this is not a whole "
		       "backup",
			"清单损坏或不存在：这不是完整的备份"));
	free(again);
	free(copy);
	if (e != CRED_OK)
		manifest_release(&m);
	else
		*out = m;
	return e;
}
