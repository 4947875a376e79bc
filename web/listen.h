#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include "edge/why.h"

/*
 * An address to listen on, into out: "127.0.0.1:8080", "0.0.0.0:80"; nothing
 * else. CRED_FAULT_CONFIG with what to write instead. Not looked at: whether it
 * is this machine's, and free.
 */
struct sockaddr_in;
enum cred_err listen_parse(
    const char *s, struct sockaddr_in *out, struct why *why);

#endif
