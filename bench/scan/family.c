#include "bench/scan/family.h"

#include <math.h>

#define AROUND 112 /* modules that a crop shows, a side */
#define PI     3.14159265f

static struct frame
shot(const struct camera *c)
{
	int side = (int)(c->module * AROUND);

	return camera_take(c, side, side, 90);
}

/* A phone held about straight, in good light. */
static struct camera
phone(const struct paper *p, struct rng *r, float from, float to)
{
	return (struct camera){.paper = p,
	    .module = rng_in(r, from, to),
	    .roll = rng_in(r, -0.15f, 0.15f),
	    .tilt = rng_in(r, 0, 0.2f),
	    .azimuth = rng_in(r, 0, 2 * PI)};
}

/* What every lens and sensor adds. */
static void
sensor(struct frame *f, struct rng *r)
{
	frame_levels(f, rng_in(r, 15, 45), rng_in(r, 190, 240));
	frame_blur(f, rng_in(r, 0.5f, 0.9f));
	frame_noise(f, r, rng_in(r, 1.5f, 4));
}

static struct frame
clean(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = {.paper = p, .module = rng_in(r, 4, 6)};

	*quality = 0;
	return shot(&c);
}

static struct frame
rotation(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 2.5f, 5);
	struct frame f;

	(void)quality;
	c.roll = rng_in(r, 0, 2 * PI);
	f = shot(&c);
	sensor(&f, r);
	return f;
}

static struct frame
perspective(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 4, 7);
	struct frame f;

	(void)quality;
	c.tilt = rng_in(r, 0.35f, 1.08f); /* 20 to 62 degrees */
	c.roll = rng_in(r, -PI, PI);
	f = shot(&c);
	sensor(&f, r);
	return f;
}

static struct frame
curl(struct paper *p, struct rng *r, int *quality)
{
	struct bent b = {.curl = rng_in(r, 200, 500)};
	struct camera c = phone(p, r, 4, 6);
	struct frame f;

	(void)quality;
	c.bent = &b;
	f = shot(&c);
	sensor(&f, r);
	return f;
}

static struct frame
blur(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 3, 8);
	struct frame f = shot(&c);

	(void)quality;
	frame_blur(&f, c.module * rng_in(r, 0.25f, 0.7f));
	sensor(&f, r);
	return f;
}

static struct frame
defocus(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 4, 8);
	struct frame f = shot(&c);

	(void)quality;
	frame_defocus(&f, c.module * rng_in(r, 0.5f, 1.15f));
	sensor(&f, r);
	return f;
}

static struct frame
motion(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 4, 8);
	struct frame f = shot(&c);

	(void)quality;
	frame_motion(&f, c.module * rng_in(r, 0.8f, 2.8f), rng_in(r, 0, PI));
	sensor(&f, r);
	return f;
}

static struct frame
light(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 3, 6);
	struct frame f = shot(&c);
	float low = rng_in(r, 0.08f, 0.4f), angle = rng_in(r, 0, 2 * PI);
	float ca = cosf(angle), sa = sinf(angle);
	bool hard = rng_below(r, 2) == 0;
	float at = rng_in(r, -0.15f, 0.15f);

	(void)quality;
	for (int y = 0; y < f.h; y++)
		for (int x = 0; x < f.w; x++) {
			float u = (float)x / (float)f.w - 0.5f,
			      v = (float)y / (float)f.h - 0.5f;
			float d = ca * u + sa * v - at;
			float k = hard ? 1 / (1 + expf(-d * 60)) : d + 0.5f;
			k = fminf(fmaxf(k, 0), 1);
			f.px[y * f.w + x] *= low + (1 - low) * k;
		}
	sensor(&f, r);
	return f;
}

