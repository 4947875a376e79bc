#ifndef QR_HEAP_H
#define QR_HEAP_H

/*
 * Where a decoder's pixels come from. Page by page, a fresh process pays
 * more for its memory than for a clean picture: some 2 µs for each 4 KiB. So the
 * heap goes on in huge pages where the kernel has some, of which the first is
 * there before the picture is.
 */

/* In the zygote, once, after all that it allocates for itself. */
void heap_prepare(void);
/* In a decoder. */
void heap_touch(void);

#endif
