#ifndef REGISTRY_COPY_INT_H
#define REGISTRY_COPY_INT_H

#include "registry/copy.h"
#include "registry/registry_int.h"

/* The tables, as both engines have them; a table comes after those that it
 * refers to. */
enum cell_type {
	CELL_INT,
	CELL_TEXT,
	CELL_BLOB,
};
#define TABLE_COLUMNS 24
struct table {
	const char *name, *order; /* order: of the rows, by unique columns */
	unsigned n;
	struct column {
		const char *name;
		enum cell_type type;
		const char *pg; /* its name in PostgreSQL, where another */
	} columns[TABLE_COLUMNS];
	const char *pg_order; /* where a text decides: by its bytes */
};
#define TABLES 13
extern const struct table registry_tables[TABLES];
/* Is it one of them? Else a table that is nobody's. */
bool registry_has_table(const char *name);
enum cred_err say_table_unknown(
    struct why *why, const char *place, const char *name);

struct cell {
	bool null;
	int64_t number;
	struct bytes bytes; /* of texts too, a zero behind them */
};
typedef enum cred_err copy_row_fn(void *ctx, const struct table *t,
    const struct cell *cells, struct why *why);

struct copy_ops {
	/* All rows, in order, of one state. */
	enum cred_err (*dump)(
	    struct registry *r, copy_row_fn *fn, void *ctx, struct why *why);
	/* Put whatever source() gives to put(), in one transaction; may call
	 * source() again from the start. */
	enum cred_err (*load)(struct registry *r,
	    enum cred_err (*source)(
		void *ctx, copy_row_fn *put, void *put_ctx, struct why *why),
	    void *ctx, struct why *why);
	enum cred_err (*about)(
	    struct registry *r, struct registry_about *out, struct why *why);
};
/* sqlite_make.c: what was linked into the folder of path stays there. */
enum cred_err sq_sync_folder_of(const char *path, struct why *why);
extern const struct copy_ops sqlite_copy_ops, pg_copy_ops;

#endif
