#ifndef VERIFIER_NOTIFY_H
#define VERIFIER_NOTIFY_H

#include <stdint.h>

/*
 * Tell the service manager, sd_notify(3): "READY=1", "STOPPING=1",
 * "WATCHDOG=1". Does nothing where $NOTIFY_SOCKET is not set.
 */
void notify_send(const char *state);

/* How often it wants to hear WATCHDOG=1, in ms; 0: not at all. */
int64_t notify_watchdog_ms(void);

#endif
