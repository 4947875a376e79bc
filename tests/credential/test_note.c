#include "testing.h"

#include "credential/note.h"
#include "sha256.h"

/*
 * Published: the key pair and note of golang.org/x/mod/sumdb/note. Seed and
 * public key of PeterNeumann+c74f20a3, without their type byte.
 */
#define PETER_SEED                                                             \
	"810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"
#define PETER_KEY                                                              \
	"1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6"
#define TEXT                                                                   \
	"If you think cryptography is the answer to your problem,\n"           \
	"then you don't know what your problem is.\n"
#define PETER_SIG                                                              \
	"\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuG" \
	"UgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_SIG                                                              \
	"\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOH" \
	"p+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

/* Published: the examples of C2SP signed-note and tlog-checkpoint. */
#define QUASIMODO                                                              \
	"Ognuno sta solo sul cuor della terra\n"                               \
	"trafitto da un raggio di sole:\n"                                     \
	"\n"                                                                   \
	"ed è subito sera.\n"
#define QUASIMODO_SIG                                                          \
	"\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2" \
	"i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
#define SOFA                                                                   \
	"example.com/behind-the-sofa\n"                                        \
	"20852163\n"                                                           \
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA_SIG                                                               \
	"\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniM" \
	"p+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

static struct note note;

static bool
ed25519_verify(const uint8_t *key, struct bytes text, const uint8_t *sig)
{
	EVP_PKEY *k =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_non_null(k);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k), 1);
	int ok = EVP_DigestVerify(ctx, sig, 64, text.ptr, text.len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	return ok == 1;
}

static void
published_note(void **state)
{
	(void)state;
	uint8_t key[32], id[4], buf[512];
	unhex(PETER_KEY, key, 32);
	note_key_id(test_sha256, bytes_str("PeterNeumann"), key, id);
	assert_memory_equal(id, "\xc7\x4f\x20\xa3", 4);

	assert_err(note_decode(bytes_str(TEXT "\n" PETER_SIG ENOCH_SIG), &note),
	    CRED_OK);
	assert_bytes(note.text, bytes_str(TEXT));
	assert_int_equal(note.n_sigs, 2);
	assert_bytes(note.sigs[0].name, bytes_str("PeterNeumann"));
	assert_memory_equal(note.sigs[0].key_id, id, 4);
	assert_true(ed25519_verify(key, note.text, note.sigs[0].sig));
	assert_bytes(note.sigs[1].name, bytes_str("EnochRoot"));
	assert_memory_equal(note.sigs[1].key_id, "\xaf\x0c\xfe\x78", 4);

	/* Signed again, it is the published note to the byte. */
	uint8_t seed[32], sig[64];
	unhex(PETER_SEED, seed, 32);
	EVP_PKEY *k =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(sig);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, k), 1);
	assert_int_equal(
	    EVP_DigestSign(ctx, sig, &len, note.text.ptr, note.text.len), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	struct outbuf out = {buf, sizeof(buf), 0};
	assert_err(
	    note_encode(note.text, bytes_str("PeterNeumann"), id, sig, &out),
	    CRED_OK);
	assert_bytes(written(&out), bytes_str(TEXT "\n" PETER_SIG));
}

/* The last empty line parts text and signatures, not the first. */
static void
published_empty_line(void **state)
{
	(void)state;
	assert_err(note_decode(bytes_str(QUASIMODO "\n" QUASIMODO_SIG), &note),
	    CRED_OK);
	assert_bytes(note.text, bytes_str(QUASIMODO));
	assert_int_equal(note.n_sigs, 1);
	assert_bytes(
	    note.sigs[0].name, bytes_str("quasimodo.example/salvatore"));
}

