#include "registry/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential/cbor.h"
#include "edge/lang.h"
#include "registry/registry_int.h"

void
registry_entry_release(struct registry_entry *e)
{
	if (e == NULL)
		return;
	free(e->own);
	*e = (struct registry_entry){0};
}

enum cred_err
entry_check(const struct registry_entry *e, uint32_t row, struct why *why)
{
	const char *what = NULL;

	if (e->kind < KIND_QUALIFICATION || e->kind > KIND_TRAINING)
		what = "kind";
	else if (e->name == NULL || e->name[0] == '\0')
		what = "name";
	else if (e->id_number == NULL || e->id_number[0] == '\0')
		what = "id_number";
	else if (e->id_type < ID_RESIDENT || e->id_type > ID_PASSPORT)
		what = "id_type";
	else if (e->occupation == NULL || e->occupation[0] == '\0')
		what = "occupation";
	else if (e->level > 5)
		what = "level";
	else if ((e->number == NULL) != (e->kind == KIND_OPERATION))
		what = "number";
	else if (e->payload.len == 0 || e->payload.len > CRED_MAX_BYTES)
		what = "payload";
	if (what == NULL)
		return CRED_OK;
	return why_set(why, CRED_FAULT_INTERNAL,
	    TR("row %u: the certificate to be stored has no valid '%s'",
		"第 %u 行：要保存的证书缺少有效的“%s”"),
	    row, what);
}

static char *
put(char **at, const void *p, size_t len)
{
	char *s = *at;

	memcpy(s, p, len);
	s[len] = '\0';
	*at += len + 1;
	return s;
}

bool
entry_is_same(
    const struct registry_same *what, uint64_t index, struct bytes payload)
{
	struct claims c;

	if (what->except != NULL && *what->except == index)
		return false;
	return claims_decode(payload, &c) != CRED_OK || !c.cert.has_valid_to ||
	       c.cert.valid_to >= what->day;
}

enum cred_err
entry_own(struct registry_entry *e, struct why *why)
{
	char **texts[] = {&e->number, &e->name, &e->id_number, &e->occupation,
	    &e->code, &e->direction, &e->batch};
	struct bytes *blobs[] = {&e->payload, &e->credential, &e->print};
	size_t total = 1;
	char *block, *at;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (*texts[i] != NULL)
			total += strlen(*texts[i]) + 1;
	for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++)
		total += blobs[i]->len + 1;
	block = at = malloc(total);
	if (block == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, TR("out of memory", "内存不足"));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (*texts[i] != NULL)
			*texts[i] = put(&at, *texts[i], strlen(*texts[i]));
	for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++)
		if (blobs[i]->len > 0)
			*blobs[i] =
			    bytes_of(put(&at, blobs[i]->ptr, blobs[i]->len),
				blobs[i]->len);
		else
			*blobs[i] = (struct bytes){0};
	e->own = block;
	return CRED_OK;
}

uint32_t
series_serial(const char *series, const char *number)
{
	size_t n = strlen(series), digits;
	uint32_t v = 0;

	if (strncmp(series, number, n) != 0)
		return 0;
	number += n;
	digits = strspn(number, "0123456789");
	if (digits == 0 || digits > 9 || number[digits] != '\0')
		return 0;
	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (uint32_t)(number[i] - '0');
	return v;
}

bool
status_may(enum status_value from, enum status_value to)
{
	if (from == STATUS_REVOKED || from == STATUS_SUPERSEDED)
		return false;
	return to != from && to >= STATUS_VALID && to <= STATUS_SUPERSEDED;
}

const char *
status_word(enum status_value s)
{
	switch (s) {
	case STATUS_VALID:
		return "valid";
	case STATUS_REVOKED:
		return "revoked";
	case STATUS_SUSPENDED:
		return "suspended";
	case STATUS_SUPERSEDED:
		return "superseded";
	}
	return "?";
}

void
trail_cut(char *text)
{
	size_t n = strlen(text);

	for (int i = 0; i < 3 && !utf8_valid(bytes_of(text, n)); i++)
		text[--n] = '\0';
}

void
trail_issue(const char *batch, size_t n, uint64_t first,
    char subject[static TRAIL_TEXT], char detail[static TRAIL_TEXT])
{
	snprintf(subject, TRAIL_TEXT, "batch %s", batch);
	snprintf(detail, TRAIL_TEXT, "%zu from index %llu", n,
	    (unsigned long long)first);
}

void
trail_replace(const struct reservation *r, char subject[static TRAIL_TEXT],
    char detail[static TRAIL_TEXT])
{
	snprintf(subject, TRAIL_TEXT, "index %llu",
	    (unsigned long long)*r->replaces);
	if (snprintf(detail, TRAIL_TEXT, "by index %llu: %s",
		(unsigned long long)r->index,
		r->reason != NULL ? r->reason : "") >= TRAIL_TEXT)
		trail_cut(detail);
}

enum cred_err
say_number_exists(struct why *why, uint32_t row, uint64_t index)
{
	return why_set(why, CRED_FAULT_EXISTS,
	    TR("row %u: its certificate number is taken by the certificate "
	       "of index %llu; correct the number in the roster",
		"第 %u 行：证书编号已被序号 %llu 的证书使用，请在名册中更正"),
	    row, (unsigned long long)index);
}

enum cred_err
say_no_replace(struct why *why, uint32_t row, uint64_t index)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("row %u: certificate %llu cannot be replaced: it is not "
	       "signed, already revoked, or replaced",
		"第 %u 行：序号 %llu 的证书不能换发：尚未签发、已撤销或已换发"),
	    row, (unsigned long long)index);
}

enum cred_err
say_not_reserved(struct why *why, uint64_t index)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("index %llu is not waiting to be signed: another run has "
	       "dealt with it; run again to see where things stand",
		"序号 %llu 不在待签发状态：已被另一次运行处理，请重新运行"),
	    (unsigned long long)index);
}

enum cred_err
say_head_moved(struct why *why, uint64_t old_size, uint64_t size)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("the log has grown meanwhile: size %llu, not %llu; run again",
		"日志已被别处追加：现为 %llu 条而非 %llu 条，请重新运行"),
	    (unsigned long long)size, (unsigned long long)old_size);
}

enum cred_err
say_head_gap(struct why *why, uint64_t old_size, uint64_t new_size)
{
	return why_set(why, CRED_FAULT_INTERNAL,
	    TR("the log may not grow from %llu to %llu: an index between is "
	       "neither signed nor void",
		"日志不能从 %llu 条增至 %llu 条：其间有序号既未签发也未作废"),
	    (unsigned long long)old_size, (unsigned long long)new_size);
}

enum cred_err
say_status(struct why *why, uint64_t index, enum status_value from,
    enum status_value to)
{
	return why_set(why, CRED_FAULT_CONFLICT,
	    TR("index %llu cannot go from %s to %s: it has another status "
	       "now, a final one, or is not signed",
		"序号 %llu 不能由 %s 改为 %s：现状态不同、已是终态或尚未签发"),
	    (unsigned long long)index, status_word(from), status_word(to));
}

enum cred_err
say_index_full(struct why *why)
{
	return why_set(why, CRED_ERR_CLAIMS_INDEX,
	    TR("the log is full: no index is left", "日志已满，没有可用序号"));
}
