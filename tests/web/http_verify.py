#!/usr/bin/python3
"""The verdict API, the form and the publication over HTTP, with certificates
in every state."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import http_malformed as play
from http_malformed import check

HERE = os.path.dirname(os.path.abspath(__file__))
home = tempfile.mkdtemp(prefix="tamga-verify-")
subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home], check=True)
with open(os.path.join(home, "texts.tsv")) as f:
    TEXTS = dict(line.rstrip("\n").split("\t") for line in f)
STATUS = {"operation": "valid", "review_window": "valid", "ed25519": "valid",
          "sm2": "valid"}
service = play.Service("--anchor", home + "/authority/anchor.pem", "--pub",
                       home + "/pub")


def ask(body, ctype="text/plain", path="/api/v1/verify?lang=en",
        method="POST", headers=None):
    c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    h = dict(headers or {})
    if ctype:
        h["Content-Type"] = ctype
    c.request(method, path, body, h)
    r = c.getresponse()
    data = r.read()
    c.close()
    return r.status, dict((k.lower(), v) for k, v in r.getheaders()), data


def get(path, **headers):
    return ask(None, None, path, "GET", headers)


def verdict(text):
    status, headers, data = ask(text.encode())
    check("200 for a check that ran", status == 200, data)
    check("type", headers["content-type"] == "application/json")
    return json.loads(data)


def picture(name):
    with open(os.path.join(home, "pictures", name), "rb") as pic:
        return pic.read()


def states():
    for state, text in TEXTS.items():
        v = verdict(text)
        status = STATUS.get(state, state)
        check(state, v["status"] == status, v)
        check(state + " schema", v["schema"] == 1 and v["source"] is None, v)
        shown = status not in ("forged", "unknown_issuer")
        check(state + " shown", ("certificate" in v) == shown and
              ("issuer" in v) == shown, v)
        check(state + " checks", len(v["checks"]) == 8, v)
    check("warning", "review_window" in
          verdict(TEXTS["review_window"])["warnings"])


def hosts():
    v = verdict(TEXTS["valid"])
    check("our host", v["warnings"] == [] and "host" not in v, v)
    v = verdict(TEXTS["valid"].replace("verify.", "verify-"))
    check("foreign host", v["warnings"] == ["foreign_host"] and
          v["host"] == "verify-tamga.example" and v["status"] == "valid", v)
    v = verdict(TEXTS["valid"].replace(
        "verify.tamga.example", "verify.tamga.example@evil.example"))
    check("host behind @", v["host"] == "evil.example", v)
    v = verdict(TEXTS["valid"].split("#")[1])
    check("digits alone", v["status"] == "valid" and v["warnings"] == [], v)
    for text, host in (("https://pay.example/x?id=1", "pay.example"),
                       ("hello", None), ("https://\"><script>/", "???script?"),
                       ("https://\u8bc1\u4e66.example/", None)):
        v = verdict(text)
        check("not ours: " + text, v["status"] == "not_ours" and
              (host is None or v.get("host") == host), v)


def every_digit_changed():
    """No digit can be changed and the certificate still be valid."""
    base, digits = TEXTS["valid"].split("#")
    c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    for i, d in enumerate(digits):
        other = digits[:i] + str((int(d) + 1) % 10) + digits[i + 1:]
        c.request("POST", "/api/v1/verify", base + "#" + other,
                  {"Content-Type": "text/plain"})
        v = json.loads(c.getresponse().read())
        check(f"digit {i}", v["status"] in ("forged", "unknown_issuer",
                                            "not_ours"), v["status"])
    c.close()


def languages():
    for lang, word in (("en", "Valid certificate"), ("zh", "有效证书")):
        status, _, data = ask(TEXTS["valid"].encode(),
                              path="/api/v1/verify?lang=" + lang)
        check(lang, json.loads(data)["headline"] == word, data)
        status, _, data = ask(TEXTS["valid"].encode(), path="/api/v1/verify",
                              headers={"Accept-Language": lang})
        check(lang + " header", json.loads(data)["headline"] == word, data)


def json_body():
    status, _, data = ask(json.dumps({"qr": TEXTS["revoked"]}),
                          "application/json; charset=utf-8")
    check("JSON", status == 200 and
          json.loads(data)["status"] == "revoked", data)


def pictures():
    for name, ctype, want in (
            ("valid.png", "image/png", [("valid", 1)]),
            ("valid.png", "application/pdf", [("valid", 1)]),
            ("revoked.jpg", "image/jpeg", [("revoked", 1)]),
            ("two.pdf", "application/pdf", [("valid", 1), ("revoked", 2)]),
            ("mixed.png", "image/png", [("valid", 1), ("not_ours", 1)]),
            ("blank.png", "image/png", [("unreadable", 1)])):
        status, _, data = ask(picture(name), ctype)
        answer = json.loads(data)
        check(name, status == 200 and answer["schema"] == 1 and
              [(r["status"], r["page"]) for r in answer["results"]] == want,
              data)
        for r in answer["results"]:
            check(name + " text", r.get("qr") == (
                TEXTS[r["status"]].split("#")[1]
                if "certificate" in r else None), r)
    for name, body, want in (
            ("locked PDF", picture("locked.pdf"), "pdf_locked"),
            ("text as a picture", b"hello" * 100, "not_a_picture")):
        status, headers, data = ask(body, "image/png")
        check(name, status == 415 and json.loads(data)["code"] == want and
              headers["content-type"] == "application/problem+json", data)
    for name in ("valid.png", "revoked.jpg", "two.pdf"):
        data = picture(name)
        for cut in (0.1, 0.5, 0.9):
            status, _, answer = ask(data[:int(len(data) * cut)], "image/png")
            check(f"{name} cut at {cut}", status in (200, 415) and
                  b'"valid"' not in answer or name == "two.pdf", answer)


def form():
    def multipart(name, filename, data):
        return (b"--B\r\nContent-Disposition: form-data; name=\"" + name +
                b"\"" + (b"; filename=\"" + filename + b"\"" if filename
                         else b"") + b"\r\n\r\n" + data + b"\r\n")
    kind = "multipart/form-data; boundary=B"
    for body, want in (
            (multipart(b"text", None, TEXTS["valid"].encode()), ["valid"]),
            (multipart(b"text", None, b" " + TEXTS["valid"].encode() +
                       b"\r\n"), ["valid"]),
            (multipart(b"file", b"a.png", picture("valid.png")) +
             multipart(b"text", None, b""), ["valid"]),
            (multipart(b"file", b"<b>.png", picture("valid.png")) +
             multipart(b"file", b"b.jpg", picture("revoked.jpg")),
             ["valid", "revoked"])):
        status, headers, data = ask(body + b"--B--\r\n", kind,
                                    "/verify?lang=en")
        text = data.decode()
        got = re.findall(r'<article class="card \w+" data-status="(\w+)"',
                         text)
        check("form", status == 200 and got == want, got)
        check("form type", headers["content-type"].startswith("text/html") and
              "script-src 'self'" in headers["content-security-policy"])
        check("form escapes", "<b>.png" not in text)
    for number, word in ((b"150102199001010019", "yes"),
                         (b"150102199001010027", "no"), (b"-", "bad")):
        status, _, data = ask(
            multipart(b"text", None, TEXTS["valid"].encode()) +
            multipart(b"id", None, number) + b"--B--\r\n", kind,
            "/verify?lang=en")
        check("form, ID number", status == 200 and re.search(
            rb'class="match match-(digest-)?' + word.encode() + b'"', data),
            data)
        check("form does not show it", len(number) < 9 or
              number not in data)


def match(qr, number, ask_of=None, more=None):
    body = {"qr": qr, "id": number}
    body.update(more or {})
    c = http.client.HTTPConnection("127.0.0.1", (ask_of or service).port,
                                   timeout=30)
    c.request("POST", "/api/v1/match", json.dumps(body),
              {"Content-Type": "application/json"})
    r = c.getresponse()
    answer = json.loads(r.read())
    c.close()
    return r.status, answer


def matches():
    """The 12 bits: make_publication writes those of this number."""
    good = "150102199001010019"
    for state, method in (("valid", "digest"), ("revoked", "digest"),
                          ("sm2", "digest"),
                          ("unknown_issuer", None)):
        for number, same in ((good, True), (" 150102 19900101-0019 ", True),
                             ("150102199001010027", False)):
            status, m = match(TEXTS[state], number)
            check("match " + state, status == 200 and m == {
                "schema": 1, "status": STATUS.get(state, state),
                "method": method, "match": same if method else None},
                (number, m))
    status, m = match("https://pay.example/", good)
    check("match, not ours", m["status"] == "not_ours" and
          m["method"] is None, m)
    for number in ("", " ", "1" * 33, "1" * 400, "王小明"):
        status, m = match(TEXTS["valid"], number)
        check("no ID number", status == 400 and m["code"] == "bad_json", m)
    status, m = match(TEXTS["valid"], good, more={"x": "y"})
    check("more than asked", status == 400, m)
    for body, ctype in ((b'{"qr":"x"}', "application/json"),
                        (b'{"qr":1,"id":"1"}', "application/json"),
                        (b'{"qr":"x","id":"1","id":"2"}', "application/json"),
                        (b'[{"qr":"x"}]', "application/json")):
        status, _, data = ask(body, ctype, "/api/v1/match")
        check("match: " + body.decode(), status == 400, data)
    status, _, data = ask(b"x", "text/plain", "/api/v1/match")
    check("match takes JSON", status == 415, data)
    status, _, _ = get("/api/v1/match?id=" + good)
    check("never in an address", status == 405, status)


def exact():
    """With the body's registry the number itself is compared, ten times."""
    base = home + "/exact"
    os.makedirs(base)
    with open(base + "/r.csv", "w") as f:
        f.write("姓名,证件号码,职业名称,职业编码,"
                "等级,发证日期\n"
                "张一,150102199001010019,焊工,6-18-02-04,4,"
                "2024-05-01\n")
    run = [os.path.join(play.BIN, "tamga-issuer")]
    secret = ["--pass-file", home + "/pass"]
    for args in (["issue", "--home", home + "/six", base + "/r.csv",
                  "--batch", "x", "--kind", "2", "--pdf", base + "/pdf", *secret],
                 ["publish", "--home", home + "/six", "--out", home + "/pub",
                  *secret]):
        p = subprocess.run(run + args, capture_output=True, timeout=120)
        check("issued", p.returncode == 0, (p.stdout, p.stderr))
    text = subprocess.run(
        [os.path.join(play.BIN, "tamga-scan"), "--raw", base + "/pdf"],
        capture_output=True, timeout=60, text=True).stdout.strip()
    other = play.Service("--anchor", home + "/authority/anchor.pem", "--pub",
                         home + "/pub", "--registry",
                         "sqlite:" + home + "/six/registry.db")
    try:
        for number, same in (("150102199001010019", True),
                             ("150102199001010027", False)):
            status, m = match(text, number, other)
            check("exact", (status, m.get("method"), m.get("match")) ==
                  (200, "exact", same), m)
        status, m = match(TEXTS["valid"], "150102199001010019", other)
        check("not in this registry", m.get("method") == "digest" and
              m["match"], m)
        last = [match(text, "150102199001010027", other)[0]
                for _ in range(10)]
        check("guesses are few", last[:8] == [200] * 8 and
              last[8:] == [429] * 2, last)
        check("another certificate is not held up",
              match(TEXTS["revoked"], "150102199001010019", other)[0] == 200)
        log = other.read_log()
        check("no number in the log", "15010219900101" not in log, log)
        check("stops", other.stop() == 0)
    finally:
        other.remove()


