#ifndef VERIFIER_PUBLICATION_H
#define VERIFIER_PUBLICATION_H

#include "keys/verify.h"

/*
 * A publication (design 5) as a verifier sees it: a folder or an http(s) URL
 * that nobody vouches for. Everything taken from it is checked against the
 * anchor, which comes from configuration alone; trust/anchor.pem of the
 * publication is looked at only to say that it differs.
 *
 * Never backwards: the newest CRL number, status list and checkpoint seen are
 * remembered, across restarts when there is a cache folder, and older or
 * contradicting ones are refused (CRED_ERR_CRL_OLDER, _STATUS_OLDER,
 * _CHECKPOINT_OLDER, _CHECKPOINT_SPLIT). A newer checkpoint must contain the
 * remembered tree.
 *
 * Safe from any number of threads.
 */
struct publication;

struct publication_opts {
	struct bytes anchor; /* PEM; copied */
	const char *source;  /* folder or URL; NULL: what the cache holds */
	const char *cache; /* folder, made if need be; NULL: remember nothing */
	bool offline;      /* ask no network: a URL's copy in the cache */
	/* How long trust, checkpoint and status are used before they are
	 * looked at again; a list's shorter ttl counts. 0: 300 s. */
	int64_t refresh_s;
	int64_t (*clock)(void); /* NULL: time(2). For tests. */
	bool no_tables;         /* of bodies' keys: struct trust_files */
	/* A line for people: what was left out, refused, or is stale. Called
	 * from the thread that met it. May be NULL. */
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
};

/*
 * CRED_FAULT_ANCHOR when the anchor cannot be read, CRED_FAULT_CONFIG for a
 * source that is neither folder nor URL. A publication that cannot be reached
 * is no error: its facts are then "not known", and it is asked again later.
 * Makes no thread. The first use of a URL initialises libcurl.
 */
enum cred_err publication_open(const struct publication_opts *opts,
    struct publication **out, struct why *why);
/* Writes what is to be remembered. All holds must be released. Takes NULL. */
void publication_close(struct publication *p);

/*
 * Trust and evidence of one moment. A verdict points into trust, so it lives
 * no longer than its hold. Takes a lock for a moment; the caller whose call
 * finds trust older than refresh_s fetches it while the others go on.
 */
struct publication_hold {
	const struct trust *trust;
	struct evidence evidence;
	bool listed; /* a list of bodies was at hand */
	void *snapshot;
};
enum cred_err publication_hold(
    struct publication *p, struct publication_hold *out, struct why *why);
void publication_release(struct publication_hold *h);

/*
 * verify_text() on a hold. Where no list of bodies was at hand, nobody is an
 * unknown issuer: status_unknown with CRED_ERR_TRUST_MISSING, nothing shown.
 */
enum cred_err publication_verify(const struct publication_hold *h,
    struct bytes text, const struct verify_opts *opts,
    struct verification *out);

/* For readiness and figures. */
struct publication_state {
	size_t n_bodies;
	bool listed;
	int64_t fetched_at; /* trust, Unix seconds; 0: never */
	struct crl_fact crl;
	uint64_t crl_number;
	char trouble[256]; /* why the last fetch of trust failed, or "" */
};
void publication_state(struct publication *p, struct publication_state *out);

/*
 * HOME/cache if it is there and writable or can be made, else
 * $XDG_CACHE_HOME/tamga or ~/.cache/tamga; malloc, NULL when none can be
 * written.
 */
char *publication_cache_dir(const char *home);

#endif
