#include "bench/scale_people.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/claimfile.h"
#include "verifier/person.h"

void
persons_read(struct persons *p, const char *claims, const char *home)
{
	const struct claim_row *row;
	struct claimfile *t = NULL;
	struct person_key key;
	struct why why = {""};

	scale_must(person_key_load(home, true, &key, &why), &why);
	scale_must(claimfile_open(claims, &t, &why), &why);
	for (;;) {
		scale_must(claimfile_next(t, &row, &why), &why);
		if (row == NULL || p->n_known == p->n)
			break;
		p->known = realloc(p->known, (p->n_known + 1) * 32);
		if (p->known == NULL)
			scale_die("memory", "none");
		scale_must(person_hash(&key, row->claim.id_type,
			       bytes_str(row->claim.id_number),
			       p->known[p->n_known++]),
		    &why);
	}
	claimfile_close(t);
}

/* a with an inverse modulo n, so that k -> a k mod n is a permutation. */
void
persons_init(struct persons *p, uint64_t claims)
{
	int64_t r0, r1, t0, t1, q, x;

	p->n = (claims + 2) / 3;
	for (p->a = UINT64_C(2654435761) % p->n | 1;; p->a += 2) {
		r0 = (int64_t)p->n, r1 = (int64_t)(p->a % p->n);
		t0 = 0, t1 = 1;
		while (r1 != 0) {
			q = r0 / r1;
			x = r0 - q * r1, r0 = r1, r1 = x;
			x = t0 - q * t1, t0 = t1, t1 = x;
		}
		if (r0 == 1)
			break;
	}
	p->a %= p->n;
	p->a_inverse = (uint64_t)(t0 < 0 ? t0 + (int64_t)p->n : t0);
}

uint64_t
persons_ranked(const struct persons *p, uint64_t r)
{
	return (uint64_t)((unsigned __int128)r * p->a_inverse % p->n);
}

void
persons_get(const struct persons *p, uint64_t k, uint8_t out[static 32])
{
	uint64_t r, v;

	if (k < p->n_known) {
		memcpy(out, p->known[k], 32);
		return;
	}
	r = (uint64_t)((unsigned __int128)k * p->a % p->n);
	v = (uint64_t)(((unsigned __int128)r << 64) / p->n);
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
	for (uint64_t i = 1; i < 4; i++) {
		v = scale_mix(4 * r + i);
		memcpy(out + 8 * i, &v, 8);
	}
}
