#include "issuer/print.h"

#include <stdarg.h>
#include <stdlib.h>

#include "credential/digits.h"
#include "domain/idnum.h"
#include "domain/words.h"
#include "edge/file.h"
#include "issuer/intent.h"
#include "issuer/photo.h"

#define MAX_FIELDS 24

/* The fields of one certificate; texts point into the entry, the
 * configuration or store. */
struct page {
	struct render_field fields[MAX_FIELDS];
	size_t n;
	char store[1024];
	size_t used;
	uint8_t *photo;
	size_t photo_len;
	char qr[CRED_MAX_TEXT];
	size_t qr_len;
};

void
printer_init(struct printer *p, const struct home *h, const char *chosen)
{
	*p = (struct printer){.h = h, .chosen = chosen};
}

void
printer_release(struct printer *p)
{
	for (int k = 0; k < 6; k++) {
		render_template_free(p->templates[k][0]);
		render_template_free(p->templates[k][1]);
	}
	*p = (struct printer){0};
}

/* NULL: out of memory. */
static char *
template_path(const struct printer *p, enum kind kind)
{
	const char *own = p->h->conf.template_name[kind];
	const char *name = p->chosen != NULL ? p->chosen : own;
	const char *star = strchr(name, '*');
	char *whole = NULL, *path;

	if (star == NULL)
		return conf_template_path(&p->h->conf, name);
	if (asprintf(&whole, "%.*s%s%s", (int)(star - name), name, own,
		star + 1) < 0)
		return NULL;
	path = conf_template_path(&p->h->conf, whole);
	free(whole);
	return path;
}

enum cred_err
printer_template(struct printer *p, enum kind kind, int32_t issued,
    struct render_template **out, struct why *why)
{
	const char *order = conf_order(&p->h->conf, issued);
	struct render_template **t = &p->templates[kind][*order == 'z'];
	char *path = template_path(p, kind);
	enum cred_err e = CRED_OK;

	if (path == NULL)
		return CRED_FAULT_NOMEM;
	if (*t == NULL)
		e = render_template_load_as(path, order, t, why);
	if (e == CRED_OK && !render_template_has(*t, "qr"))
		e = why_set(why, CRED_FAULT_RENDER,
		    TR("the template %s has no rectangle with id qr; a "
		       "certificate without its code cannot be verified",
			"模板 %s 中没有 id 为 qr 的矩形；"
			"没有二维码的证书无法查验"),
		    path);
	if (e == CRED_OK)
		*out = *t;
	free(path);
	return cred_is_refusal(e) ? CRED_FAULT_RENDER : e;
}

void
print_name(const struct registry_entry *e, char out[static PRINT_NAME_MAX])
{
	if (e->number != NULL)
		snprintf(out, PRINT_NAME_MAX, "%s", e->number);
	else
		snprintf(out, PRINT_NAME_MAX, "index-%08llu",
		    (unsigned long long)e->index);
}

static void
set(struct page *g, const char *id, const char *text)
{
	if (g->n < MAX_FIELDS && text != NULL)
		g->fields[g->n++] = (struct render_field){id, text};
}

