#include "edge/reason.h"

#include <stddef.h>
#include <string.h>

#include "credential/cbor.h"
#include "edge/lang.h"

/* The older ID numbers have fifteen digits. */
#define ID_DIGITS 15

static bool
holds_id(const char *s)
{
	size_t run = 0;

	for (; *s != '\0'; s++) {
		run = *s >= '0' && *s <= '9' ? run + 1 : 0;
		if (run >= ID_DIGITS)
			return true;
	}
	return false;
}

static bool
is_text(const char *s)
{
	if (!utf8_valid(bytes_str(s)))
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

const char *
reason_wrong(const char *reason)
{
	if (reason == NULL || *reason == '\0')
		return TR("--reason is needed: it is kept in the audit trail",
		    "需要 --reason：理由会记入审计记录");
	if (strlen(reason) > REASON_MAX_BYTES)
		return TR("--reason: at most 400 bytes",
		    "--reason：最多 400 字节");
	if (!is_text(reason))
		return TR("--reason: one line of text in UTF-8",
		    "--reason：只能是一行 UTF-8 文字");
	if (holds_id(reason))
		return TR(
		    "--reason holds what looks like an ID number; name the "
		    "certificate, not the person",
		    "--reason 中疑似有证件号码；请写证书，不要写人");
	return NULL;
}
