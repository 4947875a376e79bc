#ifndef VERIFIER_CONFIG_H
#define VERIFIER_CONFIG_H

#include <stdbool.h>

#include "edge/why.h"

/*
 * HOME/tamga.conf, section [verifier]; what the command line says comes before
 * it. Other programs' sections are passed over.
 */
#define CONFIG_PATH_MAX 180 /* inih's line */

/* Section [review]: the reviewer's page, off unless home is set. */
struct config_review {
	char home[CONFIG_PATH_MAX]; /* "": no such page */
	char registry[CONFIG_PATH_MAX]; /* "": sqlite:HOME/registry.db */
	char rules[CONFIG_PATH_MAX];    /* "": HOME/rules.ini, if it is there */
	char region[8];
	char pension[CONFIG_PATH_MAX], death[CONFIG_PATH_MAX];
	char student[CONFIG_PATH_MAX], staff[CONFIG_PATH_MAX];
	char national[CONFIG_PATH_MAX];
	char scans[CONFIG_PATH_MAX]; /* "": HOME/scans, if it is there */
	unsigned idle_min, hours;    /* how long a session lasts */
	unsigned max_table;          /* MB */
	unsigned keep_days; /* uploaded tables go after so long; 0: never */
};

struct config {
	char listen[64];
	char pub[CONFIG_PATH_MAX];    /* "" : HOME/pub */
	char anchor[CONFIG_PATH_MAX]; /* "" : HOME/anchor.pem, else /etc/… */
	char host[CONFIG_PATH_MAX];   /* our own QR host; "" : the bodies' */
	char registry[CONFIG_PATH_MAX]; /* of a body; "": none */
	unsigned connections;      /* at once */
	unsigned timeout_s;        /* for a body to arrive */
	unsigned pictures;         /* decoded at once */
	unsigned rate, rate_burst; /* tokens a minute for a client; 0: any */
	unsigned picture_cost;     /* tokens a picture takes; a text 1 */
	bool behind_proxy;         /* X-Real-IP names the client */
	bool allow_unjailed;
	bool worker; /* the page may keep itself for use offline */
	bool tables; /* 150 kB for each body's key, verified three times as fast
		      */
	bool log;    /* a line a request */
	struct config_review review;
};

/*
 * Defaults, then the file. path not there: the defaults. A line that is wrong:
 * CRED_FAULT_CONFIG, and the why names file, line and remedy.
 */
enum cred_err config_load(
    const char *path, struct config *out, struct why *why);

/* The file with every default in a comment, for a new HOME. */
extern const char config_default[];

#endif
