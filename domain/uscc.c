#include "domain/uscc.h"

enum cred_err
uscc_check(struct bytes s)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const int weight[17] = {
	    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	int sum = 0, value[18];

	if (s.len != 18)
		return CRED_ERR_DOMAIN_FORM;
	for (size_t i = 0; i < 18; i++) {
		const char *p =
		    s.ptr[i] == '\0' ? NULL : strchr(alphabet, s.ptr[i]);
		if (p == NULL)
			return CRED_ERR_DOMAIN_FORM;
		value[i] = (int)(p - alphabet);
	}
	for (size_t i = 2; i < 8; i++) /* region */
		if (value[i] > 9)
			return CRED_ERR_DOMAIN_FORM;
	for (int i = 0; i < 17; i++)
		sum += value[i] * weight[i];
	/* The outer % 31 matters: sum % 31 = 0 gives 0, not 31. */
	if ((31 - sum % 31) % 31 != value[17])
		return CRED_ERR_DOMAIN_CHECKSUM;
	return CRED_OK;
}
