#!/usr/bin/python3
"""The malformed requests of http_malformed.py through nginx as deploy/nginx
sets it up: each has a set answer, and both live on. Then what nginx does by
itself: slow clients, the publication's files, limits."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import http_malformed as play
import nginx
from http_malformed import H, TEXT, check, get, post

HERE = os.path.dirname(os.path.abspath(__file__))
DEADLINE_S = play.DEADLINE_S

# What is answered otherwise than directly, and what may be one or the other
# there. nginx reads chunks, lone LFs and Expect for the service and leaves out
# headers of no right name; it adds a header to the 63.
THROUGH = {
    "63 headers": 431, "no version": None, "version 9.9": 505,
    "version 2.0": 505, "HTTP/2 preface": 400, "TRACE": 405,
    "absolute form": 200, "star": 400, "traversal": 400,
    "huge request line": 414, "300 headers": 431, "huge header": 400,
    "no colon": 200, "bare LF": 200, "one bare LF": 200,
    "name with brackets": 200, "Expect of something else": 200,
    "chunked": 200, "obscure coding": 501, "coding with a tab": 501,
    "length negative": 400, "length empty": 400, "length past 2^63": 400,
    "picture too long": None, "traversal in a body": 200, "blank lines only": None,
}


def ask(proxy, request):
    with proxy.connect() as s:
        try:
            s.sendall(request)
        except OSError:
            pass
        return play.read_answer(s, request.startswith(b"HEAD"))


def one_case(proxy, name, request, want):
    want = THROUGH.get(name, want)
    began = time.monotonic()
    answer = ask(proxy, request)
    took = time.monotonic() - began
    status = answer[0] if answer else None
    check(name, status == want, f"answered {status}, not {want}")
    check(name + ": in time", took < DEADLINE_S + 4, f"{took:.1f} s")
    if answer:
        h = answer[1]
        check(name + ": nginx says no version", h["server"] == "nginx", h)
        # from the service, or nothing but nginx's own few words
        check(name + ": whose", h.get("x-content-type-options") == "nosniff"
              or status >= 400 and h["content-type"] == "text/html", h)
    check(name + ": alive", proxy.healthy())


def nothing_smuggled(proxy):
    """One answer to one request, whatever stands behind a bad head."""
    smuggled = b"GET /healthz HTTP/1.1\r\n" + H + b"\r\n"
    for name, request in [
            ("ambiguous", post(b"0\r\n\r\n" + smuggled,
                               head=b"Transfer-Encoding: chunked\r\n")),
            ("two lengths", post(smuggled, length=b"0",
                                 head=b"Content-Length: %d\r\n" %
                                 len(smuggled))),
            ("body on GET", get(b"/app.js", head=b"Content-Length: %d\r\n" %
                                len(smuggled)) + smuggled),
            ("in a body", post(smuggled, b"text/html")),
            ("obs-fold", get(b"/app.js", head=b"X: y\r\n Content-Length: 40\r\n") +
             smuggled)]:
        before = lines(proxy, "GET /healthz")
        data = b""
        with proxy.connect(timeout=1) as s:
            s.sendall(request)
            try:
                while part := s.recv(65536):
                    data += part
            except (ConnectionResetError, socket.timeout):
                pass
        check("smuggled " + name, data.count(b"HTTP/1.1 ") == 1 and
              b'{"status":"ok"}' not in data, data[:1000])
        check("smuggled " + name + ": never reached the service",
              lines(proxy, "GET /healthz") == before)


def lines(proxy, words):
    time.sleep(0.3)  # lines are written a tenth of a second late
    return proxy.service.read_log().count(words)


def slow_clients(proxy):
    """Neither a slow head nor a slow body reaches the service at all."""
    before = lines(proxy, " ms ")
    began = time.monotonic()
    held = []
    for part in (b"GET / HTTP/1.1\r\nHost: a\r\n", post(b"1", length=b"400")):
        s = proxy.connect()
        s.sendall(part)
        held.append(s)
    while time.monotonic() - began < DEADLINE_S - 0.5:
        for s in held:
            try:
                s.sendall(b"X")
            except OSError:
                pass
        time.sleep(0.1)
    for s in held:
        s.settimeout(DEADLINE_S + 4)
        try:
            data = s.recv(4096)
        except ConnectionResetError:
            data = b""
        check("slow client: ended", data == b"" or b" 408 " in data, data)
        s.close()
    check("slow client: in time",
          time.monotonic() - began < 2 * DEADLINE_S + 4)
    check("slow client: the service saw nothing",
          lines(proxy, " ms ") == before)


def real_client(proxy, service):
    """Whom nginx sees counts, not what the client claims: 127.0.0.1 is not
    limited, the address it claims would be."""
    body = b"1" * 20
    statuses = {ask(proxy, post(body, head=b"X-Real-IP: 192.0.2.1\r\n"))[0]
                for _ in range(12)}
    check("claimed address", statuses == {200}, statuses)
    with service.connect() as s:
        got = []
        for _ in range(12):
            s.sendall(post(body, head=b"X-Real-IP: 192.0.2.1\r\n"))
            got.append(play.read_answer(s)[0])
            if got[-1] == 429:
                break
    check("from the proxy it counts", 429 in got, got)


def publication(proxy, service, home):
    """nginx's files and the service's have the same head."""
    base = "/bodies/52150100MJY000000J"
    for path in ("/trust/anchor.pem", "/trust/bodies.pem",
                 "/trust/authority.crl", "/trust/trust.json",
                 base + "/status/0", base + "/log/checkpoint",
                 base + "/log/tile/0/000.p/9",
                 base + "/log/tile/entries/000.p/9"):
        with service.connect() as s:
            s.sendall(get(path.encode()))
            direct = play.read_answer(s)
        answer = ask(proxy, get(path.encode()))
        with open(home + "/pub" + path, "rb") as f:
            check(path, answer[0] == 200 and answer[2] == f.read())
        for name in ("content-type", "cache-control", "x-content-type-options",
                     "access-control-allow-origin",
                     "cross-origin-resource-policy"):
            check(path + " " + name, answer[1].get(name) ==
                  direct[1].get(name) is not None,
                  (answer[1].get(name), direct[1].get(name)))
        check(path + " HSTS", "strict-transport-security" in answer[1])
        again = ask(proxy, get(path.encode(), head=b"If-None-Match: " +
                               answer[1]["etag"].encode() + b"\r\n"))
        check(path + " 304", again[0] == 304 and again[2] == b"", again)
    os.symlink("/etc/hostname", home + "/pub/trust/link.pem")
    for path in (b"/trust/link.pem", b"/trust/", b"/trust/none.pem",
                 base.encode() + b"/log/"):
        answer = ask(proxy, get(path))
        check("not served: %r" % path, answer[0] in (403, 404), answer)
    answer = ask(proxy, b"DELETE /trust/anchor.pem HTTP/1.1\r\n" + H +
                 b"\r\n")
    check("read only", answer[0] == 403, answer)
    answer = ask(proxy, get(b"/"))
    check("HSTS", "strict-transport-security" in answer[1], answer[1])


def redirect(proxy):
    with socket.create_connection(("127.0.0.1", proxy.plain_port), 5) as s:
        s.sendall(get(b"/verify?lang=en"))
        answer = play.read_answer(s)
    check("http to https", answer[0] == 308 and answer[1]["location"] ==
          "https://localhost/verify?lang=en", answer)


def limits(service, pub):
    """With the limits as deployed one address is told to wait."""
    proxy = nginx.Nginx(service, pub, limits=True)
    began = time.monotonic()
    got = [ask(proxy, post(TEXT))[0] for _ in range(150)]
    took = time.monotonic() - began
    check("burst, then 429", got[:40] == [200] * 40 and
          (429 in got or took > 5), got)
    log = ""
    for _ in range(100):  # lines are written a second late, together
        with open(proxy.home + "/access.log") as f:
            log = f.read()
        if " POST 200 " in log:
            break
        time.sleep(0.1)
    check("log without clients", "127.0.0.1" not in log and
          " POST 200 " in log, log[:300])
    check("end", proxy.stop() == 0)


def service_down(proxy, service):
    """502 at once, not a hang, and well again with the service."""
    service.stop()
    began = time.monotonic()
    answer = ask(proxy, get())
    check("502", answer[0] == 502 and time.monotonic() - began < 4, answer)


def main():
    home = tempfile.mkdtemp(prefix="tamga-nginx-home-")
    os.chmod(home, 0o755)
    subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home],
                   check=True)
    os.makedirs(home + "/v")
    with open(home + "/v/tamga.conf", "w") as f:
        f.write("[verifier]\nbehind_proxy = yes\nrate = 60\nburst = 8\n")
    service = play.Service("--anchor", home + "/authority/anchor.pem",
                           "--pub", home + "/pub", "--home", home + "/v")
    proxy = nginx.Nginx(service, home + "/pub", DEADLINE_S)
    for name, request, want, _ in play.CASES:
        if name != "no publication":  # here there is one
            one_case(proxy, name, request, want)
    nothing_smuggled(proxy)
    slow_clients(proxy)
    real_client(proxy, service)
    publication(proxy, service, home)
    redirect(proxy)
    limits(service, home + "/pub")
    check("alive", proxy.healthy())
    service_down(proxy, service)
    check("end", proxy.stop() == 0)
    service.remove()
    shutil.rmtree(home)
    print(f"{len(play.CASES)} requests, {play.passed} checks passed, "
          f"{play.failures} failed")
    sys.exit(play.failures > 0)


if __name__ == "__main__":
    main()
