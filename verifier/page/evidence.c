#include "verifier/page/page.h"

#include "credential/note.h"
#include "credential/statuslist.h"

/* The status list and log of a body, from the publication; every rule as in
 * keys/status.c and verifier/publication_body.c. */

static int64_t floor_iat, latest;
static uint64_t floor_size;
static bool floor_rooted;
static struct tlog_hash floor_root;
static int64_t seen_iat;
static uint64_t seen_size;
static struct tlog_hash seen_root;

void
evidence_floor(int64_t status_iat, uint64_t log_size, const uint8_t *root)
{
	floor_iat = status_iat;
	floor_size = log_size;
	floor_rooted = root != NULL;
	if (floor_rooted)
		memcpy(floor_root.b, root, sizeof floor_root.b);
}

void
evidence_now(int64_t now)
{
	latest = now + TRUST_SKEW_S;
}

int64_t
evidence_seen_iat(void)
{
	return seen_iat;
}

uint64_t
evidence_seen_size(void)
{
	return seen_size;
}

const struct tlog_hash *
evidence_seen_root(void)
{
	return &seen_root;
}

/* a, b, c and d one after the other; false if it does not fit. */
static bool
join(char *out, size_t cap, const char *a, const char *b, const char *c,
    const char *d)
{
	const char *const parts[] = {a, b, c, d};
	size_t n = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t len = strlen(parts[i]);
		if (cap - n <= len)
			return false;
		memcpy(out + n, parts[i], len + 1);
		n += len;
	}
	return true;
}

static enum cred_err
get_file(const struct body *body, const char *tail, enum cred_err missing,
    struct bytes *out)
{
	struct question q = {.want = WANT_FILE};
	enum cred_err e;

	if (!join(q.path, sizeof q.path, "bodies/", body->scope.body_id, "/",
		tail))
		return CRED_FAULT_INTERNAL;
	e = ask(&q, out);
	return e == CRED_OK && out->ptr == NULL ? missing : e;
}

static void
decimal(uint64_t n, char out[static 24])
{
	char *p = out + 23;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	memmove(out, p, strlen(p) + 1);
}

static enum cred_err
check_signer(const struct body *of, const struct statuslist *list)
{
	enum cred_err e = CRED_ERR_SIGNATURE;
	bool withdrawn = false;

	for (size_t i = 0; i < trust_n_bodies(NULL) && e == CRED_ERR_SIGNATURE;
	     i++) {
		const struct body *b = trust_body(NULL, i);
		if (strcmp(b->scope.body_id, of->scope.body_id) != 0)
			continue;
		withdrawn = withdrawn || b->withdrawn;
		if (memcmp(b->kid, list->sign1.kid.ptr, CRED_KID_LEN) == 0)
			e = trust_verify_cose(NULL, b, &list->sign1);
	}
	/* the authority may have signed it */
	return e == CRED_ERR_SIGNATURE && withdrawn ? ask_server() : e;
}

static enum cred_err
open_list(const struct body *body, const char *number, struct statuslist *list,
    struct bytes *raw)
{
	struct question q = {.want = WANT_INFLATE};
	char tail[40], sub[SCOPE_MAX_BASE + 64], *end;
	struct bytes token;
	enum cred_err e;

	if (!join(tail, sizeof tail, "status/", number, "", "") ||
	    !join(sub, sizeof sub, body->scope.base, "bodies/",
		body->scope.body_id, "/"))
		return CRED_FAULT_INTERNAL;
	end = sub + strlen(sub);
	if (!join(end, sizeof sub - (size_t)(end - sub), tail, "", "", ""))
		return CRED_FAULT_INTERNAL;
	e = get_file(body, tail, CRED_ERR_STATUS_MISSING, &token);
	if (e == CRED_OK)
		e = statuslist_decode(token, list);
	if (e == CRED_OK)
		e = check_signer(body, list);
	if (e != CRED_OK)
		return e;
	if (!bytes_eq(list->sub, bytes_str(sub)))
		return CRED_ERR_STATUS_SUBJECT;
	if (list->iat < floor_iat)
		return CRED_ERR_STATUS_OLDER;
	if (list->iat > latest)
		return CRED_ERR_STATUS_FUTURE;
	q.data = list->zlib;
	e = ask(&q, raw);
	if (e == CRED_OK && (raw->ptr == NULL || raw->len > STATUSLIST_RAW_MAX))
		return CRED_ERR_STATUS_INFLATE;
	return e;
}

static void
status(
    void *ctx, const struct body *body, uint64_t index, struct status_fact *out)
{
	struct status_fact f = {0};
	struct statuslist list;
	struct bytes raw;
	char number[24];

	(void)ctx;
	decimal(index / STATUSLIST_ENTRIES, number);
	seen_iat = 0;
	seen_size = 0;
	f.why = open_list(body, number, &list, &raw);
	if (f.why == CRED_OK) {
		seen_iat = list.iat;
		f.why =
		    statuslist_get(raw, index % STATUSLIST_ENTRIES, &f.value);
		f.iat = list.iat;
		f.exp = list.exp;
		f.ttl = list.ttl;
	}
	*out = f;
}

static enum cred_err
check_note(const struct body *body, const struct note *n, struct bytes origin)
{
	struct question q = {.want = WANT_SIGNATURE,
	    .alg = COSE_EDDSA,
	    .data = n->text,
	    .key = bytes_of(body->scope.log_key, 32)};
	enum cred_err e = CRED_ERR_NOTE_KEY;
	struct bytes none;
	uint8_t id[4];

	note_key_id(trust_sha256, origin, body->scope.log_key, id);
	for (size_t i = 0; i < n->n_sigs && e == CRED_ERR_NOTE_KEY; i++) {
		const struct note_sig *s = &n->sigs[i];

		if (!bytes_eq(s->name, origin) ||
		    memcmp(s->key_id, id, sizeof id) != 0)
			continue;
		q.sig = bytes_of(s->sig, 64);
		e = ask(&q, &none);
		if (e == CRED_ERR_SIGNATURE)
			e = CRED_ERR_NOTE_KEY;
	}
	return e;
}

