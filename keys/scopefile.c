#include "keys/scopefile.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

/* inih reads at most this many bytes of a line and would take the rest for
 * another; lists are broken at their commas before it sees them. */
#define LINE_MAX_INI 180
#define CODE_CHARACTERS                                                        \
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-"

struct parser {
	struct scopefile *out;
	struct why *why;
	const char *file;
	bool seen_id, seen_name, seen_prefix, seen_base;
	bool kinds[6];    /* named in kinds= */
	bool sections[6]; /* has its list */
	enum cred_err e;
};

static int
bad(struct parser *p, const char *section, const char *key, const char *text)
{
	p->e = why_set(p->why, CRED_FAULT_CONFIG,
	    TR("%s: [%s] %s: %s", "%s：[%s] %s：%s"), p->file, section, key,
	    text);
	return 0;
}

static bool
copy(char *to, size_t cap, const char *from, bool *seen)
{
	if (*seen || strlen(from) >= cap)
		return false;
	strcpy(to, from);
	*seen = true;
	return true;
}

/* The next word of a comma list; *list moves on. NULL at the end. */
static char *
next_word(char **list)
{
	char *w, *end;

	do {
		w = strsep(list, ",");
		if (w == NULL)
			return NULL;
		w += strspn(w, " \t");
		end = w + strlen(w);
		while (end > w && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
	} while (*w == '\0');
	return w;
}

static bool
parse_kinds(struct parser *p, char *list)
{
	for (char *w; (w = next_word(&list)) != NULL;) {
		if (strlen(w) != 1 || *w < '1' || *w > '5' ||
		    p->kinds[*w - '0'])
			return false;
		p->kinds[*w - '0'] = true;
	}
	return true;
}

/* CODE, CODE:4 or CODE:3-5. */
static bool
parse_item(char *w, struct scope_item *out)
{
	char *levels = strchr(w, ':');
	struct scope_item item = {0};

	if (levels != NULL) {
		*levels++ = '\0';
		if (levels[0] < '1' || levels[0] > '5')
			return false;
		item.level_high = item.level_low = (uint8_t)(levels[0] - '0');
		if (levels[1] == '-' && levels[2] >= levels[0] &&
		    levels[2] <= '5' && levels[3] == '\0')
			item.level_low = (uint8_t)(levels[2] - '0');
		else if (levels[1] != '\0')
			return false;
	}
	if (*w == '\0' || strlen(w) >= sizeof item.code ||
	    w[strspn(w, CODE_CHARACTERS)] != '\0')
		return false;
	strcpy(item.code, w);
	*out = item;
	return true;
}

static int
parse_list(struct parser *p, const char *section, const char *key,
    struct scope_kind *k, char *list)
{
	for (char *w; (w = next_word(&list)) != NULL;) {
		if (strcmp(w, "*") == 0 && k->n == 0) {
			k->all = true;
			continue;
		}
		if (k->all)
			return bad(p, section, key,
			    TR("* stands alone", "* 只能单独使用"));
		if (k->n == SCOPE_MAX_ITEMS)
			return bad(
			    p, section, key, TR("too many items", "条目太多"));
		if (!parse_item(w, &k->items[k->n]))
			return bad(p, section, key,
			    TR("an item is CODE, CODE:4 or CODE:3-5",
				"条目应写作 编码、编码:4 或 编码:3-5"));
		for (size_t i = 0; i < k->n; i++)
			if (strcmp(k->items[i].code, k->items[k->n].code) == 0)
				return bad(p, section, key,
				    TR("the same code twice", "编码重复"));
		k->n++;
	}
	return 1;
}

static int
body_key(struct parser *p, const char *name, const char *value)
{
	struct scope *s = &p->out->scope;
	bool ok = true;

	if (strcmp(name, "id") == 0)
		ok = copy(s->body_id, sizeof s->body_id, value, &p->seen_id);
	else if (strcmp(name, "name") == 0)
		ok = copy(
		    p->out->name, sizeof p->out->name, value, &p->seen_name);
	else if (strcmp(name, "prefix") == 0)
		ok = copy(s->prefix, sizeof s->prefix, value, &p->seen_prefix);
	else if (strcmp(name, "base") == 0)
		ok = copy(s->base, sizeof s->base, value, &p->seen_base);
	else if (strcmp(name, "kinds") == 0) {
		char list[256];
		ok = strlen(value) < sizeof list;
		if (ok)
			ok = parse_kinds(p, strcpy(list, value));
	} else if (strcmp(name, "not_before") == 0) {
		ok = !s->has_not_before &&
		     day_parse(bytes_str(value), &s->not_before);
		s->has_not_before = true;
	} else if (strcmp(name, "not_after") == 0) {
		ok = !s->has_not_after &&
		     day_parse(bytes_str(value), &s->not_after);
		s->has_not_after = true;
	} else {
		return bad(p, "body", name, TR("unknown key", "未知的键"));
	}
	if (!ok)
		return bad(p, "body", name,
		    TR("given twice, too long or not of its form",
			"重复、过长或格式不对"));
	return 1;
}

static int
handle(void *ctx, const char *section, const char *name, const char *value)
{
	struct parser *p = ctx;
	char list[256];
	int kind;

	if (p->e != CRED_OK)
		return 0;
	if (strcmp(section, "body") == 0)
		return body_key(p, name, value);
	if (strncmp(section, "kind.", 5) != 0 || strlen(section) != 6 ||
	    section[5] < '1' || section[5] > '5')
		return bad(
		    p, section, name, TR("unknown section", "未知的小节"));
	kind = section[5] - '0';
	if (strcmp(name, kind == KIND_OPERATION ? "items" : "occupations") != 0)
		return bad(p, section, name,
		    TR("unknown key (occupations=, or items= for kind 4)",
			"未知的键（应为 occupations=，种类 4 为 items=）"));
	if (strlen(value) >= sizeof list)
		return bad(p, section, name, TR("too long", "过长"));
	p->sections[kind] = true;
	return parse_list(
	    p, section, name, &p->out->scope.kinds[kind], strcpy(list, value));
}

/* Break long lines after a comma; the rest goes on in a line of its own that
 * begins with a blank, which inih takes for the same value. */
static char *
wrap_lines(struct bytes text)
{
	char *out = malloc(text.len * 3 + 1);
	size_t n = 0, column = 0;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.ptr[i];
		const uint8_t *next, *rest = text.ptr + i + 1;
		size_t left = text.len - i - 1, word;

		out[n++] = c;
		column = c == '\n' ? 0 : column + 1;
		if (c != ',')
			continue;
		next = memchr(rest, ',', left);
		word = next == NULL ? left : (size_t)(next - rest);
		if (column + word >= LINE_MAX_INI &&
		    memchr(rest, '\n', word) != rest) {
			out[n++] = '\n';
			out[n++] = ' ';
			column = 1;
		}
	}
	out[n] = '\0';
	return out;
}

