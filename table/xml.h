#ifndef TABLE_XML_H
#define TABLE_XML_H

#include <expat.h>
#include <stdbool.h>
#include <stdint.h>
#include <zip.h>

#include "edge/why.h"

/*
 * One part of an XLSX file through expat, with its limits: no DOCTYPE (so no
 * entities), no other encoding than UTF-8 and UTF-16, XML_MAX_DEPTH, and no
 * more bytes than max nor XML_MAX_RATIO times what is packed.
 */
#define XML_MAX_DEPTH  32
#define XML_MAX_RATIO  300         /* spreadsheets of blanks: about 100 */
#define XML_RATIO_FROM (16u << 20) /* bytes: below them a ratio says nothing   \
				    */

struct xml;
struct xml_calls {
	/* name: of an element of one of OOXML's namespaces, else "". Attributes
	 * have no namespace, but "id" in relationships' is "r:id". */
	void (*start)(struct xml *x, const char *name, const char **atts);
	void (*end)(struct xml *x, const char *name);
	void (*text)(struct xml *x, const char *s, size_t n);
};

struct xml {
	void *ctx; /* the caller's */
	const struct xml_calls *calls;
	XML_Parser parser;
	zip_file_t *file;
	const char *part;                /* its name, for messages */
	uint64_t packed, size, out, max; /* size: as the archive has it */
	int depth;
	bool suspended, finished;
	enum cred_err err; /* set by xml_refuse() */
	struct why why;
};

/* Begin with an opened entry, which becomes x's; part must live as long. */
enum cred_err xml_open(struct xml *x, zip_file_t *file, const char *part,
    uint64_t packed, uint64_t max, const struct xml_calls *calls, void *ctx,
    struct why *why);
/* On until a handler calls xml_pause() or the part ends: x->finished. */
enum cred_err xml_run(struct xml *x, struct why *why);
void xml_close(struct xml *x);

/* From a handler: stop here, to go on later. */
void xml_pause(struct xml *x);
/* From a handler: the part is at fault. */
void xml_refuse(struct xml *x, enum cred_err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Value of an attribute, or NULL. */
const char *xml_att(const char **atts, const char *name);
/* Digits alone and not above max. */
bool xml_number(const char *s, uint32_t max, uint32_t *out);
/* "1" or "true". */
bool xml_true(const char *s);

#endif
