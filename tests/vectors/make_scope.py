#!/usr/bin/env python3
"""Writes scope.tsv: what a grant lets a body issue. See docs/vectors.md.

Every case states what it expects from the rule it is about (docs/format.md,
"May this body issue this certificate?"); nothing here asks the C code.
"""

PREFIX = "S000015000123"
CODE = "6-31-01-03"
KIND_CODE = {1: "2-02-12-01", 2: CODE, 3: "3-02-03-08", 4: "1.2", 5: "4-07-05-01"}
names = set()


def grant(body="", **kinds):
    """kinds: _2="…" the list of kind 2"""
    lines = [body] if body else []
    lines.append("kinds=" + ",".join(k[1:] for k in sorted(kinds)))
    for k in sorted(kinds):
        key = "items" if k == "_4" else "occupations"
        lines += [f"[kind.{k[1:]}]", f"{key}={kinds[k]}"]
    return " | ".join(lines)


def number(kind, level=4, year=26, prefix=PREFIX, serial="000001"):
    """As the kind prints it; "T" for a level above those that have a code."""
    if kind == 4:
        return "-"
    if kind == 1:
        return f"{year:02}15010001{level}0{serial[2:]}"[:10] + f"{level}" + serial[1:]
    if kind == 2:
        return f"{prefix}{year:02}{level or 'T'}{serial}"
    return "Z2026-00001"


def row(name, grants, kind, expected, code=None, level=4, num=None,
        issued="2026-06-30"):
    assert name not in names, name
    names.add(name)
    if code is None:
        code = KIND_CODE[kind]
    if kind in (3, 4, 5) and level == 4:
        level = 0
    if num is None:
        num = number(kind, level)
    print(name, grants, kind, code or "-", level or "-", num, issued, expected,
          sep="\t")


def admission(name, grants, expected):
    """The scope file itself: read, encoded, or not."""
    assert name not in names, name
    names.add(name)
    print(name, grants, *"-----", expected, sep="\t")


ALL2 = grant(_2="*")
ALL1 = grant(_1="*")
EVERY = grant(_1="*", _2="*", _3="*", _4="*", _5="*")


def kinds():
    sets = [(), (1,), (2,), (3,), (4,), (5,), (2, 4), (1, 2, 3, 4, 5)]
    for s in sets:
        g = grant(**{f"_{k}": "*" for k in s}) if s else "kinds="
        for kind in range(1, 6):
            row(f"kind-{''.join(map(str, s)) or 'none'}-asked-{kind}", g, kind,
                "OK" if kind in s else "NOT_KIND")


def levels():
    for high in range(1, 6):
        for low in range(high, 6):
            r = f"{high}-{low}" if high < low else str(high)
            for level in range(6):
                row(f"level-{high}-to-{low}-asked-{level}",
                    grant(_2=f"{CODE}:{r}"), 2,
                    "OK" if high <= level <= low else "NOT_LEVEL", level=level)
    for level in range(6):
        row(f"level-any-asked-{level}", grant(_2=CODE), 2, "OK", level=level)
        row(f"level-all-asked-{level}", ALL2, 2, "OK", level=level)


