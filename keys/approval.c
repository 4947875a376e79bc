#include "keys/approval.h"

#include <errno.h>
#include <ini.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/file.h"
#include "edge/lang.h"
#include "keys/home_int.h"
#include "keys/trust.h"

#define FILE_MAX 65536

static void
digest_hex(struct bytes request, char out[static 65])
{
	uint8_t h[32];

	trust_sha256(h, request, (struct bytes){0});
	for (size_t i = 0; i < sizeof h; i++)
		snprintf(out + 2 * i, 3, "%02x", h[i]);
}

/* What an approver signs. */
static void
statement(struct bytes request, char out[static 128])
{
	char hex[65];

	digest_hex(request, hex);
	snprintf(out, 128, "tamga-approval 1\n%s\n", hex);
}

/* As a signed note wants it: no blank, no '+'. */
static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > APPROVER_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)s[i] <= 0x20 || s[i] == '+' || s[i] == 0x7f)
			return false;
	return true;
}

static bool
key_decode(const char *text, uint8_t out[static 32])
{
	uint8_t buf[48];

	/* 32 bytes: 43 characters and one of padding */
	if (strlen(text) != 44 || text[43] != '=' || text[42] == '=' ||
	    EVP_DecodeBlock(buf, (const uint8_t *)text, 44) != 33)
		return false;
	memcpy(out, buf, 32);
	return true;
}

struct conf {
	struct approvers *a;
	bool bad;
};

static int
conf_line(void *ctx, const char *section, const char *name, const char *v)
{
	struct conf *c = ctx;
	char *end;
	unsigned long n;

	/* A rule that a slip of the pen turns off is none. */
	if (strcasecmp(section, "approval") != 0)
		return strncasecmp(section, "approv", 6) != 0;
	errno = 0;
	n = strtoul(v, &end, 10);
	if (errno != 0 || end == v || *end != '\0' || *v == '-' || n > 1000000)
		return 0;
	if (strcmp(name, "k") == 0 && n <= APPROVERS_MAX)
		c->a->k = (unsigned)n;
	else if (strcmp(name, "many") == 0)
		c->a->many = (unsigned)n;
	else
		return 0;
	return 1;
}

static enum cred_err
load_conf(const char *home, struct approvers *a, struct why *why)
{
	char *path = file_join(home, "tamga.conf");
	struct conf c = {.a = a};
	enum cred_err e = CRED_OK;
	int at;

	if (path == NULL)
		return why_errno(why, ENOMEM, "malloc", home);
	at = access(path, F_OK) != 0 && errno == ENOENT
		 ? 0
		 : ini_parse(path, conf_line, &c);
	if (at < 0)
		e = why_errno(
		    why, errno, TR("cannot open", "打不开"), path);
	else if (at > 0)
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: [approval] has k and many, numbers",
			"%s 第 %d 行：[approval] 只有 k 和 many，均为数字"),
		    path, at);
	free(path);
	return e;
}

static enum cred_err
load_one(struct approvers *a, char *text, const char *path, size_t nth,
    struct why *why)
{
	char *save = NULL, *name = strtok_r(text, " \t\r", &save);
	char *key = strtok_r(NULL, " \t\r", &save);
	struct approver *x = &a->all[a->n];

	if (name == NULL || name[0] == '#')
		return CRED_OK;
	if (a->n == APPROVERS_MAX || key == NULL || !is_name(name) ||
	    strtok_r(NULL, " \t\r", &save) != NULL || !key_decode(key, x->key))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %zu: a name and a key, at most %d lines",
			"%s 第 %zu 行：应为名称和密钥，最多 %d 行"),
		    path, nth, APPROVERS_MAX);
	strcpy(x->name, name);
	for (size_t i = 0; i < a->n; i++)
		if (memcmp(a->all[i].key, x->key, 32) == 0 ||
		    strcmp(a->all[i].name, name) == 0)
			return why_set(why, CRED_FAULT_CONFIG,
			    TR("%s, line %zu: this name or key stands there "
			       "already",
				"%s 第 %zu 行：名称或密钥重复"),
			    path, nth);
	a->n++;
	return CRED_OK;
}

