#include "verifier/review_report.h"

#include "verifier/suspects.h"

static void
hex(const uint8_t sha256[static 32], char out[static 65])
{
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", sha256[i]);
}

static const char *
has(bool is)
{
	return is ? "有" : "无";
}

enum cred_err
review_report_finish(struct review_report *r, const struct desk *d,
    const char *table, const uint8_t table_sha256[static 32],
    const uint8_t *rules_sha256, struct why *why)
{
	char claims[65], rules[65] = "--", at[32], odd[32] = "未检查",
			 rows_odd[64] = "0";
	const char *name = strrchr(table, '/');
	const struct review_source sources[] = {
	    {"申领表", name != NULL ? name + 1 : table},
	    {"申领表 SHA-256", claims},
	    {"规则版本",
		*d->book->version != '\0' ? d->book->version : "第（九）条"},
	    {"规则来源", d->book->source},
	    {"规则文件 SHA-256", rules},
	    {"地区", d->region},
	    {"判断时间（Unix 秒）", at},
	    {"名单：养老金", has(d->lists_given & 1u << LIST_PENSION)},
	    {"名单：死亡", has(d->lists_given & 1u << LIST_DEATH)},
	    {"名单：在校学生", has(d->lists_given & 1u << LIST_STUDENT)},
	    {"名单：机关事业", has(d->lists_given & 1u << LIST_STAFF)},
	    {"全国联网查询", has(d->national_given)},
	    {"台账", has(d->registry != NULL)},
	    {"发证机构异常（C13）", desk_looked_text(d->looked, true)},
	    {"异常待查的机构", odd},
	    {"其中本表计入的行", rows_odd},
	    {"评价情况表", has(d->sessions != NULL)},
	    {"程序", "tamga-review " TAMGA_VERSION},
	};

	hex(table_sha256, claims);
	if (rules_sha256 != NULL)
		hex(rules_sha256, rules);
	if (d->suspects != NULL)
		snprintf(odd, sizeof odd, "%zu", suspects_n(d->suspects));
	if (d->odd_rows > 0)
		snprintf(rows_odd, sizeof rows_odd, "%zu / %zu", d->odd_known,
		    d->odd_rows);
	snprintf(at, sizeof at, "%lld", (long long)d->now);
	return review_report_close(
	    r, sources, sizeof sources / sizeof *sources, why);
}
