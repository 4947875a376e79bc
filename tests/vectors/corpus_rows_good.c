#include "corpus_rows.h"

#define GOOD "valid", "OK"

const struct row ROWS_GOOD[] = {
    {"good-level", GOOD},
    {"good-operation", GOOD, .base = OPERATION},
    {"good-es256", GOOD,
	.p = {.prot = "a2 01 26 04 48'corpus-2'", .sig = SIG_ES256}},
    {"good-es256-alg-9", GOOD,
	.p = {.prot = "a2 01 28 04 48'corpus-2'", .sig = SIG_ES256_9}},
    {"good-ed25519-alg-19", GOOD, .p = {.prot = "a2 01 32 04 48'corpus-1'"}},
    {"good-sm2", GOOD,
	.p = {.prot = "a2 01 3a00010000 04 48'corpus-3'", .sig = SIG_SM2}},

    /* texts as scanners, people and chat programs hand them over */
    {"good-digits-alone", GOOD, .text = "%s"},
    {"good-digits-blanks", GOOD, .text = "  %s "},
    {"good-path", GOOD, .text = "https://tamga.example/v/1/#%s"},
    {"good-query", GOOD, .text = "https://tamga.example/?from=chat#%s"},
    {"good-after-digits", GOOD,
	.text = "https://tamga.example/#%s&nsukey=12345"},
    {"good-port", GOOD, .text = "https://tamga.example:443/#%s"},
    {"good-scheme-case", GOOD, .text = "HTTPS://tamga.example/#%s"},
    /* the verdict is the credential's; the address gives a warning */
    {"good-foreign-host", GOOD, .text = "https://tamga-example.com/#%s"},
    {"good-user-part", GOOD, .text = "https://tamga.example@evil.example/#%s"},
    {"good-subdomain-trick", GOOD,
	.text = "https://tamga.example.evil.example/#%s"},

    /* fields */
    {"good-photo", GOOD,
	.p = {.extra = "0b 50 000102030405060708090a0b0c0d0e0f"}},
    {"good-direction", GOOD, .p = {.extra = "0c 6c'维修电工'"}},
    {"good-no-code", GOOD, "wide", .p = {.f[6] = ""}},
    {"good-middle-dot", GOOD, .p = {.f[2] = "02 74'乌日娜·其其格'"}},
    {"good-mongolian-name", GOOD, .p = {.f[2] = "02 72'ᠤᠷᠨᠠ\u180eᠨ'"}},
    {"good-rare-character", GOOD, .p = {.f[2] = "02 67'王𠮷'"}},
    {"good-longest-name", GOOD,
	.p = {.f[2] = "02 78 78'一二三四五六七八九十一二三四五六七八九十"
		      "一二三四五六七八九十一二三四五六七八九十'"}},
    {"good-passport", GOOD, .p = {.f[3] = "03 82 06 00"}},
    {"good-check-largest", GOOD, .p = {.f[3] = "03 82 01 190fff"}},
    {"good-index-0", GOOD, .p = {.f[0] = "00 00"}},
    {"good-index-largest", GOOD, .p = {.f[0] = "00 1b000000ffffffffff"}},
    {"good-level-any", GOOD,
	.p = {.f[6] = "06 6a'6-18-02-04'",
	    .f[7] = "07 01",
	    .f[4] = "04 76'S000015000123261000001'"}},
    {"good-qualification", GOOD, "wide",
	.p = {.f[1] = "01 01", .f[4] = "04 70'2605012003400001'"}},
    {"good-specialised", GOOD, "wide",
	.p = {.f[1] = "01 03", .f[4] = "04 69'1501-0001'"}},
    {"good-training", GOOD, "wide",
	.p = {.f[1] = "01 05", .f[4] = "04 68'PX000001'", .f[7] = ""}},

    /* states in which it still counts */
    {"good-scope-that-day", GOOD, "scope_that_day"},
    {"good-issuer-expired", GOOD, "x509_over"},
    {"good-before-withdrawal", GOOD, "withdrawn_from_18"},
    {"good-last-second-of-status", GOOD, "status_expires_next"},
    {"good-last-second-of-crl", GOOD, "crl_expires_next"},
    {"good-iat-300-ahead", GOOD, "before_iat_300"},
    {"good-on-review-day", GOOD, "on_review_day", .base = OPERATION},
    {"good-on-last-day", GOOD, "on_last_day", .base = OPERATION,
	.p = {.f[10] = "0a 19599c"}},
    {0},
};