def occupations():
    two = grant(_2=f"6-18-02-04, {CODE}:3-5")
    row("code-second", two, 2, "OK")
    row("code-first", two, 2, "OK", code="6-18-02-04")
    row("code-first-level-1", two, 2, "OK", code="6-18-02-04", level=1)
    row("code-second-level-1", two, 2, "NOT_LEVEL", level=1)
    row("code-another", two, 2, "NOT_OCCUPATION", code="6-31-01-02")
    row("code-shorter", two, 2, "NOT_OCCUPATION", code="6-31-01-0")
    row("code-longer", two, 2, "NOT_OCCUPATION", code="6-31-01-033")
    row("code-no-hyphens", two, 2, "NOT_OCCUPATION", code="6310103")
    row("code-absent", two, 2, "NOT_OCCUPATION", code="")
    row("code-one-character", two, 2, "NOT_OCCUPATION", code="6")
    row("code-sixteen", grant(_2="ABCDEFGHIJKLMNOP"), 2, "OK",
        code="ABCDEFGHIJKLMNOP")
    row("code-capital", grant(_2="a-1"), 2, "NOT_OCCUPATION", code="A-1")
    row("code-absent-all", ALL2, 2, "OK", code="")
    row("code-unheard-of-all", ALL2, 2, "OK", code="9-99-99-99")
    row("code-empty-list", grant(_2=","), 2, "NOT_OCCUPATION")
    cross = grant(_2=CODE, _4="1.2")
    row("code-of-kind-4-for-2", cross, 2, "NOT_OCCUPATION", code="1.2")
    row("code-of-kind-2-for-4", cross, 4, "NOT_OCCUPATION", code=CODE)
    row("item", cross, 4, "OK")
    row("item-another", cross, 4, "NOT_OCCUPATION", code="1.1")
    row("item-group", cross, 4, "NOT_OCCUPATION", code="1")
    row("item-deeper", cross, 4, "NOT_OCCUPATION", code="1.2.1")
    row("item-absent", cross, 4, "NOT_OCCUPATION", code="")
    row("item-absent-all", grant(_4="*"), 4, "OK", code="")
    row("item-no-level-in-range", grant(_4="1.2:3-5"), 4, "NOT_LEVEL")
    for kind in (1, 3, 5):
        g = grant(**{f"_{kind}": KIND_CODE[kind]})
        row(f"code-kind-{kind}", g, kind, "OK")
        row(f"code-kind-{kind}-another", g, kind, "NOT_OCCUPATION", code=CODE)
    row("level-same-code-in-two-kinds", grant(_1=f"{CODE}:1", _2=f"{CODE}:5"), 2,
        "NOT_LEVEL", level=1)
    row("level-same-code-other-kind", grant(_1=f"{CODE}:1", _2=f"{CODE}:5"), 1,
        "OK", code=CODE, level=1)


def numbers():
    good = number(2)
    bad = {"no-level": good[:15] + good[16:], "long": good + "1",
           "small-category": "s" + good[1:], "digit-category": "1" + good[1:],
           "letter-in-site": good[:10] + "A" + good[11:],
           "letter-in-year": good[:14] + "A" + good[15:],
           "level-0": good[:15] + "0" + good[16:],
           "level-6": good[:15] + "6" + good[16:],
           "level-small": good[:15] + "t" + good[16:],
           "serial-0": good[:16] + "000000",
           "serial-letter": good[:16] + "00000A",
           "hyphen": good[:16] + "0000-1"}
    for name, n in bad.items():
        row(f"number-2-{name}", ALL2, 2, "NOT_NUMBER", num=n)
    row("number-2-serial-last", ALL2, 2, "OK", num=good[:16] + "999999")
    prefixes = {"category": "Y000015000123", "organisation": "S000115000123",
                "province": "S000011000123", "site": "S000015000124"}
    for name, p in prefixes.items():
        row(f"prefix-{name}", ALL2, 2, "NOT_PREFIX", num=number(2, prefix=p))
    q = number(1)
    bad = {"15": q[:-1], "17": q + "1", "letter": "A" + q[1:],
           "class-5": q[:6] + "5" + q[7:], "class-9": q[:6] + "9" + q[7:],
           "level-0": q[:10] + "0" + q[11:], "level-6": q[:10] + "6" + q[11:],
           "level-letter": q[:10] + "T" + q[11:]}
    for name, n in bad.items():
        row(f"number-1-{name}", ALL1, 1, "NOT_NUMBER", num=n)
    for c in range(5):
        row(f"number-1-class-{c}", ALL1, 1, "OK", num=q[:6] + str(c) + q[7:])
    for kind in (3, 5):
        g = grant(**{f"_{kind}": "*"})
        row(f"number-{kind}-free", g, kind, "OK", num="A-1b2C3d4")
        row(f"number-{kind}-8", g, kind, "OK", num="12345678")
        row(f"number-{kind}-24", g, kind, "OK", num="1" * 24)
        row(f"number-{kind}-another-prefix", g, kind, "OK",
            num=number(2, prefix="Y000015000123"))


