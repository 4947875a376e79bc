#include <stdlib.h>

#include "domain/catalogue.h"
#include "domain/normal.h"
#include "edge/file.h"
#include "issuer/row_int.h"
#include "issuer/text.h"

static bool
name_character_ok(uint32_t u)
{
	if (u < 0x80)
		return (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
		       u == ' ' || u == '-' || u == '\'' || u == '.' ||
		       u == ',';
	if (u == 0xb7 || u == 0x3005 || u == 0x3007 || u == 0x202f ||
	    u == 0x2019)
		return true;
	return u >= 0xc0 && u != 0xd7 && u != 0xf7 &&
	       !(u >= 0x2000 && u <= 0x2e7f) && !(u >= 0x3000 && u <= 0x33ff) &&
	       !(u >= 0xfe10 && u <= 0xfe6f) && !(u >= 0xff00 && u <= 0xffef);
}

void
row_check_name(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	size_t n, chars = 0;
	uint32_t u, last = 0;

	if (row_cell(c, COL_NAME, normal_name, buf) == 0) {
		row_missing(c, COL_NAME);
		return;
	}
	row_key_add(c, buf, strlen(buf));
	for (const char *p = buf; (n = text_next(p, &u)) > 0; p += n) {
		if (row_char_lost(u)) {
			FIND(c, COL_NAME, FIND_TEXT_LOST,
			    TR("a rare character of the name was lost (U+%04X "
			       "stands for it); type it, and save as 'CSV "
			       "UTF-8'",
				"姓名中有生僻字丢失（以 U+%04X "
				"代替）；请重新输入，"
				"并另存为“CSV UTF-8”"),
			    u);
			return;
		}
		if (!name_character_ok(u) && !row_char_forbidden(u)) {
			FIND(c, COL_NAME, FIND_NAME_FORM,
			    TR("the name holds a digit or sign (U+%04X) that "
			       "names do not have; is the column shifted?",
				"姓名中有姓名不会有的数字或符号（U+%04X）；"
				"是否串列？"),
			    u);
			return;
		}
		last = u;
		chars++;
	}
	if (buf[0] == (char)0xc2 || last == 0xb7 || buf[0] == '.') {
		FIND(c, COL_NAME, FIND_NAME_FORM,
		    TR("the name begins or ends with a dot; part of it is "
		       "missing",
			"姓名以间隔点开头或结尾，可能不完整"));
		return;
	}
	if (!row_take_text(c, COL_NAME, buf, c->out->name, CLAIMS_MAX_NAME))
		return;
	if (chars == 1)
		FIND(c, COL_NAME, FIND_NAME_SHORT,
		    TR("the name is a single character; is it whole?",
			"姓名只有一个字，是否完整？"));
}

static void
id_ruined(struct check *c)
{
	FIND(c, COL_ID_NUMBER, FIND_ID_EXCEL,
	    TR("the spreadsheet has turned the number into scientific "
	       "notation (1.50E+17) and lost its last digits; format the "
	       "column as text and type it again",
		"电子表格已把号码变成科学计数法（如 1.50E+17），末几位已丢失；"
		"请把该列设为“文本”格式后重新输入"));
}

static void
id_refused(struct check *c, enum cred_err e, const char *id)
{
	const char *type = idnum_type_name(c->out->id_type);

	switch (e) {
	case CRED_ERR_DOMAIN_15:
		FIND(c, COL_ID_NUMBER, FIND_ID_15,
		    TR("a first-generation number of 15 digits, not valid "
		       "since 2013; take the 18 characters of the present "
		       "card",
			"15 位的第一代身份证号码，2013 年起已停用；"
			"请填写现用证件上的 18 位号码"));
		break;
	case CRED_ERR_DOMAIN_DATE:
		FIND(c, COL_ID_NUMBER, FIND_ID_DATE,
		    TR("the birth date in the number (7th to 14th digit) does "
		       "not exist or is in the future; compare it with the "
		       "card",
			"号码中的出生日期（第 7–14 位）不存在或在将来；"
			"请对照证件核对"));
		break;
	case CRED_ERR_DOMAIN_CHECKSUM:
		FIND(c, COL_ID_NUMBER, FIND_ID_CHECKSUM,
		    TR("the check digit (18th) does not fit the others: a "
		       "digit is wrong or two are exchanged; compare the "
		       "number with the card",
			"校验位（第 18 "
			"位）与其余各位不符：有一位写错或两位颠倒；"
			"请对照证件核对"));
		if (idnum_ruined_by_excel(bytes_str(id)))
			FIND(c, COL_ID_NUMBER, FIND_ID_ROUNDED,
			    TR("the number ends in 000, as a spreadsheet "
			       "leaves it when the cell is not text; format "
			       "the column as text and type it again",
				"号码以 000 "
				"结尾，像是电子表格按数字存放后丢失了末位；"
				"请把该列设为“文本”格式后重新输入"));
		break;
	default:
		if (idnum_ruined_by_excel(bytes_str(id))) {
			id_ruined(c);
			break;
		}
		FIND(c, COL_ID_NUMBER, FIND_ID_FORM,
		    TR("not the form of a %s number (%zu characters here); "
		       "check 证件类型 and compare with the card",
			"不是%s号码的形式（此处为 %zu 个字符）；"
			"请检查“证件类型”并对照证件核对"),
		    type, strlen(id));
	}
}

void
row_check_id(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1];
	enum cred_err e;
	int type;

	row_cell(c, COL_ID_TYPE, normal_name, buf);
	type = idnum_type_by_name(bytes_str(buf));
	if (type == 0) {
		FIND(c, COL_ID_TYPE, FIND_ID_TYPE,
		    TR("'%s' is no type of identity document; write "
		       "居民身份证, 港澳台居民居住证, 外国人永久居留身份证, "
		       "港澳居民来往内地通行证, 台湾居民来往大陆通行证 or 护照",
			"“%s”不是证件类型；请填居民身份证、港澳台居民居住证、"
			"外国人永久居留身份证、港澳居民来往内地通行证、"
			"台湾居民来往大陆通行证或护照"),
		    row_shown(buf));
		return;
	}
	c->out->id_type = (enum id_type)type;
	row_key_add(c, &(char){(char)('0' + type)}, 1);
	if (row_cell(c, COL_ID_NUMBER, normal_id, buf) == 0) {
		row_missing(c, COL_ID_NUMBER);
		return;
	}
	if (row_number_ruined(c, COL_ID_NUMBER))
		return;
	row_key_add(c, buf, strlen(buf));
	e = idnum_check(
	    c->out->id_type, bytes_str(buf), c->rules->today, &c->id);
	if (e == CRED_OK && strlen(buf) > ROW_ID_MAX)
		e = CRED_ERR_DOMAIN_FORM;
	if (e != CRED_OK) {
		id_refused(c, e, buf);
		return;
	}
	memcpy(c->out->id_number, buf, strlen(buf) + 1);
	c->id_good = true;
	if (type == ID_RESIDENT && strcmp(buf + 15, "000") == 0)
		FIND(c, COL_ID_NUMBER, FIND_ID_ROUNDED,
		    TR("the number ends in 000, as a spreadsheet leaves it "
		       "when the cell is not text; compare it with the card",
			"号码以 000 结尾，像是电子表格按数字存放后丢失了末位；"
			"请对照证件核对"));
	if (c->id.unusual)
		FIND(c, COL_ID_NUMBER, FIND_ID_UNUSUAL,
		    TR("not the usual form of a %s number; compare it with "
		       "the document",
			"不是%s号码的通常形式；请对照证件核对"),
		    idnum_type_name(c->out->id_type));
	if (type == ID_RESIDENT && idnum_is_hmt(bytes_str(buf)))
		FIND(c, COL_ID_TYPE, FIND_ID_TYPE_OTHER,
		    TR("the number is one of a 港澳台居民居住证; is 证件类型 "
		       "right? It is signed and printed",
			"该号码属于港澳台居民居住证；“证件类型”是否有误？"
			"证件类型会签入并打印"));
	if (type == ID_RESIDENT && region_name(c->id.region) == NULL)
		FIND(c, COL_ID_NUMBER, FIND_ID_REGION,
		    TR("the region (first six digits) is in no list we have; "
		       "compare the number with the card",
			"行政区划（前 6 位）不在已知名单中；请对照证件核对"));
}

