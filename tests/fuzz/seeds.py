#!/usr/bin/python3
"""Writes the seeds of the fuzz targets of credential/, from the vectors, and
of table/."""
import os

here = os.path.dirname(os.path.abspath(__file__))
vectors = os.path.join(here, "..", "vectors")


def rows(name):
    for line in open(os.path.join(vectors, name)):
        if line.strip() and not line.startswith("#"):
            yield line.rstrip("\n").split("\t")


def seed(target, name, data):
    folder = os.path.join(here, "seeds", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def digits(data):
    width = [0, 3, 5, 8, 10, 13, 15, 17]
    out = ""
    for i in range(0, len(data), 7):
        chunk = data[i:i + 7]
        out += str(int.from_bytes(chunk, "little")).zfill(width[len(chunk)])
    return out.encode()


def text(s):
    b = s.encode()
    assert 24 <= len(b) < 256 or len(b) < 24
    return (bytes([0x60 + len(b)]) if len(b) < 24
            else bytes([0x78, len(b)])) + b


def certificate(kind):
    level = kind == 2
    items = [b"\x00\x11", b"\x01" + bytes([kind]), b"\x02" + text("张三"),
             b"\x03\x82\x01\x19\x0a\xbc"]
    if level:
        items.append(b"\x04" + text("S000015000123204000001"))
    items.append(b"\x05" + text("电工" if level else "低压电工作业"))
    items.append(b"\x06" + text("6-31-01-03" if level else "1.2"))
    if level:
        items.append(b"\x07\x04")
    items.append(b"\x08\x19\x48\x0b")
    exp = b""
    if not level:
        items += [b"\x09\x19\x50\x99", b"\x0a\x19\x4c\x51"]
        exp = b"\x04\x1a\x6a\x42\x96\x80"
    items += [b"\x0b\x50" + bytes(range(16)), b"\x0c" + text("电气")]
    return (bytes([0xa3 if exp else 0xa2]) + exp
            + b"\x06\x1a\x5e\xfa\xa1\x80\x3a\x00\x01\x00\x00"
            + bytes([0xa0 + len(items)]) + b"".join(items))


def message(payload, alg):
    head = b"\xa2\x01" + alg + b"\x04\x48" + bytes(range(1, 9))
    return (b"\xd2\x84" + bytes([0x40 + len(head)]) + head + b"\xa0\x58"
            + bytes([len(payload)]) + payload + b"\x58\x40" + b"\x11" * 64)


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = (bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256
              else bytes([0x82, n >> 8, n & 255]))
    return bytes([tag]) + length + body


def item(code, levels=None):
    parts = [der(0x13, code.encode())]
    if levels:
        parts.append(der(0x30, *[der(2, bytes([v])) for v in levels]))
    return der(0x30, *parts)


def scope(*kinds, dates=b""):
    return der(0x30, der(2, b"\x01"), der(0x13, b"91150100MA0N12345X"),
               der(0x13, b"S000015000123"),
               der(0x16, b"https://tamga.example/"), der(4, b"\x42" * 32),
               dates, der(0x30, *kinds))


for name in ("rfc8949-appendix-a.tsv", "cbor-profile.tsv"):
    for i, row in enumerate(rows(name)):
        if row[1] == "OK" and i % 4 == 0:
            seed("cbor", "%s-%02d" % (name[:4], i), bytes.fromhex(row[0]))
for kind in (2, 4):
    payload = certificate(kind)
    seed("cbor", "certificate-%d" % kind, payload)
    seed("claims", "kind-%d" % kind, payload)
    for alg, head in (("es256", b"\x26"), ("ed25519", b"\x27"),
                      ("sm2", b"\x3a\x00\x01\x00\x00")):
        m = message(payload, head)
        seed("cose", "%s-%d" % (alg, kind), m)
    seed("digits", "alone-%d" % kind, digits(m))
    seed("digits", "url-%d" % kind, b"https://tamga.example/#" + digits(m))
seed("digits", "user", b" https://a:b@tamga.example:8443/x/?y#00513&z=1\n")
seed("scope", "nothing", scope())
seed("scope", "all", scope(der(0x30, der(2, b"\x02"), der(5))))
seed("scope", "items", scope(
    der(0x30, der(2, b"\x02"),
        der(0x30, item("6-31-01-03", (3, 5)), item("6-18-02-04"))),
    der(0x30, der(2, b"\x04"), der(0x30, item("1.2"))),
    dates=der(0x80, b"\x48\x0b") + der(0x81, b"\x50\x99")))

reasons = set()
for row in rows("credentials.tsv"):
    # one text for each way to fail, and all that are good
    if row[1] and len(row[1]) < 2000 and (
            row[2] == "valid" or (row[2], row[3]) not in reasons):
        reasons.add((row[2], row[3]))
        seed("verdict", row[0], row[1].encode())
payload = (b"\xa5\x02" + text("https://tamga.example/bodies/x/status/0")
           + b"\x04\x02\x06\x01\x19\xff\xfd\xa2\x63lst\x4b"
           + bytes.fromhex("78da3be9f2130003df0207") + b"\x64bits\x02"
           + b"\x19\xff\xfe\x0a")
head = (b"\xa3\x01\x27\x04\x48" + bytes(range(1, 9)) + b"\x10"
        + text("application/statuslist+cwt"))
seed("statuslist", "payload", payload)
seed("statuslist", "token",
     b"\xd2\x84\x58" + bytes([len(head)]) + head + b"\xa0\x58"
     + bytes([len(payload)]) + payload + b"\x58\x40" + b"\x11" * 64)
checkpoint = ("tamga.example/bodies/x/log\n20852163\n"
              "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")
line = "\u2014 tamga.example/bodies/x/log " + "A" * 91 + "=\n"
seed("note", "checkpoint", checkpoint.encode())
seed("note", "extension", (checkpoint + "more\n").encode())
seed("note", "signed", (checkpoint + "\n" + line).encode())
seed("note", "witnessed", (checkpoint + "\n" + line * 2
                           + "\u2014 w AAAAAAAA\n").encode())
for i, path in enumerate(("tile/0/000", "tile/1/x001/x234/067.p/8",
                          "tile/entries/999.p/255", "tile/63/x001/000")):
    seed("tile_path", str(i), path.encode())

# fuzz_table: which part, then its text (tests/table/zipper.h has their order).
ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
package = "http://schemas.openxmlformats.org/package/2006/"
office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
for which, name, xml in (
    (0, "types", f"<Types xmlns='{package}content-types'><Override PartName="
     "'/xl/workbook.xml' ContentType='application/vnd.openxmlformats-"
     "officedocument.spreadsheetml.sheet.main+xml'/></Types>"),
    (1, "rels", f"<Relationships xmlns='{package}relationships'><Relationship "
     f"Id='r1' Type='{office}/officeDocument' Target='xl/workbook.xml'/>"
     "</Relationships>"),
    (2, "workbook", f"<workbook xmlns='{ns}' xmlns:r='{office}'><workbookPr "
     "date1904='1'/><sheets><sheet name='A' state='hidden' r:id='r1'/><sheet "
     "name='B' r:id='r1'/></sheets></workbook>"),
    (3, "links", f"<Relationships xmlns='{package}relationships'><Relationship "
     f"Id='r1' Type='{office}/worksheet' Target='worksheets/sheet1.xml'/>"
     "</Relationships>"),
    (4, "styles", f"<styleSheet xmlns='{ns}'><numFmts><numFmt numFmtId='164' "
     "formatCode='[$-804]yyyy\"年\"m'/></numFmts><cellXfs><xf numFmtId='164'/>"
     "<xf numFmtId='14'/></cellXfs></styleSheet>"),
    (5, "strings", f"<sst xmlns='{ns}'><si><t>a_x000A_</t></si><si><r><t>b</t></r>"
     "<rPh><t>c</t></rPh></si></sst>"),
    (6, "sheet", f"<worksheet xmlns='{ns}'><sheetData><row r='2' hidden='1'>"
     "<c r='A2' t='s'><v>0</v></c><c r='C2' s='1'><v>44012.5</v></c><c t='b'><v>1"
     "</v></c><c t='inlineStr'><is><t>x</t></is></c><c><f>1</f></c></row>"
     "</sheetData></worksheet>"),
    (7, "csv", "\ufeff姓名;\"a\"\"\r\n\";=\"007\"\r\n"),
):
    seed("table", name, bytes([which]) + xml.encode())
seed("table", "gb18030", b"\x07" + "姓名,𠮷\n".encode("gb18030"))
seed("table", "utf16", b"\x07" + "姓名\t1\r\n".encode("utf-16"))
