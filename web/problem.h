#ifndef WEB_PROBLEM_H
#define WEB_PROBLEM_H

#include "credential/report.h"

/*
 * Every refusal of a request, and every fault of ours, with its HTTP status
 * and its sentence in both languages: RFC 9457 problem details. A verdict is
 * never among them, and none of them is a verdict.
 */
enum web_problem {
	WEB_OK = 0,
	/* the head */
	WEB_BAD_REQUEST, /* no request line, or not of HTTP */
	WEB_BAD_TARGET,  /* not an absolute path of allowed characters */
	WEB_LONG_TARGET,
	WEB_BAD_VERSION,
	WEB_BAD_HEADER, /* a name or value that must not be */
	WEB_MANY_HEADERS,
	WEB_BAD_HOST,   /* none, two, or not a host */
	WEB_BAD_LENGTH, /* Content-Length repeated, signed, not a number */
	WEB_AMBIGUOUS,  /* Content-Length and Transfer-Encoding */
	WEB_CODING,     /* Transfer-Encoding of any kind */
	WEB_EXPECTATION,
	WEB_NO_LENGTH, /* a body without Content-Length */
	WEB_BODY_ON_GET,
	WEB_NOT_FOUND,
	WEB_METHOD,
	/* the body */
	WEB_TOO_LARGE,
	WEB_SLOW,      /* not all there at its deadline */
	WEB_CUT_SHORT, /* connection ended before Content-Length */
	WEB_EMPTY,
	WEB_TYPE,           /* a Content-Type that the route does not take */
	WEB_ENCODED,        /* Content-Encoding */
	WEB_MULTIPART,      /* multipart/form-data of wrong form */
	WEB_JSON,           /* not JSON, or not the object expected */
	WEB_TEXT,           /* QR text too long */
	WEB_PICTURE,        /* neither picture nor PDF that we read */
	WEB_PICTURE_LARGE,  /* too many bytes, pixels or pages */
	WEB_PICTURE_LOCKED, /* a PDF with a pass phrase */
	WEB_PICTURE_SLOW,   /* not decoded within its time */
	WEB_FORM,           /* application/x-www-form-urlencoded of wrong form */
	/* the reviewer's page: who may do what */
	WEB_INSECURE,   /* over HTTP: its cookie would not be kept */
	WEB_SIGNED_OUT, /* nobody's session, or one that has run out */
	WEB_FORBIDDEN,  /* the role has not this right */
	WEB_ORIGIN,     /* sent by the page of another host */
	WEB_TOKEN,      /* without the token of the session's forms */
	WEB_TABLE,      /* a table of claims that cannot be read */
	/* ours */
	WEB_FAULT,
	WEB_BUSY,      /* all places taken: try again */
	WEB_TOO_MANY,  /* this client asked too often */
	WEB_DRAINING,  /* shutting down */
	WEB_NOT_READY, /* no trust, no publication */
	N_WEB_PROBLEMS,
};

struct web_problem_info {
	int status;
	const char *code; /* for machines: "body_too_large" */
	const char *en, *zh;
};

const struct web_problem_info *problem_info(enum web_problem p);
/* "Bad Request" */
const char *problem_phrase(int status);

#endif