void
row_check_age(struct check *c)
{
	/* domain.md 4.1; 2.3: of age, not beyond any age of retirement. */
	int age, least = c->kind->operation ? 18 : 16;
	int most = c->kind->operation ? 63 : 100;

	if (!c->id_good || !c->issued_good || !c->id.has_birth)
		return;
	if (c->id.birth > c->out->issued && !c->id.birth_guessed) {
		FIND(c, COL_ISSUED, FIND_DATE_BIRTH,
		    TR("the issue date is before the holder's birth",
			"发证日期早于持证人出生日期"));
		return;
	}
	/* Never refused: clause 九 and domain.md 0. */
	age = idnum_age(&c->id, c->out->issued);
	if (age < least || age > most)
		FIND(c, COL_ID_NUMBER, FIND_ID_AGE,
		    TR("the holder is %d years old on the issue date; is the "
		       "number right?",
			"持证人在发证日期为 %d 岁，号码是否有误？"),
		    age);
}

static bool
photo_path_ok(const char *s)
{
	if (*s == '/' || strchr(s, '\\') != NULL)
		return false;
	for (const char *p = s; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	}
	return true;
}

void
row_check_photo(struct check *c)
{
	char buf[ROSTER_MAX_CELL + 1], *path = NULL;
	uint8_t *data = NULL, hash[32];
	struct why why = {""};
	size_t len;

	if (row_cell(c, COL_PHOTO, normal_text, buf) == 0) {
		row_key_add(c, "", 0);
		return;
	}
	if (!photo_path_ok(buf) || strlen(buf) > ROW_PHOTO_MAX) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("give a file name inside the photo folder, without .. "
		       "and without \\",
			"请给出照片文件夹内的文件名，不能含 .. 或 \\"));
		return;
	}
	memcpy(c->out->photo_file, buf, strlen(buf) + 1);
	if (c->rules->photo_dir == NULL) {
		row_key_add(c, buf, strlen(buf));
		return;
	}
	path = file_join(c->rules->photo_dir, buf);
	if (path == NULL) {
		c->err = CRED_FAULT_NOMEM;
		return;
	}
	if (file_read(path, ROW_PHOTO_BYTES, &data, &len, &why) != CRED_OK) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("the photo cannot be read: %s", "照片读不了：%s"),
		    why.text);
	} else if (!(len > 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) &&
		   !(len > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)) {
		FIND(c, COL_PHOTO, FIND_PHOTO,
		    TR("the photo is neither JPEG nor PNG; save it as JPEG",
			"照片既不是 JPEG 也不是 PNG；请另存为 JPEG"));
	} else if (EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) != 1) {
		c->err = CRED_FAULT_CRYPTO;
	} else {
		memcpy(c->out->photo, hash, sizeof c->out->photo);
		c->out->has_photo = true;
		row_key_add(c, c->out->photo, sizeof c->out->photo);
	}
	free(data);
	free(path);
}
