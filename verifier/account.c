#include "verifier/account.h"

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "credential/cbor.h"
#include "edge/lang.h"

/* scrypt, RFC 7914: 32 MiB a try, about 0.1 s. One at a time, so that a flood
 * of tries takes no more. */
#define SCRYPT_N      32768
#define SCRYPT_R      8
#define SCRYPT_P      1
#define SCRYPT_MEMORY ((uint64_t)64 << 20)
#define SALT          16
#define HASH          32
#define BAR_DOUBLINGS 4
#define MAX_ATTEMPTS  10000 /* names remembered, known or not */

static pthread_mutex_t one_scrypt = PTHREAD_MUTEX_INITIALIZER;

static const char *const ROLES[] = {
    "", "reviewer", "approver", "administrator", "auditor"};

const char *
account_role_name(enum account_role r)
{
	return ROLES[r];
}

bool
account_role_by_name(const char *s, enum account_role *out)
{
	for (int r = ROLE_REVIEWER; r <= ROLE_AUDITOR; r++)
		if (strcmp(ROLES[r], s) == 0) {
			*out = (enum account_role)r;
			return true;
		}
	return false;
}

unsigned
account_rights(enum account_role r)
{
	switch (r) {
	case ROLE_REVIEWER:
		return RIGHT_LOOK | RIGHT_SHOW | RIGHT_UPLOAD | RIGHT_BOOK;
	case ROLE_APPROVER:
		return RIGHT_LOOK | RIGHT_SHOW | RIGHT_UPLOAD | RIGHT_BOOK |
		       RIGHT_APPROVE;
	case ROLE_ADMINISTRATOR:
		return RIGHT_USERS;
	case ROLE_AUDITOR:
		return RIGHT_LOOK | RIGHT_SHOW | RIGHT_TRAIL;
	}
	return 0;
}

bool
account_name_ok(const char *name)
{
	size_t n = strlen(name), digits = 0;

	if (n < 2 || n >= ACCOUNT_NAME || !utf8_valid(bytes_str(name)))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];
		digits += c >= '0' && c <= '9';
		if (c < 0x80 && !isalnum(c) && strchr("._-@", c) == NULL)
			return false;
	}
	/* Above ASCII: no blanks and no marks that turn the writing round. */
	if (strstr(name, "\xe3\x80\x80") != NULL ||
	    strstr(name, "\xc2\xa0") != NULL ||
	    strstr(name, "\xe2\x80") != NULL ||
	    strstr(name, "\xe2\x81") != NULL ||
	    strstr(name, "\xef\xbb\xbf") != NULL)
		return false;
	return digits < 8;
}

static enum cred_err
crypto(struct why *why)
{
	ERR_clear_error();
	return why_set(
	    why, CRED_FAULT_CRYPTO, "%s", cred_strerr(CRED_FAULT_CRYPTO));
}

static enum cred_err
hash_pass(const char *pass, const uint8_t salt[static SALT],
    uint8_t out[static HASH], struct why *why)
{
	uint64_t n = SCRYPT_N, max = SCRYPT_MEMORY;
	uint32_t r = SCRYPT_R, p = SCRYPT_P;
	char bytes[1024];
	size_t len = strnlen(pass, sizeof bytes);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_PASSWORD, bytes, len),
	    OSSL_PARAM_octet_string(
		OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, SALT),
	    OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
	    OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
	    OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
	    OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &max),
	    OSSL_PARAM_END};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good;

	memcpy(bytes, pass, len);
	pthread_mutex_lock(&one_scrypt);
	good = ctx != NULL && EVP_KDF_derive(ctx, out, HASH, params) == 1;
	pthread_mutex_unlock(&one_scrypt);
	OPENSSL_cleanse(bytes, sizeof bytes);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good ? CRED_OK : crypto(why);
}

/* Characters, not bytes: twelve Chinese ones are not less than twelve Latin. */
static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

struct proof {
	uint8_t salt[SALT], hash[HASH], secret[TOTP_SECRET];
	uint8_t sealed[DESKKEY_SEALED];
};

static enum cred_err
make_proof(const struct deskdb *d, const char *name, const char *pass,
    struct proof *out, struct why *why)
{
	if (characters(pass) < ACCOUNT_PASS_MIN || strlen(pass) >= 1024)
		return why_set(why, CRED_FAULT_PASS,
		    TR("the pass phrase must have at least %d characters",
			"口令至少要有 %d 个字符"),
		    ACCOUNT_PASS_MIN);
	if (RAND_bytes(out->salt, SALT) != 1 ||
	    RAND_priv_bytes(out->secret, TOTP_SECRET) != 1 ||
	    deskkey_seal(&d->key, name, out->secret, out->sealed) != CRED_OK)
		return crypto(why);
	return hash_pass(pass, out->salt, out->hash, why);
}

