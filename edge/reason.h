#ifndef EDGE_REASON_H
#define EDGE_REASON_H

/*
 * A reason that somebody gives on the command line, and that stays in the
 * audit trail for ever: text in UTF-8 without control characters, at most
 * REASON_MAX_BYTES, and no number as long as an ID number. What is wrong with
 * it, as a sentence about --reason in the user's language; NULL: nothing.
 */
#define REASON_MAX_BYTES 400
const char *reason_wrong(const char *reason);

#endif