def publication():
    base = "/bodies/52150100MJY000000J"
    for path, kind in (("/trust/anchor.pem", "application/x-pem-file"),
                       ("/trust/bodies.pem", "application/x-pem-file"),
                       ("/trust/authority.crl", "application/pkix-crl"),
                       ("/trust/trust.json", "application/json"),
                       (base + "/status/0", "application/statuslist+cwt"),
                       (base + "/log/checkpoint", "text/plain"),
                       (base + "/log/tile/0/000.p/9",
                        "application/octet-stream"),
                       (base + "/log/tile/entries/000.p/9",
                        "application/octet-stream")):
        status, headers, data = get(path)
        with open(home + "/pub" + path, "rb") as f:
            check(path, status == 200 and data == f.read(), status)
        check(path + " type", headers["content-type"].startswith(kind),
              headers)
        check(path + " CORS", headers["access-control-allow-origin"] == "*")
        check(path + " cache", ("immutable" in headers["cache-control"]) ==
              ("/tile/" in path), headers)
        again = get(path, **{"If-None-Match": headers["etag"]})
        check(path + " 304", again[0] == 304 and again[2] == b"", again)
    secret = home + "/pub/trust/secret"
    with open(secret, "w") as f:
        f.write("x")
    os.symlink("/etc/hostname", home + "/pub/trust/trust.json.new")
    os.replace(home + "/pub/trust/trust.json",
               home + "/pub/trust/saved.json")
    os.replace(home + "/pub/trust/trust.json.new",
               home + "/pub/trust/trust.json")
    for path in ("/trust/secret", "/trust/saved.json", "/trust/", "/trust",
                 "/trust/trust.json", "/bodies/", base, base + "/",
                 base + "/status/", base + "/status/00", base + "/status/-1",
                 base + "/status/9999999", base + "/status/1",
                 base + "/log", base + "/log/tile/0/000",
                 base + "/log/tile/0/0", base + "/log/tile/0/000.p/256",
                 base + "/log/tile/0/../../checkpoint",
                 "/bodies/52150100mjy000000j/log/checkpoint",
                 "/bodies/x/log/checkpoint", "/texts.tsv", "/one/body.key"):
        status, _, data = get(path)
        check("not served: " + path, status == 404, (status, data[:100]))
    os.replace(home + "/pub/trust/saved.json",
               home + "/pub/trust/trust.json")