static struct frame
glare(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 4, 6);
	struct frame f = shot(&c);
	unsigned n = 1 + rng_below(r, 2);

	(void)quality;
	frame_levels(&f, 30, 200);
	for (unsigned i = 0; i < n; i++) {
		float half = (float)p->dim * c.module / 2;
		float cx = (float)f.w / 2 + rng_in(r, -half, half);
		float cy = (float)f.h / 2 + rng_in(r, -half, half);
		float a = c.module * rng_in(r, 4, 13);
		float b = a * rng_in(r, 0.5f, 1.2f);
		for (int y = 0; y < f.h; y++)
			for (int x = 0; x < f.w; x++) {
				float d = hypotf(
				    ((float)x - cx) / a, ((float)y - cy) / b);
				f.px[y * f.w + x] +=
				    300 / (1 + expf((d - 1) * 5));
			}
	}
	for (int i = 0; i < f.w * f.h; i++)
		f.px[i] = fminf(f.px[i], 255);
	frame_blur(&f, rng_in(r, 0.5f, 0.9f));
	frame_noise(&f, r, rng_in(r, 1.5f, 4));
	return f;
}

static struct frame
crease(struct paper *p, struct rng *r, int *quality)
{
	struct bent b = {0};
	struct camera c = phone(p, r, 4, 6);
	unsigned n = 1 + rng_below(r, 3);
	struct frame f;

	(void)quality;
	for (unsigned i = 0; i < n; i++)
		paper_fold(p, &b, r, rng_in(r, 0.05f, 0.6f) * PAPER_MODULE,
		    rng_in(r, 0.1f, 0.8f) * PAPER_MODULE);
	c.bent = &b;
	f = shot(&c);
	sensor(&f, r);
	return f;
}

static struct frame
crumple(struct paper *p, struct rng *r, int *quality)
{
	struct bent b = {0};
	struct camera c = phone(p, r, 4, 6);
	struct frame f;

	(void)quality;
	paper_crumple(p, &b, r, rng_in(r, 10, 28) * PAPER_MODULE,
	    rng_in(r, 0.4f, 1.5f) * PAPER_MODULE, rng_in(r, 0.2f, 0.5f));
	c.bent = &b;
	f = shot(&c);
	sensor(&f, r);
	bent_free(&b);
	return f;
}

static struct frame
stain(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 3.5f, 6);
	unsigned n = 1 + rng_below(r, 3);
	struct frame f;

	(void)quality;
	paper_ring(
	    p, r, rng_in(r, 15, 40) * PAPER_MODULE, rng_in(r, 0.35f, 0.7f));
	for (unsigned i = 0; i < n; i++)
		paper_stain(p, r, rng_in(r, 1.5f, 5.5f) * PAPER_MODULE,
		    rng_in(r, 0, 0.25f));
	if (rng_below(r, 2) == 0)
		paper_stroke(p, r, rng_in(r, 0.6f, 1.6f) * PAPER_MODULE, 0.15f);
	f = shot(&c);
	sensor(&f, r);
	return f;
}

static struct frame
jpeg(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 2.5f, 5);
	struct frame f = shot(&c);

	*quality = (int)rng_in(r, 4, 25);
	sensor(&f, r);
	return f;
}

/* Black and white at 100, 150 or 200 dots an inch. */
static struct frame
fax(struct paper *p, struct rng *r, int *quality)
{
	static const float dpi[] = {100, 150, 200};
	struct camera c = {.paper = p,
	    .module = PAPER_MODULE * dpi[rng_below(r, 3)] / 300,
	    .roll = rng_in(r, -0.035f, 0.035f)};
	struct frame f = shot(&c);

	*quality = 0;
	frame_blur(&f, rng_in(r, 0.3f, 0.55f));
	frame_noise(&f, r, rng_in(r, 5, 20));
	frame_binary(&f, rng_in(r, 105, 150));
	frame_salt(&f, r, rng_in(r, 0, 0.01f));
	return f;
}

