#!/usr/bin/python3
"""What a body would print certificates with instead, for bench/run.

    peers.py FORMAT QR.png DIR SINGLES PAGES

FORMAT html, fodt or typ: SINGLES files of one certificate each, DIR/1.FORMAT
and so on, and DIR/all.FORMAT of PAGES. An A4 page with a frame, a title, ten
fields, a paragraph and a QR code; the same picture on each page, which spares
them what making the codes costs.
"""
import base64
import pathlib
import sys

NAMES = ["巴特尔", "乌云其木格", "欧阳修文", "阿拉坦高娃·巴特尔", "李明", "斯琴高娃"]
TITLE = "职业技能等级证书"
TEXT = ("持证人按照国家职业标准，参加本机构组织的职业技能等级认定，经考核评价合格，"
        "具备本证书所载职业（工种）和等级的技能水平，特发此证。")


def fields(i):
    return [("姓名", NAMES[i % len(NAMES)]), ("证件类型", "居民身份证"),
            ("证件号码", f"15010219900101{i % 10000:04d}"), ("职业名称", "电工"),
            ("工种", "--"), ("等级", "四级/中级工"),
            ("证书编号", f"S000015000123264{i:06d}"), ("发证日期", "2026年6月30日"),
            ("评价机构", "内蒙古草原职业技能评价中心"),
            ("查验网址", "https://verify.example.org/")]


def html(pages, png):
    src = "data:image/png;base64," + base64.b64encode(png).decode()
    body = "".join(
        f"<section><h1>{TITLE}</h1><p>{TEXT}</p><table>" +
        "".join(f"<tr><td>{k}<td>{v}" for k, v in fields(i)) +
        f"</table><img src='{src}'></section>" for i in pages)
    return ("<!doctype html><meta charset=utf-8><style>@page{size:A4;margin:15mm}"
            "body{margin:0;font:16px 'Noto Serif CJK SC'}section{break-after:page;border:"
            "1px solid #247;height:260mm;padding:8mm;box-sizing:border-box}h1{text-align:center}"
            f"img{{width:30mm}}</style>{body}")


FODT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text">
<office:styles><style:default-style style:family="paragraph">
<style:text-properties style:font-name-asian="Noto Serif CJK SC" fo:font-size="12pt"
 style:font-size-asian="12pt"/></style:default-style></office:styles>
<office:automatic-styles>
<style:style style:name="P" style:family="paragraph">
<style:paragraph-properties fo:break-before="page"/></style:style>
</office:automatic-styles><office:body><office:text>%s</office:text></office:body>
</office:document>
"""


def fodt(pages, png):
    img = base64.b64encode(png).decode()
    return FODT % "".join(
        f'<text:p{" text:style-name=" + chr(34) + "P" + chr(34) if n else ""}>'
        f"{TITLE}</text:p><text:p>{TEXT}</text:p>" +
        "".join(f"<text:p>{k}：{v}</text:p>" for k, v in fields(i)) +
        '<text:p><draw:frame text:anchor-type="as-char" svg:width="30mm" '
        'svg:height="30mm"><draw:image><office:binary-data>'
        f"{img}</office:binary-data></draw:image></draw:frame></text:p>"
        for n, i in enumerate(pages))


def typ(pages, png):
    del png  # qr.png beside it
    return ('#set page(paper: "a4", margin: 15mm)\n'
            '#set text(font: "Noto Serif CJK SC", size: 12pt)\n' +
            "#pagebreak()\n".join(
                f"= {TITLE}\n\n{TEXT}\n\n#table(columns: 2, " +
                ", ".join(f"[{k}], [{v.replace('--', '–').replace('//', chr(92) + '/' + chr(92) + '/')}]"
                          for k, v in fields(i)) +
                ')\n#image("qr.png", width: 30mm)\n' for i in pages))


def main():
    form, qr, folder, singles, pages = sys.argv[1:]
    make = {"html": html, "fodt": fodt, "typ": typ}[form]
    png = pathlib.Path(qr).read_bytes()
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    (out / "qr.png").write_bytes(png)
    for i in range(int(singles)):
        (out / f"{i}.{form}").write_text(make([i], png), encoding="utf-8")
    (out / f"all.{form}").write_text(make(range(int(pages)), png), encoding="utf-8")


main()
