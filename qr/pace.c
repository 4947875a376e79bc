#include "qr/pace.h"

#include <math.h>

/* To begin with; what is slower shows it at once. */
static const double FIRST[PACE_WORKS] = {0.025, 0.008, 0.1, 0.012};
#define FIRST_STEP 0.004
/* One slow step must not end the reading. */
#define WORST	   4
#define WORST_STEP 0.15

void
pace_init(struct pace *p, double (*left)(void *ctx), void *ctx)
{
	*p = (struct pace){.left = left, .ctx = ctx, .step = FIRST_STEP};
	memcpy(p->px, FIRST, sizeof p->px);
}

static bool
begin(struct pace *p, double needs)
{
	if (p->left == NULL)
		return true;
	p->begun = p->left(p->ctx);
	return p->begun > needs;
}

bool
pace_begin(struct pace *p, enum pace_work w, uint64_t px)
{
	return begin(p, p->px[w] * (double)px / 1e6);
}

/* Of small pictures no pace can be told. */
void
pace_done(struct pace *p, enum pace_work w, uint64_t px)
{
	double each;

	if (p->left == NULL || px < 50000)
		return;
	each = (p->begun - p->left(p->ctx)) * 1e6 / (double)px;
	p->px[w] = fmin(fmax(p->px[w], each), WORST * FIRST[w]);
}

bool
pace_step_begin(struct pace *p)
{
	return begin(p, p->step);
}

void
pace_step_done(struct pace *p)
{
	if (p->left != NULL)
		p->step = fmin(
		    fmax(p->step, p->begun - p->left(p->ctx)), WORST_STEP);
}
