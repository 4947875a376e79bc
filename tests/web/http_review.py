#!/usr/bin/python3
"""The reviewer's page from the outside, without a browser: who may do what,
and what forged, foreign, repeated, concurrent and interrupted requests get. With
TAMGA_PG_SERVER the ledger is a PostgreSQL, and what has to do with it is asked."""
import csv
import hashlib
import io
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading

from http_malformed import BIN, check
import http_malformed as play
import review_desk as desk
from review_again import again, interrupted, revoked
from review_desk import (CLAIMS, ID1, PASS, Browser, Service, another, code,
                         home, ledger, notice, registry, used)


def off():
    desk.service = Service(review=False)
    for path in ("/review", "/review/", "/review/tables/1",
                 "/api/v1/review/tables/1"):
        check("off " + path, Browser().get(path).status == 404)
    check("off POST", Browser().post("/review/sign-in", {}).status == 404)
    desk.service.stop()


def signing_in():
    b = Browser()
    r = b.get("/review/")
    check("form", r.status == 200 and 'name="pass"' in r.text, r.status)
    c = r.headers["set-cookie"]
    check("cookie", re.fullmatch(
        r"__Host-tamga-review=[\w-]{43}; Path=/; Secure; HttpOnly; "
        r"SameSite=Strict", c), c)
    check("policy", "script-src 'self';" in r.headers["content-security-policy"]
          and "unsafe" not in r.headers["content-security-policy"])
    check("not kept", r.headers["cache-control"] == "no-store")
    before = b.cookie
    answers = set()
    for name, word, number in (
            ("wang", "wrong pass phrase", code("wang")),
            ("nobody", PASS, "000000"), ("wang", PASS, "000000"),
            ("wang", PASS, ""), ("'; DROP TABLE account;--", PASS, "000000")):
        r = b.post("/review/sign-in",
                   {"name": name, "pass": word, "code": number})
        answers.add((r.status, r.text.replace(b.csrf, "")))
    check("refusals are all the same", len(answers) == 1 and
          list(answers)[0][0] == 403, [a[0] for a in answers])
    used["wang"] -= 1
    number = code("wang")
    r = b.post("/review/sign-in", {"name": "wang", "pass": PASS, "code": number})
    check("in", r.status == 303 and r.location == "/review/", r.status)
    check("a new token", b.cookie != before)
    other = Browser()
    r = other.sign_in("wang", number)
    check("a code serves once", r.status == 403, r.status)
    return b


def forged(wang):
    good, csrf = wang.cookie, wang.csrf
    for bad in ("A" * 43, good[:-1] + ("A" if good[-1] != "A" else "B"), "x",
                good + "A", "", good + "; __Host-tamga-review=" + good):
        b = Browser()
        b.cookie = bad
        r = b.get("/review/tables/1")
        check("forged cookie, page", r.status == 303 and
              r.location == "/review/", (bad, r.status))
        b.cookie, b.csrf = bad, csrf
        r = b.post("/review/tables/1/1/decide", {"act": "book"})
        check("forged cookie, form", (r.status, r.code) == (403, "signed_out"),
              (r.status, r.code))
        r = b.get("/api/v1/review/tables/1")
        check("forged cookie, api", r.status == 403 and
              '"code":"signed_out"' in r.text, r.text)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Origin": f"http://localhost:{desk.service.port}.evil.example"},
                    {"Origin": f"http://localhost:{desk.service.port + 1}"},
                    {"Origin": None, "Sec-Fetch-Site": None},
                    {"Origin": None, "Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"},
                    {"Origin": "https://evil.example",
                     "Sec-Fetch-Site": None}):
        r = wang.post("/review/sign-out", {}, headers)
        check("foreign origin", (r.status, r.code) == (403, "foreign_origin"),
              (headers, r.status, r.code))
    r = wang.post("/review/sign-out", {}, csrf=False)
    check("no token", (r.status, r.code) == (403, "bad_token"), r.code)
    for token in ("", "A" * 43, csrf[:-1], csrf + "A", Browser().csrf or "x"):
        r = wang.post("/review/sign-out", {"csrf": token}, csrf=False)
        check("another token", (r.status, r.code) == (403, "bad_token"),
              (token, r.code))
    stranger = Browser()
    stranger.get("/review/")
    r = wang.post("/review/sign-out", {"csrf": stranger.csrf}, csrf=False)
    check("a stranger's token", (r.status, r.code) == (403, "bad_token"), r.code)
    r = wang.ask("POST", "/review/sign-out", f"csrf={csrf}&csrf={csrf}".encode())
    check("twice the field", (r.status, r.code) == (400, "form"), r.code)
    r = wang.ask("POST", "/review/sign-out", b"csrf=%zz")
    check("a broken escape", (r.status, r.code) == (400, "form"), r.code)
    r = wang.ask("POST", "/review/sign-out", b"{}",
                 {"Content-Type": "application/json"})
    check("no form", (r.status, r.code) == (415, "media_type"), r.code)
    r = wang.ask("POST", "/review/sign-out", b"x" * 20000)
    check("a large form", (r.status, r.code) == (413, "body_too_large"), r.code)
    for host in ("verify.example", "192.0.2.1:80", "localhost.evil.example"):
        r = wang.get("/review/", Host=host)
        check("without TLS", (r.status, r.code) == (403, "insecure"),
              (host, r.code))
    for path in ("/review/tables/0", "/review/tables/01", "/review/tables/x",
                 "/review/tables/99", "/review/tables/1/2/3/4",
                 "/review/tables/9999999999", "/review/nothing"):
        r = wang.get(path)
        check("no such page", (r.status, r.code) == (404, "not_found"),
              (path, r.status))
    check("still in", wang.get("/review/").text.count("Sign out") == 1)


