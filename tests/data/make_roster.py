#!/usr/bin/python3
"""Rosters of people who do not exist, with identity numbers that are valid.

    make_roster.py [--people N] [--seed S] [--today YYYY-MM-DD]
                   [--kinds 2,4] [--encoding utf-8|utf-8-sig|gb18030] > roster.csv

Without --people: 266 people, one for every thousand planned in the annex of
内就服工办发〔2019〕2号, spread over its ten departments. The same arguments
give the same bytes. Every league and city of Inner Mongolia occurs, abolished
region codes included; names have 2 to 10 characters, among them Mongolian
names in Chinese with the middle dot and characters outside the common fonts.
Special-operation certificates are dated within the year before --today, for
they expire; skill-level certificates within the plan's years.
"""
import argparse
import csv
import datetime
import io
import random
import sys

# 2019年全区职业技能提升行动分部门培训计划, 万人次 * 10
PLAN = [
    ("自治区人力资源社会保障厅", 123), ("自治区教育厅", 50), ("自治区国资委", 20),
    ("自治区工业和信息化厅", 1), ("自治区退役军人事务厅", 8), ("自治区残联", 8),
    ("自治区农牧厅", 26), ("自治区应急管理厅", 10), ("自治区总工会", 10),
    ("自治区住建厅", 10),
]

# Today's code and the abolished prefix that people keep for life
# (domain.md 4.2); county digits that exist in it.
REGIONS = [
    "150102", "150105", "150202", "150303", "150402", "150502", "150602",
    "150603", "150702", "150781", "150802", "150902", "152201", "152502",
    "152921", "152301", "152101", "152701", "152601", "152801",
]

SURNAMES = ("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓"
            "许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金"
            "陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文")
DOUBLE = ["欧阳", "司马", "上官", "诸葛", "呼延", "包乌"]
GIVEN = ("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志永文波斌宇浩"
         "凯健俊帆雪晶莉佳琪欣悦婷慧颖梅琳雅鹏飞翔龙虎海山河川林森春夏秋冬晨阳光辉")
MONGOL = ["乌云其木格", "巴特尔", "其其格", "苏日娜", "阿拉坦", "哈斯", "娜仁托娅", "布和",
          "萨仁", "斯琴高娃", "朝鲁", "额尔敦", "呼和", "特木尔", "乌兰", "格日勒",
          "敖特根", "宝音", "那日苏", "照日格图", "阿木古楞", "孛儿帖", "青格勒", "图门"]
MONGOL_DOTTED = ["孛儿只斤·巴特尔", "乌日娜·萨仁", "阿拉坦·宝音", "博尔济吉特·朝鲁",
                 "额尔敦·其其格", "娜仁·高娃", "孛儿只斤·娜仁托娅花"]
# Rare, yet in the fonts that the list of packages installs.
RARE = ["王䶮", "李㛃", "𠮷田", "陶喆", "周頔", "翟犇", "朱镕", "龚淼淼", "赵堃", "刘喆頔"]

OCCUPATIONS = [  # name, code, directions, levels: domain.md 4.5
    ("电工", "6-31-01-03", ["", "维修电工"], "543"),
    ("焊工", "6-18-02-04", ["", "电焊工", "气焊工"], "543"),
    ("中式烹调师", "4-03-02-01", ["", "羊肉烘烤"], "5432"),
    ("中式面点师", "4-03-02-02", [""], "54"),
    ("汽车维修工", "4-12-01-01", ["", "汽车机械维修工"], "543"),
    ("车工", "6-18-01-01", [""], "543"),
    ("钳工", "6-20-01-01", ["", "机修钳工"], "5432"),
    ("起重装卸机械操作工", "6-30-05-01", ["", "叉车司机"], "54"),
    ("挖掘铲运和桩工机械司机", "6-30-05-05", ["", "挖掘机司机"], "54"),
    ("网络与信息安全管理员", "4-04-04-02", [""], "43"),
    ("养老护理员", "4-10-01-05", [""], "5431"),
]
LEVELS = {"1": "一级/高级技师", "2": "二级/技师", "3": "三级/高级工",
          "4": "四级/中级工", "5": "五级/初级工"}
