#ifndef ISSUER_HOME_H
#define ISSUER_HOME_H

#include "edge/cli.h"
#include "issuer/conf.h"
#include "keys/own.h"
#include "keys/signer.h"
#include "log/log.h"
#include "registry/registry.h"

/*
 * A body's home, opened as far as a command needs it:
 *   HOME/body.pem, body.key, log.key   by tamga-keys
 *   HOME/registry.db, log/, photos/    what was issued
 *   HOME/tamga.conf, issuer.lock
 */
enum home_mode {
	HOME_CHECK, /* configuration, certificate; the registry if it is there
		     */
	HOME_READ,  /* and the registry, which must be there */
	HOME_WRITE, /* and the lock: alone, for changes of status */
	HOME_SIGN,  /* and keys and log: for everything that signs */
};

struct home {
	const struct cli_common *cli;
	struct conf conf;
	struct own *own;
	const struct body *body;   /* own_body(own) */
	struct registry *registry; /* NULL in HOME_CHECK when there is none */
	struct signer *signer;     /* HOME_SIGN */
	struct logkey *logkey;
	struct log *log;
	struct log_ops ops;
	char origin[SCOPE_MAX_BASE + 64];
	int lock; /* descriptor of issuer.lock, -1: not held */
};

/* out is to be released with home_close(), also after a failure. */
enum cred_err home_open(const struct cli_common *cli, enum home_mode mode,
    struct home *out, struct why *why);
void home_close(struct home *h);

/* HOME/issuer.lock alone, as HOME_WRITE has it; out of h: cli. */
enum cred_err home_lock(struct home *h, struct why *why);

/* For HOME_READ: opens the log to read and check it. */
enum cred_err home_open_log(struct home *h, struct why *why);

/* HOME/photos/<hex>, the photo with these 16 bytes of SHA-256. malloc. */
char *home_photo_path(
    const struct home *h, const uint8_t hash[static CRED_PHOTO_LEN]);

/* Who acts, for the audit trail: the login name, never a person's ID. */
const char *home_actor(void);

#endif
