/*
 * review-entries REGISTRY BASE [BATCH]: what a body issued (in a batch), for
 * claims to be made of: index, kind, number, name, ID number, occupation, code,
 * level, issue date and QR text, with tabs between, a line a certificate. Of
 * made-up people.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "credential/digits.h"
#include "registry/registry.h"

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static enum cred_err
print(void *ctx, const struct registry_entry *e, struct why *why)
{
	char text[CRED_MAX_TEXT], issued[11];
	struct outbuf o = {(uint8_t *)text, sizeof text - 1, 0};
	enum cred_err err;

	(void)why;
	if (e->credential.len == 0)
		return CRED_OK;
	err = qrtext_make(bytes_str(ctx), e->credential, &o);
	if (err != CRED_OK)
		return err;
	text[o.len] = '\0';
	day_format(e->issued, issued);
	printf("%" PRIu64 "\t%d\t%s\t%s\t%s\t%s\t%s\t%u\t%s\t%s\n", e->index,
	    (int)e->kind, or_empty(e->number), e->name, e->id_number,
	    e->occupation, or_empty(e->code), e->level, issued, text);
	return CRED_OK;
}

int
main(int argc, char **argv)
{
	struct registry *r = NULL;
	struct why why = {""};
	enum cred_err e;

	if (argc != 3 && argc != 4) {
		fputs("usage: review-entries REGISTRY BASE [BATCH]\n", stderr);
		return 2;
	}
	e = registry_open(argv[1], REGISTRY_READ, &r, &why);
	if (e == CRED_OK)
		e = registry_each(r,
		    &(struct registry_filter){
			.batch = argv[3], .state = -1, .status = -1},
		    print, argv[2], &why);
	registry_close(r);
	if (e != CRED_OK)
		fprintf(stderr, "review-entries: %s %s\n", cred_errname(e),
		    why.text);
	return e == CRED_OK ? 0 : 2;
}
