#ifndef TESTS_KEYS_P11_SHIM_H
#define TESTS_KEYS_P11_SHIM_H

#include <p11-kit/pkcs11.h>

/*
 * A PKCS#11 module around SoftHSM that fails on request and counts: the test
 * finds this by dlsym("p11_shim"). The module proper is named at build time.
 */
struct p11_shim {
	CK_RV sign_fails;   /* C_Sign answers this … */
	int sign_times;     /* … so many times */
	bool really;        /* … and all sessions are closed */
	CK_FLAGS add_flags; /* to the token's */
	CK_RV login_fails;  /* C_Login answers this; 0: as SoftHSM does */
	int logins, signs;
};

#endif
