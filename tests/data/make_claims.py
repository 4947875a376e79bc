#!/usr/bin/python3
"""Good claims for what a body issued: the lines of review-entries on stdin.

    make_claims.py [--from N] [--count N] > claims.csv

One claim a certificate, applied for 20 days after its issue, trained for in the
month before it; the amounts are those of AMOUNTS.
"""
import argparse
import csv
import datetime
import sys

HEADER = ["申领编号", "姓名", "证件号码", "证书种类", "证书编号", "二维码", "职业名称", "职业编码",
          "等级", "发证日期", "培训机构", "培训起", "培训止", "补贴种类", "款项", "申请日期", "金额",
          "银行账户", "手机号", "组织部门", "地区"]
# kind and level; the rules of bench and tests say the same
AMOUNTS = {(2, 5): 1000, (2, 4): 1500, (2, 3): 2000, (2, 2): 2500, (2, 1): 3000,
           (4, 0): 600}
RULES = "[rules]\nversion = made up\n[from 2019-07-22]\n" + "".join(
    f"amount.{k}{f'.{l}' if l else ''} = {v}\n" for (k, l), v in AMOUNTS.items())


def days(text, n):
    return str(datetime.date.fromisoformat(text) + datetime.timedelta(days=n))


def entries(lines):
    names = ("index", "kind", "number", "name", "id", "occupation", "code",
             "level", "issued", "qr")
    for line in lines:
        yield dict(zip(names, line.rstrip("\n").split("\t")))


def claim(e, n):
    kind, level = int(e["kind"]), int(e["level"])
    return {"申领编号": f"2020-{n:06d}", "姓名": e["name"], "证件号码": e["id"],
            "证书种类": str(kind), "证书编号": e["number"], "二维码": e["qr"],
            "职业名称": e["occupation"], "职业编码": e["code"],
            "等级": str(level) if level else "", "发证日期": e["issued"],
            "培训机构": f"第{n % 97}培训学校", "培训起": days(e["issued"], -40),
            "培训止": days(e["issued"], -5), "补贴种类": "", "款项": "",
            "申请日期": days(e["issued"], 20),
            "金额": str(AMOUNTS[kind, level]), "银行账户": f"62170000{n:011d}",
            "手机号": f"138{n:08d}", "组织部门": str(n % 10 + 1),
            "地区": ("1501", "1502", "1504", "1505", "1506", "1507")[n % 6]}


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--from", type=int, default=0, dest="first")
    p.add_argument("--count", type=int, default=1 << 30)
    p.add_argument("--rules", action="store_true", help="print the rules file")
    a = p.parse_args()
    if a.rules:
        sys.stdout.write(RULES)
        return
    w = csv.DictWriter(sys.stdout, HEADER)
    w.writeheader()
    for n, e in enumerate(entries(sys.stdin)):
        if a.first <= n < a.first + a.count:
            w.writerow(claim(e, n))


if __name__ == "__main__":
    main()