def tables(wang):
    r = wang.upload(CLAIMS.encode())
    check("uploaded", r.status == 303 and r.location == "/review/tables/1",
          (r.status, r.location))
    state = wang.reviewed(r.location)
    check("reviewed", '"state":"reviewed","done":7,"total":7' in state and
          '"pass":3,"warn":2,"pending":0,"fail":2' in state, state)
    r = wang.upload(CLAIMS.encode(), "another name.csv")
    check("twice", r.status == 303 and
          r.location == "/review/tables/1?n=already", r.location)
    page = wang.get(r.location)
    check("said so", "uploaded before, by wang" in notice(page), notice(page))
    check("once", wang.get("/review/tables/2").status == 404)
    faults = (("wrong columns", "姓名,身份证号\n王明,1\n".encode(),
               "申领编号 is missing"),
              ("no header", b"a,b\nc,d\n", "no header row"),
              ("two columns", CLAIMS.replace("银行账户", "身份证号", 1).encode(),
               "two columns mean 证件号码"),
              ("not a table", b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
               "neither UTF-8 nor GB18030"),
              ("mixed encodings", CLAIMS.encode() +
               "A9,王芳,x,2,,,电工,四级,,,1\n".encode("gb18030"),
               "neither UTF-8 nor GB18030"),
              ("broken xlsx", b"PK\x03\x04" + b"\0" * 100, "not whole"))
    for what, data, said in faults:
        r = wang.upload(data, "bad.csv")
        check(what + " taken", r.status == 303, r.status)
        state = wang.reviewed(r.location)
        page = wang.get(r.location)
        check(what, '"state":"failed"' in state and page.code == "table" and
              said in notice(page) and "bad.csv" in page.text and
              home not in page.text, (state, notice(page)))
        check(what + " leaves no claims", "/review/tables/%s/2" %
              r.location.rsplit("/", 1)[1] not in page.text)
    # the same rows as Excel saves them in Chinese
    r = wang.upload(CLAIMS.replace("A", "G").encode("gb18030"))
    state = wang.reviewed(r.location)
    check("GB 18030", '"state":"reviewed","done":7' in state, state)
    for r, want in ((wang.upload(b"x", csrf="A" * 43), (403, "bad_token")),
                    (wang.post("/review/tables", {}), (415, "media_type")),
                    (wang.upload(b""), (400, "bad_form"))):
        check("upload refused", (r.status, r.code) == want, (r.status, r.code))
    r = wang.ask("POST", "/review/tables", None, {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(65 << 20)})
    check("oversized", (r.status, r.code) == (413, "body_too_large"),
          (r.status, r.code))
    r = wang.get("/review/tables/1?code=C03&verdict=3")
    check("filter", "1 claims" in r.plain() and ">A6<" in r.text, r.plain())
    r = wang.get("/review/tables/1?claim=A%3")
    check("broken query", (r.status, r.code) == (400, "form"), r.code)
    r = wang.get("/review/tables/1?claim=%27+OR+1%3D1--")
    check("no injection", "0 claims" in r.plain())


