#ifndef KEYS_SCOPEFILE_H
#define KEYS_SCOPEFILE_H

#include "credential/scope.h"
#include "edge/why.h"

/*
 * scope.ini, in which the authority writes what it grants a body:
 *
 *   [body]
 *   id = 52150000MJ0000000X     ; unified social credit code
 *   name = …                    ; registered name; absent: the request's
 *   prefix = S000015000123
 *   base = https://jd.example.cn/
 *   kinds = 2,4
 *   not_before = 2026-01-01     ; first issue day allowed, optional
 *   not_after = 2028-12-31      ; last one, optional
 *   [kind.2]
 *   occupations = 6-31-01-03:3-5, 6-18-02-04:4-5   ; or *
 *   [kind.4]
 *   items = 1.2, 2.1                               ; or *
 *
 * Strict: an unknown section or key, a kind without its section or a section
 * without its kind is an error that names the line.
 */
struct scopefile {
	struct scope scope; /* without log_key, which is the request's */
	char name[256];     /* "": not given */
};

enum cred_err scopefile_parse(const char *file_name, struct bytes text,
    struct scopefile *out, struct why *why);

#endif
