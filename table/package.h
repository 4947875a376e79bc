#ifndef TABLE_PACKAGE_H
#define TABLE_PACKAGE_H

#include "table/input.h"
#include "table/xml.h"

/*
 * An XLSX file as a package of parts (ECMA-376 part 2): an archive whose
 * entries are found through content types and relationships, never by guessing
 * a name. What is refused here: entries that are encrypted, packed by anything
 * but deflate, twice there, or named so that unpacking would leave the folder.
 */
#define PACKAGE_MAX_ENTRIES 4096
#define PACKAGE_MAX_LINKS   2048       /* relationships of a part */
#define PACKAGE_MAX_PATH    255        /* bytes */
#define PACKAGE_MAX_INDEX   (4u << 20) /* bytes of a part that lists others */
#define PACKAGE_MAX_STYLES  (64u << 20)
#define PACKAGE_MAX_DATA    (UINT64_C(4) << 30) /* of a sheet or the strings */

struct package;

enum cred_err package_open(
    const struct input *in, struct package **out, struct why *why);
void package_close(struct package *p);

/* A part through xml.h. CRED_ERR_TABLE_PART when it is not there. */
enum cred_err package_part(struct package *p, const char *path, uint64_t max,
    const struct xml_calls *calls, void *ctx, struct xml *x, struct why *why);
/* The same to its end. */
enum cred_err package_read(struct package *p, const char *path, uint64_t max,
    const struct xml_calls *calls, void *ctx, struct why *why);

/* [Content_Types].xml says that path is of type (the part after
 * "application/vnd.openxmlformats-officedocument.", or whole), else
 * CRED_ERR_TABLE_TYPE. */
enum cred_err package_expect(struct package *p, const char *path,
    const char *const *types, struct why *why);

struct link {
	char *id, *type; /* type: what follows the last '/' */
	char *path;      /* from the root of the package; NULL: outside */
};
struct links {
	struct link *list;
	size_t n;
};
/* The relationships of a part; "" of the package itself. A path that is not
 * plain (.., \, escapes, empty names) is CRED_ERR_TABLE_PATH when it is of a
 * type we follow. */
enum cred_err package_links(
    struct package *p, const char *path, struct links *out, struct why *why);
void links_release(struct links *l);
/* The first of a type, or with an id; NULL: none. */
const struct link *links_by_type(const struct links *l, const char *type);
const struct link *links_by_id(const struct links *l, const char *id);

#endif
