#!/usr/bin/python3
"""What the administrator's tools ask: is it ready, and if not why; the figures;
the number by which a fault is found in the log; what is said when it is full."""
import functools
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import http_malformed as play
from http_malformed import check, get, post

HERE = os.path.dirname(os.path.abspath(__file__))


def ask(service, path="/readyz", body=None, ctype="text/plain", client=None):
    c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    h = {"Content-Type": ctype} if body is not None else {}
    if client:
        h["X-Real-IP"] = client
    c.request("POST" if body is not None else "GET", path, body, h)
    r = c.getresponse()
    data = r.read()
    c.close()
    return r.status, {k.lower(): v for k, v in r.getheaders()}, data


def ready(service):
    status, _, data = ask(service)
    answer = json.loads(data)
    check("ready and status agree", (status == 200) == answer["ready"], data)
    return answer["ready"], answer["reasons"]


def metric(service, name):
    text = ask(service, "/metrics")[2].decode()
    m = re.search("^" + re.escape(name) + r" (\d+)$", text, re.M)
    return int(m.group(1)) if m else None


def start(home, pub, conf=""):
    state = tempfile.mkdtemp(prefix="v-", dir=home)
    with open(state + "/tamga.conf", "w") as f:
        f.write("[verifier]\n" + conf)
    return play.Service("--anchor", home + "/authority/anchor.pem", "--pub",
                        pub, "--home", state)


def end(service):
    check("exit", service.stop() == 0)
    service.remove()


def after_reload(service, want):
    """What /readyz says once a reload is through."""
    service.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        time.sleep(0.1)
        got = ready(service)
        if got == want:
            break
    return got


def crl_expired(home, pub, service, text):
    """A CRL that ran out yesterday; the next one mends it."""
    authority, secret = home + "/authority", home + "/pass"
    subprocess.run([os.environ["TAMGA_TESTS"] + "/publish_past", authority,
                    secret, pub, "31"], check=True)
    got = after_reload(service, (True, ["crl_expired"]))
    check("the CRL ran out", got == (True, ["crl_expired"]), got)
    verdict = json.loads(ask(service, "/api/v1/verify", text)[2])
    check("nothing is valid by it", verdict["status"] == "status_unknown",
          verdict)
    check("and when it did", metric(
        service, "tamga_crl_expiry_timestamp_seconds") < time.time())
    subprocess.run([play.BIN + "/tamga-keys", "authority", "publish", "-q",
                    "--home", authority, "--out", pub, "--pass-file", secret],
                   check=True)
    got = after_reload(service, (True, []))
    check("published again", got == (True, []), got)