/* A text of the page's own. */
static void put(struct page *g, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void
put(struct page *g, const char *id, const char *fmt, ...)
{
	char *at = g->store + g->used;
	size_t room = sizeof g->store - g->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(at, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		return;
	g->used += (size_t)n + 1;
	set(g, id, at);
}

/* 2026年6月30日: as printed certificates have it. */
static void
put_day(struct page *g, const char *id, int32_t day)
{
	int y, m, d;

	day_to_civil(day, &y, &m, &d);
	put(g, id, "%d年%d月%d日", y, m, d);
}

static enum cred_err
page_fields(const struct printer *p, const struct registry_entry *e,
    const struct claims *c, struct page *g, struct why *why)
{
	const struct kind_rules *k = kind_rules(e->kind);
	const struct conf *conf = &p->h->conf;
	struct intent_print extra;

	if (intent_read_print(e->print, &extra) != CRED_OK)
		return why_set(why, CRED_FAULT_DB,
		    TR("what is printed at index %llu is damaged in the "
		       "registry",
			"登记库中序号 %llu 的打印内容已损坏"),
		    (unsigned long long)e->index);
	set(g, "title", k->title);
	set(g, "body_text", conf->body_text[e->kind]);
	set(g, "query_url", conf->query_url[e->kind]);
	set(g, "notice", conf->notice[e->kind]);
	set(g, "verifier_url", p->h->body->scope.base);
	set(g, "issuer", p->h->body->name);
	set(g, "name", e->name);
	set(g, "id_type", idnum_type_name(e->id_type));
	set(g, "id_number", e->id_number);
	set(g, "occupation", e->occupation);
	/* Never blank: domain.md 1.4. */
	set(g, "direction", e->direction != NULL ? e->direction : "--");
	if (k->level)
		set(g, "level", level_word(e->level));
	if (k->number)
		set(g, "number", e->number);
	else /* domain.md 2.1 */
		put(g, "number", "T%s", e->id_number);
	put_day(g, "issued", e->issued);
	if (k->operation) {
		put(g, "category", "%s", extra.category);
		set(g, "item", e->occupation);
		put_day(g, "valid_from",
		    extra.has_valid_from ? extra.valid_from : e->issued);
		if (c->cert.has_valid_to)
			put_day(g, "valid_to", c->cert.valid_to);
		if (c->cert.has_review_due)
			put_day(g, "review_due", c->cert.review_due);
		else
			set(g, "review_due", "--");
	}
	if (e->kind == KIND_TRAINING && extra.has_trained) {
		put_day(g, "trained_from", extra.trained_from);
		put_day(g, "trained_to", extra.trained_to);
	} else if (e->kind == KIND_TRAINING) {
		set(g, "trained_from", "--");
		set(g, "trained_to", "--");
	}
	put(g, "serial_note", "No. %08llu", (unsigned long long)e->index);
	return CRED_OK;
}

/* A draft has a credential without signature, and its photo is not kept yet. */
static enum cred_err
page_make(const struct printer *p, const struct registry_entry *e, bool draft,
    struct page *g, struct why *why)
{
	struct outbuf qr = {(uint8_t *)g->qr, sizeof g->qr, 0};
	struct claims c;
	enum cred_err err;

	g->n = g->used = 0;
	g->photo = NULL;
	err = claims_decode(e->payload, &c);
	if (err != CRED_OK)
		return why_set(why, CRED_FAULT_DB,
		    TR("the claims at index %llu are damaged in the registry: "
		       "%s",
			"登记库中序号 %llu 的证书内容已损坏：%s"),
		    (unsigned long long)e->index, cred_strerr(err));
	err = page_fields(p, e, &c, g, why);
	if (err == CRED_OK && e->credential.len > 0)
		err = qrtext_make(
		    bytes_str(p->h->body->scope.base), e->credential, &qr);
	if (err == CRED_OK)
		g->qr_len = qr.len;
	if (err == CRED_OK && !draft && c.cert.photo.ptr != NULL)
		err = photo_load(
		    p->h, c.cert.photo, &g->photo, &g->photo_len, why);
	return err;
}

static struct render_record
record_of(const struct page *g)
{
	struct render_record r = {.fields = g->fields, .n_fields = g->n};

	if (g->qr_len > 0)
		r.qr_text = bytes_of(g->qr, g->qr_len);
	if (g->photo != NULL)
		r.photo = bytes_of(g->photo, g->photo_len);
	return r;
}

/* Once a run. */
static void
say_unconfirmed(struct printer *p, const struct render_template *t)
{
	size_t n = render_template_unconfirmed(t);

	if (n == 0 || p->said)
		return;
	p->said = true;
	if (p->all_said == NULL || !atomic_exchange(p->all_said, true))
		cli_say(p->h->cli,
		    TR("%zu texts of the template have not been confirmed by a "
		       "native reader; see the table beside it",
			"模板有 %zu 条文字未经母语人员确认，"
			"请看模板旁的文字表"),
		    n);
}

enum cred_err
printer_page(struct printer *p, const struct registry_entry *e,
    struct render_part *part, struct why *why)
{
	struct render_template *t;
	struct render_record rec;
	struct page g = {.n = 0};
	enum cred_err err = printer_template(p, e->kind, e->issued, &t, why);

	if (err == CRED_OK)
		say_unconfirmed(p, t);
	if (err == CRED_OK)
		err = page_make(p, e, false, &g, why);
	if (err == CRED_OK) {
		rec = record_of(&g);
		err = render_part_page(part, t, &rec, why);
	}
	free(g.photo);
	/* It is signed already: that it cannot be printed is our fault. */
	return cred_is_refusal(err) ? CRED_FAULT_RENDER : err;
}

enum cred_err
printer_file(struct printer *p, const struct registry_entry *e,
    const char *path, struct why *why)
{
	struct render_pdf *pdf = NULL;
	enum cred_err err =
	    render_pdf_open(path, kind_rules(e->kind)->title, &pdf, why);

	if (err != CRED_OK)
		return err;
	err = printer_page(p, e, render_pdf_first(pdf), why);
	if (err != CRED_OK) {
		render_pdf_abort(pdf);
		return err;
	}
	return render_pdf_close(pdf, why);
}

/* Which column a field comes from; N_COLUMNS: none, it is ours. */
static enum column
column_of(const char *field, enum kind kind)
{
	static const struct {
		const char *field;
		enum column column;
	} table[] = {
	    {"name", COL_NAME},
	    {"id_type", COL_ID_TYPE},
	    {"id_number", COL_ID_NUMBER},
	    {"occupation", COL_OCCUPATION},
	    {"item", COL_OCCUPATION},
	    {"category", COL_CATEGORY},
	    {"direction", COL_DIRECTION},
	    {"level", COL_LEVEL},
	    {"issued", COL_ISSUED},
	    {"valid_from", COL_VALID_FROM},
	    {"valid_to", COL_VALID_TO},
	    {"review_due", COL_REVIEW_DUE},
	    {"trained_from", COL_TRAINED_FROM},
	    {"trained_to", COL_TRAINED_TO},
	};

	if (strcmp(field, "number") == 0)
		return kind_rules(kind)->number ? COL_NUMBER : COL_ID_NUMBER;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(field, table[i].field) == 0)
			return table[i].column;
	return N_COLUMNS;
}

static void
find_field(struct render_template *t, const struct page *g, struct row *row,
    struct findings *f, enum cred_err whole, const struct why *all)
{
	enum column column = N_COLUMNS;
	struct why why = *all;

	for (size_t i = 0; i < g->n; i++) {
		const struct render_record one = {
		    .fields = &g->fields[i], .n_fields = 1};
		enum cred_err e = render_check(t, &one, &why);
		if (e == CRED_OK)
			continue;
		whole = e;
		column = column_of(g->fields[i].id, row->kind);
		break;
	}
	row->bad = true;
	/* A why may quote the field's text: never an ID number's. */
	if (column == COL_ID_NUMBER || column == COL_NUMBER)
		findings_add(f, row->row, column_name(column), FIND_TEXT_FONT,
		    TR("cannot be printed with this template: %s",
			"用此模板打印不出来：%s"),
		    cred_strerr(whole));
	else
		findings_add(f, row->row, column_name(column), FIND_TEXT_FONT,
		    TR("cannot be printed: %s", "打印不出来：%s"), why.text);
}

/* The credential that will be, with a signature of zeros and an index that is
 * not smaller: for its size in the QR code. */
static enum cred_err
draft_credential(const struct body *body, struct registry_entry *entry,
    uint8_t buf[static CRED_MAX_BYTES])
{
	uint8_t head[64], sig[CRED_SIG_LEN] = {0};
	struct outbuf h = {head, sizeof head, 0};
	struct outbuf o = {buf, CRED_MAX_BYTES, 0};
	enum cred_err e =
	    cose_protected(body->alg, body->kid, COSE_CREDENTIAL, &h);

	if (e == CRED_OK)
		e = cose_encode(bytes_of(head, h.len), entry->payload, sig, &o);
	if (e == CRED_FAULT_SPACE)
		e = CRED_ERR_COSE_SIZE;
	if (e == CRED_OK)
		entry->credential = bytes_of(buf, o.len);
	return e;
}

static enum cred_err
draft_photo(
    const char *dir, const struct row *row, struct page *g, struct why *why)
{
	enum cred_err e;
	char *path;

	if (!row->has_photo || dir == NULL)
		return CRED_OK;
	path = file_join(dir, row->photo_file);
	if (path == NULL)
		return CRED_FAULT_NOMEM;
	e = file_read(path, ROW_PHOTO_BYTES, &g->photo, &g->photo_len, why);
	free(path);
	return cred_is_refusal(e) ? CRED_FAULT_IO : e;
}

/* Is it the photo alone that cannot be drawn? */
static bool
photo_alone(struct render_template *t, struct render_record rec)
{
	struct why why;

	rec.photo = (struct bytes){0};
	return render_check(t, &rec, &why) == CRED_OK;
}

enum cred_err
printer_check(struct printer *p, const char *photo_dir, struct row *row,
    int64_t now, struct findings *f, struct why *why)
{
	uint8_t cose[CRED_MAX_BYTES];
	struct registry_entry entry;
	struct render_template *t;
	struct render_record rec = {0};
	struct intent intent = {.print = NULL};
	struct page g = {.n = 0};
	enum cred_err e = printer_template(p, row->kind, row->issued, &t, why);

	if (e != CRED_OK)
		return e;
	e = intent_make(
	    row, p->h->body, UINT32_MAX, 1, now, &intent, &entry, why);
	if (e == CRED_OK)
		e = draft_credential(p->h->body, &entry, cose);
	if (cred_is_refusal(e)) {
		row->bad = true;
		findings_add(f, row->row, "", FIND_TEXT_LONG,
		    TR("does not fit into a credential (%s); shorten name, "
		       "occupation or direction",
			"放不进证书（%s）；请缩短姓名、职业名称或工种"),
		    cred_strerr(e));
		e = findings_state(f);
		goto out;
	}
	if (e == CRED_OK)
		e = page_make(p, &entry, true, &g, why);
	if (e == CRED_OK)
		e = draft_photo(photo_dir, row, &g, why);
	if (e == CRED_OK) {
		rec = record_of(&g);
		e = render_check(t, &rec, why);
	}
	if ((e == CRED_FAULT_RENDER || cred_is_refusal(e)) &&
	    g.photo != NULL && photo_alone(t, rec)) {
		row->bad = true;
		findings_add(f, row->row, column_name(COL_PHOTO), FIND_PHOTO,
		    "%s", why->text);
		e = findings_state(f);
	} else if (cred_is_refusal(e)) {
		find_field(t, &g, row, f, e, why);
		e = findings_state(f);
	}
out:
	intent_release(&intent);
	free(g.photo);
	return e;
}
