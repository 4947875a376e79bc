#include "issuer/consent.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "edge/file.h"

#define DAY_S   86400
#define EARLY_S 3600 /* clocks that differ */

static void
release(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}

void
consent_release(struct consent *c)
{
	for (size_t i = 0; i < c->n; i++)
		release(&c->notes[i]);
	release(&c->text);
	proposal_release(&c->p);
}

static enum cred_err
read_whole(const char *path, size_t max, struct bytes *out, struct why *why)
{
	uint8_t *data;
	size_t len;
	enum cred_err e = file_read(path, max, &data, &len, why);

	if (e == CRED_OK)
		*out = bytes_of(data, len);
	return e;
}

enum cred_err
consent_read(struct consent *c, enum proposal_action action,
    struct change_set *set, struct why *why)
{
	const char *at, *end;
	enum cred_err e;

	e = read_whole(c->request, PROPOSAL_MAX, &c->text, why);
	if (e == CRED_OK)
		e = proposal_parse(c->text, &c->p, why);
	if (e == CRED_OK && c->p.action != action)
		e = why_set(why, CRED_ERR_REQUEST_FORM,
		    action == PROPOSAL_REVOKE
			? TR("%s asks for something else than a revocation",
			      "%s 申请的不是撤销证书")
			: TR("%s asks for something else than a replacement",
			      "%s 申请的不是换发证书"),
		    c->request);
	for (size_t i = 0; e == CRED_OK && i < c->n; i++)
		e = read_whole(
		    c->approvals[i], NOTE_MAX_BYTES, &c->notes[i], why);
	for (at = c->p.list; e == CRED_OK && *at != '\0'; at = end + 1) {
		char one[32];

		end = strchr(at, '\n'); /* proposal_parse(): it is there, */
		assert((size_t)(end - at) < sizeof one); /* and twelve digits */
		memcpy(one, at, (size_t)(end - at));
		one[end - at] = '\0';
		e = change_add(set, one, why);
	}
	return e;
}

enum cred_err
consent_write(const struct consent *c, struct proposal what,
    const uint64_t *index, size_t n, int64_t now, struct why *why)
{
	char *list = NULL, *text = NULL;
	size_t len;
	FILE *f = open_memstream(&list, &len);
	enum cred_err e = CRED_FAULT_NOMEM;

	if (f != NULL) {
		for (size_t i = 0; i < n; i++)
			fprintf(f, "%llu\n", (unsigned long long)index[i]);
		if (fclose(f) == 0) {
			what.list = list;
			what.made = now;
			e = proposal_print(&what, &text, why);
		}
	}
	if (e == CRED_OK)
		e = file_create(c->request, bytes_str(text), 0644, why);
	else if (e == CRED_FAULT_NOMEM)
		e = why_errno(why, ENOMEM, "malloc", c->request);
	free(text);
	free(list);
	return e;
}

enum cred_err
consent_check(struct consent *c, const char *home, const char *body_id,
    size_t n, int64_t now, struct why *why)
{
	struct approvers a;
	enum cred_err e = approvers_load(home, &a, why);

	if (e != CRED_OK)
		return e;
	if (c->n == 0) {
		if (a.k == 0 || n <= a.many)
			return CRED_OK;
		return why_set(why, CRED_ERR_APPROVAL_FEW,
		    TR("%zu certificates at once need %u approvals here (more "
		       "than %u): write a request with --request FILE, have it "
		       "approved (tamga-keys approve), then give --request and "
		       "--approval",
			"一次更改 %zu 份证书须有 %u 个批准（超过 %u 份）：请用 "
			"--request FILE 写出申请，经批准（tamga-keys "
			"approve）后再用 --request 和 --approval 办理"),
		    n, a.k, a.many);
	}
	if (strcmp(c->p.body_id, body_id) != 0)
		return why_set(why, CRED_ERR_REQUEST_FORM,
		    TR("%s is for another body", "%s 是另一机构的申请"),
		    c->request);
	if (now < c->p.made - EARLY_S ||
	    now > c->p.made + (int64_t)PROPOSAL_DAYS * DAY_S)
		return why_set(why, CRED_ERR_REQUEST_DONE,
		    TR("%s was not made within the last %d days",
			"%s 不是最近 %d 天内提出的"),
		    c->request, PROPOSAL_DAYS);
	e = approval_check(&a, c->text, c->notes, c->n, why);
	if (e == CRED_OK)
		e = approval_record(home, c->text, c->notes, c->n, why);
	/* All or none is done: what is left to do was never begun. */
	if (e == CRED_ERR_REQUEST_DONE && n > 0)
		e = CRED_OK;
	return e;
}

void
consent_undo(const struct consent *c, const char *home)
{
	if (c->n > 0)
		approval_forget(home, c->text);
}