def years():
    for kind, g in ((1, ALL1), (2, ALL2)):
        for date, year, want in (
                ("2026-01-01", 26, "OK"), ("2026-12-31", 26, "OK"),
                ("2025-12-31", 26, "NOT_YEAR"), ("2027-01-01", 26, "NOT_YEAR"),
                ("2026-06-30", 62, "NOT_YEAR"), ("2000-02-29", 0, "OK"),
                ("1999-12-31", 99, "OK"), ("2099-12-31", 99, "OK"),
                ("1970-01-01", 70, "OK"), ("2016-06-30", 26, "NOT_YEAR")):
            row(f"year-{kind}-{date}-{year:02}", g, kind, want,
                num=number(kind, year=year), issued=date)
    for kind in (3, 5):
        row(f"year-{kind}-none", grant(**{f"_{kind}": "*"}), kind, "OK",
            issued="1980-01-01")


def number_levels():
    for level in range(6):
        for n in (1, 2, 3, 4, 5, "T"):
            agree = (n if n != "T" else 0) == level
            row(f"number-level-2-{n}-asked-{level}", ALL2, 2,
                "OK" if agree else "NOT_NUMBER_LEVEL", level=level,
                num=number(2, n))
            if n != "T":
                row(f"number-level-1-{n}-asked-{level}", ALL1, 1,
                    "OK" if agree else "NOT_NUMBER_LEVEL", level=level,
                    num=number(1, n))
    row("number-level-2-A", ALL2, 2, "OK", level=0, num=number(2, "A"))
    row("number-level-2-Z", ALL2, 2, "OK", level=0, num=number(2, "Z"))


def dates():
    spans = {"from": "not_before=2026-03-01",
             "to": "not_after=2026-09-30",
             "span": "not_before=2026-03-01 | not_after=2026-09-30",
             "day": "not_before=2026-06-30 | not_after=2026-06-30"}
    low = {"from": "2026-03-01", "span": "2026-03-01", "day": "2026-06-30"}
    high = {"to": "2026-09-30", "span": "2026-09-30", "day": "2026-06-30"}
    for name, span in spans.items():
        g = grant(span, _2="*", _4="*")
        for date in ("2026-01-01", "2026-02-28", "2026-03-01", "2026-06-29",
                     "2026-06-30", "2026-07-01", "2026-09-30", "2026-10-01"):
            ok = low.get(name, "") <= date <= high.get(name, "9")
            for kind in (2, 4):
                row(f"date-{name}-{kind}-{date}", g, kind,
                    "OK" if ok else "NOT_DATE", issued=date)


def precedence():
    """Two things wrong: the first of the rules is named."""
    g = grant("not_after=2025-12-31", _2=f"{CODE}:3-5")
    bad = number(2, 1, year=20, prefix="Y000015000123")
    row("first-kind", g, 1, "NOT_KIND", code="1", level=1, num=bad)
    row("first-occupation", g, 2, "NOT_OCCUPATION", code="1", level=1, num=bad)
    row("first-level", g, 2, "NOT_LEVEL", level=1, num="12345678")
    row("first-form", g, 2, "NOT_NUMBER", num="Y" + "1" * 20)
    row("first-prefix", g, 2, "NOT_PREFIX", num=bad)
    row("first-year", g, 2, "NOT_YEAR", num=number(2, 1, year=20))
    row("first-number-level", g, 2, "NOT_NUMBER_LEVEL", num=number(2, 1))
    row("first-date", g, 2, "NOT_DATE")


