#!/usr/bin/python3
"""The reader's memory does not grow with the table.

    memory.py                   a table of 20 000 rows and one of 200 000, both
                                forms: at most 8 MB between them, 48 MB in all
    memory.py write N csv|xlsx OUT   a roster of N rows, for measuring
"""
import os
import subprocess
import sys
import tempfile
import zipfile

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006/"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
HEADER = ["姓名", "证件号码", "职业名称", "等级", "发证日期", "证书种类", "备注"]
W = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def row(i):
    d = (f"150102{1950 + i // 280000:04d}{1 + i // 28000 % 10:02d}"
         f"{1 + i // 1000 % 28:02d}{i % 1000:03d}")
    check = "10X98765432"[sum(int(a) * b for a, b in zip(d, W)) % 11]
    return ["王明", d + check, "电工", "四级/中级工", "2020-06-30", "2",
            f"第 {i} 人，各不相同"]


def write_csv(n, path):
    with open(path, "w", encoding="gb18030") as f:
        f.write(",".join(HEADER) + "\n")
        for i in range(n):
            f.write(",".join(row(i)) + "\n")


def write_xlsx(n, path):
    """Shared strings in the order they come, as Excel has them."""
    strings, index = [], {}

    def shared(s):
        if s not in index:
            index[s] = len(strings)
            strings.append(s)
        return index[s]

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        z.writestr("[Content_Types].xml",
                   f"<Types xmlns='{PKG}content-types'><Override PartName='/xl/w.xml' "
                   f"ContentType='{TYPE}sheet.main+xml'/><Override PartName='/xl/s.xml' "
                   f"ContentType='{TYPE}worksheet+xml'/></Types>")
        z.writestr("_rels/.rels",
                   f"<Relationships xmlns='{PKG}relationships'><Relationship Id='a' "
                   f"Type='{DOC}/officeDocument' Target='xl/w.xml'/></Relationships>")
        z.writestr("xl/w.xml",
                   f"<workbook xmlns='{NS}' xmlns:r='{DOC}'><sheets>"
                   "<sheet name='S' sheetId='1' r:id='a'/></sheets></workbook>")
        z.writestr("xl/_rels/w.xml.rels",
                   f"<Relationships xmlns='{PKG}relationships'><Relationship Id='a' "
                   f"Type='{DOC}/worksheet' Target='s.xml'/><Relationship Id='b' "
                   f"Type='{DOC}/sharedStrings' Target='t.xml'/></Relationships>")
        with z.open("xl/s.xml", "w", force_zip64=True) as f:
            f.write(f"<worksheet xmlns='{NS}'><sheetData>".encode())
            for r in range(n + 1):
                cells = HEADER if r == 0 else row(r - 1)
                f.write((f"<row r='{r + 1}'>" + "".join(
                    f"<c r='{'ABCDEFG'[c]}{r + 1}' t='s'><v>{shared(v)}</v></c>"
                    for c, v in enumerate(cells)) + "</row>").encode())
            f.write(b"</sheetData></worksheet>")
        with z.open("xl/t.xml", "w", force_zip64=True) as f:
            f.write(f"<sst xmlns='{NS}'>".encode())
            for s in strings:
                f.write(f"<si><t>{s}</t></si>".encode())
            f.write(b"</sst>")


def peak(path):
    """Most memory that a child of its own had, in MB, reading path."""
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
            "stdout=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    out = subprocess.run([sys.executable, "-S", "-c", code,
                          os.environ["TAMGA_TESTS"] + "/table_dump", path],
                         check=True, capture_output=True)
    return int(out.stdout) / 1024


WRITE = {"csv": write_csv, "xlsx": write_xlsx}
if sys.argv[1:2] == ["write"]:
    WRITE[sys.argv[3]](int(sys.argv[2]), sys.argv[4])
    sys.exit()
os.chdir(tempfile.mkdtemp())
for form, write in WRITE.items():
    write(20000, "small." + form)
    write(200000, "large." + form)
    small, large = peak("small." + form), peak("large." + form)
    print(f"{form}: {small:.1f} MB for 20 000 rows, {large:.1f} MB for 200 000")
    if large > small + 8 or large > 48:
        sys.exit("memory grows with the table")
