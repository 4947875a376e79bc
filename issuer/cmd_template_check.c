#include <stdlib.h>

#include <jansson.h>

#include "issuer/cmd.h"
#include "issuer/conf.h"
#include "issuer/layout.h"

struct args {
	struct cli_common common;
	int kind;
	const char *file;
};

enum { KEY_KIND = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_KIND:
		a->kind = cmd_kind(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->file != NULL)
			argp_error(state,
			    TR("one template at a time",
				"一次只能检查一个模板"));
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->file == NULL)
			argp_error(
			    state, TR("which template?", "请给出模板"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct said {
	bool error;
	long line; /* 0: of the whole file */
	char *text;
};
struct report {
	struct said *all;
	size_t n, errors;
};

static void
on_fault(void *ctx, bool error, long line, const char *text)
{
	struct report *r = ctx;
	struct said *more = realloc(r->all, (r->n + 1) * sizeof *more);

	if (more == NULL)
		exit(EXIT_FAULT);
	r->all = more;
	more[r->n++] = (struct said){error, line, strdup(text)};
	r->errors += error;
}

static int
by_line(const void *a, const void *b)
{
	const struct said *x = a, *y = b;

	return x->line == y->line ? 0 : x->line < y->line ? -1 : 1;
}

static void
print_json(const char *file, enum kind kind, const struct said *s)
{
	json_t *line = json_pack("{s:i, s:s, s:i, s:i, s:s, s:s}", "schema", 1,
	    "file", file, "kind", (int)kind, "line", (int)s->line, "severity",
	    s->error ? "error" : "warning", "message", s->text);

	if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0)
		exit(EXIT_FAULT);
	putchar('\n');
	json_decref(line);
}

static void
print(const struct args *a, const char *file, enum kind kind,
    const struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct said *s = &r->all[i];
		if (a->common.json) {
			print_json(file, kind, s);
			continue;
		}
		if (s->line > 0)
			printf("%s:%ld: ", file, s->line);
		else
			printf("%s: ", file);
		printf("%s%s\n",
		    s->error ? TR("error: ", "错误：")
			     : TR("warning: ", "提醒："),
		    s->text);
	}
	if (a->common.json)
		return;
	if (kind == 0)
		printf(TR("%s: no template: %zu errors\n",
			   "%s：不能用作模板：%zu 处错误\n"),
		    file, r->errors);
	else
		printf(TR("%s: as kind %d (%s): %zu errors, %zu warnings\n",
			   "%s：用于第 %d 类（%s）：%zu 处错误，%zu 处提醒\n"),
		    file, (int)kind, kind_rules(kind)->title, r->errors,
		    r->n - r->errors);
}

/* A name stands for a template of ours. */
static char *
file_of(const struct args *a)
{
	struct conf conf;
	struct why why;

	if (conf_load("", &conf, &why) != CRED_OK)
		return NULL;
	return conf_template_path(&conf, a->file);
}

int
cmd_template_check(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"kind", KEY_KIND, "1..5", 0,
		TR("the kind of certificate that it is for (default: the one "
		   "that it looks most like)",
		    "用于哪种证书（默认：最相像的那种）"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_JSON | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .args_doc = TR("FILE.svg", "模板.svg"),
	    .children = children,
	    .doc = TR(
		"Says everything that is wrong with a template, each with its "
		"line: what its kind must print and it lacks, ids and "
		"attributes that mean nothing, what is not drawn as it looks."
		"\vExit status: 0 fit for its kind (warnings may remain); 1 "
		"some error; 2 could not run.\n\nExample:\n  tamga-issuer "
		"template check --kind 2 mine.svg",
		"指出模板的全部问题，并给出行号：该类证书必须印而缺少的、"
		"没有含义的 id 和属性、打印出来与所见不同的。"
		"\v退出码：0 可用（可能有提醒）；1 有错误；2 无法运行。"
		"\n\n示例：\n  tamga-issuer template check --kind 2 "
		"mine.svg")};
	struct args a = {.kind = 0};
	struct report r = {0};
	struct render_template *t = NULL;
	struct why why = {""};
	enum kind kind = 0;
	enum cred_err e;
	char *file;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	file = file_of(&a);
	e = file == NULL ? CRED_FAULT_NOMEM
			 : render_template_check(file, on_fault, &r, &t, &why);
	if (e == CRED_OK && t != NULL) {
		kind = a.kind != 0 ? (enum kind)a.kind : layout_kind(t);
		layout_check(t, kind, on_fault, &r);
		if (render_template_unconfirmed(t) > 0)
			on_fault(&r, false, 0,
			    TR("texts of its table have not been confirmed by "
			       "a native reader",
				"文字表中有未经母语人员确认的文字"));
	}
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else {
		if (r.n > 1)
			qsort(r.all, r.n, sizeof *r.all, by_line);
		print(&a, file, kind, &r);
		status = r.errors > 0 ? EXIT_REFUSED : EXIT_OK;
	}
	for (size_t i = 0; i < r.n; i++)
		free(r.all[i].text);
	free(r.all);
	render_template_free(t);
	free(file);
	return status;
}