static enum cred_err
check_lines(const char *file, const char *text, struct why *why)
{
	size_t line = 1;

	for (const char *p = text; *p != '\0'; line++) {
		size_t len = strcspn(p, "\n");

		if (len > LINE_MAX_INI)
			return why_set(why, CRED_FAULT_CONFIG,
			    TR("%s: line %zu is too long; go on in a line that "
			       "begins with a blank",
				"%s：第 %zu 行过长；请另起一行并以空格开头"),
			    file, line);
		p += len;
		p += *p == '\n';
	}
	return CRED_OK;
}

static enum cred_err
finish(struct parser *p)
{
	struct scope *s = &p->out->scope;

	for (int k = 1; k <= 5; k++) {
		char section[] = "kind.0";

		section[5] = (char)('0' + k);
		if (p->sections[k] && !p->kinds[k])
			bad(p, section, "",
			    TR("not named in kinds=", "kinds= 中没有这一种"));
		if (p->kinds[k] && !p->sections[k])
			bad(p, section, "",
			    TR("granted by kinds=, but this section does not "
			       "say which (occupations=, items= or *)",
				"kinds= 中已列出，但没有写明具体范围"
				"（occupations=、items= 或 *）"));
		s->kinds[k].granted = p->kinds[k];
	}
	if (p->e != CRED_OK)
		return p->e;
	if (!p->seen_id || !p->seen_prefix)
		bad(p, "body", p->seen_id ? "prefix" : "id",
		    TR("missing", "缺少"));
	return p->e;
}

enum cred_err
scopefile_parse(const char *file_name, struct bytes text, struct scopefile *out,
    struct why *why)
{
	struct scopefile *s = calloc(1, sizeof *s);
	struct parser p = {.out = s, .why = why, .file = file_name};
	enum cred_err e = CRED_OK;
	char *wrapped = NULL;
	int line;

	if (s == NULL || (wrapped = wrap_lines(text)) == NULL) {
		free(s);
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	}
	if (memchr(text.ptr, '\0', text.len) != NULL)
		e = why_set(why, CRED_FAULT_CONFIG,
		    TR("%s is not text", "%s 不是文本"), file_name);
	if (e == CRED_OK)
		e = check_lines(file_name, wrapped, why);
	if (e == CRED_OK) {
		line = ini_parse_string(wrapped, handle, &p);
		if (p.e != CRED_OK)
			e = p.e;
		else if (line < 0)
			e = CRED_FAULT_NOMEM;
		else if (line > 0)
			e = why_set(why, CRED_FAULT_CONFIG,
			    TR("%s: line %d is neither [section] nor key=value",
				"%s：第 %d 行既不是 [小节] 也不是 键=值"),
			    file_name, line);
		else
			e = finish(&p);
	}
	if (e == CRED_OK)
		*out = *s;
	free(wrapped);
	free(s);
	return e;
}