static void
published_checkpoint(void **state)
{
	(void)state;
	struct checkpoint c;
	uint8_t buf[256];
	struct outbuf out = {buf, sizeof(buf), 0};
	assert_err(note_decode(bytes_str(SOFA "\n" SOFA_SIG), &note), CRED_OK);
	assert_err(checkpoint_decode(note.text, &c), CRED_OK);
	assert_bytes(c.origin, bytes_str("example.com/behind-the-sofa"));
	assert_int_equal(c.size, 20852163);
	assert_int_equal(c.root.b[0], 0x0a);
	assert_int_equal(c.root.b[31], 0x62);
	assert_err(checkpoint_encode(&c, &out), CRED_OK);
	assert_bytes(written(&out), bytes_str(SOFA));
}

/* A line whose signature has another length is somebody else's. */
static void
other_types_are_skipped(void **state)
{
	(void)state;
	assert_err(note_decode(bytes_str(TEXT "\n\u2014 w x08go/Zb\n" PETER_SIG
					      "\u2014 v x08go/ZJkuBS9UG/\n"),
		       &note),
	    CRED_OK);
	assert_int_equal(note.n_sigs, 1);
	assert_bytes(note.sigs[0].name, bytes_str("PeterNeumann"));
}

static void
number_of_signatures(void **state)
{
	(void)state;
	char *s = calloc(1, NOTE_MAX_BYTES + 200);
	strcpy(s, "x\n\n");
	for (int i = 0; i < NOTE_MAX_SIGS; i++)
		strcat(s, ENOCH_SIG);
	assert_err(note_decode(bytes_str(s), &note), CRED_OK);
	assert_int_equal(note.n_sigs, NOTE_MAX_SIGS);
	strcat(s, ENOCH_SIG);
	assert_err(note_decode(bytes_str(s), &note), CRED_ERR_NOTE_FORM);
	free(s);
}

static void
size_of_note(void **state)
{
	(void)state;
	char *s = malloc(NOTE_MAX_BYTES + 2);
	size_t tail = strlen("\n\n" PETER_SIG);
	memset(s, 'a', NOTE_MAX_BYTES + 1);
	strcpy(s + NOTE_MAX_BYTES - tail, "\n\n" PETER_SIG);
	assert_err(note_decode(bytes_str(s), &note), CRED_OK);
	memset(s, 'a', NOTE_MAX_BYTES + 1);
	strcpy(s + NOTE_MAX_BYTES + 1 - tail, "\n\n" PETER_SIG);
	assert_err(note_decode(bytes_str(s), &note), CRED_ERR_NOTE_FORM);
	free(s);
}