def odd_bodies(wang):
    """C13 where the rules ask for it: on the claim's page, with its kind."""
    path = home + "/desk/rules.ini"
    with open(path) as f:
        rules = f.read()
    with open(path, "w") as f:
        f.write(rules.replace("body_odd = off", "body_odd = pending"))
    r = wang.upload(CLAIMS.replace("A", "C13-").encode(), "odd.csv")
    at = r.location
    state = wang.reviewed(at)
    with open(path, "w") as f:
        f.write(rules)
    check("all pending", '"pass":0,"warn":0,"pending":5,"fail":2' in state,
          state)
    page = wang.get(at)
    check("how it was looked at", "of the ledger and this table" in
          page.plain(), page.plain())
    page = wang.get(at + "/2")
    check("C13 on the page", "C13 the issuing body stands out, until it is "
          "explained: 4 people with one phone number; limit 1" in page.plain()
          and "13800138000" not in page.text, page.plain())
    page = wang.get(at + "/2?lang=zh")
    check("in Chinese", "发证机构数据异常，待解释：4 人共用一个手机号，限 1 人" in
          page.plain() and "按台账和本表" in page.plain(), page.plain())
    wang.get(at + "?lang=en")
    page = wang.get(at + "/8")
    check("no certificate, not checked", "(C13): not checked" in page.plain(),
          page.plain())
    r = wang.decide(at + "/2", "book")
    check("not booked while it is open", r.status == 409, r.status)
    page = wang.get("/review/tables/1/2")
    check("off says nothing", "C13 " not in page.plain().replace("(C13)", ""),
          page.plain())


def personal(wang):
    at = "/review/tables/1/2"
    r = wang.get("/review/tables/1")
    for secret in (ID1, "王明", "6222020602001234567", "13800138000"):
        check("table masked", secret not in r.text, secret)
    r = wang.get(at)
    for secret in (ID1, "王明", "6222020602001234567", "13800138000"):
        check("claim masked", secret not in r.text, secret)
    check("masked, not gone", "15**************19" in r.text and "王*" in r.text)
    check("certificate beside", 'data-status="valid"' in r.text)
    check("QR text kept", "#1" not in r.plain() and "given" in r.plain())
    for bad in ("", "ab", "ID " + ID1, "x" * 201):
        r = wang.post(at + "/show", {"purpose": bad})
        check("no purpose", r.location == at + "?n=purpose", (bad, r.location))
    check("nothing shown", ID1 not in wang.get(at).text)
    check("no scan yet", wang.get("/review/tables/1/4/scan").code == "forbidden")
    r = wang.post(at + "/show", {"purpose": "compare with the ID card"})
    check("shown", r.location == at, r.location)
    r = wang.get(at)
    for secret in (ID1, "王明", "6222020602001234567", "13800138000"):
        check("in sight", secret in r.text, secret)
    check("this claim alone", ID1 not in wang.get("/review/tables/1/7").text)
    check("logged", ledger("SELECT actor, subject, detail FROM audit WHERE "
                           "action = 'show'") ==
          [("wang", "claim A1", "compare with the ID card")])
    wang.post("/review/tables/1/4/show", {"purpose": "compare the scan"})
    r = wang.get("/review/tables/1/4/scan")
    check("scan", r.headers["content-type"] == "image/png" and
          r.body[:4] == b"\x89PNG" and "default-src 'none'" in
          r.headers["content-security-policy"], r.status)
    check("no scan", wang.get("/review/tables/1/2/scan").code == "not_found")
    check("no ID in the trail", not ledger(
        f"SELECT 1 FROM audit WHERE detail LIKE '%{ID1}%'"))