/* A copy of a copy: ink runs or dies away, dust, streaks. */
static struct frame
photocopy(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = {.paper = p,
	    .module = rng_in(r, 2.5f, 5),
	    .roll = rng_in(r, -0.03f, 0.03f)};
	struct frame f = shot(&c), uneven;
	float at = rng_in(r, 70, 185), hard = rng_in(r, 8, 25);

	frame_blur(&f, c.module * rng_in(r, 0.2f, 0.42f));
	uneven = frame_waves(r, f.w, f.h, 60);
	for (int i = 0; i < f.w * f.h; i++)
		f.px[i] =
		    20 + 225 / (1 + expf(-(f.px[i] - at - 25 * uneven.px[i]) /
					 hard));
	for (unsigned i = rng_below(r, 5); i > 0; i--) {
		int x = (int)rng_below(r, (unsigned)f.w);
		for (int y = 0; y < f.h; y++)
			f.px[y * f.w + x] = 40;
	}
	frame_salt(&f, r, rng_in(r, 0, 0.03f));
	frame_blur(&f, rng_in(r, 0.4f, 0.7f));
	frame_free(&uneven);
	*quality = (int)rng_in(r, 50, 85);
	return f;
}

/* A screen photographed: its grid beats with the sensor's. */
static struct frame
moire(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 3.5f, 7);
	struct frame f = shot(&c);

	(void)quality;
	for (int k = 0; k < 2; k++) {
		float period = k == 0 ? rng_in(r, 2.2f, 5) : rng_in(r, 8, 40);
		float angle = rng_in(r, 0, PI), phase = rng_in(r, 0, 2 * PI);
		float depth = rng_in(r, 0.15f, 0.45f);
		for (int y = 0; y < f.h; y++)
			for (int x = 0; x < f.w; x++) {
				float d = cosf(angle) * (float)x +
					  sinf(angle) * (float)y;
				float s = sinf(d * 2 * PI / period + phase);
				f.px[y * f.w + x] *=
				    1 - depth * (0.5f + 0.5f * s);
			}
	}
	sensor(&f, r);
	return f;
}

static struct frame
contrast(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 3, 6);
	struct frame f = shot(&c);
	float dark = rng_in(r, 40, 190), span = rng_in(r, 7, 35);

	*quality = (int)rng_in(r, 85, 96);
	frame_blur(&f, rng_in(r, 0.5f, 0.9f));
	frame_levels(&f, dark, dark + span);
	frame_noise(&f, r, rng_in(r, 1, 3));
	return f;
}

static struct frame
small(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 1.1f, 2.1f);
	struct frame f = shot(&c);

	*quality = (int)rng_in(r, 88, 97);
	frame_levels(&f, rng_in(r, 15, 45), rng_in(r, 190, 240));
	frame_blur(&f, rng_in(r, 0.35f, 0.6f));
	frame_noise(&f, r, rng_in(r, 1, 3));
	return f;
}

static struct frame
noise(struct paper *p, struct rng *r, int *quality)
{
	struct camera c = phone(p, r, 2.5f, 5);
	struct frame f = shot(&c);

	*quality = 0;
	frame_levels(&f, rng_in(r, 15, 45), rng_in(r, 190, 240));
	frame_blur(&f, rng_in(r, 0.5f, 0.9f));
	frame_noise(&f, r, rng_in(r, 15, 65));
	frame_salt(&f, r, rng_in(r, 0, 0.06f));
	return f;
}

/* Somewhat of everything, as it comes. */
static struct frame
everyday(struct paper *p, struct rng *r, int *quality)
{
	struct bent b = {0};
	struct camera c = phone(p, r, 2.8f, 5);
	struct frame f;
	float low = rng_in(r, 0.3f, 0.8f);

	*quality = (int)rng_in(r, 40, 80);
	c.tilt = rng_in(r, 0.1f, 0.6f);
	c.roll = rng_in(r, -PI, PI);
	paper_fold(p, &b, r, rng_in(r, 0, 0.4f) * PAPER_MODULE,
	    rng_in(r, 0, 0.3f) * PAPER_MODULE);
	c.bent = &b;
	f = shot(&c);
	frame_blur(&f, c.module * rng_in(r, 0.2f, 0.45f));
	frame_motion(&f, c.module * rng_in(r, 0.1f, 0.8f), rng_in(r, 0, PI));
	for (int y = 0; y < f.h; y++)
		for (int x = 0; x < f.w; x++)
			f.px[y * f.w + x] *=
			    low + (1 - low) * (float)x / (float)f.w;
	frame_levels(&f, rng_in(r, 15, 45), rng_in(r, 190, 240));
	frame_noise(&f, r, rng_in(r, 3, 10));
	return f;
}

