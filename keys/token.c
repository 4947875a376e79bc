#include "keys/token_int.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/lang.h"

struct token {
	struct pkcs11_uri uri; /* token, serial, manufacturer, model, module */
	void *library;         /* never unloaded */
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	bool found; /* slot counts */
	pid_t pid;  /* that initialised the module */
	char pin[PASS_MAX];
	bool wrong_pin; /* answered once: never asked again */
	size_t refs;
	struct token *next;
};

/* Opening, logging in and closing, one thread at a time; signing takes no
 * lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct token *all;

enum cred_err
token_fault(CK_RV rv, const char *call, struct why *why)
{
	return why_set(why, CRED_FAULT_CRYPTO,
	    TR("the token failed: %s answered 0x%lx",
		"硬件密钥出错：%s 返回 0x%lx"),
	    call, (unsigned long)rv);
}

bool
token_lost(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_OPERATION_ACTIVE: /* a failure before did not end it */
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return true;
	default:
		return false;
	}
}

bool
token_forked(const struct token *t)
{
	return t->pid != getpid();
}

CK_FUNCTION_LIST *
token_calls(const struct token *t)
{
	return t->f;
}

CK_SLOT_ID
token_slot(const struct token *t)
{
	return t->slot;
}

static enum cred_err
load(struct token *t, struct why *why)
{
	union {
		void *object;
		CK_C_GetFunctionList call;
	} entry = {0};
	CK_RV rv;

	t->library = dlopen(t->uri.module, RTLD_NOW | RTLD_LOCAL);
	if (t->library != NULL)
		entry.object = dlsym(t->library, "C_GetFunctionList");
	if (entry.object == NULL)
		return why_set(why, CRED_FAULT_KEY,
		    TR("%s is not a PKCS#11 module that can be loaded: %s",
			"%s 不是可以加载的 PKCS#11 模块：%s"),
		    t->uri.module, t->library == NULL ? dlerror() : "?");
	rv = entry.call(&t->f);
	if (rv != CKR_OK)
		return token_fault(rv, "C_GetFunctionList", why);
	return CRED_OK;
}

static enum cred_err
initialise(struct token *t, struct why *why)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	bool forked = t->pid != 0 && token_forked(t);
	CK_RV rv = t->f->C_Initialize(&args);

	/* PKCS#11 v2.40 s6.6.1: a child initialises anew. A module that still
	 * holds the parent's state has to be told. */
	if (rv == CKR_CRYPTOKI_ALREADY_INITIALIZED && forked) {
		(void)t->f->C_Finalize(NULL);
		rv = t->f->C_Initialize(&args);
	}
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return token_fault(rv, "C_Initialize", why);
	t->pid = getpid();
	return CRED_OK;
}

/* PKCS#11 pads with blanks. */
static bool
is_text(const char *want, const CK_UTF8CHAR *got, size_t len)
{
	while (len > 0 && got[len - 1] == ' ')
		len--;
	return want[0] == '\0' ||
	       (strlen(want) == len && memcmp(want, got, len) == 0);
}

static bool
is_meant(const struct pkcs11_uri *u, const CK_TOKEN_INFO *info)
{
	return is_text(u->token, info->label, sizeof info->label) &&
	       is_text(
		   u->serial, info->serialNumber, sizeof info->serialNumber) &&
	       is_text(u->manufacturer, info->manufacturerID,
		   sizeof info->manufacturerID) &&
	       is_text(u->model, info->model, sizeof info->model);
}

static enum cred_err
find_slot(struct token *t, CK_TOKEN_INFO *found, struct why *why)
{
	CK_SLOT_ID slots[256];
	CK_ULONG n = sizeof slots / sizeof *slots;
	CK_RV rv = t->f->C_GetSlotList(CK_TRUE, slots, &n);
	CK_TOKEN_INFO info;
	size_t count = 0;

	if (rv != CKR_OK)
		return token_fault(rv, "C_GetSlotList", why);
	for (CK_ULONG i = 0; i < n; i++) {
		if (t->f->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    !is_meant(&t->uri, &info))
			continue;
		t->slot = slots[i];
		*found = info;
		count++;
	}
	t->found = count == 1;
	if (t->found)
		return CRED_OK;
	return why_set(why, CRED_FAULT_KEY,
	    count == 0 ? TR("%s knows no such token: %s %s",
			     "%s 中没有这个硬件密钥：%s %s")
		       : TR("%s knows several tokens: %s %s; give the serial",
			     "%s 中有多个硬件密钥：%s %s；请写明 serial"),
	    t->uri.module, t->uri.token, t->uri.serial);
}

/* A PIN that the token refused is not offered again, nor any at all to a token
 * that would lock on the next mistake. */
