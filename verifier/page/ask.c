#include "verifier/page/page.h"
#include "verifier/page/sha256.h"

#define MAX_ANSWERS 64
#define ARENA       (1u << 20) /* a list of 256 KiB, its token, tiles of 8 KiB */

struct answer {
	uint8_t id[32]; /* of the question */
	enum cred_err e;
	bool missing;
	struct bytes data;
};

static struct answer answers[MAX_ANSWERS];
static size_t n_answers, used;
static uint8_t arena[ARENA];
static struct question open;
static uint8_t open_id[32];

/* A question is its kind and all its bytes, each with its length. */
static void
id_of(const struct question *q, uint8_t out[static 32])
{
	const struct bytes parts[] = {
	    bytes_str(q->path), q->data, q->key, q->sig};
	uint8_t next[36];

	memset(out, (int)q->want, 32);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		memcpy(next, out, 32);
		for (size_t k = 0; k < 4; k++)
			next[32 + k] = (uint8_t)(parts[i].len >> 8 * k);
		sha256(out, bytes_of(next, sizeof next), parts[i]);
	}
}

void
ask_reset(void)
{
	n_answers = used = 0;
	open.want = WANT_NOTHING;
}

enum cred_err
ask(const struct question *q, struct bytes *out)
{
	uint8_t id[32];

	if (open.want != WANT_NOTHING)
		return CRED_FAULT_NETWORK; /* one at a time */
	id_of(q, id);
	for (size_t i = 0; i < n_answers; i++) {
		const struct answer *a = &answers[i];
		if (memcmp(a->id, id, sizeof id) != 0)
			continue;
		if (a->e == CRED_OK)
			*out = a->missing ? (struct bytes){0} : a->data;
		return a->e;
	}
	open = *q;
	memcpy(open_id, id, sizeof id);
	return CRED_FAULT_NETWORK;
}

enum cred_err
ask_server(void)
{
	if (open.want == WANT_NOTHING)
		open.want = WANT_SERVER;
	return CRED_FAULT_NETWORK;
}

const struct question *
ask_open(void)
{
	return open.want != WANT_NOTHING ? &open : NULL;
}

bool
ask_answer(enum cred_err e, bool missing, struct bytes data)
{
	struct answer *a = &answers[n_answers];

	if (n_answers == MAX_ANSWERS || data.len > ARENA - used)
		return false;
	memcpy(a->id, open_id, sizeof a->id);
	a->e = e;
	a->missing = missing;
	if (data.len > 0)
		memcpy(arena + used, data.ptr, data.len);
	a->data = bytes_of(arena + used, data.len);
	used += data.len;
	n_answers++;
	open.want = WANT_NOTHING;
	return true;
}
