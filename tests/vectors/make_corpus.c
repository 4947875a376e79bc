/*
 * Writes credentials.tsv (make_corpus) and states.json (make_corpus --states):
 * hand-made credentials, each bad one with exactly one
 * defect, and what must be said of them. What is not itself the defect is in
 * order, the signature over the defect included. Reproducible: Ed25519 is, and
 * the few signatures of other algorithms were made once (make_corpus --tbs
 * NAME prints what they cover; their keys are in corpus.c).
 */
#include "corpus.h"
#include "corpus_rows.h"
#include "corpus_states.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static const struct parts BASES[] = {
    [LEVEL] = {.tag = "d2",
	.array = "84",
	.prot = "a2 01 27 04 48'corpus-1'",
	.unprot = "a0",
	.exp = "",
	.iat = "06 1a6adc6580",
	.key = "3a00010000",
	.f = {"00 11", "01 02", "02 69'乌日娜'", "03 82 01 190abc",
	    "04 76'S000015000123264000001'", "05 66'电工'", "06 6a'6-31-01-03'",
	    "07 04", "08 19510e", "", "", "", ""},
	.extra = "",
	.after = "",
	.pay_tail = "",
	.tail = ""},
    [OPERATION] = {.tag = "d2",
	.array = "84",
	.prot = "a2 01 27 04 48'corpus-1'",
	.unprot = "a0",
	.exp = "04 1a76240b00",
	.iat = "06 1a6adc6580",
	.key = "3a00010000",
	.f = {"00 12", "01 04", "02 66'包文'", "03 82 01 190def", "",
	    "05 72'低压电工作业'", "06 63'1.2'", "", "08 19510e", "09 19599c",
	    "0a 195555", "", ""},
	.extra = "",
	.after = "",
	.pay_tail = "",
	.tail = ""},
};

static void
die(const char *what, const char *name)
{
	fprintf(stderr, "make_corpus: %s: %s\n", name, what);
	exit(1);
}

struct buf {
	uint8_t b[2048];
	size_t len;
};

static void
add(struct buf *to, const void *p, size_t len)
{
	if (len > sizeof(to->b) - to->len)
		die("too large", "buffer");
	memcpy(to->b + to->len, p, len);
	to->len += len;
}

static void
add_byte(struct buf *to, unsigned v)
{
	uint8_t b = (uint8_t)v;
	add(to, &b, 1);
}

/* The notation of corpus_rows.h; at is what @ stands for. */
static void
emit(struct buf *to, const char *s, size_t at)
{
	int high = -1;
	for (; *s != '\0'; s++) {
		if (*s == ' ')
			continue;
		if (*s == '@') {
			add_byte(to, (unsigned)at);
			continue;
		}
		if (*s == '\'') {
			const char *end = strchr(s + 1, '\'');
			if (end == NULL)
				die("no closing quote", s);
			add(to, s + 1, (size_t)(end - s - 1));
			s = end;
			continue;
		}
		int d = *s >= '0' && *s <= '9'   ? *s - '0'
			: *s >= 'a' && *s <= 'f' ? *s - 'a' + 10
						 : -1;
		if (d < 0)
			die("neither hex nor quoted", s);
		if (high < 0) {
			high = d;
			continue;
		}
		add_byte(to, (unsigned)(high << 4 | d));
		high = -1;
	}
	if (high >= 0)
		die("half a byte", s);
}

static const char *
or_base(const char *part, const char *base)
{
	return part != NULL ? part : base;
}

/* Parts of the row where it names any, of its base elsewhere. */
static struct parts
merged(const struct row *r)
{
	const struct parts *b = &BASES[r->base];
	struct parts p = r->p;
	p.tag = or_base(p.tag, b->tag);
	p.array = or_base(p.array, b->array);
	p.prot = or_base(p.prot, b->prot);
	p.unprot = or_base(p.unprot, b->unprot);
	p.exp = or_base(p.exp, b->exp);
	p.iat = or_base(p.iat, b->iat);
	p.key = or_base(p.key, b->key);
	for (size_t i = 0; i < 13; i++)
		p.f[i] = or_base(p.f[i], b->f[i]);
	p.extra = or_base(p.extra, b->extra);
	p.after = or_base(p.after, b->after);
	p.pay_tail = or_base(p.pay_tail, b->pay_tail);
	p.tail = or_base(p.tail, b->tail);
	return p;
}

static void
head(struct buf *to, unsigned major, size_t n)
{
	if (n < 24) {
		add_byte(to, major << 5 | (unsigned)n);
	} else if (n < 256) {
		add_byte(to, major << 5 | 24);
		add_byte(to, (unsigned)n);
	} else {
		add_byte(to, major << 5 | 25);
		add_byte(to, (unsigned)(n >> 8));
		add_byte(to, (unsigned)n);
	}
}

static void
claims(struct buf *to, const struct parts *p)
{
	if (p->map != NULL)
		emit(to, p->map, 0);
	else
		head(to, 5,
		    (size_t)(*p->exp != '\0') + (*p->iat != '\0') +
			(*p->key != '\0') + (*p->after != '\0'));
	emit(to, p->exp, 0);
	emit(to, p->iat, 0);
	emit(to, p->key, 0);
	if (*p->key != '\0') {
		size_t n = *p->extra != '\0';
		for (size_t i = 0; i < 13; i++)
			n += *p->f[i] != '\0';
		if (p->cert_map != NULL)
			emit(to, p->cert_map, 0);
		else
			head(to, 5, n);
		for (size_t i = 0; i < 13; i++)
			emit(to, p->f[i], 0);
		emit(to, p->extra, 0);
	}
	emit(to, p->after, 0);
	emit(to, p->pay_tail, 0);
}

