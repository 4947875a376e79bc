#!/usr/bin/python3
"""XLSX files by openpyxl, a writer that is not ours, through our reader."""
import datetime
import os
import subprocess
import sys
import tempfile

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

DUMP = os.environ["TAMGA_TESTS"] + "/table_dump"
os.chdir(tempfile.mkdtemp())


def dump(*args):
    r = subprocess.run([DUMP, *args], capture_output=True, text=True)
    return r.stdout.rstrip("\n").split("\n")


def expect(got, want):
    if got != want:
        sys.exit(f"got  {got}\nwant {want}")


def everything(mac):
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    hidden = book.active
    hidden.title = "隐藏"
    hidden.sheet_state = "hidden"
    hidden["A1"] = "no"
    sheet = book.create_sheet("名册")
    sheet.append(["姓名", "号码", None, "备注"])
    sheet.append(["乌云·其木格", "150102199001010019", None, "a\nb"])
    sheet.append(["王", 150102199001010019, 0.1, True])
    sheet["A5"] = datetime.date(2020, 6, 30)
    sheet["B5"] = datetime.datetime(2020, 6, 30, 8, 30)
    sheet["C5"] = datetime.date(2020, 6, 30)
    sheet["C5"].number_format = 'yyyy"年"m"月"d"日"'
    sheet["D5"] = 44012
    sheet["E5"] = "=1+1"
    sheet["F5"] = "#N/A"
    sheet["F5"].data_type = "e"
    sheet.merge_cells("A7:C7")
    sheet["A7"] = "合并"
    sheet.row_dimensions[8].hidden = True
    sheet["A8"] = "隐"
    book.create_sheet("后")["A1"] = 7
    book.save("a.xlsx")
    expect(dump("a.xlsx"), [
        "1\tt姓名\tt号码\t-\tt备注",
        "2\tt乌云·其木格\tt150102199001010019\t-\tta", "b",
        "3\tt王\tn150102199001010000\tn0.1\tbTRUE",
        "5\td2020-06-30\td2020-06-30 08:30:00\td2020-06-30\tn44012\te\te#N/A",
        "7\tt合并",
        "8h\tt隐"])
    expect(dump("a.xlsx", "后"), ["1\tn7"])
    expect(dump("a.xlsx", "隐藏"), ["1\ttno"])
    expect(dump("a.xlsx", "无"), ["TABLE_SHEET"])


def many_strings():
    # More shared strings than memory holds of them, and all come back.
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("s")
    for i in range(30000):
        sheet.append([f"人{i:06d}" + "长" * 20, "电工", f"{(i * 7919) % 30000}"])
    book.save("b.xlsx")
    expect(dump("b.xlsx"), [f"{i + 1}\tt人{i:06d}{'长' * 20}\tt电工\tt{i * 7919 % 30000}"
                            for i in range(30000)])


everything(False)
everything(True)
many_strings()
expect(dump("/dev/null"), ["FAULT_IO"])
print("openpyxl's files are read as they were written")
