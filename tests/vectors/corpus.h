#ifndef TESTS_VECTORS_CORPUS_H
#define TESTS_VECTORS_CORPUS_H

#include "credential/verdict.h"

/*
 * What the rows of credentials.tsv stand on: the keys of one body, and the
 * trust states that their last column names. Test keys; nobody's anchor.
 */
#define CORPUS_HOST "tamga.example"

/* 2026-11-23 16:00 in Asia/Shanghai, and that day. */
#define CORPUS_NOW   INT64_C(1795420800)
#define CORPUS_TODAY 20780

/* The seed that signs: SHA-256 of "tamga corpus ed25519". */
#define CORPUS_SEED                                                            \
	"be7cb1160c7b752cb4e1b9eeb8fb3b4f138a01fcc5070bd3d2612feaebdb406d"

/* The body's certificates, one for each algorithm. */
#define CORPUS_BODIES 3
void corpus_bodies(struct body out[static CORPUS_BODIES]);

/*
 * Facts as the state of that name has them; everything good where it does not
 * say. Changes body too, which is NULL while no signer was found. False: no
 * such state.
 */
bool corpus_state(const char *name, struct verdict_in *in, struct body *body);
/* Name of state i, or NULL past the last. */
const char *corpus_state_name(size_t i);
/* The states of which no body is known; the signer is not even looked for. */
bool corpus_knows_body(const char *name);

#endif
