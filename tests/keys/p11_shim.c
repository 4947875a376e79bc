#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include "p11_shim.h"

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

struct p11_shim p11_shim;
static CK_FUNCTION_LIST *real, ours;

static CK_RV
shim_login(
    CK_SESSION_HANDLE s, CK_USER_TYPE type, CK_UTF8CHAR *pin, CK_ULONG len)
{
	p11_shim.logins++;
	return p11_shim.login_fails != CKR_OK
		   ? p11_shim.login_fails
		   : real->C_Login(s, type, pin, len);
}

static CK_RV
shim_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
    CK_ULONG *sig_len)
{
	CK_SESSION_INFO info;

	p11_shim.signs++;
	if (p11_shim.sign_times > 0) {
		p11_shim.sign_times--;
		if (p11_shim.really &&
		    real->C_GetSessionInfo(s, &info) == CKR_OK)
			real->C_CloseAllSessions(info.slotID);
		return p11_shim.sign_fails;
	}
	return real->C_Sign(s, data, len, sig, sig_len);
}

static CK_RV
shim_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = real->C_GetTokenInfo(slot, info);

	info->flags |= p11_shim.add_flags;
	return rv;
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	union {
		void *object;
		CK_C_GetFunctionList call;
	} entry = {0};
	void *lib = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	CK_RV rv;

	if (lib != NULL)
		entry.object = dlsym(lib, "C_GetFunctionList");
	if (entry.object == NULL)
		return CKR_GENERAL_ERROR;
	rv = entry.call(&real);
	if (rv != CKR_OK)
		return rv;
	ours = *real;
	ours.C_Login = shim_login;
	ours.C_Sign = shim_sign;
	ours.C_GetTokenInfo = shim_token_info;
	*list = &ours;
	return CKR_OK;
}
