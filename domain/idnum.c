#include "domain/idnum.h"

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
all_digits(struct bytes s, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (!is_digit(s.ptr[i]))
			return false;
	return true;
}

static bool
all_letters(struct bytes s, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
			return false;
	return true;
}

/* GB 11643 s4.2, ISO 7064 MOD 11-2. */
char
idnum_check_digit(const char *digits17)
{
	static const int weight[17] = {
	    7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += (digits17[i] - '0') * weight[i];
	return "10X98765432"[sum % 11];
}

static int
number(struct bytes s, size_t from, size_t n)
{
	int v = 0;

	for (size_t i = from; i < from + n; i++)
		v = v * 10 + (s.ptr[i] - '0');
	return v;
}

/* Form and check digit of all that GB 11643 lends its own to. */
static enum cred_err
form_18(struct bytes id)
{
	if (id.len == 15 && all_digits(id, 0, 15))
		return CRED_ERR_DOMAIN_15;
	if (id.len != 18 || !all_digits(id, 0, 17) ||
	    (!is_digit(id.ptr[17]) && id.ptr[17] != 'X'))
		return CRED_ERR_DOMAIN_FORM;
	return CRED_OK;
}

static bool
birth_of(struct bytes id, int32_t today, int32_t *birth)
{
	return day_from_civil(number(id, 6, 4), number(id, 10, 2),
		   number(id, 12, 2), birth) &&
	       *birth <= today && number(id, 6, 4) >= 1850;
}

static bool
checksum_good(struct bytes id)
{
	return idnum_check_digit((const char *)id.ptr) == (char)id.ptr[17];
}

static enum cred_err
check_18(struct bytes id, int32_t today, struct idnum *out)
{
	struct idnum r = {.has_birth = true};
	enum cred_err e = form_18(id);

	if (e != CRED_OK)
		return e;
	/* The date first: it is the reason people understand. */
	if (!birth_of(id, today, &r.birth))
		return CRED_ERR_DOMAIN_DATE;
	if (!checksum_good(id))
		return CRED_ERR_DOMAIN_CHECKSUM;
	r.male = (id.ptr[16] - '0') % 2 == 1;
	memcpy(r.region, id.ptr, 6);
	*out = r;
	return CRED_OK;
}

static enum cred_err
check_foreign(struct bytes id, int32_t today, struct idnum *out)
{
	struct idnum r = {.birth_guessed = true};
	enum cred_err e;

	/* 2017 cards: three letters and twelve digits. */
	if (id.len == 15 && all_letters(id, 0, 3) && all_digits(id, 3, 12)) {
		*out = (struct idnum){0};
		return CRED_OK;
	}
	/* 2023 cards: a 9 in front and the check digit are certain, where the
	 * birth date stands is not. */
	if ((e = form_18(id)) != CRED_OK)
		return e;
	if (id.ptr[0] != '9')
		return CRED_ERR_DOMAIN_FORM;
	if (!checksum_good(id))
		return CRED_ERR_DOMAIN_CHECKSUM;
	r.has_birth = birth_of(id, today, &r.birth);
	r.unusual = !r.has_birth;
	*out = r;
	return CRED_OK;
}

static bool
letters_or_digits(struct bytes s, size_t min, size_t max)
{
	if (s.len < min || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.ptr[i]) && !all_letters(s, i, 1))
			return false;
	return true;
}

/* Travel documents have no check digit, and their forms were not read in any
 * source of authority. */
static enum cred_err
check_travel(enum id_type type, struct bytes id, struct idnum *out)
{
	bool usual = false;

	if (!letters_or_digits(id, 5, 17))
		return CRED_ERR_DOMAIN_FORM;
	if (type == ID_HM_PERMIT)
		usual = (id.len == 9 || id.len == 11) &&
			(id.ptr[0] == 'H' || id.ptr[0] == 'M') &&
			all_digits(id, 1, id.len - 1);
	else if (type == ID_TW_PERMIT)
		usual = id.len == 8 && all_digits(id, 0, 8);
	else
		usual = id.len <= 9; /* ICAO Doc 9303 */
	*out = (struct idnum){.unusual = !usual};
	return CRED_OK;
}

bool
idnum_is_hmt(struct bytes id)
{
	return id.len == 18 && (memcmp(id.ptr, "810000", 6) == 0 ||
				   memcmp(id.ptr, "820000", 6) == 0 ||
				   memcmp(id.ptr, "830000", 6) == 0);
}

enum cred_err
idnum_check(
    enum id_type type, struct bytes id, int32_t today, struct idnum *out)
{
	enum cred_err e = CRED_ERR_DOMAIN_FORM;
	struct idnum r;

	switch (type) {
	case ID_RESIDENT:
		e = check_18(id, today, &r);
		if (e == CRED_OK && (id.ptr[0] == '0' || id.ptr[0] == '9'))
			e = CRED_ERR_DOMAIN_FORM;
		if (e == CRED_OK)
			*out = r;
		break;
	case ID_HMT_RESIDENCE:
		if (id.len != 18 || idnum_is_hmt(id))
			e = check_18(id, today, out);
		break;
	case ID_FOREIGN_PR:
		e = check_foreign(id, today, out);
		break;
	case ID_HM_PERMIT:
	case ID_TW_PERMIT:
	case ID_PASSPORT:
		e = check_travel(type, id, out);
		break;
	}
	return e;
}

int
idnum_age(const struct idnum *id, int32_t day)
{
	int by, bm, bd, y, m, d;

	day_to_civil(id->birth, &by, &bm, &bd);
	day_to_civil(day, &y, &m, &d);
	return y - by - (m < bm || (m == bm && d < bd));
}

bool
idnum_ruined_by_excel(struct bytes id)
{
	for (size_t i = 1; i + 2 < id.len; i++)
		if ((id.ptr[i] == 'E' || id.ptr[i] == 'e') &&
		    id.ptr[i + 1] == '+' && is_digit(id.ptr[0]) &&
		    is_digit(id.ptr[i + 2]))
			return true;
	return id.len == 18 && all_digits(id, 0, 18) &&
	    memcmp(id.ptr + 15, "000", 3) == 0 &&
	    idnum_check_digit((const char *)id.ptr) != '0';
}

static const struct {
	const char *name;
	enum id_type type;
} type_names[] = {
    {"居民身份证", ID_RESIDENT},
    {"身份证", ID_RESIDENT},
    {"二代身份证", ID_RESIDENT},
    {"中华人民共和国居民身份证", ID_RESIDENT},
    {"港澳台居民居住证", ID_HMT_RESIDENCE},
    {"港澳居民居住证", ID_HMT_RESIDENCE},
    {"台湾居民居住证", ID_HMT_RESIDENCE},
    {"外国人永久居留身份证", ID_FOREIGN_PR},
    {"外国人永久居留证", ID_FOREIGN_PR},
    {"港澳居民来往内地通行证", ID_HM_PERMIT},
    {"港澳通行证", ID_HM_PERMIT},
    {"回乡证", ID_HM_PERMIT},
    {"台湾居民来往大陆通行证", ID_TW_PERMIT},
    {"台胞证", ID_TW_PERMIT},
    {"护照", ID_PASSPORT},
};

int
idnum_type_by_name(struct bytes name)
{
	if (name.len == 0)
		return ID_RESIDENT;
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (bytes_eq(name, bytes_str(type_names[i].name)))
			return (int)type_names[i].type;
	return 0;
}

const char *
idnum_type_name(enum id_type type)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return "";
}
