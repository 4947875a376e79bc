#include "edge/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edge/lang.h"

enum cred_err
why_set(struct why *why, enum cred_err e, const char *fmt, ...)
{
	va_list ap;

	if (why == NULL)
		return e;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof why->text, fmt, ap);
	va_end(ap);
	return e;
}

enum cred_err
why_errno(struct why *why, int err, const char *doing, const char *path)
{
	char buf[128];
	enum cred_err e = CRED_FAULT_IO;

	if (err == ENOSPC || err == EDQUOT)
		e = CRED_FAULT_FULL;
	else if (err == ENOMEM)
		e = CRED_FAULT_NOMEM;
	/* GNU strerror_r: returns the text, in buf or not. */
	return why_set(why, e, "%s %s: %s", doing, path,
	    strerror_r(err, buf, sizeof buf));
}
