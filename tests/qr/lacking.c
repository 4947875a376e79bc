#include "tests/qr/lacking.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>

bool
lacking(const char *what)
{
	static const int landlock[] = {SCMP_SYS(landlock_create_ruleset),
	    SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	bool both = strcmp(what, "both") == 0, ok = f != NULL;

	for (size_t i = 0; ok && i < 3; i++)
		if (both || strcmp(what, "landlock") == 0)
			ok = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
				 landlock[i], 0) == 0;
	if (ok && (both || strcmp(what, "seccomp") == 0)) {
		ok = seccomp_rule_add(
			 f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) == 0;
		ok = ok && seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL),
			       SCMP_SYS(prctl), 1,
			       SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) == 0;
		ok = ok && seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL),
			       SCMP_SYS(prctl), 1,
			       SCMP_A0(SCMP_CMP_EQ, PR_GET_SECCOMP)) == 0;
	}
	ok = ok && seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}
