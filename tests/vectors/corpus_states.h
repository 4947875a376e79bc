#ifndef TESTS_VECTORS_CORPUS_STATES_H
#define TESTS_VECTORS_CORPUS_STATES_H

#include <stdio.h>

/* Every trust state of corpus.h as JSON, docs/vectors.md "states.json". */
void corpus_states_print(FILE *to);

#endif
