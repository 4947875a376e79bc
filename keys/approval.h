#ifndef KEYS_APPROVAL_H
#define KEYS_APPROVAL_H

#include "edge/pass.h"
#include "edge/why.h"
#include "credential/bytes.h"

/*
 * k of n: a request file (proposal.h) is done only when k distinct keys have
 * approved it. Who may approve stands in HOME/approvers, a line each: a name
 * and an Ed25519 key in base64; k in HOME/tamga.conf:
 *
 *   [approval]
 *   k = 2
 *   many = 100    ; tamga-issuer: to revoke or replace more at once needs it
 *
 * An approval is a C2SP signed note by the approver's key over
 *   tamga-approval 1
 *   <SHA-256 of the request file, hex>
 * so that other people's tools can check it, and so that a key that approves
 * can be used for nothing else. What was done stays, with its approvals, in
 * HOME/approved, and is not done twice.
 */
#define APPROVERS_MAX     32
#define APPROVER_NAME_MAX 64
#define APPROVAL_MANY     100 /* unless tamga.conf says otherwise */

struct approver {
	char name[APPROVER_NAME_MAX + 1];
	uint8_t key[32];
};
struct approvers {
	unsigned k; /* 0: nothing needs approval */
	unsigned many;
	size_t n;
	struct approver all[APPROVERS_MAX];
};

/*
 * Of a home. CRED_FAULT_CONFIG, naming file and line, for a key that stands
 * there twice, or more approvals asked for than there are approvers. An absent
 * file is an empty one.
 */
enum cred_err approvers_load(
    const char *home, struct approvers *out, struct why *why);

/* A new approver: its key, encrypted, in the file path; *line: malloc'd, for
 * HOME/approvers. */
enum cred_err approver_init(const char *path, const char *name,
    const struct pass_source *pass, char **line, struct why *why);

/* Approve the request file with this text. *note: malloc'd. */
enum cred_err approval_make(const char *key_path, const char *name,
    const struct pass_source *pass, struct bytes request, char **note,
    struct why *why);

/*
 * Have k approvers approved this request? notes: files of approvals, each of
 * one signature or more. Signatures by others do not matter, the same key
 * counts once, whatever its name and however often. CRED_ERR_APPROVAL_OTHER:
 * a file that approves another request, or none; CRED_ERR_APPROVAL_FEW.
 */
enum cred_err approval_check(const struct approvers *a, struct bytes request,
    const struct bytes *notes, size_t n_notes, struct why *why);

/*
 * Keep request and approvals in HOME/approved. CRED_ERR_REQUEST_DONE if it is
 * there already. approval_forget() when nothing came of it.
 */
enum cred_err approval_record(const char *home, struct bytes request,
    const struct bytes *notes, size_t n_notes, struct why *why);
void approval_forget(const char *home, struct bytes request);

#endif
