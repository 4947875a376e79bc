#include "verifier/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "verifier/jsonbody.h"

/* The verdicts of one request as JSON. */
struct answer {
	char *buf;
	size_t len, cap;
	enum report_lang lang;
	bool failed;
};

enum web_problem
service_api_admit(
    void *ctx, const struct web_request *rq, struct web_admission *a)
{
	(void)ctx;
	a->waits = false;
	if (request_has_type(rq, "text/plain")) {
		a->max = CRED_MAX_TEXT;
	} else if (request_has_type(rq, "application/json")) {
		a->max = SERVICE_MAX_JSON;
	} else if (request_has_type(rq, "image/") ||
		   request_has_type(rq, "application/pdf")) {
		a->max = SERVICE_MAX_FILE;
		a->waits = true;
	} else {
		return WEB_TYPE;
	}
	return WEB_OK;
}

static bool
grow(struct answer *a, size_t more)
{
	size_t cap = a->cap;
	char *p;

	if (a->failed)
		return false;
	while (cap - a->len < more)
		cap = cap < 16384 ? 16384 : 2 * cap;
	p = realloc(a->buf, cap);
	if (p == NULL) {
		a->failed = true;
		return false;
	}
	a->buf = p;
	a->cap = cap;
	return true;
}

static void
add(struct answer *a, const char *s)
{
	size_t n = strlen(s);

	if (grow(a, n + 1)) {
		memcpy(a->buf + a->len, s, n + 1);
		a->len += n;
	}
}

static void
add_bytes(struct answer *a, struct bytes b)
{
	if (b.len > 0 && grow(a, b.len + 1)) {
		memcpy(a->buf + a->len, b.ptr, b.len);
		a->len += b.len;
		a->buf[a->len] = '\0';
	}
}

/* A host is ASCII to us; anything else could pass for another. */
static void
add_host(struct answer *a, struct bytes host)
{
	char one[2] = {0};

	add(a, ",\"host\":\"");
	for (size_t i = 0; i < host.len && i < 253; i++) {
		unsigned char c = host.ptr[i];
		one[0] = c > 0x20 && c < 0x7f && strchr("\"\\<>&", c) == NULL
			     ? (char)c
			     : '?';
		add(a, one);
	}
	add(a, "\"");
}

/* The verdict, with what this service knows beside it before its '}'. */
static void
add_verdict(void *ctx, const struct verification *v, unsigned page)
{
	struct answer *a = ctx;
	struct outbuf out;
	char number[32];

	if (!grow(a, REPORT_JSON_MAX + 1))
		return;
	out = (struct outbuf){(uint8_t *)a->buf + a->len, REPORT_JSON_MAX, 0};
	if (report_json(&v->verdict, NULL, a->lang, &out) != CRED_OK ||
	    out.len == 0) {
		a->failed = true;
		return;
	}
	a->len += out.len - 1;
	if (v->qr.host.ptr != NULL &&
	    ((v->verdict.warnings & WARN_FOREIGN_HOST) != 0 ||
		v->verdict.status == VERDICT_NOT_OURS))
		add_host(a, v->qr.host);
	if (page > 0 && v->verdict.show) {
		add(a, ",\"qr\":\"");
		add_bytes(a, v->qr.digits);
		add(a, "\"");
	}
	if (page > 0) {
		snprintf(number, sizeof number, ",\"page\":%u", page);
		add(a, number);
	}
	add(a, "}");
}

static void
add_result(void *ctx, const struct verification *v, unsigned page)
{
	struct answer *a = ctx;

	if (a->len > 0 && a->buf[a->len - 1] == '}')
		add(a, ",");
	add_verdict(a, v, page);
}

void
service_api_verify(
    void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;
	struct answer a = {.lang = rq->lang};
	enum web_problem p;
	json_t *root;

	if (request_has_type(rq, "text/plain")) {
		p = service_text(s, rq->body, add_verdict, &a);
	} else if (request_has_type(rq, "application/json")) {
		root = jsonbody_parse(rq->body, (const char *[]){"qr"}, 1);
		p = root == NULL ? WEB_JSON
				 : service_text(s, jsonbody_text(root, "qr"),
				       add_verdict, &a);
		jsonbody_free(root);
	} else {
		add(&a, "{\"schema\":1,\"results\":[");
		p = service_file(s, rq->client, rq->body, add_result, &a);
		add(&a, "]}");
	}
	add(&a, "\n");
	if (p == WEB_OK && a.failed)
		p = WEB_FAULT;
	if (p != WEB_OK) {
		free(a.buf);
		reply_problem(rp, rq, p);
		return;
	}
	reply_owned(rp, "application/json", a.buf, a.len);
}
