#ifndef QR_EQUAL_H
#define QR_EQUAL_H

#include "credential/err.h"
#include "qr/pace.h"
#include "qr/symbol.h"

/*
 * Undo what a lens, a moving hand or running ink has done to modules, without
 * knowing what it was: the modules that are the same in every code, and those
 * of blocks that could be corrected, are known beforehand; from them it is
 * learned how a module follows from the grey around it (least squares), all
 * modules are decided anew, read, and learned from again.
 */
#define EQUAL_SUB    2 /* samples a module, each way */
#define EQUAL_MARGIN 3 /* modules beyond the code's edge that samples cover */

/*
 * samples: ((dim + 2 * EQUAL_MARGIN) * EQUAL_SUB)^2 values, row by row, evened
 * out to about 0 in the mean and 1 in size. soft: the first guess, as
 * symbol_read() takes it; the last one when nothing is read. True when *s holds
 * a whole text. rounds: at most so often, as long as there is time for one
 * more. False also when out of memory; with s->format 0 when there is no code
 * of that dimension.
 */
bool equal_read(const float *samples, float *soft, int dim, unsigned rounds,
    struct pace *pace, struct symbol *s);

#endif