static enum cred_err
log_in(struct token *t, CK_SESSION_HANDLE s, const CK_TOKEN_INFO *info,
    struct why *why)
{
	bool pad = (info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	CK_RV rv;

	if ((info->flags & CKF_USER_PIN_LOCKED) != 0)
		return why_set(why, CRED_FAULT_PASS,
		    TR("the PIN of token %s is locked: its security officer "
		       "can set a new one",
			"硬件密钥 %s 的 PIN 已锁定：请由其安全员重设"),
		    t->uri.token);
	if ((info->flags & CKF_USER_PIN_FINAL_TRY) != 0)
		return why_set(why, CRED_FAULT_PASS,
		    TR("token %s would lock at the next wrong PIN: log in with "
		       "its own tool first",
			"硬件密钥 %s 再输错一次 PIN 就会锁定：请先用它自己的工"
			"具登录一次"),
		    t->uri.token);
	if (t->wrong_pin)
		return why_set(why, CRED_FAULT_PASS,
		    TR("wrong PIN for token %s; it is not tried again",
			"硬件密钥 %s 的 PIN 错误，不再重试"),
		    t->uri.token);
	rv = t->f->C_Login(s, CKU_USER, pad ? NULL : (CK_UTF8CHAR *)t->pin,
	    pad ? 0 : strlen(t->pin));
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return CRED_OK;
	if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LEN_RANGE &&
	    rv != CKR_PIN_INVALID && rv != CKR_PIN_LOCKED &&
	    rv != CKR_PIN_EXPIRED)
		return token_fault(rv, "C_Login", why);
	t->wrong_pin = true;
	return why_set(why, CRED_FAULT_PASS,
	    TR("wrong PIN for token %s", "硬件密钥 %s 的 PIN 错误"),
	    t->uri.token);
}

static bool
is_logged_in(const struct token *t, CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO info;

	return t->f->C_GetSessionInfo(s, &info) == CKR_OK &&
	       (info.state == CKS_RO_USER_FUNCTIONS ||
		   info.state == CKS_RW_USER_FUNCTIONS);
}

static enum cred_err
open_session(struct token *t, bool again, bool write, CK_SESSION_HANDLE *out,
    struct why *why)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | (write ? CKF_RW_SESSION : 0);
	CK_SESSION_HANDLE s;
	CK_TOKEN_INFO info;
	enum cred_err e = CRED_OK;
	CK_RV rv;

	if (again || token_forked(t))
		e = initialise(t, why);
	if (e == CRED_OK)
		e = find_slot(t, &info, why);
	if (e != CRED_OK)
		return e;
	rv = t->f->C_OpenSession(t->slot, flags, NULL, NULL, &s);
	if (rv != CKR_OK)
		return token_fault(rv, "C_OpenSession", why);
	if (!is_logged_in(t, s))
		e = log_in(t, s, &info, why);
	if (e != CRED_OK) {
		(void)t->f->C_CloseSession(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

enum cred_err
token_session(struct token *t, bool again, bool write, CK_SESSION_HANDLE *out,
    struct why *why)
{
	enum cred_err e;

	pthread_mutex_lock(&lock);
	e = open_session(t, again, write, out, why);
	pthread_mutex_unlock(&lock);
	return e;
}

static bool
is_same(const struct pkcs11_uri *a, const struct pkcs11_uri *b)
{
	return strcmp(a->module, b->module) == 0 &&
	       strcmp(a->token, b->token) == 0 &&
	       strcmp(a->serial, b->serial) == 0 &&
	       strcmp(a->manufacturer, b->manufacturer) == 0 &&
	       strcmp(a->model, b->model) == 0;
}

static enum cred_err
find_or_load(const struct pkcs11_uri *uri, struct token **out, struct why *why)
{
	struct token *t = all;
	enum cred_err e;

	while (t != NULL && !is_same(&t->uri, uri))
		t = t->next;
	if (t == NULL) {
		t = calloc(1, sizeof *t);
		if (t == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		t->uri = *uri;
		e = load(t, why);
		if (e != CRED_OK) {
			free(t);
			return e;
		}
		t->next = all;
		all = t;
	}
	if (t->pid != 0 && !token_forked(t)) {
		*out = t;
		return CRED_OK;
	}
	e = initialise(t, why);
	if (e == CRED_OK)
		*out = t;
	return e;
}

enum cred_err
token_open(const struct pkcs11_uri *uri, const char *pin, struct token **out,
    struct why *why)
{
	struct token *t = NULL;
	enum cred_err e;

	pthread_mutex_lock(&lock);
	e = find_or_load(uri, &t, why);
	if (e == CRED_OK && t->refs > 0 && strcmp(t->pin, pin) != 0)
		e = why_set(why, CRED_FAULT_PASS,
		    TR("wrong PIN for token %s", "硬件密钥 %s 的 PIN 错误"),
		    t->uri.token);
	if (e == CRED_OK) {
		if (t->refs++ == 0)
			strncpy(t->pin, pin, sizeof t->pin - 1);
		*out = t;
	}
	pthread_mutex_unlock(&lock);
	return e;
}

void
token_ref(struct token *t)
{
	pthread_mutex_lock(&lock);
	t->refs++;
	pthread_mutex_unlock(&lock);
}

void
token_close(struct token *t)
{
	pthread_mutex_lock(&lock);
	if (--t->refs == 0) {
		OPENSSL_cleanse(t->pin, sizeof t->pin);
		if (t->found && !token_forked(t))
			(void)t->f->C_CloseAllSessions(t->slot);
	}
	pthread_mutex_unlock(&lock);
}