/* What is signed: Sig_structure, RFC 9052 s4.4. */
static void
to_be_signed(struct buf *to, const struct parts *p)
{
	struct buf prot = {0}, pay = {0};
	struct outbuf out = {to->b, sizeof(to->b), 0};
	emit(&prot, p->prot, 0);
	claims(&pay, p);
	if (cose_tbs(bytes_of(prot.b, prot.len), bytes_of(pay.b, pay.len),
		&out) != CRED_OK)
		die("too large", "Sig_structure");
	to->len = out.len;
}

static void
sign(const struct row *r, const struct parts *p, uint8_t sig[static 64])
{
	struct buf seed = {0}, tbs = {0};
	size_t len = 64;
	emit(&seed, CORPUS_SEED, 0);
	if (r->stranger)
		seed.b[0] ^= 1;
	to_be_signed(&tbs, p);
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed.b, seed.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (key == NULL || ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &len, tbs.b, tbs.len) != 1)
		die("cannot sign", r->name);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void
message(const struct row *r, struct buf *to)
{
	struct parts p = merged(r);
	struct buf prot = {0}, pay = {0};
	emit(&prot, p.prot, 0);
	claims(&pay, &p);
	emit(to, p.tag, 0);
	emit(to, p.array, 0);
	if (p.prot_head != NULL)
		emit(to, p.prot_head, prot.len);
	else
		head(to, 2, prot.len);
	add(to, prot.b, prot.len);
	emit(to, p.unprot, 0);
	if (p.pay_head != NULL)
		emit(to, p.pay_head, pay.len);
	else
		head(to, 2, pay.len);
	add(to, pay.b, pay.len);
	emit(to, p.sig_head != NULL ? p.sig_head : "58 40", 0);
	if (p.sig != NULL) {
		emit(to, p.sig, 0);
	} else {
		uint8_t sig[64];
		sign(r, r->sign_base ? &BASES[r->base] : &p, sig);
		add(to, sig, sizeof(sig));
	}
	emit(to, p.tail, 0);
	if (r->keep > 0)
		to->len = (size_t)r->keep;
	to->len -= (size_t)r->drop;
	if (r->flip > 0)
		to->b[to->len - (size_t)r->flip] ^= 1;
}

static void
edit(enum edit e, char *d)
{
	size_t len = strlen(d), last = len % 17 == 0 ? 17 : len % 17;
	switch (e) {
	case EDIT_NONE:
	case EDIT_TOO_LONG:
		break;
	case EDIT_CUT:
		d[len - 1] = '\0';
		break;
	case EDIT_ADD:
		strcat(d, "0");
		break;
	case EDIT_FIRST:
		memset(d, '9', 17);
		break;
	case EDIT_MIDDLE:
		memset(d + 3 * 17, '9', 17);
		break;
	case EDIT_LAST:
		memset(d + len - last, '9', last);
		break;
	case EDIT_TRANSPOSE:
		for (size_t i = len - last - 30;; i++) {
			if (d[i] != d[i + 1]) {
				char c = d[i];
				d[i] = d[i + 1];
				d[i + 1] = c;
				break;
			}
		}
		break;
	case EDIT_TOO_MANY:
		memset(d, '0', 1475);
		d[1475] = '\0';
		break;
	}
}

static void
write_row(const struct row *r)
{
	static char digits[4096], text[8192];
	struct buf m = {0};
	message(r, &m);
	struct outbuf out = {(uint8_t *)digits, sizeof(digits), 0};
	if (digits_encode(bytes_of(m.b, m.len), &out) != CRED_OK)
		die("cannot be written as digits", r->name);
	digits[out.len] = '\0';
	edit(r->edit, digits);
	const char *around =
	    r->text != NULL ? r->text : "https://" CORPUS_HOST "/#%s";
	const char *at = strstr(around, "%s");
	if (at == NULL)
		snprintf(text, sizeof(text), "%s", around);
	else
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - around),
		    around, digits, at + 2);
	if (r->edit == EDIT_TOO_LONG) {
		size_t len = strlen(text);
		memset(text + len, '&', CRED_MAX_TEXT + 1 - len);
		text[CRED_MAX_TEXT + 1] = '\0';
	}
	struct verdict_in in = {0};
	const char *state = r->state != NULL ? r->state : "ok";
	if (!corpus_state(state, &in, NULL))
		die("no such state", state);
	if (cred_err_by_name(r->reason) < 0)
		die("no such reason", r->reason);
	printf(
	    "%s\t%s\t%s\t%s\t%s\n", r->name, text, r->status, r->reason, state);
}

static const struct row *const ALL[] = {
    ROWS_GOOD, ROWS_TEXT, ROWS_CBOR, ROWS_COSE, ROWS_CLAIMS, ROWS_TRUST};

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--states") == 0) {
		corpus_states_print(stdout);
		return 0;
	}
	bool tbs_only = argc == 3 && strcmp(argv[1], "--tbs") == 0;
	if (!tbs_only)
		puts("# Made by make_corpus.c; the states are in corpus.c.\n"
		     "# name\tqr_text\tstatus\treason\tstate");
	for (size_t i = 0; i < sizeof(ALL) / sizeof(ALL[0]); i++) {
		for (const struct row *r = ALL[i]; r->name != NULL; r++) {
			if (!tbs_only) {
				write_row(r);
			} else if (strcmp(r->name, argv[2]) == 0) {
				struct parts p = merged(r);
				struct buf tbs = {0};
				to_be_signed(&tbs, &p);
				for (size_t k = 0; k < tbs.len; k++)
					printf("%02x", tbs.b[k]);
				puts("");
			}
		}
	}
	return 0;
}