def many_at_once():
    """Mixed load from many threads; every answer is the right one."""
    wrong = []

    def run(n):
        c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        items = list(TEXTS.items())
        for i in range(40):
            state, text = items[(i + n) % len(items)]
            c.request("POST", "/api/v1/verify", text,
                      {"Content-Type": "text/plain"})
            v = json.loads(c.getresponse().read())
            if v.get("status") != STATUS.get(state, state):
                wrong.append((state, v))
        if n % 8 == 0:
            c.request("POST", "/api/v1/verify", picture("valid.png"),
                      {"Content-Type": "image/png"})
            r = c.getresponse()
            data = r.read()
            if r.status not in (200, 503):
                wrong.append(data)
        c.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("many at once", not wrong, wrong[:3])


def health():
    status, _, data = get("/readyz")
    check("ready", status == 200 and json.loads(data) ==
          {"ready": True, "reasons": []}, data)
    _, _, data = get("/metrics")
    check("metrics", b'tamga_verdicts_total{status="revoked"}' in data and
          b"tamga_trust_bodies 5" in data, data)


def secrets():
    """Neither log nor figures hold a name, a number or a text."""
    _, _, metrics = get("/metrics")
    both = service.read_log() + metrics.decode()
    for text in ("王小明", "S0000150001232", TEXTS["valid"].split("#")[1][:30],
                 "pay.example", "127.0.0.1:" + str(service.port + 1)):
        check("not in the log: " + text, text not in both)


