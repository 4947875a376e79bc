#!/usr/bin/python3
"""Verifiers without a database: one reads the publication from another, or
from nginx with its files, or from a cache of those, hands it on, and goes on
while that one is gone."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import http_malformed as play
import nginx
from http_malformed import BIN, check

HERE = os.path.dirname(os.path.abspath(__file__))
home = tempfile.mkdtemp(prefix="tamga-mirror-")
subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home], check=True)
with open(os.path.join(home, "texts.tsv")) as f:
    TEXTS = dict(line.rstrip("\n").split("\t") for line in f)


class Verifier:
    running = []

    def __init__(self, name, pub):
        self.home = os.path.join(home, name)
        os.makedirs(self.home, exist_ok=True)
        self.log = open(self.home + "/log", "w+b")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tamga-verifier"), "--home", self.home, "--pub",
             pub, "--anchor", home + "/authority/anchor.pem", "--listen",
             "127.0.0.1:0", "-q"], stderr=self.log,
            env={**os.environ, "LANGUAGE": "en"})
        Verifier.running.append(self.process)
        for _ in range(400):
            with open(self.home + "/log") as f:
                m = re.search(r"listening on http://127\.0\.0\.1:(\d+)/", f.read())
            if m:
                self.port = int(m.group(1))
                self.url = f"http://127.0.0.1:{self.port}/"
                return
            time.sleep(0.05)
        raise AssertionError("not listening: " + name)

    def ask(self, path, body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if body is not None:
            headers["Content-Type"] = "text/plain"
        c.request("POST" if body is not None else "GET", path, body, headers)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, {k.lower(): v for k, v in r.getheaders()}, data

    def status_of(self, text):
        return json.loads(self.ask("/api/v1/verify", text)[2]).get("status")

    def stop(self):
        self.process.terminate()
        check("ends well", self.process.wait(30) == 0)
        self.log.close()


servers = []


def ask(server, path):
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    c.request("GET", path)
    r = c.getresponse()
    r.read()
    c.close()
    return r.status, {k.lower(): v for k, v in r.getheaders()}


def files():
    for top, _, names in os.walk(home + "/pub"):
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                yield path[len(home + "/pub"):], f.read()


PUB = [(p, data) for p, data in files() if not p.endswith((".new", "~"))]
try:
    first = Verifier("first", home + "/pub")
    second = Verifier("second", first.url)
    third = Verifier("third", second.url)
    for name, text in TEXTS.items():
        want = first.status_of(text)
        for v, who in ((second, "second"), (third, "third")):
            got = v.status_of(text)
            check(f"{who}: {name}", got == want, (got, want))
    check("something is valid", first.status_of(TEXTS["valid"]) == "valid")
    check("a file at least of each sort", len(PUB) > 10, len(PUB))
    for path, data in PUB:
        status, headers, got = third.ask(path)
        check("handed on " + path, status == 200 and got == data,
              (path, status))
        check("as the first does " + path,
              [headers.get(k) for k in ("content-type", "cache-control",
                                        "access-control-allow-origin")] ==
              [first.ask(path)[1].get(k) for k in
               ("content-type", "cache-control",
                "access-control-allow-origin")], headers)
        check("unchanged " + path, third.ask(
            path, **{"If-None-Match": headers["etag"]})[0] == 304)
    check("the page may read the files",
          json.loads(third.ask("/api/v1/trust")[2])["files"] is True)
    for path in ("/trust/../trust/anchor.pem", "/trust/other.pem",
                 "/bodies/52150100MJY000000J/log/tile/0/999"):
        status = third.ask(path)[0]
        check("no " + path, status in (400, 404), status)

    # plain nginx with the files, and nginx as a cache far away
    origin = nginx.Origin(home + "/pub")
    cache = nginx.Cache(origin)
    servers += [origin, cache]
    plain = Verifier("plain", f"http://127.0.0.1:{origin.port}/")
    far = Verifier("far", f"http://127.0.0.1:{cache.port}/")
    for name, text in TEXTS.items():
        want = first.status_of(text)
        for v, who in ((plain, "plain"), (far, "far")):
            check(f"{who}: {name}", v.status_of(text) == want)
    for path, data in PUB:
        for v in (plain, far):
            check("handed on " + path, v.ask(path)[2] == data)
    check("nothing else is there", ask(origin, "/")[0] == 404 and
          ask(cache, "/metrics")[0] == 404)
    tile = "/bodies/52150100MJY000000J/log/tile/entries/000.p"
    tile = next(p for p, _ in PUB if p.startswith(tile))
    listed = "/bodies/52150100MJY000000J/status/0"
    for path, want in ((tile, "HIT"), (listed, "HIT")):
        ask(cache, path)
        status, headers = ask(cache, path)
        check("cached " + path, status == 200 and
              headers["x-cache"] == want, headers)
    scan = subprocess.run(
        [os.path.join(BIN, "tamga-scan"), "--home", home + "/scan", "--pub",
         f"http://127.0.0.1:{cache.port}/", "--anchor",
         home + "/authority/anchor.pem", "-"], input=TEXTS["valid"].encode(),
        capture_output=True, timeout=60)
    check("tamga-scan from the cache", scan.returncode == 0, scan)
    origin.stop()
    servers.remove(origin)
    for path in (tile, listed):
        status, headers = ask(cache, path)
        check("kept by the cache " + path, status == 200, headers)
    check("far: still valid", far.status_of(TEXTS["valid"]) == "valid")
    times = {}
    for name, v in (("local", first), ("far", far)):
        times[name] = []
        for _ in range(200):
            began = time.perf_counter()
            v.status_of(TEXTS["valid"])
            times[name].append(1000 * (time.perf_counter() - began))
    print("median of a verdict, ms:", {
        k: round(sorted(v)[100], 2) for k, v in times.items()})
    for v in (plain, far):
        v.stop()

    first.stop()
    for path, data in PUB:
        status, _, got = second.ask(path)
        check("kept " + path, status == 200 and got == data, (path, status))
    check("still valid", second.status_of(TEXTS["valid"]) == "valid")
    path = "/bodies/52150100MJY000000J/log/tile/0/998"
    status, _, got = second.ask(path)
    check("what it never had, it cannot tell", status == 503 and
          json.loads(got)["code"] == "not_ready", (status, got))

    third.stop()
    second.stop()
    second = Verifier("second", first.url)  # nobody is there
    check("after a restart, too", second.status_of(TEXTS["valid"]) == "valid")
    check("and revoked stays", second.status_of(TEXTS["revoked"]) == "revoked")
    second.stop()
finally:
    for process in Verifier.running:
        process.kill()
    for server in servers:
        server.stop()
    shutil.rmtree(home)
print(f"{play.passed} checks passed, {play.failures} failed")
sys.exit(play.failures > 0)
