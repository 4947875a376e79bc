#include "subsidy/anomaly.h"

#include <inttypes.h>
#include <stdio.h>

/* {n} the count, {o} what it is held against, {l} the limit, {p} percent. */
static const struct {
	const char *name;
	unsigned weight;
	bool share; /* n of `of` in percent against the limit */
	const char *en, *zh;
} KINDS[N_ANOMALIES] = {
    [ANOMALY_PER_DAY] = {"per_day", 60, false,
	"{n} certificates issued on one day; the capacity is {l}",
	"一天签发 {n} 张，评价能力为每天 {l} 张"},
    [ANOMALY_BURST] = {"burst", 40, false,
	"{n} certificates on one day, more than {l} times its usual {o}",
	"一天签发 {n} 张，超过平日 {o} 张的 {l} 倍"},
    [ANOMALY_WEEKEND] = {"weekend", 40, true,
	"{n} of {o} certificates are dated on a weekend ({p} %; limit {l} %)",
	"{o} 张中有 {n} 张的发证日期在周末（{p}%，限 {l}%）"},
    [ANOMALY_PASS_RATE] = {"pass_rate", 60, true,
	"{n} of {o} people assessed passed ({p} %; limit {l} %)",
	"{o} 人参评，{n} 人合格（{p}%，限 {l}%）"},
    [ANOMALY_SERIALS] = {"serials", 40, false,
	"{n} consecutive numbers for one training institution; limit {l}",
	"同一培训机构连号 {n} 张，限 {l} 张"},
    [ANOMALY_PHONE] = {"phone", 60, false,
	"{n} people with one phone number; limit {l}",
	"{n} 人共用一个手机号，限 {l} 人"},
    [ANOMALY_ACCOUNT] = {"account", 80, false,
	"{n} people with one bank account; limit {l}",
	"{n} 人共用一个银行账户，限 {l} 人"},
    [ANOMALY_LEVELS] = {"levels", 50, false,
	"{n} people with levels out of order or too fast; limit {l}",
	"{n} 人等级倒序或晋级过快，限 {l} 人"},
    [ANOMALY_PHOTO] = {"photo", 100, false,
	"the same photo on the certificates of {n} people; limit {l}",
	"{n} 人的证书用同一张照片，限 {l} 人"},
    [ANOMALY_BEFORE_END] = {"before_end", 80, true,
	"{n} of {o} certificates are older than the end of the training "
	"({p} %; limit {l} %)",
	"{o} 张中有 {n} 张早于培训结束签发（{p}%，限 {l}%）"},
};

static uint64_t
percent(uint64_t n, uint64_t of)
{
	return of > 0 ? n * 100 / of : 0;
}

bool
anomaly_judge(
    const struct anomaly_count *c, const struct rules *r, struct anomaly *out)
{
	unsigned limit = r->anomalies[c->kind];
	uint64_t value = c->n, against, excess;

	if (c->kind == ANOMALY_PER_DAY && c->capacity > 0)
		limit = c->capacity;
	against = limit;
	if (KINDS[c->kind].share) {
		/* Of few anything is possible by chance. */
		if (c->of < r->anomaly_min)
			return false;
		value = c->n * 100;
		against = limit * c->of;
	} else if (c->kind == ANOMALY_BURST) {
		if (c->n < r->anomaly_min)
			return false;
		against = limit * c->of;
	}
	if (limit == 0 || against == 0 || value <= against)
		return false;
	excess = value >= against * (ANOMALY_EXCESS_MAX / 100)
		     ? ANOMALY_EXCESS_MAX
		     : value * 100 / against;
	/* A pass rate has nothing above 100 %: at the limit is far already. */
	if (c->kind == ANOMALY_PASS_RATE)
		excess = 200;
	*out = (struct anomaly){c->kind, c->n, c->of, limit, (unsigned)excess};
	return true;
}

const char *
anomaly_name(enum anomaly_kind k)
{
	return KINDS[k].name;
}

void
anomaly_text(
    const struct anomaly *a, bool zh, char out[static ANOMALY_TEXT_MAX])
{
	const char *s = zh ? KINDS[a->kind].zh : KINDS[a->kind].en;
	size_t n = 0;

	for (; *s != '\0' && n + 24 < ANOMALY_TEXT_MAX; s++) {
		uint64_t v = 0;
		if (*s != '{') {
			out[n++] = *s;
			continue;
		}
		switch (s[1]) {
		case 'n':
			v = a->n;
			break;
		case 'o':
			v = a->of;
			break;
		case 'l':
			v = a->limit;
			break;
		default:
			v = percent(a->n, a->of);
			break;
		}
		n += (size_t)snprintf(
		    out + n, ANOMALY_TEXT_MAX - n, "%" PRIu64, v);
		s += 2;
	}
	out[n] = '\0';
}

#define SERIAL 6

static bool
serial_of(struct bytes number, uint64_t *out)
{
	uint64_t v = 0;

	if (number.len <= SERIAL ||
	    number.len - SERIAL >= sizeof((struct anomaly_run *)0)->head)
		return false;
	for (size_t i = number.len - SERIAL; i < number.len; i++) {
		if (number.ptr[i] < '0' || number.ptr[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(number.ptr[i] - '0');
	}
	*out = v;
	return true;
}

bool
anomaly_run_next(struct anomaly_run *r, struct bytes number, uint64_t *n)
{
	uint64_t serial = 0, ended = r->n;
	size_t head = number.len > SERIAL ? number.len - SERIAL : 0;

	if (number.len > 0 && !serial_of(number, &serial))
		return false;
	if (number.len > 0 && r->n > 0 && strlen(r->head) == head &&
	    memcmp(r->head, number.ptr, head) == 0 &&
	    (serial == r->last || serial == r->last + 1)) {
		r->n += serial != r->last;
		r->last = serial;
		return false;
	}
	*r = (struct anomaly_run){number.len > 0, serial, ""};
	if (number.len > 0)
		memcpy(r->head, number.ptr, head);
	if (ended == 0)
		return false;
	*n = ended;
	return true;
}

void
anomaly_score_add(struct anomaly_score *s, const struct anomaly *a)
{
	unsigned weight = KINDS[a->kind].weight, *part = &s->part[a->kind];
	unsigned before = *part, more = s->findings[a->kind]++;
	unsigned worst = weight * a->excess / 100;

	/* part = the worst + a tenth of the weight for each other, up to ten */
	if (more > 0) {
		unsigned others = more - 1 < 10 ? more - 1 : 10;
		unsigned old = *part - weight / 10 * others;
		others = more < 10 ? more : 10;
		*part = (worst > old ? worst : old) + weight / 10 * others;
	} else {
		*part = worst;
	}
	s->total += *part - before;
}

uint64_t
anomaly_median(const uint64_t *counts, size_t n)
{
	return n > 0 ? counts[(n - 1) / 2] : 0;
}