static void
bind_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
}

static void
bind_proof(sqlite3_stmt *st, int i, const struct proof *p)
{
	sqlite3_bind_blob(st, i, p->salt, SALT, SQLITE_TRANSIENT);
	sqlite3_bind_blob(st, i + 1, p->hash, HASH, SQLITE_TRANSIENT);
	sqlite3_bind_blob(
	    st, i + 2, p->sealed, DESKKEY_SEALED, SQLITE_TRANSIENT);
}

enum cred_err
account_add(struct deskdb *d, const char *name, enum account_role role,
    const char *pass, int64_t now, uint8_t secret[static TOTP_SECRET],
    struct why *why)
{
	struct proof p;
	sqlite3_stmt *st;
	int changed = 0;
	enum cred_err e;

	if (!account_name_ok(name))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("a user's name has 2 to %d bytes: letters, digits and "
		       ". _ - @, fewer than eight digits; it stays in the "
		       "audit "
		       "trail",
			"用户名为 2 至 %d 字节：文字、数字和 . _ - "
			"@，数字少于八个；它会留在操作记录中"),
		    ACCOUNT_NAME - 1);
	e = make_proof(d, name, pass, &p, why);
	if (e != CRED_OK)
		return e;
	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 1, ?6, 0)"
	    " ON CONFLICT DO NOTHING",
	    &e, why);
	if (st != NULL) {
		bind_text(st, 1, name);
		sqlite3_bind_int(st, 2, (int)role);
		bind_proof(st, 3, &p);
		sqlite3_bind_int64(st, 6, now);
		e = deskdb_run(d, st, &changed, why);
	}
	deskdb_unlock(d);
	if (e == CRED_OK && changed == 0)
		e = why_set(why, CRED_FAULT_EXISTS,
		    TR("there is a user %s already; to give a new pass phrase "
		       "use user reset",
			"用户 %s 已存在；要更换口令请用 user reset"),
		    name);
	if (e == CRED_OK)
		memcpy(secret, p.secret, TOTP_SECRET);
	OPENSSL_cleanse(&p, sizeof p);
	return e;
}

static enum cred_err
no_such(const char *name, struct why *why)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("there is no user %s; user list names them",
		"没有用户 %s；user list 可列出全部"),
	    name);
}

static enum cred_err
change(struct deskdb *d, const char *name, sqlite3_stmt *st, enum cred_err e,
    struct why *why)
{
	int changed = 0;

	if (st == NULL)
		return e;
	bind_text(st, 1, name);
	e = deskdb_run(d, st, &changed, why);
	return e == CRED_OK && changed == 0 ? no_such(name, why) : e;
}

enum cred_err
account_reset(struct deskdb *d, const char *name, const char *pass,
    uint8_t secret[static TOTP_SECRET], struct why *why)
{
	struct proof p;
	sqlite3_stmt *st;
	enum cred_err e = make_proof(d, name, pass, &p, why);

	if (e != CRED_OK)
		return e;
	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE account SET salt = ?2, hash = ?3, secret = ?4,"
	    " last_step = 0, epoch = epoch + 1 WHERE name = ?1",
	    &e, why);
	if (st != NULL)
		bind_proof(st, 2, &p);
	e = change(d, name, st, e, why);
	deskdb_unlock(d);
	if (e == CRED_OK)
		memcpy(secret, p.secret, TOTP_SECRET);
	OPENSSL_cleanse(&p, sizeof p);
	return e;
}

enum cred_err
account_lock(struct deskdb *d, const char *name, bool locked, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE account SET locked = ?2, epoch = epoch + 1 WHERE name = ?1",
	    &e, why);
	if (st != NULL)
		sqlite3_bind_int(st, 2, locked);
	e = change(d, name, st, e, why);
	deskdb_unlock(d);
	return e;
}

enum cred_err
account_role_set(
    struct deskdb *d, const char *name, enum account_role role, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE account SET role = ?2, epoch = epoch + 1 WHERE name = ?1",
	    &e, why);
	if (st != NULL)
		sqlite3_bind_int(st, 2, (int)role);
	e = change(d, name, st, e, why);
	deskdb_unlock(d);
	return e;
}

#define COLUMNS "name, role, locked, epoch, made_at, seen_at"

static void
read_account(sqlite3_stmt *st, struct account *out)
{
	*out = (struct account){
	    .role = (enum account_role)sqlite3_column_int(st, 1),
	    .locked = sqlite3_column_int(st, 2) != 0,
	    .epoch = sqlite3_column_int64(st, 3),
	    .made_at = sqlite3_column_int64(st, 4),
	    .seen_at = sqlite3_column_int64(st, 5)};
	deskdb_text(st, 0, out->name, sizeof out->name);
}