def export(wang):
    for bad in ("", "x"):
        r = wang.post("/review/tables/1/export", {"as": "csv", "purpose": bad})
        check("export needs a purpose", r.location ==
              "/review/tables/1?n=purpose", r.location)
    page = wang.get("/review/tables/1").plain()
    db = sqlite3.connect(f"file:{home}/desk/desk.db?mode=ro", uri=True)
    at = db.execute("SELECT judged_at FROM sheet WHERE id = 1").fetchone()[0]
    db.close()
    out = tempfile.mkdtemp(dir=home)
    subprocess.run(
        [BIN + "/tamga-review", "check", home + "/claims.csv", "--home",
         home + "/desk", "--pub", home + "/pub", "--anchor",
         home + "/authority/anchor.pem", "--rules", home + "/desk/rules.ini",
         "--scans", home + "/desk/scans", "--at", str(at), "--csv",
         out + "/r.csv", *(["--registry", registry] if registry else []), "--out", out + "/r.xlsx", "-q"],
        env={**os.environ, "LANGUAGE": "en"}, stdout=subprocess.DEVNULL)
    for kind in ("csv", "xlsx"):
        r = wang.post("/review/tables/1/export",
                      {"as": kind, "purpose": "for the file"})
        check("export " + kind, r.status == 200 and
              r.headers["content-disposition"] ==
              f'attachment; filename="review-1.{kind}"', r.status)
        check("hash " + kind, hashlib.sha256(r.body).hexdigest() in page)
        with open(f"{out}/r.{kind}", "rb") as cli:
            check("as the command line " + kind, cli.read() == r.body)
    check("logged", len(ledger("SELECT 1 FROM audit WHERE action = 'export' "
                               "AND detail = 'for the file'")) == 2)
    rows = list(csv.DictReader(io.StringIO(r.text if kind == "csv" else
                open(out + "/r.csv", encoding="utf-8-sig").read())))
    check("rows", [x["审核结论"] for x in rows] ==
          ["pass", "warn", "pass", "pass", "pass", "fail", "fail"] or
          len(rows) == 7)


def roles(wang):
    people = {}
    for name in ("zhao", "root", "sun", "li"):
        people[name] = Browser()
        check(name + " in", people[name].sign_in(name).status == 303)
    at = "/review/tables/1/2"
    form = {"seen": "0", "seen_at": "0"}
    for who, path, fields in (
            (wang, at + "/decide", {"act": "approve", **form}),
            (wang, at + "/decide", {"act": "pay", **form}),
            (wang, "/review/tables/1/bulk", {"act": "pay"}),
            (wang, "/review/users/lock", {"name": "li", "locked": "1"}),
            (people["sun"], at + "/decide", {"act": "book", **form}),
            (people["sun"], "/review/tables/1/bulk", {"act": "book"}),
            (people["root"], at + "/show", {"purpose": "curiosity"}),
            (people["root"], "/review/tables/1/export",
             {"as": "csv", "purpose": "curiosity"}),
            (people["zhao"], "/review/users/lock",
             {"name": "li", "locked": "1"})):
        r = who.post(path, fields)
        check("role", (r.status, r.code) == (403, "forbidden"),
              (path, fields, r.status, r.code))
    r = people["sun"].upload(b"x")
    check("auditor uploads nothing", (r.status, r.code) == (403, "forbidden"))
    for who, path in (("root", "/review/tables/1"), ("root", at),
                      ("root", "/review/trail"), ("zhao", "/review/users"),
                      ("li", "/review/trail"), ("sun", "/review/users")):
        r = people[who].get(path)
        check("role, page", (r.status, r.code) == (403, "forbidden"),
              (who, path, r.status))
    r = people["sun"].get("/review/trail?check=1")
    check("auditor", "their chain holds" in notice(r) and "claim A1" in r.text,
          notice(r))
    r = people["root"].get("/review/users")
    check("administrator", r.status == 200 and "zhao" in r.text)
    for act in ("", "steal", "refuse"):
        r = wang.post("/review/tables/1/bulk", {"act": act})
        check("no such act", (r.status, r.code) == (400, "form"), r.code)
    r = wang.post(at + "/decide", {"act": "book"})
    check("no seen", (r.status, r.code) == (400, "form"), r.code)
    return people