OPERATIONS = [("低压电工作业", "1.2"), ("高压电工作业", "1.1"),
              ("熔化焊接与热切割作业", "2.1"), ("登高架设作业", "3.1"),
              ("制冷与空调设备安装修理作业", "4.2"), ("煤矿瓦斯检查作业", "5.4")]

HEADER = ["姓名", "证件类型", "证件号码", "证书种类", "职业名称", "职业编码", "工种", "等级",
          "发证日期", "有效期起", "有效期止", "应复审日期", "组织部门"]


def check_digit(digits17):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits17, weights)) % 11]


def years_later(day, years):
    """The day before the same date, years later (29 February: 28th)."""
    try:
        later = day.replace(year=day.year + years)
    except ValueError:
        later = day.replace(year=day.year + years, day=28)
    return later - datetime.timedelta(days=1)


class People:
    def __init__(self, seed, today):
        self.random = random.Random(seed)
        self.today = today
        self.ids = set()
        self.count = 0

    def id_number(self):
        r = self.random
        while True:
            region = REGIONS[self.count % len(REGIONS)] if self.count < 200 \
                else r.choice(REGIONS)
            # Of age in 2019, below the age of retirement when made.
            birth = datetime.date(1973, 1, 1) + \
                datetime.timedelta(days=r.randint(0, 28 * 365))
            body = region + birth.strftime("%Y%m%d") + "%03d" % r.randint(1, 999)
            number = body + check_digit(body)
            if number not in self.ids:
                self.ids.add(number)
                self.count += 1
                return number

    def name(self):
        r = self.random
        n = self.count
        if n % 37 == 5:
            return RARE[n // 37 % len(RARE)]
        if n % 11 == 3:
            return MONGOL_DOTTED[n // 11 % len(MONGOL_DOTTED)]
        if n % 5 == 1:
            return r.choice(MONGOL)
        surname = r.choice(DOUBLE) if n % 53 == 7 else r.choice(SURNAMES)
        return surname + "".join(r.choice(GIVEN) for _ in range(r.choice([1, 2, 2])))


def rows(count, seed, today, kinds):
    people = People(seed, today)
    if count is None:
        departments = [name for name, n in PLAN for _ in range(n)]
    else:
        whole = [name for name, n in PLAN for _ in range(n)]
        departments = [whole[i % len(whole)] for i in range(count)]
    r = people.random
    for i, department in enumerate(departments):
        name, number = people.name(), people.id_number()
        safety = department in ("自治区应急管理厅", "自治区国资委")
        kind = 4 if 4 in kinds and (safety or 2 not in kinds) else 2
        if kind == 4:
            item, code = r.choice(OPERATIONS)
            issued = today - datetime.timedelta(days=r.randint(5, 330))
            review = "" if code.startswith("5.") else str(years_later(issued, 3))
            yield [name, "居民身份证", number, "特种作业操作证", item, code, "", "",
                   str(issued), str(issued), str(years_later(issued, 6)), review,
                   department]
        else:
            occupation, code, directions, levels = r.choice(OCCUPATIONS)
            issued = datetime.date(2019, 8, 1) + datetime.timedelta(days=r.randint(0, 850))
            yield [name, "居民身份证", number, "职业技能等级证书", occupation, code,
                   r.choice(directions), LEVELS[r.choice(levels)], str(issued),
                   "", "", "", department]


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--people", type=int)
    p.add_argument("--seed", type=int, default=2019)
    p.add_argument("--today", type=datetime.date.fromisoformat,
                   default=datetime.date.today())
    p.add_argument("--kinds", default="2,4")
    p.add_argument("--encoding", default="utf-8")
    a = p.parse_args()
    kinds = {int(k) for k in a.kinds.split(",")}
    out = io.TextIOWrapper(sys.stdout.buffer, encoding=a.encoding, newline="")
    w = csv.writer(out)
    w.writerow(HEADER)
    w.writerows(rows(a.people, a.seed, a.today, kinds))
    out.flush()


if __name__ == "__main__":
    main()
