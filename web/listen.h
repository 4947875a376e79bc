#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include "edge/why.h"

/*
 * An address to listen on: "127.0.0.1:8080", "0.0.0.0:80"; nothing
 * else. CRED_FAULT_CONFIG with what to write instead. Not looked at: whether it
 * is this machine's, and free.
 */
enum cred_err listen_check(const char *s, struct why *why);

#endif