static enum cred_err
load_keys(const char *home, struct approvers *a, struct why *why)
{
	char *path = file_join(home, "approvers"), *at, *end;
	uint8_t *text = NULL;
	enum cred_err e = CRED_OK;
	size_t len, nth = 0;

	if (path == NULL)
		return why_errno(why, ENOMEM, "malloc", home);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		goto out;
	e = file_read(path, FILE_MAX, &text, &len, why);
	if (cred_is_refusal(e))
		e = CRED_FAULT_CONFIG;
	for (at = (char *)text; e == CRED_OK && *at != '\0'; at = end) {
		end = at + strcspn(at, "\n");
		if (*end == '\n')
			*end++ = '\0';
		e = load_one(a, at, path, ++nth, why);
	}
out:
	free(text);
	free(path);
	return e;
}

enum cred_err
approvers_load(const char *home, struct approvers *out, struct why *why)
{
	struct approvers a = {.many = APPROVAL_MANY};
	enum cred_err e = load_conf(home, &a, why);

	if (e == CRED_OK)
		e = load_keys(home, &a, why);
	if (e == CRED_OK && a.k > a.n)
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s/tamga.conf asks for %u approvals, but %s/approvers "
		       "names %zu keys",
			"%s/tamga.conf 要求 %u 个批准，而 %s/approvers 只列出 "
			"%zu 个密钥"),
		    home, a.k, home, a.n);
	if (e == CRED_OK)
		*out = a;
	return e;
}

enum cred_err
approver_init(const char *path, const char *name, const struct pass_source *src,
    char **line, struct why *why)
{
	char pass[PASS_MAX], *pem = NULL;
	uint8_t text[48];
	struct key *key = NULL;
	enum cred_err e;
	size_t len = 0;

	if (!is_name(name))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("the name %s has blanks or '+', or is longer than %d "
		       "bytes",
			"名称 %s 含空格或“+”，或长于 %d 字节"),
		    name, APPROVER_NAME_MAX);
	e = home_new_pass(src, pass, why);
	if (e != CRED_OK)
		return e;
	e = keyfile_generate(COSE_EDDSA, pass, &pem, &len, &key, why);
	pass_clear(pass);
	if (e == CRED_OK)
		e = file_create(path, bytes_of(pem, len), 0600, why);
	if (e == CRED_OK) {
		EVP_EncodeBlock(text, key_public(key)->raw, 32);
		if (asprintf(line, "%s %s\n", name, (char *)text) < 0)
			e = why_errno(why, ENOMEM, "malloc", path);
	}
	if (pem != NULL)
		OPENSSL_cleanse(pem, len);
	free(pem);
	key_free(key);
	return e;
}

enum cred_err
approval_make(const char *path, const char *name, const struct pass_source *src,
    struct bytes request, char **note, struct why *why)
{
	char pass[PASS_MAX], text[128];
	uint8_t buf[1024], id[4], sig[CRED_SIG_LEN];
	struct outbuf out = {buf, sizeof buf - 1, 0};
	struct key *key = NULL;
	enum cred_err e;

	if (!is_name(name))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("the name %s has blanks or '+'", "名称 %s 含空格或“+”"),
		    name);
	e = pass_read(src,
	    TR("pass phrase of the approver's key", "批准人密钥的口令"), false,
	    pass, why);
	if (e == CRED_OK)
		e = key_open(path, pass, &key, why);
	pass_clear(pass);
	if (e != CRED_OK)
		return e;
	if (key_public(key)->alg != COSE_EDDSA) {
		key_free(key);
		return why_set(why, CRED_FAULT_KEY,
		    TR("%s: an approver's key must be Ed25519",
			"%s：批准人的密钥必须是 Ed25519"),
		    path);
	}
	statement(request, text);
	note_key_id(trust_sha256, bytes_str(name), key_public(key)->raw, id);
	e = key_sign(key, bytes_str(text), sig, why);
	key_free(key);
	if (e == CRED_OK)
		e = note_encode(
		    bytes_str(text), bytes_str(name), id, sig, &out);
	if (e != CRED_OK)
		return e;
	buf[out.len] = '\0';
	*note = strdup((char *)buf);
	return *note != NULL ? CRED_OK : why_errno(why, ENOMEM, "malloc", path);
}

