#include "domain/catalogue.h"
#include "domain/idnum.h"
#include "subsidy/review_int.h"

static const char *
list_word(enum office_list l)
{
	switch (l) {
	case LIST_PENSION:
		return "按月领取养老金 (pension)";
	case LIST_DEATH:
		return "死亡 (death)";
	case LIST_STUDENT:
		return "在校学生 (student)";
	case LIST_STAFF:
		return "机关事业编制 (staff)";
	case N_LISTS:
		break;
	}
	return "";
}

/* C05. Age is a hint, never a refusal: clause (九) asks for the pension. */
static void
check_age(struct review_ctx *x, const struct idnum *id)
{
	const struct rules *r = x->rules;
	int age;

	if (!id->has_birth)
		return;
	age = idnum_age(id, x->c->has_applied ? x->c->applied : x->f->today);
	if (age < (int)r->age_min)
		review_add(
		    x, (struct reason_found){REASON_AGE_YOUNG, .n = age});
	if (age >= (int)r->age_hint &&
	    !(x->f->lists_given & 1u << LIST_PENSION))
		review_add(x, (struct reason_found){REASON_AGE_OLD, .n = age});
}

static void
check_id(struct review_ctx *x)
{
	struct idnum id = {0};

	if (*x->c->id_number == '\0')
		return;
	switch (idnum_check(
	    x->c->id_type, bytes_str(x->c->id_number), x->f->today, &id)) {
	case CRED_OK:
		break;
	case CRED_ERR_DOMAIN_DATE:
		review_add(x, (struct reason_found){REASON_ID_DATE});
		return;
	case CRED_ERR_DOMAIN_CHECKSUM:
		review_add(x, (struct reason_found){REASON_ID_CHECKSUM});
		return;
	default:
		review_add(x, (struct reason_found){REASON_ID_FORM});
		return;
	}
	if (*id.region != '\0' && x->c->id_type == ID_RESIDENT &&
	    region_name(id.region) == NULL)
		review_add(x, (struct reason_found){REASON_ID_REGION});
	check_age(x, &id);
}

/* C09 */
static void
check_lists(struct review_ctx *x)
{
	const struct rules *r = x->rules;

	for (unsigned l = 0; l < N_LISTS; l++) {
		bool given = x->f->lists_given & 1u << l;
		bool hit = given && x->f->lists_hit & 1u << l;
		const char *word = list_word((enum office_list)l);

		if (!given && r->required_lists & 1u << l)
			review_add_text(x, REASON_LIST_MISSING, word);
		if (hit && r->lists[l] == LIST_FAIL)
			review_add_text(x, REASON_ON_LIST, word);
		if (hit && r->lists[l] == LIST_WARN)
			review_add_text(x, REASON_ON_LIST_WARN, word);
	}
}

void
review_person(struct review_ctx *x)
{
	const struct review_facts *f = x->f;

	check_id(x);
	check_lists(x);
	/* C11 */
	if (f->number_of_other != NULL)
		review_add_text(x, REASON_NUMBER_SHARED, f->number_of_other);
	if (f->other_name_claim != NULL)
		review_add_text(x, REASON_NAMES_DIFFER, f->other_name_claim);
	if (f->photo_of_other != NULL)
		review_add_text(x, REASON_PHOTO_SHARED, f->photo_of_other);
}
