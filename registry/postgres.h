#ifndef REGISTRY_POSTGRES_H
#define REGISTRY_POSTGRES_H

#include "registry/registry.h"

/*
 * How long a call on a registry of "postgresql:" goes on trying: after a lost
 * connection, a transaction that lost against another, or a commit no standby
 * confirmed. 60 s until said otherwise; r must be of that engine.
 */
void registry_postgres_patience(struct registry *r, int64_t ms);

#endif