/* 68 zero bytes in base64. */
#define ZEROS64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ZEROS   ZEROS64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
bad_notes(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "\n",
	    "\n\n",
	    "\n\n\n",
	    "a",
	    TEXT,
	    TEXT "\n",
	    TEXT "\n\n",
	    TEXT PETER_SIG,                  /* no empty line */
	    "\n" PETER_SIG,                  /* no text */
	    TEXT "\n" PETER_SIG "\n",        /* an empty line at the end */
	    TEXT "\n" PETER_SIG "line\n",    /* not a signature */
	    TEXT "\n" PETER_SIG "\u2014 a ", /* no newline */
	    TEXT "\n- a " ZEROS "\n",        /* a hyphen */
	    TEXT "\n\u2013 a " ZEROS "\n",   /* an en dash */
	    TEXT "\n\u2014a " ZEROS "\n",
	    TEXT "\n\u2014  " ZEROS "\n", /* no name */
	    TEXT "\n\u2014 " ZEROS "\n",
	    TEXT "\n\u2014 a\n",
	    TEXT "\n\u2014 a \n",
	    TEXT "\n\u2014 a b " ZEROS "\n",
	    TEXT "\n\u2014 a+b " ZEROS "\n",
	    TEXT "\n\u2014 a\u00a0b " ZEROS "\n", /* Unicode blanks */
	    TEXT "\n\u2014 a\u3000 " ZEROS "\n",
	    TEXT "\n\u2014 \u2028 " ZEROS "\n",
	    TEXT "\n\u2014 a\xc2\x85 " ZEROS "\n",
	    TEXT "\n\u2014 a  " ZEROS "\n",
	    TEXT "\n\u2014 a " ZEROS " \n",
	    TEXT "\n\u2014 a AAAA\n",     /* an id of three bytes */
	    TEXT "\n\u2014 a AAAAAA==\n", /* no signature */
	    TEXT "\n\u2014 a AAAAAAA\n",  /* no padding */
	    TEXT "\n\u2014 a AAAAAAAA=\n",
	    TEXT "\n\u2014 a AAAAAAA=AAAA\n", /* padding inside */
	    TEXT "\n\u2014 a AAAAA===\n",
	    TEXT "\n\u2014 a ====\n",
	    TEXT "\n\u2014 a AAAAAAB=\n", /* bits that no byte has */
	    TEXT "\n\u2014 a AAAAAAAAAB==\n",
	    TEXT "\n\u2014 a AAA-AAA_\n", /* base64url */
	    TEXT "\n\u2014 a AAAAAAAA\r\n",
	    "a\tb\n\n" PETER_SIG,
	    "a\x01\n\n" PETER_SIG,
	    "a\xff\n\n" PETER_SIG,
	    "a\xed\xa0\x80\n\n" PETER_SIG,
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t len = strlen(bad[i]);
		uint8_t *p = boxed(bytes_of(bad[i], len));
		note.n_sigs = 77;
		if (note_decode(bytes_of(p, len), &note) !=
			CRED_ERR_NOTE_FORM ||
		    note.n_sigs != 77)
			fail_msg("%zu taken or touched: %s", i, bad[i]);
		free(p);
	}
	assert_err(
	    note_decode(
		bytes_of("a\0\n\n" PETER_SIG, 4 + strlen(PETER_SIG)), &note),
	    CRED_ERR_NOTE_FORM);
}

static void
encode_refuses(void **state)
{
	(void)state;
	uint8_t buf[400], id[4] = {0}, sig[64] = {0};
	static const struct {
		const char *text, *name;
	} bad[] = {{"", "a"}, {"a", "a"}, {"a\n", ""}, {"a\n", "a b"},
	    {"a\n", "a+b"}, {"a\r\n", "a"}, {"\xc0\n", "a"}, {"a\n", "\xc0"},
	    {"a\n", "a\u2003"}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct outbuf out = {buf, sizeof(buf), 0};
		assert_err(note_encode(bytes_str(bad[i].text),
			       bytes_str(bad[i].name), id, sig, &out),
		    CRED_ERR_NOTE_FORM);
	}
	/* Every buffer but the last is too small. */
	size_t want = strlen("a\n\n\u2014 a " ZEROS "\n");
	for (size_t cap = 0; cap <= want; cap++) {
		struct outbuf out = {buf, cap, 0};
		assert_err(note_encode(
			       bytes_str("a\n"), bytes_str("a"), id, sig, &out),
		    cap < want ? CRED_FAULT_SPACE : CRED_OK);
		if (cap == want)
			assert_bytes(written(&out),
			    bytes_str("a\n\n\u2014 a " ZEROS "\n"));
	}
}

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static void
checkpoints(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {
	    {"o\n0\n" ROOT, 0},
	    {"o\n1099511627776\n" ROOT, TLOG_MAX_SIZE},
	    {"an origin with blanks\n7\n" ROOT, 7},
	    {"o\n7\n" ROOT "extension\nand another\n", 7},
	};
	static const char *const bad[] = {
	    "",
	    "\n",
	    "o\n",
	    "o\n0\n",
	    "o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "\n0\n" ROOT,
	    "o\n\n" ROOT,
	    "o\n00\n" ROOT,
	    "o\n01\n" ROOT,
	    "o\n+1\n" ROOT,
	    "o\n-1\n" ROOT,
	    "o\n 1\n" ROOT,
	    "o\n1 \n" ROOT,
	    "o\n1\r\n" ROOT,
	    "o\n0x1\n" ROOT,
	    "o\n1099511627777\n" ROOT,
	    "o\n18446744073709551617\n" ROOT,
	    "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
	    "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n",
	    "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
	    "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
	    "o\n1\n\n",
	    "o\n1\n" ROOT "\n",
	    "o\n1\n" ROOT "x\n\n",
	    "o\n1\n" ROOT "x",
	    "o\tp\n1\n" ROOT,
	    "o\xff\n1\n" ROOT,
	};
	struct checkpoint c;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_err(
		    checkpoint_decode(bytes_str(good[i].text), &c), CRED_OK);
		assert_int_equal(c.size, good[i].size);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t len = strlen(bad[i]);
		uint8_t *p = boxed(bytes_of(bad[i], len));
		c.size = 77;
		if (checkpoint_decode(bytes_of(p, len), &c) !=
			CRED_ERR_CHECKPOINT_FORM ||
		    c.size != 77)
			fail_msg("%zu taken or touched: %s", i, bad[i]);
		free(p);
	}
}

