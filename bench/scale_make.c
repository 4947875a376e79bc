#include "bench/scale.h"

#include "credential/cose.h"
#include "keys/trust.h"

uint64_t
scale_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Prefix, year and level; 55 of them, so that no serial needs a 7th digit. */
void
made_series(uint64_t batch, char out[static 17])
{
	snprintf(out, 17, "S000015000123%02u%u", (unsigned)(15 + batch % 11),
	    (unsigned)(1 + batch / 11 % 5));
}

/* One in a thousand revoked, half as many suspended. */
enum status_value
made_status(uint64_t i)
{
	return i % 997 == 5	 ? STATUS_REVOKED
	       : i % 1999 == 7 ? STATUS_SUSPENDED
			       : STATUS_VALID;
}

/* An ID number with its check digit (GB 11643), of no region there is. */
static void
make_id(uint64_t i, char out[static 20])
{
	static const int weight[17] = {
	    7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	uint64_t x = scale_mix(i ^ 0x6964);
	int sum = 0;

	snprintf(out, 20, "99%04u%04u%02u%02u%03u", (unsigned)(x % 9973),
	    (unsigned)(1950 + (x >> 16) % 55), (unsigned)(1 + (x >> 24) % 12),
	    (unsigned)(1 + (x >> 32) % 28), (unsigned)((x >> 40) % 1000));
	for (int k = 0; k < 17; k++)
		sum += (out[k] - '0') * weight[k];
	out[17] = "10X98765432"[sum % 11];
	out[18] = '\0';
}

static void
encode(uint64_t index, const uint8_t kid[static CRED_KID_LEN], struct made *m)
{
	uint8_t in[ID_CHECK_MAX], hash[32], protect[64], sig[CRED_SIG_LEN];
	struct outbuf o = {in, sizeof in, 0}, p = {protect, sizeof protect, 0};
	struct outbuf payload = {m->payload, sizeof m->payload, 0};
	struct outbuf whole = {m->credential, sizeof m->credential, 0};
	struct claims c = {.iat = (int64_t)m->issued * 86400,
	    .cert = {.index = index,
		.kind = KIND_LEVEL,
		.name = bytes_str(m->name),
		.id_type = ID_RESIDENT,
		.number = bytes_str(m->number),
		.occupation = bytes_str(m->occupation),
		.code = bytes_str(m->code),
		.level = m->level,
		.issued = m->issued}};
	const struct why none = {"a certificate cannot be made"};

	scale_must(id_check_input(kid, index, bytes_str(m->id), &o), &none);
	trust_sha256(hash, bytes_of(in, o.len), bytes_of("", 0));
	c.cert.id_check = id_check_value(hash);
	scale_must(claims_encode(&c, &payload), &none);
	m->payload_len = payload.len;
	for (size_t k = 0; k < sizeof sig; k += 8) {
		uint64_t x = scale_mix(index * 8 + k);
		memcpy(sig + k, &x, 8);
	}
	sig[32] &= 0x3f; /* a low s */
	scale_must(cose_protected(COSE_ES256, kid, COSE_CREDENTIAL, &p), &none);
	scale_must(cose_encode(bytes_of(protect, p.len),
		       bytes_of(m->payload, m->payload_len), sig, &whole),
	    &none);
	m->credential_len = whole.len;
}

void
made_as(uint64_t i, uint64_t index, const char *number,
    const uint8_t kid[static CRED_KID_LEN], struct made *out)
{
	static const char *const names[] = {
	    "王秀英", "阿拉腾其木格", "李伟", "巴特尔", "张敏", "乌云其其格"};
	static const char *const works[][2] = {{"电工", "6-31-01-03"},
	    {"焊工", "6-18-02-04"}, {"养老护理员", "4-10-01-05"},
	    {"保育员", "4-10-01-03"}, {"中式烹调师", "4-03-02-01"}};
	uint64_t x = scale_mix(i);

	out->name = names[x % 6];
	out->occupation = works[(x >> 8) % 5][0];
	out->code = works[(x >> 8) % 5][1];
	make_id(i, out->id);
	snprintf(out->number, sizeof out->number, "%s", number);
	out->level = (uint8_t)(number[15] - '0');
	out->issued = 16436 + (number[13] - '1') * 3652 +
		      (number[14] - '5') * 365 + (int)((x >> 16) % 300);
	encode(index, kid, out);
}

void
made_of(
    uint64_t i, const uint8_t kid[static CRED_KID_LEN], struct made *out)
{
	char series[17], number[32];

	made_series(i / SCALE_BATCH, series);
	snprintf(number, sizeof number, "%s%06u", series,
	    (unsigned)(i / SCALE_BATCH / 55 * SCALE_BATCH + i % SCALE_BATCH +
		       1));
	made_as(i, i, number, kid, out);
}