/* Which of the approvers signed it? Sets their bits. */
static enum cred_err
count_note(const struct approvers *a, struct bytes text, struct bytes file,
    uint32_t *who)
{
	struct note n;
	uint8_t id[4];

	if (note_decode(file, &n) != CRED_OK || !bytes_eq(n.text, text))
		return CRED_ERR_APPROVAL_OTHER;
	for (size_t i = 0; i < a->n; i++) {
		struct pubkey key = {.alg = COSE_EDDSA, .len = 32};
		struct sigcheck *check;
		enum cred_err e;

		memcpy(key.raw, a->all[i].key, 32);
		e = sigcheck_new(&key, &check);
		if (e != CRED_OK)
			return e;
		for (size_t s = 0; s < n.n_sigs; s++) {
			note_key_id(trust_sha256, n.sigs[s].name, key.raw, id);
			if (memcmp(id, n.sigs[s].key_id, sizeof id) != 0)
				continue;
			e = sigcheck_raw(check, n.text, n.sigs[s].sig);
			if (e == CRED_OK)
				*who |= UINT32_C(1) << i;
			else if (e != CRED_ERR_SIGNATURE)
				break;
		}
		sigcheck_free(check);
		if (e != CRED_OK && e != CRED_ERR_SIGNATURE)
			return e;
	}
	return CRED_OK;
}

enum cred_err
approval_check(const struct approvers *a, struct bytes request,
    const struct bytes *notes, size_t n_notes, struct why *why)
{
	unsigned n = 0;
	uint32_t who = 0;
	char text[128];

	statement(request, text);
	for (size_t i = 0; i < n_notes; i++) {
		enum cred_err e =
		    count_note(a, bytes_str(text), notes[i], &who);
		if (e == CRED_ERR_APPROVAL_OTHER)
			return why_set(why, e,
			    TR("approval %zu is not one of this request: each "
			       "is good for one request file alone",
				"第 %zu 份批准不是针对这份申请的："
				"每份批准只对一份申请有效"),
			    i + 1);
		if (e != CRED_OK)
			return why_set(why, e, "%s", cred_strerr(e));
	}
	for (size_t i = 0; i < a->n; i++)
		n += who >> i & 1;
	if (n < a->k)
		return why_set(why, CRED_ERR_APPROVAL_FEW,
		    TR("%u of %u approvals are there; the same key counts "
		       "once, keys that are not in the approvers file not at "
		       "all",
			"已有 %u 个批准，需要 %u 个；同一密钥只算一次，"
			"不在 approvers 文件中的密钥不算"),
		    n, a->k);
	return CRED_OK;
}

static char *
record_path(const char *home, struct bytes request)
{
	char hex[65], *path;

	digest_hex(request, hex);
	return asprintf(&path, "%s/approved/%s", home, hex) < 0 ? NULL : path;
}

enum cred_err
approval_record(const char *home, struct bytes request,
    const struct bytes *notes, size_t n_notes, struct why *why)
{
	char *dir = file_join(home, "approved"), *path, *all = NULL;
	enum cred_err e = CRED_FAULT_NOMEM;
	size_t len = 0;
	FILE *f;

	path = record_path(home, request);
	f = open_memstream(&all, &len);
	if (dir != NULL && path != NULL && f != NULL) {
		fwrite(request.ptr, 1, request.len, f);
		for (size_t i = 0; i < n_notes; i++) {
			fputc('\n', f);
			fwrite(notes[i].ptr, 1, notes[i].len, f);
		}
		e = file_mkdirs(dir, 0700, why);
	}
	if (f != NULL && fclose(f) != 0)
		e = CRED_FAULT_NOMEM;
	if (e == CRED_OK)
		e = file_create(path, bytes_of(all, len), 0600, why);
	if (e == CRED_FAULT_EXISTS)
		e = why_set(why, CRED_ERR_REQUEST_DONE,
		    TR("this request was done already: %s; make a new one",
			"这份申请已经办理过：%s；请重新提出"),
		    path);
	else if (e == CRED_FAULT_NOMEM)
		e = why_errno(why, ENOMEM, "malloc", home);
	free(all);
	free(path);
	free(dir);
	return e;
}

void
approval_forget(const char *home, struct bytes request)
{
	char *path = record_path(home, request);

	if (path != NULL)
		unlink(path);
	free(path);
}
