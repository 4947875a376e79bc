#ifndef ISSUER_PHOTO_H
#define ISSUER_PHOTO_H

#include "issuer/home.h"
#include "issuer/row.h"

/*
 * Photos are kept in HOME/photos by their hash, which is signed: they are
 * printed again years later, when the roster's folder is gone.
 */

/* Keep row's photo, read from dir. CRED_FAULT_CONFLICT when it is not the file
 * that row_check() saw. A row without a photo is CRED_OK. */
enum cred_err photo_keep(const struct home *h, const char *dir,
    const struct row *row, struct why *why);

/* The kept photo with this hash; malloc. */
enum cred_err photo_load(const struct home *h, struct bytes hash, uint8_t **out,
    size_t *len, struct why *why);

#endif
