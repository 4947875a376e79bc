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

static enum cred_err
check_18(struct bytes id, int32_t today, struct idnum *out)
{
	struct idnum r = {.has_birth = true};

	if (id.len == 15 && all_digits(id, 0, 15))
		return CRED_ERR_DOMAIN_15;
	if (id.len != 18 || !all_digits(id, 0, 17) ||
	    (!is_digit(id.ptr[17]) && id.ptr[17] != 'X'))
		return CRED_ERR_DOMAIN_FORM;
	/* The date first: it is the reason people understand. */
	if (!day_from_civil(number(id, 6, 4), number(id, 10, 2),
	    number(id, 12, 2), &r.birth) || r.birth > today ||
	    number(id, 6, 4) < 1850)
		return CRED_ERR_DOMAIN_DATE;
	if (idnum_check_digit((const char *)id.ptr) != (char)id.ptr[17])
		return CRED_ERR_DOMAIN_CHECKSUM;
	r.male = (id.ptr[16] - '0') % 2 == 1;
	memcpy(r.region, id.ptr, 6);
	*out = r;
	return CRED_OK;
}

static enum cred_err
check_foreign(struct bytes id, int32_t today, struct idnum *out)
{
	/* 2017 cards: three letters and twelve digits. */
	if (id.len == 15 && all_letters(id, 0, 3) && all_digits(id, 3, 12)) {
		*out = (struct idnum){0};
		return CRED_OK;
	}
	if (id.len == 18 && id.ptr[0] != '9')
		return CRED_ERR_DOMAIN_FORM;
	return check_18(id, today, out);
}

enum cred_err
idnum_check(enum id_type type, struct bytes id, int32_t today,
    struct idnum *out)
{
	bool good = false;
	enum cred_err e;

	switch (type) {
	case ID_RESIDENT:
		e = check_18(id, today, out);
		if (e == CRED_OK && (id.ptr[0] == '0' || id.ptr[0] == '9'))
			return CRED_ERR_DOMAIN_FORM;
		return e;
	case ID_HMT_RESIDENCE:
		if (id.len == 18 && memcmp(id.ptr, "810000", 6) != 0 &&
		    memcmp(id.ptr, "820000", 6) != 0 &&
		    memcmp(id.ptr, "830000", 6) != 0)
			return CRED_ERR_DOMAIN_FORM;
		return check_18(id, today, out);
	case ID_FOREIGN_PR:
		return check_foreign(id, today, out);
	case ID_HM_PERMIT:
		good = (id.len == 9 || id.len == 11) &&
		    (id.ptr[0] == 'H' || id.ptr[0] == 'M') &&
		    all_digits(id, 1, id.len - 1);
		break;
	case ID_TW_PERMIT:
		good = id.len == 8 && all_digits(id, 0, 8);
		break;
	case ID_PASSPORT:
		good = id.len >= 5 && id.len <= 17;
		for (size_t i = 0; good && i < id.len; i++)
			good = is_digit(id.ptr[i]) || all_letters(id, i, 1);
		break;
	}
	if (!good)
		return CRED_ERR_DOMAIN_FORM;
	*out = (struct idnum){0};
	return CRED_OK;
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