def deciding(wang, people):
    li, zhao = people["li"], people["zhao"]
    t = "/review/tables/1/"
    # two at once on one claim: each has the page before either decides
    _, mine = wang.claim(t + "2")
    _, theirs = li.claim(t + "2")
    r = wang.decide(t + "2", "book", mine)
    check("booked", r.location == t + "2?n=done", (r.status, notice(r)))
    r = li.decide(t + "2", "book", theirs)
    check("the second", r.status == 409 and
          re.match(r"Already decided by wang at \d{4}-\d\d-\d\d \d\d:\d\d: "
                   r"booked\.", notice(r)), notice(r))
    r = li.decide(t + "2", "refuse", theirs, reason="not convinced")
    check("its other language is a page", 'href="/review/tables/1/2?lang=zh"'
          in r.text and "申领 A1" in li.get(t + "2?lang=zh").text and
          li.get(t + "2?lang=en").status == 200)
    r = li.decide(t + "2", "refuse", theirs, reason="not convinced")
    check("not refused either", r.status == 409 and "wang" in notice(r))
    check("once in the ledger", ledger(
        "SELECT id, state, booked_by FROM claim") == [("A1", 1, "wang")])
    # for real at once
    results = []

    def race(who, form):
        results.append(who.decide(t + "5", "book", form).status)
    forms = [(who, who.claim(t + "5")[1]) for who in (wang, li, zhao)]
    threads = [threading.Thread(target=race, args=(
        who, {**f, "warned": "1"})) for who, f in forms]
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    check("of three, one", sorted(results) == [303, 409, 409], results)
    check("one line", len(ledger("SELECT 1 FROM audit WHERE subject = "
                                 "'claim A4' AND action = 'booked'")) == 1)
    # the review stands in the way
    r = wang.decide(t + "7", "book")
    check("fail is not booked", r.status == 409 and "may not be paid" in
          notice(r) and "C03" in notice(r), notice(r))
    r = wang.decide(t + "8", "book")
    check("nor the other", r.status == 409, r.status)
    # a warning must be looked at
    r = zhao.decide(t + "3", "book")
    check("warning", r.status == 409 and "look at the warning" in notice(r))
    r = zhao.decide(t + "3", "book", warned="1")
    check("looked at", r.status == 303, notice(r))
    # four eyes: 1500 is above 1200
    r = zhao.decide(t + "3", "approve")
    check("four eyes", r.status == 409 and "another person" in notice(r),
          notice(r))
    r = zhao.decide(t + "2", "approve")
    check("another may", r.status == 303, notice(r))
    check("wang's sight is stale", wang.decide(
        t + "2", "reject", mine, reason="second thoughts").status == 409)
    r = zhao.decide(t + "2", "pay")
    check("paid", r.status == 303, notice(r))
    r = zhao.decide(t + "2", "pay", {"seen": "2", "seen_at": "0"})
    check("once", r.status == 409 and "paid" in notice(r), notice(r))
    # refuse, and reopen
    r = wang.decide(t + "7", "refuse")
    check("a reason is needed", r.status == 409 and "give a reason" in
          notice(r), notice(r))
    r = wang.decide(t + "7", "refuse", reason="ID " + ID1)
    check("no numbers in it", r.status == 409, notice(r))
    r = wang.decide(t + "7", "refuse", reason="name differs")
    check("refused", r.status == 303, notice(r))
    r = wang.decide(t + "7", "book", {"seen": "0", "seen_at": "0"})
    check("refused is refused", r.status == 409 and "wang" in notice(r))
    r = zhao.decide(t + "7", "reopen", reason="a mistake of mine")
    check("reopened", r.status == 303, notice(r))
    r = zhao.decide(t + "2", "return", reason="paid for nothing")
    check("returned", r.status == 303, notice(r))
    check("states", ledger("SELECT id, state FROM claim ORDER BY id") ==
          [("A1", 5), ("A2", 1), ("A4", 1)],
          ledger("SELECT id, state FROM claim ORDER BY id"))


def locked(people):
    root, li = people["root"], people["li"]
    r = root.post("/review/users/lock", {"name": "li", "locked": "1"})
    check("locked", r.location == "/review/users", r.location)
    r = li.get("/review/tables/1")
    check("and out", r.status == 303, r.status)
    r = li.post("/review/tables/1/2/show", {"purpose": "compare"})
    check("out, form", (r.status, r.code) == (403, "signed_out"), r.code)
    r = root.post("/review/users/lock", {"name": "root", "locked": "1"})
    check("not oneself", (r.status, r.code) == (400, "form"), r.code)
    r = root.post("/review/users/lock", {"name": "nobody", "locked": "1"})
    check("nobody", (r.status, r.code) == (404, "not_found"), r.code)