static void
checkpoint_encode_refuses(void **state)
{
	(void)state;
	uint8_t buf[128];
	struct outbuf out = {buf, sizeof(buf), 0};
	struct checkpoint c = {.origin = bytes_str("o"), .size = 3};
	c.origin = bytes_str("");
	assert_err(checkpoint_encode(&c, &out), CRED_ERR_CHECKPOINT_FORM);
	c.origin = bytes_str("o\np");
	assert_err(checkpoint_encode(&c, &out), CRED_ERR_CHECKPOINT_FORM);
	c.origin = bytes_str("\xff");
	assert_err(checkpoint_encode(&c, &out), CRED_ERR_CHECKPOINT_FORM);
	c = (struct checkpoint){
	    .origin = bytes_str("o"), .size = TLOG_MAX_SIZE + 1};
	assert_err(checkpoint_encode(&c, &out), CRED_ERR_CHECKPOINT_FORM);
	c.size = TLOG_MAX_SIZE;
	out.cap = 10;
	assert_err(checkpoint_encode(&c, &out), CRED_FAULT_SPACE);
}

static void
origin(void **state)
{
	(void)state;
	uint8_t buf[128];
	struct outbuf out = {buf, sizeof(buf), 0};
	assert_err(checkpoint_origin(bytes_str("https://tamga.example/nm/"),
		       bytes_str("911501001000007370"), &out),
	    CRED_OK);
	assert_bytes(written(&out),
	    bytes_str("tamga.example/nm/bodies/911501001000007370/log"));
	assert_err(checkpoint_origin(bytes_str("http://tamga.example/"),
		       bytes_str("911501001000007370"), &out),
	    CRED_ERR_SCOPE_BASE);
	assert_err(checkpoint_origin(bytes_str("https://"),
		       bytes_str("911501001000007370"), &out),
	    CRED_ERR_SCOPE_BASE);
	assert_err(checkpoint_origin(bytes_str("https://tamga.example"),
		       bytes_str("911501001000007370"), &out),
	    CRED_ERR_SCOPE_BASE);
	assert_err(checkpoint_origin(bytes_str("https://tamga.example/"),
		       bytes_str(""), &out),
	    CRED_ERR_SCOPE_BODY_ID);
	out = (struct outbuf){buf, 20, 0};
	assert_err(checkpoint_origin(bytes_str("https://tamga.example/"),
		       bytes_str("911501001000007370"), &out),
	    CRED_FAULT_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_note),
	    cmocka_unit_test(published_empty_line),
	    cmocka_unit_test(published_checkpoint),
	    cmocka_unit_test(other_types_are_skipped),
	    cmocka_unit_test(number_of_signatures),
	    cmocka_unit_test(size_of_note),
	    cmocka_unit_test(bad_notes),
	    cmocka_unit_test(encode_refuses),
	    cmocka_unit_test(checkpoints),
	    cmocka_unit_test(checkpoint_encode_refuses),
	    cmocka_unit_test(origin),
	};
	return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
