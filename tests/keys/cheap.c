#include <openssl/evp.h>
#include <openssl/x509.h>

/* Cheap scrypt: these keys live for a second. tests/keys/tamga-keys.bats looks
 * at what the program writes. */
X509_ALGOR *__real_PKCS5_pbe2_set_scrypt(const EVP_CIPHER *cipher,
    const unsigned char *salt, int saltlen, unsigned char *aiv, uint64_t n,
    uint64_t r, uint64_t p);
X509_ALGOR *__wrap_PKCS5_pbe2_set_scrypt(const EVP_CIPHER *cipher,
    const unsigned char *salt, int saltlen, unsigned char *aiv, uint64_t n,
    uint64_t r, uint64_t p);

X509_ALGOR *
__wrap_PKCS5_pbe2_set_scrypt(const EVP_CIPHER *cipher,
    const unsigned char *salt, int saltlen, unsigned char *aiv, uint64_t n,
    uint64_t r, uint64_t p)
{
	(void)n;
	(void)p;
	return __real_PKCS5_pbe2_set_scrypt(
	    cipher, salt, saltlen, aiv, 16, r, 1);
}
