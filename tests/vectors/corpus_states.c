#include "corpus_states.h"

#include "corpus.h"

#include <inttypes.h>

/* Texts of the corpus have nothing that JSON would escape. */

static const char *
alg_name(enum cose_alg alg)
{
	switch (alg) {
	case COSE_ES256:
		return "es256";
	case COSE_EDDSA:
		return "ed25519";
	case COSE_SM2:
		return "sm2";
	}
	return "?";
}

static const char *
log_name(enum log_state s)
{
	switch (s) {
	case LOG_UNKNOWN:
		return "unknown";
	case LOG_SAME:
		return "same";
	case LOG_OTHER:
		return "other";
	case LOG_VOID:
		return "void";
	case LOG_BEYOND:
		return "beyond";
	}
	return "?";
}

static const char *
status_name(enum status_value v)
{
	switch (v) {
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

static void
print_hex(FILE *to, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(to, "%02x", p[i]);
}

static void
print_day(FILE *to, const char *name, bool has, int32_t day)
{
	if (has)
		fprintf(to, "\"%s\": %" PRId32 ",", name, day);
	else
		fprintf(to, "\"%s\": null,", name);
}

static void
print_kind(FILE *to, int kind, const struct scope_kind *k)
{
	fprintf(to, "{\"kind\": %d, \"all\": %s, \"items\": [", kind,
	    k->all ? "true" : "false");
	for (size_t i = 0; i < k->n; i++) {
		const struct scope_item *it = &k->items[i];
		fprintf(
		    to, "%s{\"code\": \"%s\", ", i > 0 ? ", " : "", it->code);
		if (it->level_high == 0)
			fputs("\"high\": null, \"low\": null}", to);
		else
			fprintf(to, "\"high\": %u, \"low\": %u}",
			    it->level_high, it->level_low);
	}
	fputs("]}", to);
}

static void
print_scope(FILE *to, const struct scope *s)
{
	bool first = true;

	fprintf(to,
	    "\"scope\": {\"body_id\": \"%s\", \"prefix\": \"%s\", "
	    "\"base\": \"%s\",\n     ",
	    s->body_id, s->prefix, s->base);
	print_day(to, "not_before", s->has_not_before, s->not_before);
	fputs(" ", to);
	print_day(to, "not_after", s->has_not_after, s->not_after);
	fputs("\n     \"kinds\": [", to);
	for (int kind = 1; kind <= KIND_TRAINING; kind++) {
		if (!s->kinds[kind].granted)
			continue;
		if (!first)
			fputs(", ", to);
		first = false;
		print_kind(to, kind, &s->kinds[kind]);
	}
	fputs("]}", to);
}

static void
print_body(FILE *to, const struct body *b)
{
	fputs("   {\"kid\": \"", to);
	print_hex(to, b->kid, CRED_KID_LEN);
	fprintf(to, "\", \"alg\": %d, \"alg_name\": \"%s\", \"key\": \"",
	    b->alg, alg_name(b->alg));
	print_hex(to, b->key, b->key_len);
	fprintf(to,
	    "\",\n    \"name\": \"%s\", \"not_before\": %" PRId64
	    ", \"not_after\": %" PRId64 ",\n    ",
	    b->name, b->not_before, b->not_after);
	if (b->withdrawn)
		fprintf(to,
		    "\"withdrawn\": {\"reason\": %d, \"tree_size\": %" PRIu64
		    "},\n    ",
		    b->reason, b->tree_size);
	else
		fputs("\"withdrawn\": null,\n    ", to);
	print_scope(to, &b->scope);
	fputs("}", to);
}

static void
print_facts(FILE *to, const struct verdict_in *in)
{
	fprintf(to, "],\n  \"status\": {\"why\": \"%s\", ",
	    cred_errname(in->status.why));
	if (in->status.why == CRED_OK)
		fprintf(to,
		    "\"value\": \"%s\", \"iat\": %" PRId64 ", \"exp\": %" PRId64
		    ", \"ttl\": %" PRId64 "},\n",
		    status_name(in->status.value), in->status.iat,
		    in->status.exp, in->status.ttl);
	else
		fputs("\"value\": null},\n", to);
	fprintf(to,
	    "  \"log\": {\"why\": \"%s\", \"state\": \"%s\", \"size\": %" PRIu64
	    "},\n",
	    cred_errname(in->log.why), log_name(in->log.state), in->log.size);
	fprintf(to, "  \"crl\": {\"why\": \"%s\"", cred_errname(in->crl.why));
	if (in->crl.why == CRED_OK)
		fprintf(to, ", \"iat\": %" PRId64 ", \"exp\": %" PRId64,
		    in->crl.iat, in->crl.exp);
	fputs("}}", to);
}

static void
print_state(FILE *to, const char *name)
{
	struct body b[CORPUS_BODIES];
	struct verdict_in in = {0};

	corpus_bodies(b);
	for (size_t i = 0; i < CORPUS_BODIES; i++) {
		in = (struct verdict_in){0};
		(void)corpus_state(name, &in, &b[i]);
	}
	fprintf(to, " \"%s\": {\"now\": %" PRId64 ",\n  \"bodies\": [", name,
	    in.now);
	if (corpus_knows_body(name)) {
		for (size_t i = 0; i < CORPUS_BODIES; i++) {
			fputs(i > 0 ? ",\n" : "\n", to);
			print_body(to, &b[i]);
		}
	}
	print_facts(to, &in);
}

void
corpus_states_print(FILE *to)
{
	const char *name;

	fputs("{\"schema\": 1,\n\"hosts\": [\"" CORPUS_HOST
	      "\"],\n\"states\": {\n",
	    to);
	for (size_t i = 0; (name = corpus_state_name(i)) != NULL; i++) {
		if (i > 0)
			fputs(",\n", to);
		print_state(to, name);
	}
	fputs("\n}}\n", to);
}