def admissions():
    config = {
        "kind-0": "kinds=0", "kind-6": "kinds=6", "kind-word": "kinds=two",
        "kind-twice": "kinds=2,2 | [kind.2] | occupations=*",
        "kind-no-section": "kinds=2",
        "kind-one-section": "kinds=2,4 | [kind.2] | occupations=*",
        "section-no-kind": "kinds= | [kind.2] | occupations=*",
        "section-6": "kinds=2 | [kind.2] | occupations=* | [kind.6] | items=*",
        "section-unknown": "kinds= | [extra] | x=1",
        "key-unknown": "kinds= | colour=red",
        "items-for-2": "kinds=2 | [kind.2] | items=*",
        "occupations-for-4": "kinds=4 | [kind.4] | occupations=*",
        "star-and-code": grant(_2=f"*, {CODE}"),
        "code-twice": grant(_2=f"{CODE}, {CODE}"),
        "code-twice-levels": grant(_2=f"{CODE}:3, {CODE}:4"),
        "level-0": grant(_2=f"{CODE}:0"), "level-6": grant(_2=f"{CODE}:6"),
        "level-range-6": grant(_2=f"{CODE}:3-6"),
        "level-descending": grant(_2=f"{CODE}:5-3"),
        "level-open": grant(_2=f"{CODE}:3-"),
        "level-empty": grant(_2=f"{CODE}:"),
        "level-two-digits": grant(_2=f"{CODE}:33"),
        "level-list": grant(_2=f"{CODE}:3-4-5"),
        "level-word": grant(_2=f"{CODE}:四级"),
        "code-empty": grant(_2=":3"), "code-17": grant(_2="1" * 17),
        "code-blank": grant(_2="6 31"), "code-slash": grant(_2="6/31"),
        "code-chinese": grant(_2="电工"), "code-star-inside": grant(_2="6-31-*"),
        "129-items": grant(_2=",".join(str(i) for i in range(43))) +
                     "".join(f" | occupations={','.join(str(i) for i in r)}"
                             for r in (range(43, 86), range(86, 129))),
        "date-slash": grant("not_before=2026/01/01", _2="*"),
        "date-no-such": grant("not_after=2026-02-30", _2="*"),
        "date-short": grant("not_after=2026-2-3", _2="*"),
        "date-twice": grant("not_after=2026-01-01 | not_after=2026-01-02",
                            _2="*"),
        "no-equals": "kinds",
        "prefix-14": grant(f"prefix={PREFIX}4", _2="*"),
        "prefix-twice": grant(f"prefix={PREFIX} | prefix={PREFIX}", _2="*"),
        "id-19": grant("id=52150100MJY000000J1", _2="*"),
    }
    for name, g in config.items():
        admission(f"file-{name}", g, "FAULT_CONFIG")
    der = {
        "date-order": ("SCOPE_DATE", "not_before=2026-02-01 | "
                                     "not_after=2026-01-31"),
        "prefix-short": ("SCOPE_PREFIX", "prefix=S00001500012"),
        "prefix-small": ("SCOPE_PREFIX", "prefix=s000015000123"),
        "prefix-digit": ("SCOPE_PREFIX", "prefix=1000015000123"),
        "prefix-letter": ("SCOPE_PREFIX", "prefix=S00001500012A"),
        "id-short": ("SCOPE_BODY_ID", "id=52150100MJY00000J"),
        "id-letter-i": ("SCOPE_BODY_ID", "id=52150100MJI000000J"),
        "id-small": ("SCOPE_BODY_ID", "id=52150100mjy000000j"),
    }
    for name, base in {
            "http": "http://jd.example.cn/", "no-slash": "https://jd.example.cn",
            "empty-host": "https:///", "capital": "https://JD.example.cn/",
            "user": "https://a@jd.example.cn/", "query": "https://jd.cn/?a",
            "fragment": "https://jd.cn/#", "two-slashes": "https://jd.cn//",
            "dots": "https://jd.cn/../", "path-open": "https://jd.cn/a",
            "port-0": "https://jd.cn:0/", "port-word": "https://jd.cn:x/",
            "hyphen": "https://-jd.cn/", "under": "https://j_d.cn/",
            "label-empty": "https://jd..cn/", "chinese": "https://职业.cn/",
            "percent": "https://jd.cn/%41/", "ftp": "ftp://jd.cn/"}.items():
        der[f"base-{name}"] = ("SCOPE_BASE", f"base={base}")
    for name, (want, body) in der.items():
        admission(f"der-{name}", grant(body, _2="*"), want)
    good = {"base-path": "base=https://jd.example.cn/a/b-c/",
            "base-port": "base=https://jd.example.cn:8443/"}
    row("items-128", grant(_2=",".join(str(i) for i in range(64))) +
        f" | occupations={','.join(str(i) for i in range(64, 128))}", 2, "OK",
        code="127")
    for name, body in good.items():
        row(name, grant(body, _2="*"), 2, "OK")


print("# Made by make_scope.py; docs/vectors.md says how to read it.\n"
      "# name\tgrant\tkind\tcode\tlevel\tnumber\tissued\texpected")
for part in (kinds, levels, occupations, numbers, years, number_levels, dates,
             precedence, admissions):
    part()
