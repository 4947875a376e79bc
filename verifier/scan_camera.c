#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edge/cli.h"
#include "verifier/camera.h"
#include "verifier/scan.h"

#define FORGET_S 3 /* the same code is told again when out of sight so long */
#define SEEN_MAX 16
#define SILENT_S 10 /* a camera that gives no frame for so long is broken */

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int64_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

struct seen {
	struct {
		uint8_t *text;
		size_t len;
		int64_t last_s;
	} codes[SEEN_MAX];
	size_t next;
};

/* Was it in sight a moment ago? */
static bool
seen(struct seen *s, struct bytes text, int64_t now)
{
	size_t i;

	for (i = 0; i < SEEN_MAX; i++) {
		bool old;
		if (s->codes[i].text == NULL ||
		    !bytes_eq(bytes_of(s->codes[i].text, s->codes[i].len), text))
			continue;
		old = now - s->codes[i].last_s <= FORGET_S;
		s->codes[i].last_s = now;
		return old;
	}
	i = s->next++ % SEEN_MAX;
	free(s->codes[i].text);
	s->codes[i].text = malloc(text.len + 1);
	if (s->codes[i].text != NULL && text.len > 0)
		memcpy(s->codes[i].text, text.ptr, text.len);
	s->codes[i].len = text.len;
	s->codes[i].last_s = now;
	return false;
}

/* Of a report only the codes that are new; how many. */
static size_t
only_new(struct scan_report *r, struct seen *s)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].text.ptr != NULL &&
		    !seen(s, r->items[i].text, now_s()))
			r->items[n++] = r->items[i];
	return r->n = n;
}

struct session {
	const struct scan_style *style;
	struct scan_sheet *sheet;
	struct scan_count count;
	struct seen seen;
	int status;
	bool any;
};

static enum cred_err
tell(struct session *s, struct scan_report *r, struct why *why)
{
	if (r->err >= CRED_FAULT_NOMEM) {
		*why = r->why;
		return r->err;
	}
	/* a frame without a code, or spoilt, is nothing to speak of */
	if (r->codes.n == 0 || only_new(r, &s->seen) == 0)
		return CRED_OK;
	s->any = true;
	scan_print(stdout, r, s->style);
	fflush(stdout);
	if (isatty(STDERR_FILENO) && !s->style->quiet)
		fputc('\a', stderr);
	s->status = scan_worse(s->status, scan_exit(r, s->style->raw));
	scan_count(&s->count, r);
	return s->sheet != NULL ? scan_sheet_add(s->sheet, r, why) : CRED_OK;
}

int
scan_camera_run(const struct scan_job *job, const struct scan_camera *c,
    const struct scan_style *style, struct scan_sheet *sheet)
{
	struct sigaction act = {.sa_handler = stop}; /* no SA_RESTART */
	struct session s = {
	    .style = style, .sheet = sheet, .status = EXIT_OK};
	int64_t begun, frame_s;
	struct camera *cam = NULL;
	struct why why = {{0}};
	enum cred_err e = camera_open(c->dev, &cam, &why);
	const char *name = c->dev != NULL ? c->dev : "/dev/video0";

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	begun = frame_s = now_s();
	if (e == CRED_OK && !style->quiet)
		fprintf(stderr, "tamga-scan: %s\n",
		    TR("hold the code before the camera; Ctrl+C ends",
			"请把二维码放在摄像头前；按 Ctrl+C 结束"));
	while (e == CRED_OK && !stopped && (c->continuous || !s.any)) {
		struct scan_report r;
		struct bytes frame;
		bool got;
		if (c->wait_s != 0 && !s.any &&
		    now_s() - begun >= (int64_t)c->wait_s)
			break;
		e = camera_frame(cam, 500, &frame, &got, &why);
		if (e != CRED_OK)
			break;
		if (!got) {
			if (now_s() - frame_s >= SILENT_S)
				e = why_set(&why, CRED_FAULT_IO,
				    TR("the camera %s gives no pictures",
					"摄像头 %s 没有画面"),
				    name);
			continue;
		}
		frame_s = now_s();
		scan_bytes(job, name, frame, &r);
		e = tell(&s, &r, &why);
		scan_report_release(&r);
	}
	camera_close(cam);
	for (size_t i = 0; i < SEEN_MAX; i++)
		free(s.seen.codes[i].text);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (!s.any && !style->quiet)
		fprintf(stderr, "tamga-scan: %s\n",
		    TR("no code was read", "没有读出二维码"));
	scan_print_end(stdout, &s.count, style);
	return s.any ? s.status : EXIT_NOTHING;
}