/* 12 megapixels of a page on a desk, upright or lying. */
static struct frame
photo12(struct paper *p, struct rng *r, int *quality)
{
	bool lying = rng_below(r, 2) == 0;
	int w = lying ? 4000 : 3000, h = lying ? 3000 : 4000;
	float fill = rng_in(r, 0.75f, 1);
	struct camera c = {.paper = p,
	    .module = PAPER_MODULE * fill * (lying ? 3000.0f : 4000.0f) /
		      (float)p->page.h,
	    .roll = rng_in(r, -0.1f, 0.1f),
	    .tilt = rng_in(r, 0, 0.35f),
	    .azimuth = rng_in(r, 0, 2 * PI),
	    .x = (float)p->page.w / 2 - p->cx,
	    .y = (float)p->page.h / 2 - p->cy};
	struct frame f;
	float low = rng_in(r, 0.4f, 0.9f);

	*quality = (int)rng_in(r, 80, 92);
	f = camera_take(&c, w, h, 90);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			f.px[y * w + x] *=
			    low + (1 - low) * (float)y / (float)h;
	frame_levels(&f, rng_in(r, 15, 45), rng_in(r, 190, 240));
	frame_blur(&f, rng_in(r, 0.7f, 1.8f));
	frame_noise(&f, r, rng_in(r, 2, 6));
	return f;
}

static struct frame
scanner(struct paper *p, struct rng *r, int *quality, int dpi)
{
	struct camera c = {.paper = p,
	    .module = PAPER_MODULE * (float)dpi / 300,
	    .roll = rng_in(r, -0.05f, 0.05f),
	    .x = (float)p->page.w / 2 - p->cx,
	    .y = (float)p->page.h / 2 - p->cy};
	struct frame f =
	    camera_take(&c, 2480 * dpi / 300, 3508 * dpi / 300, 250);

	*quality = rng_below(r, 4) == 0 ? 0 : (int)rng_in(r, 50, 90);
	frame_levels(&f, rng_in(r, 10, 40), rng_in(r, 225, 250));
	frame_blur(&f, rng_in(r, 0.4f, 0.8f));
	frame_noise(&f, r, rng_in(r, 1, 4));
	return f;
}

static struct frame
scan150(struct paper *p, struct rng *r, int *quality)
{
	return scanner(p, r, quality, 150);
}

static struct frame
scan300(struct paper *p, struct rng *r, int *quality)
{
	return scanner(p, r, quality, 300);
}

const struct family FAMILIES[] = {
    {"clean", false, clean},
    {"rotation", false, rotation},
    {"perspective", false, perspective},
    {"curl", false, curl},
    {"blur", false, blur},
    {"defocus", false, defocus},
    {"motion", false, motion},
    {"light", false, light},
    {"glare", false, glare},
    {"crease", false, crease},
    {"crumple", false, crumple},
    {"stain", false, stain},
    {"jpeg", false, jpeg},
    {"fax", false, fax},
    {"photocopy", false, photocopy},
    {"moire", false, moire},
    {"contrast", false, contrast},
    {"small", false, small},
    {"noise", false, noise},
    {"everyday", false, everyday},
    {"scan150", true, scan150},
    {"scan300", true, scan300},
    {"photo12", true, photo12},
};
const unsigned N_FAMILIES = sizeof FAMILIES / sizeof *FAMILIES;