enum cred_err
account_get(struct deskdb *d, const char *name, struct account *out,
    bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(
	    d, "SELECT " COLUMNS " FROM account WHERE name = ?1", &e, why);
	if (st != NULL) {
		bind_text(st, 1, name);
		e = deskdb_step(d, st, found, why);
		if (e == CRED_OK && *found) {
			read_account(st, out);
			sqlite3_finalize(st);
		}
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
account_each(struct deskdb *d, account_each_fn *fn, void *ctx, struct why *why)
{
	struct account a;
	enum cred_err e = CRED_OK;
	bool row = true;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(
	    d, "SELECT " COLUMNS " FROM account ORDER BY name", &e, why);
	while (st != NULL && e == CRED_OK) {
		e = deskdb_step(d, st, &row, why);
		if (e != CRED_OK || !row)
			break;
		read_account(st, &a);
		e = fn(ctx, &a, why);
		if (e != CRED_OK)
			sqlite3_finalize(st);
	}
	deskdb_unlock(d);
	return e;
}

/* What a try is held against; of a name that is not there, made up. */
struct held {
	struct account account;
	struct proof proof;
	int64_t last_step;
	bool there;
	uint8_t key[HASH]; /* of the name, in table attempt */
	int failed;
	int64_t barred_until;
};

static enum cred_err
unseal(struct deskdb *d, const char *name, const uint8_t *sealed,
    uint8_t secret[static TOTP_SECRET], struct why *why)
{
	enum cred_err e = deskkey_open(&d->key, name, sealed, secret);

	if (e != CRED_FAULT_KEY)
		return e == CRED_OK ? e : crypto(why);
	return why_set(why, e,
	    TR("the second factor of user %s was sealed under another "
	       "ledger.key; restore that one from the backup, or give a new "
	       "secret with tamga-review user reset",
		"用户 %s 的验证器密钥是用另一个 ledger.key "
		"加密的：请从备份恢复该文件，或用 tamga-review user reset "
		"更换密钥"),
	    name);
}

enum cred_err
account_check(struct deskdb *d, struct why *why)
{
	uint8_t secret[TOTP_SECRET];
	enum cred_err e = CRED_OK;
	bool row = false;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(
	    d, "SELECT name, secret FROM account ORDER BY name", &e, why);
	while (st != NULL && (e = deskdb_step(d, st, &row, why)) == CRED_OK &&
	       row) {
		char name[ACCOUNT_NAME];
		deskdb_text(st, 0, name, sizeof name);
		if (sqlite3_column_bytes(st, 1) == DESKKEY_SEALED)
			e = unseal(
			    d, name, sqlite3_column_blob(st, 1), secret, why);
		if (e != CRED_OK) {
			sqlite3_finalize(st);
			break;
		}
	}
	OPENSSL_cleanse(secret, sizeof secret);
	deskdb_unlock(d);
	return e;
}

static enum cred_err
load(struct deskdb *d, const char *name, struct held *h, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row = false;
	sqlite3_stmt *st = deskdb_prepare(d,
	    "SELECT " COLUMNS ", salt, hash, secret, last_step FROM account"
	    " WHERE name = ?1",
	    &e, why);

	if (st == NULL)
		return e;
	bind_text(st, 1, name);
	if ((e = deskdb_step(d, st, &row, why)) != CRED_OK)
		return e;
	h->there = row && sqlite3_column_bytes(st, 6) == SALT &&
		   sqlite3_column_bytes(st, 7) == HASH &&
		   sqlite3_column_bytes(st, 8) == DESKKEY_SEALED;
	if (h->there) {
		read_account(st, &h->account);
		memcpy(h->proof.salt, sqlite3_column_blob(st, 6), SALT);
		memcpy(h->proof.hash, sqlite3_column_blob(st, 7), HASH);
		e = unseal(
		    d, name, sqlite3_column_blob(st, 8), h->proof.secret, why);
		h->last_step = sqlite3_column_int64(st, 9);
	}
	if (row)
		sqlite3_finalize(st);
	if (e != CRED_OK)
		return e;
	st = deskdb_prepare(d,
	    "SELECT failed, barred_until FROM attempt WHERE name = ?1", &e,
	    why);
	if (st == NULL)
		return e;
	sqlite3_bind_blob(st, 1, h->key, HASH, SQLITE_TRANSIENT);
	if ((e = deskdb_step(d, st, &row, why)) != CRED_OK || !row)
		return e;
	h->failed = sqlite3_column_int(st, 0);
	h->barred_until = sqlite3_column_int64(st, 1);
	sqlite3_finalize(st);
	return CRED_OK;
}

/* A try that failed is counted for its name, whether that exists or not. */
static enum cred_err
count_try(
    struct deskdb *d, struct held *h, bool good, int64_t now, struct why *why)
{
	enum cred_err e = CRED_OK;
	int rounds;
	sqlite3_stmt *st = deskdb_prepare(d,
	    "INSERT INTO attempt VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name)"
	    " DO UPDATE SET failed = ?2, barred_until = ?3, last = ?4",
	    &e, why);

	if (st == NULL)
		return e;
	if (good) {
		h->failed = 0;
		h->barred_until = 0;
	} else if (now >= h->barred_until && ++h->failed % ACCOUNT_TRIES == 0) {
		rounds = h->failed / ACCOUNT_TRIES - 1;
		h->barred_until =
		    now +
		    ((int64_t)ACCOUNT_BAR_S
			<< (rounds < BAR_DOUBLINGS ? rounds : BAR_DOUBLINGS));
	}
	sqlite3_bind_blob(st, 1, h->key, HASH, SQLITE_TRANSIENT);
	sqlite3_bind_int(st, 2, h->failed);
	sqlite3_bind_int64(st, 3, h->barred_until);
	sqlite3_bind_int64(st, 4, now);
	if ((e = deskdb_run(d, st, NULL, why)) != CRED_OK)
		return e;
	st = deskdb_prepare(d,
	    "DELETE FROM attempt WHERE name IN (SELECT name FROM attempt"
	    " ORDER BY last DESC LIMIT -1 OFFSET ?1)",
	    &e, why);
	if (st == NULL)
		return e;
	sqlite3_bind_int(st, 1, MAX_ATTEMPTS);
	return deskdb_run(d, st, NULL, why);
}

/* Compare-and-set: of two tries with one code, one gets in. */
static enum cred_err
use_code(struct deskdb *d, const struct held *h, int64_t step, int64_t now,
    bool *good, struct why *why)
{
	enum cred_err e = CRED_OK;
	int changed = 0;
	sqlite3_stmt *st = deskdb_prepare(d,
	    "UPDATE account SET last_step = ?2, seen_at = ?3 WHERE name = ?1"
	    " AND last_step < ?2 AND locked = 0 AND epoch = ?4",
	    &e, why);

	if (st == NULL)
		return e;
	bind_text(st, 1, h->account.name);
	sqlite3_bind_int64(st, 2, step);
	sqlite3_bind_int64(st, 3, now);
	sqlite3_bind_int64(st, 4, h->account.epoch);
	e = deskdb_run(d, st, &changed, why);
	*good = changed == 1;
	return e;
}

static enum cred_err
judge(struct deskdb *d, struct held *h, const char *pass, const char *code,
    int64_t now, bool *in, struct why *why)
{
	uint8_t hash[HASH];
	int64_t step = 0;
	bool code_good = false, good;
	enum cred_err e = hash_pass(pass, h->proof.salt, hash, why);

	if (e == CRED_OK)
		e = totp_check(bytes_of(h->proof.secret, TOTP_SECRET), code,
		    now, h->last_step, &code_good, &step);
	if (e != CRED_OK)
		return why_set(why, e, "%s", cred_strerr(e));
	good = CRYPTO_memcmp(hash, h->proof.hash, HASH) == 0;
	good = good & code_good & h->there & !h->account.locked &
	       (now >= h->barred_until);
	OPENSSL_cleanse(hash, sizeof hash);
	deskdb_lock(d);
	e = deskdb_begin(d, why);
	if (e == CRED_OK) {
		if (good)
			e = use_code(d, h, step, now, &good, why);
		if (e == CRED_OK)
			e = count_try(d, h, good, now, why);
		e = deskdb_end(d, e, why);
	}
	deskdb_unlock(d);
	*in = e == CRED_OK && good;
	return e;
}

enum cred_err
account_sign_in(struct deskdb *d, const char *name, const char *pass,
    const char *code, int64_t now, struct account *out, bool *in,
    struct why *why)
{
	struct held h = {.last_step = 0};
	enum cred_err e = CRED_OK;
	size_t len = 0;

	*in = false;
	if (EVP_Q_digest(
		NULL, "SHA256", NULL, name, strlen(name), h.key, &len) != 1)
		return crypto(why);
	deskdb_lock(d);
	e = load(d, name, &h, why);
	deskdb_unlock(d);
	if (e == CRED_OK)
		e = judge(d, &h, pass, code, now, in, why);
	if (e == CRED_OK && *in)
		*out = h.account;
	OPENSSL_cleanse(&h, sizeof h);
	return e;
}
