#ifndef VERIFIER_SESSION_H
#define VERIFIER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "credential/err.h"
#include "credential/report.h"
#include "verifier/account.h"

/*
 * Who is signed in. In memory alone: a restart signs everybody out. Of a token
 * only its hash is kept. Thread-safe. Times are seconds of one clock that does
 * not go back; the caller reads it.
 */
#define SESSION_TOKEN  44 /* 32 random bytes in base64url, and a NUL */
#define SESSION_MAX    256
#define SESSION_GRANTS 8

struct session_limits {
	int64_t idle_s, absolute_s;
};

struct session {
	char name[ACCOUNT_NAME];
	int64_t epoch; /* of the account when it signed in */
	bool has_lang;
	enum report_lang lang; /* chosen on the page */
};

struct sessions;

/* NULL: out of memory, or no random numbers. */
struct sessions *sessions_new(const struct session_limits *limits);
void sessions_free(struct sessions *s);

/* A token for a browser that has none; tied to nobody. */
enum cred_err session_token(char out[static SESSION_TOKEN]);
/* The one token against forged requests that goes with this one. False for a
 * token that is none of ours by its form. */
bool session_csrf(const struct sessions *s, const char *token,
    char out[static SESSION_TOKEN]);

/* A new token, always: one that was there before signing in is worth nothing.
 * Where all places are taken the one unused for longest goes. */
enum cred_err session_begin(struct sessions *s, const struct account *a,
    int64_t now, char token[static SESSION_TOKEN]);
/* Whose is it? False: nobody's, or run out. Counts as use. */
bool session_find(
    struct sessions *s, const char *token, int64_t now, struct session *out);
void session_end(struct sessions *s, const char *token);
void session_lang(struct sessions *s, const char *token, enum report_lang l);

/* Personal data of one claim may be shown until a time; of the last few. */
void session_grant(struct sessions *s, const char *token, int64_t sheet,
    uint32_t row, int64_t until);
bool session_granted(struct sessions *s, const char *token, int64_t sheet,
    uint32_t row, int64_t now);

#endif
