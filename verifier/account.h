#ifndef VERIFIER_ACCOUNT_H
#define VERIFIER_ACCOUNT_H

#include "verifier/deskdb.h"
#include "verifier/totp.h"

/*
 * Who may use the reviewer's page. A pass phrase (scrypt) and a code of an
 * authenticator app (TOTP), both, every time. Made and changed by
 * `tamga-review user` alone: the page cannot make itself a user.
 */
enum account_role {
	ROLE_REVIEWER = 1,  /* uploads, looks, books, refuses */
	ROLE_APPROVER,      /* all of that; approves, pays, takes back */
	ROLE_ADMINISTRATOR, /* locks accounts; sees no claims */
	ROLE_AUDITOR,       /* looks at all of it, changes nothing */
};
const char *account_role_name(enum account_role r); /* "reviewer" … */
bool account_role_by_name(const char *s, enum account_role *out);

enum account_right {
	RIGHT_LOOK = 1, /* at tables and claims */
	RIGHT_SHOW = 2, /* personal data, with a purpose that is logged */
	RIGHT_UPLOAD = 4,
	RIGHT_BOOK = 8,     /* and refuse, and reject */
	RIGHT_APPROVE = 16, /* and pay, and return */
	RIGHT_USERS = 32,
	RIGHT_TRAIL = 64,
};
unsigned account_rights(enum account_role r);

#define ACCOUNT_NAME     64 /* bytes with the NUL */
#define ACCOUNT_PASS_MIN 12 /* characters */
/* Letters, digits and . _ - @ of any script, no blanks; not a number that could
 * be somebody's ID. It stands in the audit trail for ever. */
bool account_name_ok(const char *name);

struct account {
	char name[ACCOUNT_NAME];
	enum account_role role;
	bool locked;   /* by an administrator */
	int64_t epoch; /* changes with pass phrase, role and lock: sessions of
			  an older one end */
	int64_t made_at, seen_at; /* seen_at 0: never signed in */
};

/* CRED_FAULT_EXISTS: there is one of that name. CRED_FAULT_PASS: the pass
 * phrase is too short, CRED_FAULT_CONFIG: the name is none. secret: for the
 * app. */
enum cred_err account_add(struct deskdb *d, const char *name,
    enum account_role role, const char *pass, int64_t now,
    uint8_t secret[static TOTP_SECRET], struct why *why);
/* A new pass phrase and a new secret. CRED_FAULT_CONFLICT: no such account;
 * the same for the two below. */
enum cred_err account_reset(struct deskdb *d, const char *name,
    const char *pass, uint8_t secret[static TOTP_SECRET], struct why *why);
enum cred_err account_lock(
    struct deskdb *d, const char *name, bool locked, struct why *why);
enum cred_err account_role_set(struct deskdb *d, const char *name,
    enum account_role role, struct why *why);

enum cred_err account_get(struct deskdb *d, const char *name,
    struct account *out, bool *found, struct why *why);
typedef enum cred_err account_each_fn(
    void *ctx, const struct account *a, struct why *why);
enum cred_err account_each(
    struct deskdb *d, account_each_fn *fn, void *ctx, struct why *why);

/* Can every user's second factor be opened? CRED_FAULT_KEY: not under this
 * ledger.key; the why names a user and the remedy. */
enum cred_err account_check(struct deskdb *d, struct why *why);

/*
 * Sign in. *in false: not, and nothing tells why: a name that does not exist, a
 * wrong pass phrase, a wrong or used code, a lock, too many tries all take the
 * same work and give the same answer. After ACCOUNT_TRIES failures in a row the
 * name, whether it exists or not, is refused for a quarter of an hour, after as
 * many again for twice as long, up to four hours.
 */
#define ACCOUNT_TRIES 5
#define ACCOUNT_BAR_S 900
enum cred_err account_sign_in(struct deskdb *d, const char *name,
    const char *pass, const char *code, int64_t now, struct account *out,
    bool *in, struct why *why);

#endif