/* Partial tiles may be gone once the full one is there (tlog-tiles). */
static enum cred_err
fetch(void *ctx, const struct tlog_tile *tile, struct bytes *out)
{
	const struct body *body = ctx;
	size_t each = tile->level < 0 ? 2 + TLOG_ENTRY_LEN : 32;
	struct tlog_tile t = *tile;
	char path[TLOG_PATH_MAX], tail[TLOG_PATH_MAX + 8];
	enum cred_err e = CRED_ERR_TLOG_MISSING;
	struct bytes got;

	for (int full = 0; full < 2 && e == CRED_ERR_TLOG_MISSING; full++) {
		if (full != 0)
			t.width = TLOG_TILE_WIDTH;
		tlog_tile_path(&t, path);
		if (!join(tail, sizeof tail, "log/", path, "", ""))
			return CRED_FAULT_INTERNAL;
		e = get_file(body, tail, CRED_ERR_TLOG_MISSING, &got);
		if (tile->width == TLOG_TILE_WIDTH)
			break;
	}
	if (e != CRED_OK)
		return e;
	if (got.len != t.width * each)
		return CRED_ERR_TLOG_TILE;
	*out = bytes_of(got.ptr, tile->width * each);
	return CRED_OK;
}

/* Does the tree (size, root) contain the one seen before? */
static enum cred_err
follows(const struct body *body, uint64_t size, const struct tlog_hash *root)
{
	static struct tlog_hash path[82];
	enum cred_err e;
	size_t n;

	e = tlog_consistency_path(trust_sha256, floor_size, size, fetch,
	    (void *)(uintptr_t)body, path, &n);
	if (e == CRED_OK)
		e = tlog_verify_consistency(
		    trust_sha256, floor_size, &floor_root, size, root, path, n);
	return e == CRED_ERR_TLOG_PROOF ? CRED_ERR_CHECKPOINT_SPLIT : e;
}

static enum cred_err
open_checkpoint(const struct body *body, uint64_t *size, struct tlog_hash *root)
{
	static struct note n; /* ask() points into it */
	uint8_t buf[SCOPE_MAX_BASE + 64];
	struct outbuf origin = {buf, sizeof buf, 0};
	struct checkpoint c;
	struct bytes text;
	enum cred_err e;

	e = checkpoint_origin(bytes_str(body->scope.base),
	    bytes_str(body->scope.body_id), &origin);
	if (e == CRED_OK)
		e = get_file(
		    body, "log/checkpoint", CRED_ERR_CHECKPOINT_MISSING, &text);
	if (e == CRED_OK)
		e = note_decode(text, &n);
	if (e == CRED_OK)
		e = check_note(body, &n, bytes_of(origin.ptr, origin.len));
	if (e == CRED_OK)
		e = checkpoint_decode(n.text, &c);
	if (e != CRED_OK)
		return e;
	if (!bytes_eq(c.origin, bytes_of(origin.ptr, origin.len)))
		return CRED_ERR_CHECKPOINT_ORIGIN;
	if (c.size < floor_size)
		return CRED_ERR_CHECKPOINT_OLDER;
	if (floor_rooted)
		e = follows(body, c.size, &c.root);
	if (e != CRED_OK)
		return e;
	*size = c.size;
	*root = c.root;
	return CRED_OK;
}

static enum cred_err
prove(const struct body *body, uint64_t index, uint64_t size,
    const struct tlog_hash *root, uint8_t entry[static TLOG_ENTRY_LEN])
{
	uint64_t n = index / TLOG_TILE_WIDTH;
	struct tlog_tile t = {-1, n, tlog_tile_width(-1, n, size)};
	void *ctx = (void *)(uintptr_t)body;
	struct tlog_hash leaf;
	struct bytes bundle;
	enum cred_err e = fetch(ctx, &t, &bundle);

	if (e == CRED_OK)
		e = tlog_bundle_get(bundle, t.width,
		    (unsigned)(index % TLOG_TILE_WIDTH), entry);
	if (e != CRED_OK)
		return e;
	tlog_leaf(trust_sha256, bytes_of(entry, TLOG_ENTRY_LEN), &leaf);
	return tlog_check_inclusion(
	    trust_sha256, index, size, root, &leaf, fetch, ctx);
}

static void
log_(void *ctx, const struct body *body, uint64_t index,
    const uint8_t entry[static 32], struct log_fact *out)
{
	static const uint8_t none[TLOG_ENTRY_LEN];
	struct log_fact f = {0};
	uint8_t logged[TLOG_ENTRY_LEN];
	struct tlog_hash root;
	uint64_t size;

	(void)ctx;
	f.why = open_checkpoint(body, &size, &root);
	if (f.why == CRED_OK) {
		seen_size = size;
		seen_root = root;
		f.size = size;
		if (index >= size) {
			f.state = LOG_BEYOND;
			f.why = CRED_ERR_TLOG_INDEX;
		} else {
			f.why = prove(body, index, size, &root, logged);
			if (f.why == CRED_OK)
				f.state =
				    memcmp(logged, entry, 32) == 0  ? LOG_SAME
				    : memcmp(logged, none, 32) == 0 ? LOG_VOID
								    : LOG_OTHER;
		}
	}
	*out = f;
}

const struct evidence page_evidence = {.status = status, .log = log_};
