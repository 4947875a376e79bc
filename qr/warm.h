#ifndef QR_WARM_H
#define QR_WARM_H

#include <stdbool.h>

/*
 * In the zygote, before it forks: what each decoder would do anew.
 */

/* zbar opens converters for the character sets it guesses at, and those load
 * modules from files; once here, while files can be opened, then kept. */
void warm_converters(void);

/* The linker finds functions and writes their addresses, libraries choose what
 * the processor can do, all at the first use: pictures of our own are read.
 * False: one could not be; the next will have to do it anew. */
bool warm_libraries(void);

#endif
