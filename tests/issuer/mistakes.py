#!/usr/bin/python3
"""A roster with one mistake a row, as a clerk's spreadsheet has them.

    mistakes.py bad|good csv|xlsx OUT    writes it
    mistakes.py expect csv|xlsx          what must be said: row column code
    mistakes.py fill TEMPLATE OUT        three good rows into a template
    mistakes.py look FILE                what another reader sees in our errors

CSV is GB18030, as Chinese spreadsheet programs save it; XLSX is openpyxl's.
"""
import csv
import datetime
import io
import sys

import openpyxl

HEADER = ["序号", "考生姓名", "证件种类", "身份证号（必填）", "职业", "职业代码", "工种",
          "技能等级", "发证时间", "有效期自", "有效期至", "复审日期", "照片文件", "证书号", "证书类型"]
FIRST = 4  # two rows of title, and the header
PREFIX = "S000015000123"


def person(n):
    """A valid number of nobody: the day of birth and order count up."""
    d = f"150102{19700101 + n % 28}{n:03d}"
    w = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return d + "10X98765432"[sum(int(a) * b for a, b in zip(d, w)) % 11]


def base(n):
    return [str(n), "王明", "", person(n), "电工", "", "", "四级/中级工",
            "2020-06-30", "", "", "", "", "", "2"]


OPERATION = {4: "低压电工作业", 7: "", 14: "4"}
# what is written instead -> column and code that must be said
MISTAKES = [
    ({1: ""}, "姓名", "missing"),
    ({1: "王3"}, "姓名", "name_form"),
    ({1: "王？"}, "姓名", "text_lost"),
    ({2: "学生证"}, "证件类型", "id_type"),
    ({3: "150102199001010018"}, "证件号码", "id_checksum"),
    ({3: "150102199002300018"}, "证件号码", "id_date"),
    ({3: "150102900101001"}, "证件号码", "id_15"),
    ({3: "1.50E+17"}, "证件号码", "id_excel"),
    ({3: "1501021990010100"}, "证件号码", "id_form"),
    ({4: ""}, "职业名称", "missing"),
    ({5: "Jun-31"}, "职业编码", "code_form"),
    ({4: "车工"}, "职业名称", "scope_occupation"),
    ({7: "六级"}, "等级", "level_form"),
    ({7: "四级/高级工"}, "等级", "level_conflict"),
    ({7: "一级"}, "等级", "scope_level"),
    ({8: "2020-02-30"}, "发证日期", "date_none"),
    ({8: "30/6/2020"}, "发证日期", "date_form"),
    ({8: "2999-06-30"}, "发证日期", "date_future"),
    ({8: "2014-06-30"}, "发证日期", "scope_date"),
    ({**OPERATION, 10: "2019-03-01"}, "有效期止", "date_order"),
    ({12: "没有.jpg"}, "照片", "photo"),
    ({13: "S000015000124204000001"}, "证书编号", "number_prefix"),
    ({13: PREFIX + "194000001"}, "证书编号", "number_year"),
    ({13: PREFIX + "205000001"}, "证书编号", "number_level"),
    ({13: PREFIX + "2O4000001"}, "证书编号", "number_form"),
    ({14: "7"}, "证书种类", "kind_form"),
    ({3: None}, "证件号码", "duplicate_roster"),
]
# Only a spreadsheet can: a number for text, a formula without a result.
XLSX_ONLY = [
    ({3: 150102199001010019}, "证件号码", "id_excel"),
    ({8: "=TODAY("}, "发证日期", "cell_error"),
]
# How people write it, and nothing is wrong with it.
GOOD = [
    {3: lambda s: "'" + s},
    {3: lambda s: " " + s[:6] + " " + s[6:] + "\t"},
    {3: lambda s: s.translate({i: i - 48 + 0xff10 for i in range(48, 58)})},
    {3: lambda s: '="' + s + '"'},
    {3: lambda s: "\u202d" + s + "\u202c"},
    {8: lambda s: "2020年6月30日"},
]


def rows(good, form):
    mistakes = MISTAKES + (XLSX_ONLY if form == "xlsx" else [])
    out = []
    for n, (change, _, _) in enumerate(mistakes, 1):
        row = base(n)
        for i, v in ({} if good else change).items():
            row[i] = person(100) if v is None else v
        out.append(row)
    for n, change in enumerate(GOOD, 100):
        row = base(n)
        for i, f in change.items():
            row[i] = f(row[i])
        out.append(row)
    # The duplicate comes after what it duplicates.
    at = [m[2] for m in mistakes].index("duplicate_roster")
    out.append(out.pop(at))
    return out


def order(form):
    mistakes = MISTAKES + (XLSX_ONLY if form == "xlsx" else [])
    said = [(c, code) for _, c, code in mistakes]
    last = said.pop([m[2] for m in mistakes].index("duplicate_roster"))
    return said + [None] * len(GOOD) + [last]


def write(good, form, path):
    title = [["某某学校2026年第三批名册"], ["制表人：王明"]]
    table = title + [HEADER] + rows(good, form)
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(table)
        with open(path, "wb") as f:
            f.write(text.getvalue().encode("gb18030"))
        return
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("名册")
    for r, row in enumerate(table, 1):
        for c, v in enumerate(row, 1):
            if v == "":
                continue
            cell = sheet.cell(r, c, v)
            if isinstance(v, str) and v.startswith('="'):
                cell.data_type = "s"
            if v == "2020-06-30" and r % 2:
                cell.value = datetime.date(2020, 6, 30)
    sheet.merge_cells("A1:O1")
    book.save(path)


def fill(template, path):
    book = openpyxl.load_workbook(template)
    sheet = book["名册"]
    at = {c.value: c.column for c in sheet[1]}
    for n in range(3):
        for name, value in (("姓名", "李四"), ("证件号码", person(200 + n)),
                            ("等级", "四级/中级工")):
            if name in at:
                sheet.cell(2 + n, at[name]).value = value
        for name in at:
            if n and sheet.cell(2 + n, at[name]).value is None:
                sheet.cell(2 + n, at[name]).value = sheet.cell(2, at[name]).value
    book.save(path)


def look(path):
    sheet = openpyxl.load_workbook(path).active
    width = sheet.max_column
    for row in sheet.iter_rows(min_row=2):
        red = [sheet.cell(1, c.column).value for c in row
               if c.fill.fill_type and c.fill.fgColor.rgb == "FFFFC7CE"]
        types = {c.data_type for c in row[:width - 1] if c.value is not None}
        print(row[width - 1].value, row[width - 2].value, ",".join(red),
              "".join(sorted(types)), sep="|")


what = sys.argv[1]
if what in ("bad", "good"):
    write(what == "good", *sys.argv[2:])
elif what == "fill":
    fill(*sys.argv[2:])
elif what == "look":
    look(sys.argv[2])
else:
    for n, said in enumerate(order(sys.argv[2]), FIRST):
        if said:
            print(n, *said)
