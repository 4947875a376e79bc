#ifndef QR_SHED_H
#define QR_SHED_H

/*
 * What of the program's memory a decoder goes without. A program brings
 * libraries for other things (HTTP, a database; what libzbar links for windows,
 * cameras and D-Bus): their code and data are not copied by fork(2) from here
 * on. It makes the fork of a decoder cheap, and leaves what breaks out of a
 * decoder's library less to call.
 *
 * A library stays whole when a decoder's needs it, by DT_NEEDED, or when it
 * was loaded after the first call. Of the others stays what the linker reads
 * when it looks for a symbol: their heads and their dynamic sections. The
 * caller's own memory stays as it is.
 *
 * In the zygote, before it loads a library and after it loaded one. A child is
 * then forked by _Fork(2), for what a library registered by pthread_atfork(3)
 * may be gone.
 */
void shed_unneeded(void);

#endif
