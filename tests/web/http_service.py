#!/usr/bin/python3
"""The service as its administrator meets it: configuration, reload, limits,
systemd, the API's description."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import http_malformed as play
from http_malformed import BIN, check

HERE = os.path.dirname(os.path.abspath(__file__))
home = tempfile.mkdtemp(prefix="tamga-service-")
subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home], check=True)
with open(os.path.join(home, "texts.tsv")) as f:
    TEXTS = dict(line.rstrip("\n").split("\t") for line in f)
state = home + "/v"
os.mkdir(state)


def configure(text):
    with open(state + "/tamga.conf.new", "w") as f:
        f.write("[verifier]\n" + text)
    os.replace(state + "/tamga.conf.new", state + "/tamga.conf")


PARTS = f"anchor = {home}/authority/anchor.pem\npub = {home}/pub\n"


class Service(play.Service):
    """With our own home and nothing on the command line but the port."""

    def __init__(self, *args, env=None):
        self.home = tempfile.mkdtemp(prefix="tamga-http-")
        self.log = open(os.path.join(self.home, "log"), "w+b")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tamga-verifier"), "--listen", "127.0.0.1:0",
             "--home", state, *args], stderr=self.log,
            env={**os.environ, "LANGUAGE": "en", **(env or {})})
        self.port = self.wait_for(r"http://127\.0\.0\.1:(\d+)/", int)

    def wait_for(self, pattern, kind=str):
        for _ in range(400):
            m = re.search(pattern, self.read_log())
            if m:
                return kind(m.group(m.lastindex or 0))
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(pattern + " not in " + self.read_log())

    def ask(self, body=None, ctype="text/plain", path="/api/v1/verify",
            client=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        h = {"Content-Type": ctype} if body is not None else {}
        if client:
            h["X-Real-IP"] = client
        c.request("POST" if body is not None else "GET", path, body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, dict((k.lower(), v) for k, v in r.getheaders()), data

    def status_of(self, text, **more):
        return json.loads(self.ask(text, **more)[2]).get("status")


def check_config():
    def run(home=state):
        return subprocess.run(
            [os.path.join(BIN, "tamga-verifier"), "--home", home,
             "--check-config"], capture_output=True, text=True, timeout=20,
            env={**os.environ, "LANGUAGE": "en"})
    configure(PARTS)
    check("good configuration", run().returncode == 0, run())
    p = run(state + "/mistyped")
    check("no such home", p.returncode == 2 and
          state + "/mistyped is no folder" in p.stderr and
          not os.path.exists(state + "/mistyped"), p)
    configure("connections = lots\n")
    p = run()
    check("bad configuration", p.returncode == 2 and
          state + "/tamga.conf, line 2: connections" in p.stderr, p)


def reload():
    configure(PARTS)
    service = Service()
    check("valid", service.status_of(TEXTS["valid"]) == "valid")
    # a bad one: named, and the old one stays
    configure(PARTS + "nonsense = 1\n")
    service.process.send_signal(signal.SIGHUP)
    service.wait_for("going on with the old configuration.*line 4")
    check("old one stays", service.status_of(TEXTS["valid"]) == "valid")
    configure(PARTS.replace("anchor.pem", "none.pem"))
    service.process.send_signal(signal.SIGHUP)
    service.wait_for("going on with the old configuration.*none.pem")
    check("old anchor stays", service.status_of(TEXTS["valid"]) == "valid")
    # another authority: what was valid is of an unknown issuer now; under
    # load, so that no request falls between the two
    stop = threading.Event()
    seen, wrong = set(), []

    def load():
        while not stop.is_set():
            s = service.status_of(TEXTS["valid"])
            seen.add(s)
            if s not in ("valid", "unknown_issuer", "status_unknown"):
                wrong.append(s)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for t in threads:
        t.start()
    subprocess.run(
        [os.path.join(BIN, "tamga-keys"), "authority", "publish", "-q",
         "--home", home + "/other", "--out", home + "/pub2", "--pass-file",
         home + "/pass"], check=True, stdout=subprocess.DEVNULL)
    configure(f"anchor = {home}/other/anchor.pem\npub = {home}/pub2\n"
              "host = verify.tamga.example\n")
    service.process.send_signal(signal.SIGHUP)
    service.wait_for("read anew")
    time.sleep(0.3)
    check("new anchor", service.status_of(TEXTS["valid"]) == "unknown_issuer")
    stop.set()
    for t in threads:
        t.join()
    check("no request lost on reload", not wrong and
          {"valid", "unknown_issuer"} <= seen, (seen, wrong[:3]))
    for _ in range(20):
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.02)
    check("alive after twenty", service.healthy())
    check("exit", service.stop() == 0)
    service.remove()


def never_backwards():
    """Killed, not stopped: an older CRL, list or log does not come back."""
    subprocess.run(
        [os.path.join(BIN, "tamga-keys"), "authority", "publish", "-q",
         "--home", home + "/authority", "--out", home + "/newer",
         "--pass-file", home + "/pass"], check=True,
        stdout=subprocess.DEVNULL)
    shutil.copytree(home + "/pub/bodies", home + "/newer/bodies")
    shutil.rmtree(state + "/cache", ignore_errors=True)
    configure(PARTS.replace("/pub\n", "/newer\n"))
    service = Service()
    check("newer", service.status_of(TEXTS["valid"]) == "valid")
    service.process.kill()
    service.process.wait()
    service.remove()
    configure(PARTS)
    service = Service()
    verdict = json.loads(service.ask(TEXTS["valid"])[2])
    check("an older CRL after a kill", verdict["status"] == "status_unknown"
          and {"check": "withdrawal", "result": "unknown"} in
          verdict["checks"], verdict)
    check("it is said", "CRL_OLDER" in service.read_log())
    service.stop()
    service.remove()
    # a page that has seen more is told each anchor's number
    configure(PARTS.replace("/pub\n", "/newer\n"))
    service = Service()
    crl = json.loads(service.ask(path="/api/v1/trust")[2])["crl"]
    check("numbers", list(crl["numbers"].values()) == [crl["number"]], crl)
    service.stop()
    service.remove()
    # nowhere to remember: said, not passed over
    shutil.rmtree(state + "/cache")
    with open(state + "/cache", "w"):
        pass
    service = Service(env={"XDG_CACHE_HOME": "/dev/null/none"})
    check("no memory is said", "is not remembered" in service.read_log())
    service.stop()
    service.remove()
    os.remove(state + "/cache")


def limits():
    configure(PARTS + "behind_proxy = yes\nrate = 60\nburst = 10\n"
              "picture_cost = 5\n")
    service = Service()
    got = [service.ask(TEXTS["valid"], client="192.0.2.1")
           for _ in range(14)]
    check("burst then 429", [g[0] for g in got[:10]] == [200] * 10 and
          429 in [g[0] for g in got[10:]], [g[0] for g in got])
    refused = got[-1]
    check("Retry-After", refused[0] == 429 and "retry-after" in refused[1] and
          json.loads(refused[2])["code"] == "too_many_requests", refused)
    check("another client", service.ask(TEXTS["valid"],
                                        client="192.0.2.2")[0] == 200)
    check("IPv6 by /64", [service.ask(TEXTS["valid"],
                                      client=f"2001:db8::{n}")[0]
                          for n in range(1, 12)].count(200) == 10)
    check("health is not limited", all(
        service.ask(path="/healthz", client="192.0.2.1")[0] == 200
        for _ in range(30)))
    with open(home + "/pictures/valid.png", "rb") as f:
        png = f.read()
    png += b"\0" * 5000  # larger than any text
    statuses = [service.ask(png, "image/png", client="192.0.2.3")[0]
                for _ in range(3)]
    check("pictures cost more", statuses[:2] == [200, 200] and
          statuses[2] == 429, statuses)
    check("no proxy header: loopback", service.ask(TEXTS["valid"])[0] == 200)
    check("a wrong header is no client", service.ask(
        TEXTS["valid"], client="not an address")[0] == 200)
    check("no client in the log", "192.0.2." not in service.read_log())
    service.stop()
    service.remove()
    # without behind_proxy the header says nothing
    configure(PARTS + "rate = 60\nburst = 2\n")
    service = Service()
    check("header not believed", all(
        service.ask(TEXTS["valid"], client="192.0.2.1")[0] == 200
        for _ in range(8)))
    service.stop()
    service.remove()


def one_picture_a_client():
    configure(PARTS + "behind_proxy = yes\nrate = 0\npictures = 2\n")
    service = Service()
    with open(home + "/pictures/two.pdf", "rb") as f:
        pdf = f.read()
    statuses = []

    def send(client):
        statuses.append((client, service.ask(pdf, "application/pdf",
                                             client=client)[0]))

    threads = [threading.Thread(target=send, args=("192.0.2.1",))
               for _ in range(6)] + \
        [threading.Thread(target=send, args=("192.0.2.2",))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    mine = [s for c, s in statuses if c == "192.0.2.1"]
    check("one decode a client", 200 in mine and 429 in mine and
          set(mine) <= {200, 429}, statuses)
    check("another client is served", ("192.0.2.2", 200) in statuses, statuses)
    service.stop()
    service.remove()


def systemd():
    configure(PARTS)
    path = home + "/notify"
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(10)
    service = Service(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
    said = [s.recv(100)]
    check("ready", said == [b"READY=1"], said)
    check("watchdog", s.recv(100) == b"WATCHDOG=1")
    service.process.send_signal(signal.SIGHUP)
    said = []
    while b"READY=1" not in said:
        said.append(s.recv(100))
    check("reloading", b"RELOADING=1" in said, said)
    service.process.terminate()
    said = []
    while b"STOPPING=1" not in said:
        said.append(s.recv(100))
    check("stopping", service.process.wait(20) == 0)
    service.remove()


def full():
    """More connections than places: all are answered, none waits for ever."""
    configure(PARTS + "connections = 8\n")
    service = Service()
    wrong = []

    def client():
        c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        try:
            for _ in range(20):
                c.request("POST", "/api/v1/verify", TEXTS["valid"],
                          {"Content-Type": "text/plain"})
                if json.loads(c.getresponse().read())["status"] != "valid":
                    wrong.append(1)
        except OSError as e:
            wrong.append(e)
        c.close()

    threads = [threading.Thread(target=client) for _ in range(40)]
    began = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("forty clients, eight places", not wrong and
          time.monotonic() - began < 20, wrong[:3])
    service.stop()
    service.remove()


def openapi():
    configure(PARTS)
    service = Service()
    _, headers, data = service.ask(path="/openapi.json")
    api = json.loads(data)
    check("type", headers["content-type"] == "application/json")

    def schema(ref):
        return api["components"]["schemas"][ref.rsplit("/", 1)[1]]

    def matches(value, s):
        """The part of JSON Schema that the description uses."""
        if "$ref" in s:
            return matches(value, schema(s["$ref"]))
        if "oneOf" in s:
            return sum(matches(value, o) for o in s["oneOf"]) == 1
        if "const" in s and value != s["const"]:
            return False
        if "enum" in s and value not in s["enum"]:
            return False
        names = {"object": dict, "array": list, "string": str,
                 "integer": int, "boolean": bool, "null": type(None)}
        kinds = s.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not isinstance(value, tuple(names[k] for k in kinds)):
            return False
        if isinstance(value, dict):
            return all(k in value for k in s.get("required", [])) and all(
                k in s.get("properties", {k: {}}) and
                matches(v, s.get("properties", {}).get(k, {}))
                for k, v in value.items())
        if isinstance(value, list):
            return len(value) >= s.get("minItems", 0) and all(
                matches(v, s.get("items", {})) for v in value)
        return True

    verdict = {"$ref": "#/components/schemas/Verdict"}
    for name, text in TEXTS.items():
        v = json.loads(service.ask(text)[2])
        check("verdict of " + name, matches(v, verdict), v)
    v = json.loads(service.ask("https://evil.example/")[2])
    check("verdict of another", matches(v, verdict), v)
    with open(home + "/pictures/mixed.png", "rb") as pic:
        v = json.loads(service.ask(pic.read(), "image/png")[2])
    check("results", matches(v, {"$ref": "#/components/schemas/Results"}), v)
    v = json.loads(service.ask("x", "text/html")[2])
    check("problem", matches(v, {"$ref": "#/components/schemas/Problem"}), v)
    v = json.loads(service.ask(path="/readyz")[2])
    check("ready", matches(v, {"$ref": "#/components/schemas/Ready"}), v)
    # every path is there, every status the API answers is described
    for path, item in api["paths"].items():
        if "{" in path or "post" in item:
            continue
        check(path, service.ask(path=path)[0] == 200)
    documented = api["paths"]["/api/v1/verify"]["post"]["responses"]
    for body, ctype in (("", "text/plain"), ("x", "text/html"),
                        ("1" * 5000, "text/plain"), ("[", "application/json")):
        status = service.ask(body, ctype)[0]
        check(f"{status} described", str(status) in documented, status)
    service.stop()
    service.remove()


def statistics():
    """The four files of tamga-review statistics, and no other."""
    configure(PARTS)
    service = Service()
    check("no statistics yet", service.ask(path="/statistics/")[0] == 404)
    os.mkdir(home + "/pub/statistics")
    for name in ("index.html", "en.html", "statistics.css", "statistics.csv",
                 "notes.txt"):
        with open(f"{home}/pub/statistics/{name}", "w") as f:
            f.write("about " + name)
    for path, name, ctype in (
            ("", "index.html", "text/html"), ("en.html", "en.html", "text/html"),
            ("statistics.css", "statistics.css", "text/css"),
            ("statistics.csv", "statistics.csv", "text/csv")):
        status, headers, data = service.ask(path="/statistics/" + path)
        check("statistics " + path, status == 200 and
              headers["content-type"] == ctype + "; charset=utf-8" and
              data == b"about " + name.encode(), (status, headers, data))
        check("policy of " + path, ("style-src 'self'" in
              headers["content-security-policy"]) == (ctype == "text/html"))
    for path in ("notes.txt", "../trust/anchor.pem", "en.html/", "."):
        check("not " + path,
              service.ask(path="/statistics/" + path)[0] in (400, 404))
    shutil.rmtree(home + "/pub/statistics")
    service.stop()
    service.remove()


try:
    for test in (check_config, reload, never_backwards, limits, one_picture_a_client, systemd,
                 full, openapi, statistics):
        test()
finally:
    shutil.rmtree(home)
print(f"{play.passed} checks passed, {play.failures} failed")
sys.exit(play.failures > 0)