def no_anchor():
    p = subprocess.run([os.path.join(play.BIN, "tamga-verifier"), "--home",
                        home + "/none", "--listen", "127.0.0.1:0"],
                       capture_output=True, timeout=30)
    # /etc/tamga/anchor.pem may be there on an installed machine
    check("no anchor", os.path.exists("/etc/tamga/anchor.pem") or
          (p.returncode == 2 and b"--anchor" in p.stderr), p)
    bad = home + "/bad.pem"
    with open(bad, "w") as f:
        f.write("nothing")
    p = subprocess.run([os.path.join(play.BIN, "tamga-verifier"), "--home",
                        home + "/none", "--anchor", bad, "--pub",
                        home + "/pub", "--listen", "127.0.0.1:0"],
                       capture_output=True, timeout=30)
    check("bad anchor", p.returncode == 2 and p.stderr, p)
    p = subprocess.run([os.path.join(play.BIN, "tamga-verifier"), "--home",
                        home + "/none", "--anchor",
                        home + "/authority/anchor.pem", "--pub",
                        home + "/pub", "--listen",
                        f"127.0.0.1:{service.port}"],
                       capture_output=True, timeout=30)
    check("port taken", p.returncode == 2 and
          str(service.port).encode() in p.stderr, p)


try:
    for test in (states, hosts, every_digit_changed, languages, json_body,
                 pictures, form, matches, exact, publication, many_at_once, health, secrets,
                 no_anchor):
        test()
        check(test.__name__ + ": alive", service.healthy())
    check("exit", service.stop() == 0)
finally:
    service.remove()
    shutil.rmtree(home)
print(f"{play.passed} checks passed, {play.failures} failed")
sys.exit(play.failures > 0)