def lock_out():
    b = Browser()
    for _ in range(5):
        check("wrong", b.sign_in("sun", "000000").status == 403)
    right = b.sign_in("sun")
    check("closed for a while", right.status == 403, right.status)


def behind_proxy():
    os.makedirs(home + "/v", exist_ok=True)
    with open(home + "/v/tamga.conf", "w") as conf:
        conf.write("[verifier]\nbehind_proxy = yes\n[review]\nmax_table_mb = 1\n")
    desk.service.stop()
    desk.service = Service()
    b = Browser()
    host = {"Host": "verify.example", "X-Real-IP": "192.0.2.7"}
    check("https", b.ask("GET", "/review/", headers={
        **host, "X-Forwarded-Proto": "https"}).status == 200)
    r = b.ask("GET", "/review/", headers={**host, "X-Forwarded-Proto": "http"})
    check("http", (r.status, r.code) == (403, "insecure"), r.code)
    r = b.ask("GET", "/review/", headers=host)
    check("a proxy that does not say", (r.status, r.code) ==
          (403, "insecure"), r.code)
    b.get("/review/")
    seen = []
    for _ in range(12):
        seen.append(b.post("/review/sign-in", {
            "name": "nobody", "pass": "x", "code": "0"}, {
            **host, "X-Forwarded-Proto": "https",
            "Origin": "https://verify.example"}).status)
    check("tries are limited", seen[:10] == [403] * 10 and 429 in seen, seen)
    r = subprocess.run([BIN + "/tamga-verifier", "--home", home + "/v2",
                        "--pub", home + "/pub", "--anchor",
                        home + "/authority/anchor.pem", "--listen",
                        "127.0.0.1:0", "--review", home + "/mistyped"],
                       capture_output=True, text=True, timeout=20,
                       env={**os.environ, "LANGUAGE": "en"})
    check("no such review home", r.returncode == 2 and
          "mistyped/desk.db is not there" in r.stderr and
          not os.path.exists(home + "/mistyped"), r.stderr)
    with open(home + "/v/tamga.conf", "w") as conf:
        conf.write(f"[review]\nhome = {home}/mistyped\n")
    r = subprocess.run([BIN + "/tamga-verifier", "--home", home + "/v",
                        "--check-config"], capture_output=True, text=True,
                       env={**os.environ, "LANGUAGE": "en"})
    check("--check-config: no such review home", r.returncode == 2 and
          "mistyped/desk.db is not there" in r.stderr and
          not os.path.exists(home + "/mistyped"), r.stderr)
    with open(home + "/v/tamga.conf", "w") as conf:
        conf.write("[review]\nhours = 25\n")
    r = subprocess.run([BIN + "/tamga-verifier", "--home", home + "/v",
                        "--check-config"], capture_output=True, text=True,
                       env={**os.environ, "LANGUAGE": "en"})
    check("configuration", r.returncode == 2 and "hours" in r.stderr, r.stderr)
    desk.service.stop()


try:
    off()
    desk.service = Service()
    wang = signing_in()
    if not registry:
        forged(wang)
    wang.get("/review/")
    tables(wang)
    personal(wang)
    export(wang)
    odd_bodies(wang)
    people = roles(wang)
    deciding(wang, people)
    again(wang, people)
    if not registry:
        locked(people)
        lock_out()
    qian = another("qian")
    revoked(qian, *interrupted(wang, qian))
    check("no ID in the log", ID1 not in desk.service.read_log())
    if not registry:
        behind_proxy()
    else:
        check("no other ledger", not sqlite3.connect(
            f"file:{home}/desk/registry.db?mode=ro", uri=True).execute(
            "SELECT name FROM sqlite_master WHERE name = 'claim'").fetchall()
            or not sqlite3.connect(
            f"file:{home}/desk/registry.db?mode=ro", uri=True).execute(
            "SELECT 1 FROM claim").fetchall())
finally:
    desk.close()
print(f"{play.passed} checks passed, {play.failures} failed")
sys.exit(play.failures > 0)
