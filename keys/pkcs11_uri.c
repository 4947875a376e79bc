#include "keys/pkcs11_uri_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static const char SCHEME[] = "pkcs11:";

static enum cred_err
refuse(struct why *why, const char *what)
{
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("the pkcs11: URI cannot be used: %s. It should be "
	       "pkcs11:token=…;object=…;type=private?module-path=/…/module.so",
		"pkcs11: 地址不能使用：%s。应为 "
		"pkcs11:token=…;object=…;type=private?module-path=/…/module."
		"so"),
	    what);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 7512 s2.3: pk11-pchar or pk11-qchar, as it stands. */
static bool
stands(char c, bool query)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' &&
	       strchr(query ? "-._~:[]@!$'()*+,=/?|" : "-._~:[]@!$'()*+,=&",
		   c) != NULL;
}

/* Percent decoding; false: broken, too long, or empty. */
static bool
decode(const char *s, size_t len, bool query, uint8_t *out, size_t max,
    size_t *out_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];

		if (s[i] == '%') {
			if (len - i < 3 || hex(s[i + 1]) < 0 ||
			    hex(s[i + 2]) < 0)
				return false;
			c = (uint8_t)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		} else if (!stands(s[i], query)) {
			return false;
		}
		if (n == max)
			return false;
		out[n++] = c;
	}
	*out_len = n;
	return n > 0;
}

static bool
decode_text(const char *s, size_t len, bool query, char *out, size_t cap)
{
	size_t n;

	if (out[0] != '\0' ||
	    !decode(s, len, query, (uint8_t *)out, cap - 1, &n) ||
	    memchr(out, '\0', n) != NULL)
		return false;
	out[n] = '\0';
	return true;
}

static bool
is_name(const char *name, const char *s, size_t len)
{
	return strlen(name) == len && memcmp(name, s, len) == 0;
}

/* One attribute name=value. */
static bool
take(struct pkcs11_uri *u, const char *s, size_t len, bool query, bool *typed)
{
	const char *eq = memchr(s, '=', len);
	const struct {
		const char *name;
		char *out;
		size_t cap;
		bool query;
	} known[] = {
	    {"token", u->token, sizeof u->token, false},
	    {"serial", u->serial, sizeof u->serial, false},
	    {"manufacturer", u->manufacturer, sizeof u->manufacturer, false},
	    {"model", u->model, sizeof u->model, false},
	    {"object", u->object, sizeof u->object, false},
	    {"module-path", u->module, sizeof u->module, true},
	};
	size_t n, left;

	if (eq == NULL)
		return false;
	n = (size_t)(eq - s);
	left = len - n - 1;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].query == query && is_name(known[i].name, s, n))
			return decode_text(
			    eq + 1, left, query, known[i].out, known[i].cap);
	if (!query && is_name("id", s, n))
		return u->id_len == 0 && decode(eq + 1, left, query, u->id,
					     sizeof u->id, &u->id_len);
	if (!query && !*typed && is_name("type", s, n)) {
		*typed = true;
		return is_name("private", eq + 1, left);
	}
	return false;
}

static enum cred_err
check(const struct pkcs11_uri *u, struct why *why)
{
	if (u->token[0] == '\0' && u->serial[0] == '\0')
		return refuse(why,
		    TR("token or serial is missing", "缺少 token 或 serial"));
	if (u->object[0] == '\0' && u->id_len == 0)
		return refuse(
		    why, TR("object or id is missing", "缺少 object 或 id"));
	if (u->module[0] != '/')
		return refuse(
		    why, TR("module-path is missing or not absolute (or give "
			    "--pkcs11-module)",
			     "缺少 module-path 或不是绝对路径（也可用 "
			     "--pkcs11-module）"));
	return CRED_OK;
}

static enum cred_err
parse(const char *uri, struct pkcs11_uri *u, struct why *why)
{
	const char *s = uri + sizeof SCHEME - 1;
	bool query = false, typed = false;

	if (strncmp(uri, SCHEME, sizeof SCHEME - 1) != 0)
		return refuse(why,
		    TR("it does not begin with pkcs11:", "不以 pkcs11: 开头"));
	if (strstr(uri, "pin-value=") != NULL ||
	    strstr(uri, "pin-source=") != NULL)
		return refuse(why,
		    TR("a PIN comes by --pass-file, --pass-fd or prompt, never "
		       "by URI",
			"PIN 只能由 --pass-file、--pass-fd "
			"或提示输入，不能写在地址里"));
	for (;;) {
		size_t len = strcspn(s, query ? "&" : ";?");

		if (!take(u, s, len, query, &typed))
			return refuse(
			    why, TR("an attribute is unknown, there twice, or "
				    "broken",
				     "有属性不认识、重复或损坏"));
		s += len;
		if (*s == '\0')
			return CRED_OK;
		query = query || *s == '?';
		s++;
	}
}

enum cred_err
pkcs11_uri_parse(const char *uri, struct pkcs11_uri *out, struct why *why)
{
	struct pkcs11_uri u = {0};
	enum cred_err e = parse(uri, &u, why);

	if (e == CRED_OK)
		e = check(&u, why);
	if (e == CRED_OK)
		*out = u;
	return e;
}

enum cred_err
pkcs11_uri_with_module(
    const char *uri, const char *module, char **out, struct why *why)
{
	size_t len = strlen(uri) + 14 + 3 * strlen(module) + 1;
	char *s, *end;

	if (strchr(uri, '?') != NULL)
		return refuse(why,
		    TR("it names a module already", "其中已有 module-path"));
	s = malloc(len);
	if (s == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	end = s + sprintf(s, "%s?module-path=", uri);
	for (; *module != '\0'; module++)
		end += sprintf(end, stands(*module, true) ? "%c" : "%%%02X",
		    (unsigned char)*module);
	*out = s;
	return CRED_OK;
}
