#include "verifier/rulefile.h"

#include <ini.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "edge/file.h"
#include "edge/lang.h"

struct loading {
	struct rulebook *book;
	enum rulebook_err err;
	char section[128], key[128], value[256];
};

static int
on_line(void *ctx, const char *section, const char *key, const char *value)
{
	struct loading *l = ctx;

	if (l->err != RULEBOOK_OK)
		return 0;
	l->err = rulebook_set(l->book, section, key, value);
	if (l->err == RULEBOOK_OK)
		return 1;
	snprintf(l->section, sizeof l->section, "%s", section);
	snprintf(l->key, sizeof l->key, "%s", key);
	snprintf(l->value, sizeof l->value, "%s", value);
	return 0;
}

static enum cred_err
say(const struct loading *l, const char *path, int line, struct why *why)
{
	switch (l->err) {
	case RULEBOOK_OK:
		break;
	case RULEBOOK_SECTION:
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: [%s] is no section; write [rules], [from "
		       "2019-07-22], [from 2019-07-22 region 1502] or [from "
		       "2019-07-22 scheme 技能提升补贴]",
			"%s 第 %d 行：[%s] 不是规则节；应写作 [rules]、[from "
			"2019-07-22]、[from 2019-07-22 region 1502] 或 [from "
			"2019-07-22 scheme 技能提升补贴]"),
		    path, line, l->section);
	case RULEBOOK_KEY:
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: [%s] has no key '%s'; the keys are in "
		       "docs/rules.md",
			"%s 第 %d 行：[%s] 中没有“%s”这个键，"
			"可用的键见 docs/rules.md"),
		    path, line, l->section, l->key);
	case RULEBOOK_VALUE:
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: '%s' is no value of %s; it must be %s",
			"%s 第 %d 行：“%s”不能作为 %s 的值，应为%s"),
		    path, line, l->value, l->key,
		    rulebook_hint(l->key, lang_is_zh()));
	case RULEBOOK_TWICE:
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: %s stands twice in [%s]; keep one",
			"%s 第 %d 行：%s 在 [%s] 中出现两次，请只保留一个"),
		    path, line, l->key, l->section);
	case RULEBOOK_FULL:
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("%s, line %d: too many rules", "%s 第 %d 行：规则太多"),
		    path, line);
	}
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("%s, line %d: neither [section] nor key = value",
		"%s 第 %d 行：既不是 [节] 也不是 键 = 值"),
	    path, line);
}

enum cred_err
rulefile_load(const char *path, struct rulebook *out, uint8_t sha256[static 32],
    struct why *why)
{
	struct loading l = {.book = out};
	uint8_t *text = NULL;
	size_t len = 0;
	enum cred_err e;
	int line;

	rulebook_init(out);
	e = file_read(path, RULEFILE_MAX, &text, &len, why);
	if (e != CRED_OK)
		return cred_is_refusal(e) ? CRED_FAULT_CONFIG : e;
	if (EVP_Digest(text, len, sha256, NULL, EVP_sha256(), NULL) != 1) {
		ERR_clear_error();
		e = why_set(why, CRED_FAULT_CRYPTO, "%s",
		    cred_strerr(CRED_FAULT_CRYPTO));
	} else if (memchr(text, '\0', len) != NULL) {
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is no text file", "%s 不是文本文件"), path);
	} else {
		line = ini_parse_string((const char *)text, on_line, &l);
		if (line < 0)
			e = why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		else if (line > 0)
			e = say(&l, path, line, why);
	}
	free(text);
	return e;
}
