#include "keys/proposal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/cbor.h"
#include "credential/claims.h"
#include "edge/cli.h"

typedef unsigned long long ull;

static const char *const ACTIONS[] = {[PROPOSAL_ADMIT] = "admit",
    [PROPOSAL_WITHDRAW] = "withdraw",
    [PROPOSAL_REVOKE] = "revoke",
    [PROPOSAL_REPLACE] = "replace"};

#define UNCHANGED "unchanged"

static void
put_time(FILE *f, const char *name, int64_t unix_s)
{
	time_t t = unix_s;
	struct tm tm;
	char s[40];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(s, sizeof s, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(s, "?");
	fprintf(f, "%s %s\n", name, s);
}

static void
put_hex(FILE *f, const char *name, const uint8_t *data, size_t n)
{
	fprintf(f, "%s ", name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", data[i]);
	fputc('\n', f);
}

static void
put_change(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s %s\n", name, value != NULL ? value : UNCHANGED);
}

/* Lines below a heading, each marked, so that none can pass for ours. */
static void
put_block(FILE *f, const char *name, const char *text)
{
	fprintf(f, "%s\n", name);
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		fprintf(f, " | %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static size_t
count_lines(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

/* Whole lines of visible UTF-8. */
static bool
is_block(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n == 0 || n > PROPOSAL_MAX / 2 || s[n - 1] != '\n' ||
	    !utf8_valid(bytes_str(s)))
		return false;
	while (*s != '\0') {
		size_t seen = strcspn(s, "\n\t");
		if (!claims_is_visible(bytes_of(s, seen)))
			return false;
		s += seen + 1; /* it ends in one */
	}
	return true;
}

static bool
is_line(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	return n > 0 && n <= 1000 && utf8_valid(bytes_str(s)) &&
	       claims_is_visible(bytes_str(s));
}

/* Indexes, one on each line. */
static bool
is_list(const char *s)
{
	if (!is_block(s))
		return false;
	while (*s != '\0') {
		size_t n = strspn(s, "0123456789");
		if (n == 0 || n > 12 || s[n] != '\n')
			return false;
		s += n + 1;
	}
	return true;
}

static bool
is_change(const char *s)
{
	return s == NULL || (is_line(s) && strcmp(s, UNCHANGED) != 0);
}

static bool
printable(const struct proposal *p)
{
	if (!is_line(p->body_id) || strchr(p->body_id, ' ') != NULL)
		return false;
	switch (p->action) {
	case PROPOSAL_ADMIT:
		return is_block(p->scope) && is_block(p->csr);
	case PROPOSAL_WITHDRAW:
		return authority_reason(trust_reason_name(p->reason)) >= 0;
	case PROPOSAL_REVOKE:
		return is_list(p->list) && is_line(p->why);
	case PROPOSAL_REPLACE:
		return is_list(p->list) && is_line(p->why) &&
		       is_change(p->valid_to) && is_change(p->review_due);
	}
	return false;
}

enum cred_err
proposal_print(const struct proposal *p, char **text, struct why *why)
{
	char *buf = NULL;
	size_t len;
	FILE *f;

	if (!printable(p))
		return why_set(why, CRED_FAULT_CONFIG, "%s",
		    TR("the request holds a text that is empty or has control "
		       "characters or carriage returns",
			"申请中有空的文字，或含有控制字符或回车符"));
	f = open_memstream(&buf, &len);
	if (f == NULL)
		return why_errno(why, ENOMEM, "open_memstream", "request");
	fputs("tamga-request 1\n", f);
	put_time(f, "made", p->made);
	fprintf(f, "action %s\n", ACTIONS[p->action]);
	if (p->action < PROPOSAL_REVOKE)
		put_hex(f, "authority", p->authority, sizeof p->authority);
	fprintf(f, "body-id %s\n", p->body_id);
	switch (p->action) {
	case PROPOSAL_ADMIT:
		fprintf(f, "valid-days %d\n", p->valid_days);
		put_block(f, "scope", p->scope);
		put_block(f, "csr", p->csr);
		break;
	case PROPOSAL_WITHDRAW:
		if (p->has_kid)
			put_hex(f, "kid", p->kid, sizeof p->kid);
		else
			fputs("kid all\n", f);
		fprintf(f, "reason %s\n", trust_reason_name(p->reason));
		fprintf(f, "tree-size %llu\n", (ull)p->tree_size);
		put_time(f, "at", p->at);
		fprintf(f, "crl-days %d\n", p->crl_days);
		break;
	case PROPOSAL_REVOKE:
	case PROPOSAL_REPLACE:
		fprintf(f, "count %zu\n", count_lines(p->list));
		put_block(f, "list", p->list);
		if (p->action == PROPOSAL_REPLACE) {
			put_change(f, "valid-to", p->valid_to);
			put_change(f, "review-due", p->review_due);
		}
		fprintf(f, "reason %s\n", p->why);
		break;
	}
	if (fclose(f) != 0) {
		free(buf);
		return why_errno(why, ENOMEM, "open_memstream", "request");
	}
	*text = buf;
	return CRED_OK;
}

/*
 * Reading is loose: what was read is printed again and must be the same bytes.
 * Cuts the text up in place.
 */
struct reading {
	char *at;
	bool bad;
};

static char *
line(struct reading *r)
{
	char *s = r->at, *end = strchr(s, '\n');

	if (end == NULL) {
		r->bad = true;
		return s + strlen(s);
	}
	*end = '\0';
	r->at = end + 1;
	return s;
}

/* The value on the next line, which must be this one. */
static char *
value(struct reading *r, const char *name)
{
	size_t n = strlen(name);
	char *s = line(r);

	if (strncmp(s, name, n) != 0 || s[n] != ' ') {
		r->bad = true;
		return s + strlen(s);
	}
	return s + n + 1;
}

static char *
block(struct reading *r, const char *name)
{
	char *first, *to;

	if (strcmp(line(r), name) != 0)
		r->bad = true;
	first = to = r->at;
	while (strncmp(r->at, " | ", 3) == 0 && !r->bad) {
		char *s = line(r) + 3;
		size_t n = strlen(s);
		memmove(to, s, n);
		to += n;
		*to++ = '\n';
	}
	if (to == first)
		r->bad = true;
	else if (to >= r->at)
		r->bad = true; /* no room for the end: not ours */
	else
		*to = '\0';
	return first;
}

static int64_t
moment(struct reading *r, const char *name)
{
	int64_t t = 0;

	if (!cli_parse_time(value(r, name), &t))
		r->bad = true;
	return t;
}

static uint64_t
count(struct reading *r, const char *name, uint64_t max)
{
	char *s = value(r, name), *end;
	uint64_t n;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || n > max)
		r->bad = true;
	return n;
}

static void
hex(struct reading *r, const char *s, uint8_t *out, size_t n)
{
	if (strlen(s) != 2 * n || strspn(s, "0123456789abcdef") != 2 * n) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		char two[3] = {s[2 * i], s[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

static const char *
change(struct reading *r, const char *name)
{
	const char *s = value(r, name);

	return strcmp(s, UNCHANGED) == 0 ? NULL : s;
}

static void
read_fields(struct reading *r, struct proposal *p)
{
	const char *s;

	if (strcmp(line(r), "tamga-request 1") != 0)
		r->bad = true;
	p->made = moment(r, "made");
	s = value(r, "action");
	for (p->action = PROPOSAL_ADMIT; p->action <= PROPOSAL_REPLACE &&
					 strcmp(s, ACTIONS[p->action]) != 0;
	     p->action++)
		;
	if (r->bad || p->action > PROPOSAL_REPLACE) {
		r->bad = true;
		return;
	}
	if (p->action < PROPOSAL_REVOKE)
		hex(r, value(r, "authority"), p->authority, 32);
	p->body_id = value(r, "body-id");
	switch (p->action) {
	case PROPOSAL_ADMIT:
		p->valid_days = (int)count(r, "valid-days", 36600);
		p->scope = block(r, "scope");
		p->csr = block(r, "csr");
		break;
	case PROPOSAL_WITHDRAW:
		s = value(r, "kid");
		p->has_kid = strcmp(s, "all") != 0;
		if (p->has_kid)
			hex(r, s, p->kid, sizeof p->kid);
		p->reason = authority_reason(value(r, "reason"));
		p->tree_size = count(r, "tree-size", TLOG_MAX_SIZE);
		p->at = moment(r, "at");
		p->crl_days = (int)count(r, "crl-days", 36600);
		break;
	case PROPOSAL_REVOKE:
	case PROPOSAL_REPLACE:
		(void)count(r, "count", PROPOSAL_MAX);
		p->list = block(r, "list");
		if (p->action == PROPOSAL_REPLACE) {
			p->valid_to = change(r, "valid-to");
			p->review_due = change(r, "review-due");
		}
		p->why = value(r, "reason");
		break;
	}
}

enum cred_err
proposal_parse(struct bytes text, struct proposal *out, struct why *why)
{
	struct proposal p = {.memory = malloc(text.len + 1)};
	struct reading r = {.at = p.memory};
	char *again = NULL;
	enum cred_err e = CRED_ERR_REQUEST_FORM;
	struct why unused;

	if (p.memory == NULL)
		return why_errno(why, ENOMEM, "malloc", "request");
	if (text.len > 0)
		memcpy(p.memory, text.ptr, text.len);
	p.memory[text.len] = '\0';
	r.bad = strlen(p.memory) != text.len || text.len > PROPOSAL_MAX;
	if (!r.bad)
		read_fields(&r, &p);
	if (!r.bad && proposal_print(&p, &again, &unused) == CRED_OK &&
	    bytes_eq(text, bytes_str(again)))
		e = CRED_OK;
	free(again);
	if (e != CRED_OK) {
		free(p.memory);
		return why_set(why, e, "%s",
		    TR("this is not a request file, or it was changed by "
		       "hand; make it anew with --request",
			"这不是申请文件，或被手工改动过；请用 --request "
			"重新生成"));
	}
	*out = p;
	return CRED_OK;
}

void
proposal_release(struct proposal *p)
{
	free(p->memory);
	*p = (struct proposal){0};
}
