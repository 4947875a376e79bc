#include "verifier/session.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct place {
	bool taken;
	uint8_t hash[32]; /* SHA-256 of the token */
	int64_t began, used;
	struct session session;
	struct grant {
		int64_t sheet, until;
		uint32_t row;
	} grants[SESSION_GRANTS];
	unsigned next_grant;
};

struct sessions {
	pthread_mutex_t lock;
	struct session_limits limits;
	uint8_t key[32]; /* of session_csrf() */
	struct place places[SESSION_MAX];
};

struct sessions *
sessions_new(const struct session_limits *limits)
{
	struct sessions *s = calloc(1, sizeof *s);

	if (s == NULL || RAND_priv_bytes(s->key, sizeof s->key) != 1) {
		ERR_clear_error();
		free(s);
		return NULL;
	}
	s->limits = *limits;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	OPENSSL_cleanse(s, sizeof *s);
	free(s);
}

/* RFC 4648 s5, without padding. */
static void
base64url(const uint8_t in[static 32], char out[static SESSION_TOKEN])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	int n = 0;
	size_t o = 0;

	for (size_t i = 0; i < 32; i++) {
		bits = bits << 8 | in[i];
		for (n += 8; n >= 6; n -= 6)
			out[o++] = digits[bits >> (n - 6) & 63];
	}
	out[o++] = digits[bits << (6 - n) & 63];
	out[o] = '\0';
}

static bool
is_token(const char *s)
{
	return s != NULL && strlen(s) == SESSION_TOKEN - 1 &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789-_") == SESSION_TOKEN - 1;
}

enum cred_err
session_token(char out[static SESSION_TOKEN])
{
	uint8_t random[32];

	if (RAND_priv_bytes(random, sizeof random) != 1) {
		ERR_clear_error();
		return CRED_FAULT_CRYPTO;
	}
	base64url(random, out);
	OPENSSL_cleanse(random, sizeof random);
	return CRED_OK;
}

bool
session_csrf(
    const struct sessions *s, const char *token, char out[static SESSION_TOKEN])
{
	uint8_t mac[32];
	size_t len = 0;

	if (!is_token(token))
		return false;
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, s->key, sizeof s->key,
		(const uint8_t *)token, SESSION_TOKEN - 1, mac, sizeof mac,
		&len) == NULL ||
	    len != sizeof mac) {
		ERR_clear_error();
		return false;
	}
	base64url(mac, out);
	return true;
}

static bool
hash_token(const char *token, uint8_t out[static 32])
{
	size_t len = 0;

	return is_token(token) && EVP_Q_digest(NULL, "SHA256", NULL, token,
				      SESSION_TOKEN - 1, out, &len) == 1;
}

static bool
alive(const struct sessions *s, const struct place *p, int64_t now)
{
	return p->taken && now - p->used < s->limits.idle_s &&
	       now - p->began < s->limits.absolute_s;
}

/* With the lock held. */
static struct place *
place_of(struct sessions *s, const char *token)
{
	uint8_t hash[32];

	if (!hash_token(token, hash))
		return NULL;
	for (size_t i = 0; i < SESSION_MAX; i++)
		if (s->places[i].taken &&
		    CRYPTO_memcmp(s->places[i].hash, hash, 32) == 0)
			return &s->places[i];
	return NULL;
}

enum cred_err
session_begin(struct sessions *s, const struct account *a, int64_t now,
    char token[static SESSION_TOKEN])
{
	uint8_t hash[32];
	struct place *to = NULL;
	enum cred_err e = session_token(token);

	if (e != CRED_OK || !hash_token(token, hash))
		return CRED_FAULT_CRYPTO;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < SESSION_MAX; i++) {
		struct place *p = &s->places[i];
		if (!alive(s, p, now)) {
			to = p;
			break;
		}
		if (to == NULL || p->used < to->used)
			to = p;
	}
	*to = (struct place){.taken = true, .began = now, .used = now};
	memcpy(to->hash, hash, 32);
	to->session.epoch = a->epoch;
	memcpy(to->session.name, a->name, sizeof a->name);
	pthread_mutex_unlock(&s->lock);
	return CRED_OK;
}

bool
session_find(
    struct sessions *s, const char *token, int64_t now, struct session *out)
{
	struct place *p;
	bool good = false;

	pthread_mutex_lock(&s->lock);
	p = place_of(s, token);
	if (p != NULL && alive(s, p, now)) {
		p->used = now;
		*out = p->session;
		good = true;
	} else if (p != NULL) {
		OPENSSL_cleanse(p, sizeof *p);
	}
	pthread_mutex_unlock(&s->lock);
	return good;
}

void
session_end(struct sessions *s, const char *token)
{
	struct place *p;

	pthread_mutex_lock(&s->lock);
	p = place_of(s, token);
	if (p != NULL)
		OPENSSL_cleanse(p, sizeof *p);
	pthread_mutex_unlock(&s->lock);
}

void
session_lang(struct sessions *s, const char *token, enum report_lang l)
{
	struct place *p;

	pthread_mutex_lock(&s->lock);
	p = place_of(s, token);
	if (p != NULL) {
		p->session.has_lang = true;
		p->session.lang = l;
	}
	pthread_mutex_unlock(&s->lock);
}

void
session_grant(struct sessions *s, const char *token, int64_t sheet,
    uint32_t row, int64_t until)
{
	struct place *p;

	pthread_mutex_lock(&s->lock);
	p = place_of(s, token);
	if (p != NULL)
		p->grants[p->next_grant++ % SESSION_GRANTS] =
		    (struct grant){sheet, until, row};
	pthread_mutex_unlock(&s->lock);
}

bool
session_granted(struct sessions *s, const char *token, int64_t sheet,
    uint32_t row, int64_t now)
{
	struct place *p;
	bool good = false;

	pthread_mutex_lock(&s->lock);
	p = place_of(s, token);
	for (size_t i = 0; p != NULL && i < SESSION_GRANTS; i++)
		good = good ||
		       (p->grants[i].sheet == sheet &&
			   p->grants[i].row == row && now < p->grants[i].until);
	pthread_mutex_unlock(&s->lock);
	return good;
}