def reasons(home, text):
    pub = home + "/pub-ready"
    os.makedirs(pub)
    service = start(home, pub)
    check("nothing published", ready(service) == (False, ["no_trust_list"]),
          ready(service))
    shutil.copytree(home + "/pub", pub, dirs_exist_ok=True)
    os.rename(pub + "/trust/authority.crl", home + "/crl")
    got = after_reload(service, (True, ["no_crl"]))
    check("no CRL", got == (True, ["no_crl"]), got)
    verdict = json.loads(ask(service, "/api/v1/verify", text)[2])
    check("then nothing is valid", verdict["status"] == "status_unknown",
          verdict)
    os.rename(home + "/crl", pub + "/trust/authority.crl")
    got = after_reload(service, (True, []))
    check("well", got == (True, []), got)
    with open(pub + "/trust/bodies.pem") as f:
        n = f.read().count("BEGIN CERTIFICATE")
    check("bodies counted", metric(service, "tamga_trust_bodies") == n > 3,
          n)
    crl_expired(home, pub, service, text)
    with open(pub + "/trust/bodies.pem", "w"):
        pass
    got = after_reload(service, (True, ["no_bodies"]))
    check("no bodies", got == (True, ["no_bodies"]), got)
    end(service)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def unreachable(home, text):
    """A publication at a URL that goes away: ready with the copy, and said."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=home + "/pub"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service = start(home, f"http://127.0.0.1:{server.server_address[1]}/")
    check("at a URL", ready(service) == (True, []), ready(service))
    check("valid", json.loads(ask(service, "/api/v1/verify", text)[2])[
        "status"] == "valid")
    server.shutdown()
    server.server_close()
    want = (True, ["publication_unreachable"])
    got = after_reload(service, want)
    check("gone", got == want, got)
    check("valid by the copy", json.loads(ask(
        service, "/api/v1/verify", text)[2])["status"] == "valid")
    end(service)
    service = start(home, "http://localhost:1/")
    check("never there", ready(service) == (False, ["no_trust_list"]),
          ready(service))
    end(service)


def draining(home):
    """While a request is brought to its end, newcomers are told."""
    service = start(home, home + "/pub")
    with service.connect() as slow:
        slow.sendall(post(b"1", length=b"20"))
        time.sleep(0.3)
        service.process.terminate()
        time.sleep(0.3)
        got = ready(service)
        check("shutting down", got == (False, ["shutting_down"]), got)
        slow.sendall(b"1" * 19)
        answer = play.read_answer(slow)
        check("and the one in hand", answer and answer[0] == 200, answer)
    check("exit", service.process.wait(30) == 0)
    service.remove()


def fault_numbers(home):
    """The number on a fault page is the header's and the log's."""
    service = start(home, home + "/pub")
    for request in (post(b"text=1", b"text/plain", b"/verify"),
                    get(b"/nothing"), post(b"[", b"application/json")):
        with service.connect() as s:
            s.sendall(request)
            status, headers, body = play.read_answer(s)
        number = headers["x-request-id"]
        check("number", re.fullmatch("[0-9a-f]{16}", number), number)
        check("on the page", status >= 400 and number.encode() in body, body)
        time.sleep(0.3)  # lines are written a tenth of a second late
        check("in the log", number in service.read_log())
    numbers = {ask(service)[1]["x-request-id"] for _ in range(50)}
    check("none twice", len(numbers) == 50)
    end(service)


def noise(width, height):
    """A PNG that takes long to find nothing in."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + os.urandom(width) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def full(home, text):
    """One place for pictures and many who want it: who cannot have it is told
    when to come again, and texts are answered all the while."""
    service = start(home, home + "/pub",
                    "behind_proxy = yes\nrate = 0\npictures = 1\n")
    picture = noise(2400, 1800)
    got, texts = [], []

    def send(n):
        got.append(ask(service, "/api/v1/verify", picture, "image/png",
                       f"192.0.2.{n}"))

    threads = [threading.Thread(target=send, args=(n,))
               for n in range(1, 41)]
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        texts.append(json.loads(ask(service, "/api/v1/verify", text)[2])[
            "status"])
        time.sleep(0.1)
    statuses = [g[0] for g in got]
    busy = [g for g in got if g[0] == 503]
    check("some are served, some told", set(statuses) == {200, 503}, statuses)
    check("when to come again", all(
        int(h["retry-after"]) > 0 and json.loads(data)["code"] == "busy"
        for _, h, data in busy), busy[:1])
    check("texts meanwhile", texts and set(texts) == {"valid"}, texts)
    check("counted", metric(
        service, 'tamga_problems_total{code="busy"}') == len(busy))
    check("and by class", metric(
        service, 'tamga_http_responses_total{class="5xx"}') == len(busy))
    check("pictures counted", metric(service, "tamga_pictures_total") ==
          statuses.count(200))
    check("well after it", ask(service, "/api/v1/verify", picture,
                               "image/png", "192.0.2.99")[0] == 200)
    end(service)


def main():
    home = tempfile.mkdtemp(prefix="tamga-ready-")
    subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home],
                   check=True)
    with open(os.path.join(home, "texts.tsv")) as f:
        text = f.readline().rstrip("\n").split("\t")[1]
    reasons(home, text)
    unreachable(home, text)
    draining(home)
    fault_numbers(home)
    full(home, text)
    shutil.rmtree(home)
    print(f"{play.passed} checks passed, {play.failures} failed")
    sys.exit(play.failures > 0)


if __name__ == "__main__":
    main()
