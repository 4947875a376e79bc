#!/usr/bin/python3
"""Plays good and malformed requests against tamga-verifier, byte by byte.

Each has a set answer; after each the process is alive and answers /healthz.
"""
import atexit
import http.client
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

BIN = os.environ["TAMGA_BIN"]
DEADLINE_S = 2  # --timeout given to the service
TEXT = b"https://verify.example/#" + b"123" * 20
H = b"Host: localhost\r\n"


def get(target=b"/healthz", head=b"", version=b"HTTP/1.1", host=H):
    return b"GET " + target + b" " + version + b"\r\n" + host + head + b"\r\n"


def post(body, ctype=b"text/plain", target=b"/api/v1/verify", length=None,
         head=b""):
    n = str(len(body)).encode() if length is None else length
    return (b"POST " + target + b" HTTP/1.1\r\n" + H + b"Content-Type: " +
            ctype + b"\r\nContent-Length: " + n + b"\r\n" + head + b"\r\n" +
            body)


def form(*parts, boundary=b"B", end=b"--B--\r\n"):
    body = b""
    for disposition, data in parts:
        body += (b"--B\r\nContent-Disposition: form-data; " + disposition +
                 b"\r\n\r\n" + data + b"\r\n")
    return post(body + end, b"multipart/form-data; boundary=" + boundary,
                b"/verify")


# name, bytes, expected status (None: closed without an answer), problem code.
CASES = [
    # good ones
    ("health", get(), 200, None),
    ("HEAD", b"HEAD /healthz HTTP/1.1\r\n" + H + b"\r\n", 200, None),
    ("HTTP/1.0 without Host", get(version=b"HTTP/1.0", host=b""), 200, None),
    ("page", get(b"/"), 200, None),
    ("page with what a messenger appends",
     get(b"/?from=groupmessage&isappinstalled=0&x=%E4%BA"), 200, None),
    ("OPTIONS", b"OPTIONS /api/v1/verify HTTP/1.1\r\n" + H + b"\r\n", 204,
     None),
    ("63 headers", get(head=b"".join(b"X-%d: y\r\n" % i for i in range(62))),
     200, None),
    ("obs-text in User-Agent", get(head=b"User-Agent: \xe5\x8d\x8e\r\n"), 200,
     None),
    ("text taken", post(TEXT), 200, None),
    ("JSON taken", post(json.dumps({"qr": TEXT.decode()}).encode(),
                        b"application/json"), 200, None),
    ("form taken", form((b'name="text"', TEXT)), 200, None),
    # request line
    ("no method", b" / HTTP/1.1\r\n" + H + b"\r\n", 400, None),
    ("unknown method", b"BREW / HTTP/1.1\r\n" + H + b"\r\n", 400, None),
    ("method of another route", b"PUT / HTTP/1.1\r\n" + H +
     b"Content-Length: 0\r\n\r\n", 405, "method_not_allowed"),
    ("TRACE", b"TRACE / HTTP/1.1\r\n" + H + b"\r\n", (400, 405), None),
    ("CONNECT", b"CONNECT a:1 HTTP/1.1\r\n" + H + b"\r\n", 400, None),
    ("no version", b"GET /\r\n\r\n", 400, None),
    ("version 9.9", get(version=b"HTTP/9.9"), (400, 505), None),
    ("version 2.0", get(version=b"HTTP/2.0"), (400, 505), None),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505), None),
    ("TLS hello", bytes.fromhex("16030100c8010000c40303") + b"\0" * 60, 400,
     None),
    ("absolute form", get(b"http://evil.example/healthz"), (None, 400), None),
    ("authority form", get(b"evil.example:80"), 400, None),
    ("star", b"GET * HTTP/1.1\r\n" + H + b"\r\n", (None, 400),
     None),
    ("relative target", get(b"healthz"), 400, None),
    ("encoded path", get(b"/%68ealthz"), 400, "bad_target"),
    ("encoded traversal", get(b"/trust/%2e%2e/%2e%2e/etc/passwd"), 400,
     "bad_target"),
    ("traversal", get(b"/trust/../../../../etc/passwd"), 404, "not_found"),
    ("traversal in a body", get(b"/bodies/../trust/anchor.pem"), 404,
     "not_found"),
    ("double slash", get(b"//healthz"), 404, "not_found"),
    ("backslash", get(b"/trust\\anchor.pem"), 400, "bad_target"),
    ("NUL in the target", get(b"/health\0z"), 400, None),
    ("control character in the target", get(b"/health\x01z"), 400, None),
    ("raw UTF-8 in the target", get("/证书".encode()), 400, None),
    ("space in the target", get(b"/health z"), 400, None),
    ("fragment in the target", get(b"/#123"), 400, "bad_target"),
    ("long path", get(b"/" + b"a" * 300), 414, "target_too_long"),
    ("long query", get(b"/?" + b"a" * 3000), 414, "target_too_long"),
    ("huge request line", get(b"/" + b"a" * 100000), (400, 413, 414, 431),
     None),
    ("unknown path", get(b"/admin"), 404, "not_found"),
    ("dot file", get(b"/.git/config"), 404, "not_found"),
    ("cgi", get(b"/cgi-bin/x.cgi"), 404, "not_found"),
    # headers
    ("no Host", get(host=b""), 400, "bad_host"),
    ("two Hosts", get(head=b"Host: b\r\n"), 400, "bad_host"),
    ("empty Host", get(host=b"Host:\r\n"), 400, "bad_host"),
    ("Host with path", get(host=b"Host: a/b\r\n"), 400, "bad_host"),
    ("64 headers", get(head=b"".join(b"X-%d: y\r\n" % i for i in range(63))),
     431, "too_many_headers"),
    ("300 headers", get(head=b"".join(b"X-%d: y\r\n" % i
                                      for i in range(299))),
     (400, 431), None),
    ("huge header", get(head=b"X: " + b"a" * 20000 + b"\r\n"),
     (400, 413, 431), None),
    ("NUL in a header", get(head=b"X: a\0b\r\n"), 400, None),
    ("bare CR in a header", get(head=b"X: a\rY: b\r\n"), 400, None),
    ("bell in a header", get(head=b"X: a\x07b\r\n"), 400, None),
    ("blank before the colon", get(head=b"X : y\r\n"), 400, None),
    ("no colon", get(head=b"nonsense\r\n"), 400, None),
    ("empty name", get(head=b": y\r\n"), 400, None),
    ("length behind an empty name", get(head=b": x\r\nContent-Length: 5\r\n")
     + b"12345", 400, "bad_header"),
    ("blank before the colon of a length", post(b"", length=b"0", head=
     b"Content-Length : 5\r\n") + b"12345", 400, None),
    ("bare LF", b"GET /healthz HTTP/1.1\nHost: a\n\n", 400, "bad_header"),
    ("one bare LF", get(head=b"X: y\nZ: z\r\n"), 400, "bad_header"),
    ("folded header", get(head=b"X: a\r\n b\r\n"), 400, None),
    ("name with brackets", get(head=b"X[]: y\r\n"), 400, "bad_header"),
    ("two Content-Types", post(TEXT, head=b"Content-Type: text/html\r\n"),
     400, "bad_header"),
    ("Expect of something else", post(TEXT, head=b"Expect: tea\r\n"), 417,
     "expectation"),
    # framing
    ("POST without length", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Content-Type: text/plain\r\n\r\n", 411, "length_required"),
    ("chunked", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"3\r\n123\r\n0\r\n\r\n", 501, "transfer_coding"),
    ("chunked and a length", post(TEXT,
                                  head=b"Transfer-Encoding: chunked\r\n"),
     400, "ambiguous_length"),
    ("two chunked", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"0\r\n\r\n", 400, None),
    ("obscure coding", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Transfer-Encoding: xchunked\r\n\r\n", (400, 501), None),
    ("identity coding", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Transfer-Encoding: identity\r\n\r\n", 501, "transfer_coding"),
    ("coding with a tab", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
     400, None),
    ("two lengths alike", post(TEXT, head=b"Content-Length: %d\r\n" %
                               len(TEXT)), 400, "bad_content_length"),
    ("two lengths", post(TEXT, head=b"Content-Length: 5\r\n"), 400,
     "bad_content_length"),
    ("length list", post(TEXT, length=b"5, 5"), 400, None),
    ("length negative", post(TEXT, length=b"-1"), (400, 411), None),
    ("length with sign", post(TEXT, length=b"+5"), 400, None),
    ("length in hex", post(TEXT, length=b"0x10"), 400, None),
    ("length empty", post(TEXT, length=b""), (400, 411), None),
    ("length of twenty digits", post(TEXT, length=b"9" * 20), 400, None),
    ("length past 2^63", post(TEXT, length=b"9223372036854775808"),
     (400, 413), None),
    ("huge length", post(b"", length=b"999999999999"), 413,
     "body_too_large"),
    ("body on GET", get(head=b"Content-Length: 5\r\n") + b"12345", 400,
     "unexpected_body"),
    ("length 0", post(b""), 400, "body_empty"),
    # what the API takes
    ("no type", b"POST /api/v1/verify HTTP/1.1\r\n" + H +
     b"Content-Length: 3\r\n\r\n123", 415, "media_type"),
    ("form type on the API", post(TEXT, b"application/x-www-form-urlencoded"),
     415, "media_type"),
    ("multipart on the API", post(b"--B--", b"multipart/form-data; boundary=B"),
     415, "media_type"),
    ("html type", post(TEXT, b"text/html"), 415, "media_type"),
    ("gzip body", post(b"\x1f\x8b", head=b"Content-Encoding: gzip\r\n"), 415,
     "content_coding"),
    ("text too long", post(b"1" * 4097), 413, "body_too_large"),
    ("JSON too long", post(b" " * 40000, b"application/json"), 413,
     "body_too_large"),
    ("picture too long", post(b"", b"image/png", length=b"%d" %
                              (20 * 2 ** 20 + 1)), 413, "body_too_large"),
    ("not JSON", post(b"hello", b"application/json"), 400, "bad_json"),
    ("JSON cut", post(b'{"qr":"1', b"application/json"), 400, "bad_json"),
    ("JSON array", post(b'["qr"]', b"application/json"), 400, "bad_json"),
    ("JSON other key", post(b'{"text":"1"}', b"application/json"), 400,
     "bad_json"),
    ("JSON extra key", post(b'{"qr":"1","x":2}', b"application/json"), 400,
     "bad_json"),
    ("JSON twice", post(b'{"qr":"1","qr":"2"}', b"application/json"), 400,
     "bad_json"),
    ("JSON number", post(b'{"qr":123}', b"application/json"), 400,
     "bad_json"),
    ("JSON trailing", post(b'{"qr":"1"}{}', b"application/json"), 400,
     "bad_json"),
    ("JSON with NUL", post(b'{"qr":"1\\u0000"}', b"application/json"), 400,
     "bad_json"),
    ("JSON not UTF-8", post(b'{"qr":"\xff"}', b"application/json"), 400,
     "bad_json"),
    ("JSON lone surrogate", post(b'{"qr":"\\ud800"}', b"application/json"),
     400, "bad_json"),
    ("deep JSON", post(b"[" * 30000, b"application/json"), 400, "bad_json"),
    ("deep JSON objects", post(b'{"qr":' * 5000, b"application/json"), 400,
     "bad_json"),
    # the form
    ("form of another type", post(b"text=1",
                                  b"application/x-www-form-urlencoded",
                                  b"/verify"), 415, "html"),
    ("form that hangs civetweb", post(b"a=b\0c&d=e",
                                      b"application/x-www-form-urlencoded",
                                      b"/verify"), 415, "html"),
    ("form without boundary", post(b"--B--", b"multipart/form-data",
                                   b"/verify"), 400, "html"),
    ("form empty", form(), 400, "html"),
    ("form not closed", form((b'name="text"', b"1"), end=b""), 400, "html"),
    ("form with another field", form((b'name="x"', b"1")), 400, "html"),
    ("form with nothing chosen", form((b'name="file"; filename=""', b""),
                                      (b'name="text"', b"")), 400, "html"),
    ("form with a thousand parts", form(*[(b'name="text"', b"1")] * 1000),
     400, "html"),
    ("form with NUL in a name", form((b'name="te\0xt"', b"1")), 400, "html"),
    ("form text too long", form((b'name="text"', b"1" * 5000)), 413, "html"),
    ("file field without a name", form((b'name="file"', b"1")), 400, "html"),
    # publication
    ("no publication", get(b"/trust/anchor.pem"), 404, "not_found"),
    ("empty request", b"", None, None),
    ("blank lines only", b"\r\n\r\n\r\n\r\n", (None, 400), None),
    ("garbage", bytes(range(256)) * 4, 400, None),
]


class Service:
    def __init__(self, *args):
        self.home = tempfile.mkdtemp(prefix="tamga-http-")
        if "--anchor" not in args:
            args = (*args, "--anchor", self.make_anchor())
        self.log = open(os.path.join(self.home, "log"), "w+b")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tamga-verifier"), "--listen", "127.0.0.1:0",
             "--home", self.home, "--timeout", str(DEADLINE_S), *args],
            stderr=self.log, env={**os.environ, "LANGUAGE": "en"})
        atexit.register(self.process.kill)  # a test that breaks off
        self.port = None
        for _ in range(200):
            m = re.search(r"http://127\.0\.0\.1:(\d+)/", self.read_log())
            if m:
                self.port = int(m.group(1))
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit("tamga-verifier did not start: " + self.read_log())

    def make_anchor(self):
        os.mkdir(self.home + "/pub")  # nothing published yet
        password = os.path.join(self.home, "pass")
        with open(password, "w") as f:
            f.write("only for tests\n")
        subprocess.run([os.path.join(BIN, "tamga-keys"), "authority", "init",
                        "-q", "--home", self.home + "/authority", "--name",
                        "test", "--pass-file", password], check=True,
                       stdout=subprocess.DEVNULL)
        return self.home + "/authority/anchor.pem"

    def read_log(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self, timeout=DEADLINE_S + 6):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def healthy(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        c.request("GET", "/healthz")
        ok = c.getresponse().status == 200
        c.close()
        return ok and self.process.poll() is None

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)

    def remove(self):
        self.process.kill()
        if "KEEP" not in os.environ:
            shutil.rmtree(self.home)


def read_answer(s, head_only=False):
    """(status, headers, body) of one answer, or None when closed."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            part = s.recv(65536)
            if not part:
                return None
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, v in
                   (line.split(": ", 1) for line in lines[1:])}
        status = int(lines[0].split()[1])
        want = int(headers.get("content-length", 0))
        if head_only or status in (204, 304):
            want = 0
        while len(body) < want:
            part = s.recv(65536)
            if not part:
                raise AssertionError("answer cut short")
            body += part
    except ConnectionResetError:
        return None
    return status, headers, body


def play(service, request):
    with service.connect() as s:
        try:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass
        return read_answer(s, request.startswith(b"HEAD"))


failures = 0
passed = 0


def check(name, ok, detail=""):
    global failures, passed
    if ok:
        passed += 1
    else:
        failures += 1
        print(f"FAILED {name}: {str(detail)[:300]}")


def one_case(service, name, request, want, code):
    began = time.monotonic()
    answer = play(service, request)
    took = time.monotonic() - began
    status = answer[0] if answer else None
    wanted = want if isinstance(want, tuple) else (want,)
    check(name, status in wanted, f"answered {status}, not {want}")
    check(name + ": in time", took < DEADLINE_S + 4, f"{took:.1f} s")
    if answer and status >= 400:
        kind = answer[1].get("content-type", "")
        if code == "html":
            check(name, kind.startswith("text/html") and
                  b'data-status="fault"' in answer[2], kind)
        else:
            check(name, kind == "application/problem+json", kind)
            problem = json.loads(answer[2])
            check(name, problem["status"] == status and
                  (code is None or problem["code"] == code), problem)
        check(name, answer[1].get("x-content-type-options") == "nosniff")
    check(name + ": alive", service.healthy())


def slow_body(service):
    """A byte each tenth of the deadline: 408 at the deadline, not later."""
    with service.connect() as s:
        s.sendall(post(b"", length=b"4000"))
        began = time.monotonic()
        try:
            while time.monotonic() - began < DEADLINE_S + 3:
                s.sendall(b"1")
                time.sleep(DEADLINE_S / 10)
        except OSError:
            pass
        took = time.monotonic() - began
        s.settimeout(3)
        answer = read_answer(s)
    check("slow body", answer and answer[0] == 408, answer)
    check("slow body: in time", took < DEADLINE_S + 4, f"{took:.1f} s")


def silent_body(service):
    with service.connect() as s:
        s.sendall(post(b"12", length=b"4000"))
        began = time.monotonic()
        answer = read_answer(s)
        took = time.monotonic() - began
    check("silent body", answer and answer[0] == 408, answer)
    check("silent body: in time", took < DEADLINE_S + 2, f"{took:.1f} s")


def slow_head(service):
    with service.connect() as s:
        began = time.monotonic()
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        closed = False
        while time.monotonic() - began < DEADLINE_S + 4 and not closed:
            try:
                s.sendall(b"X: y\r\n")
                s.settimeout(0.2)
                closed = s.recv(1000) == b"" or closed
            except socket.timeout:
                pass
            except OSError:
                closed = True
        took = time.monotonic() - began
    check("slow head", took < DEADLINE_S + 3, f"{took:.1f} s")


def cut_body(service):
    with service.connect() as s:
        s.sendall(post(b"12", length=b"4000"))
        s.shutdown(socket.SHUT_WR)
        answer = read_answer(s)
    check("cut body", answer and answer[0] == 400 and
          b"body_cut_short" in answer[2], answer)


def reset_mid_body(service):
    for _ in range(20):
        s = service.connect()
        s.sendall(post(b"12", length=b"4000"))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    check("reset mid-body", service.healthy())


def keep_alive_and_pipeline(service):
    with service.connect() as s:
        for _ in range(3):
            s.sendall(get())
            answer = read_answer(s)
            check("keep-alive", answer and answer[0] == 200 and
                  answer[1]["connection"] == "keep-alive", answer)
        s.sendall(get(b"/nope"))
        answer = read_answer(s)
        check("keep-alive over a 404", answer and
              answer[1]["connection"] == "keep-alive", answer)
        s.sendall(get(head=b"Connection: close\r\n"))
        answer = read_answer(s)
        check("close asked for", answer and
              answer[1]["connection"] == "close" and s.recv(1) == b"", answer)


def nothing_after_a_refusal(service):
    """What follows a refused head must not be read as another request."""
    smuggled = b"GET /healthz HTTP/1.1\r\n" + H + b"\r\n"
    for name, request in [
            ("ambiguous", post(b"0\r\n\r\n" + smuggled,
                               head=b"Transfer-Encoding: chunked\r\n")),
            ("two lengths", post(smuggled, length=b"0",
                                 head=b"Content-Length: %d\r\n" %
                                 len(smuggled))),
            ("body on GET", get(head=b"Content-Length: 5\r\n") + b"12345" +
             smuggled),
            ("too large", post(smuggled * 200) + smuggled)]:
        with service.connect() as s:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
            data = b""
            try:
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    data += part
            except ConnectionResetError:
                pass
        check("no second answer after " + name,
              data.count(b"HTTP/1.1 ") == 1 and
              b'{"status":"ok"}' not in data, data[:2000])


def continue_100(service):
    with service.connect() as s:
        s.sendall(post(b"", length=b"%d" % len(TEXT),
                       head=b"Expect: 100-continue\r\n"))
        check("100 Continue", s.recv(100).startswith(b"HTTP/1.1 100 "))
        s.sendall(TEXT)
        answer = read_answer(s)
        check("after 100 Continue", answer and answer[0] in (200, 503), answer)
    with service.connect() as s:
        s.sendall(post(b"", length=b"99999999",
                       head=b"Expect: 100-continue\r\n"))
        answer = read_answer(s)
        check("no 100 Continue for too much", answer and answer[0] == 413,
              answer)


def body_sent_whole_before_refusal(service):
    """The answer survives the bytes that nobody reads."""
    with service.connect() as s:
        s.sendall(post(b"1" * 200000))
        answer = read_answer(s)
    check("413 after a sent body", answer and answer[0] == 413, answer)


def etags(service):
    first = play(service, get(b"/app.js"))
    again = play(service, get(b"/app.js", head=b"If-None-Match: " +
                              first[1]["etag"].encode() + b"\r\n"))
    check("304", again and again[0] == 304, again)


def languages(service):
    en = play(service, get(b"/", head=b"Accept-Language: en\r\n"))
    zh = play(service, get(b"/?lang=zh", head=b"Accept-Language: en\r\n"))
    check("English page", b'lang="en"' in en[2])
    check("Chinese page", b'lang="zh-CN"' in zh[2])


def log_says_nothing_personal(service):
    text = service.read_log()
    check("log has routes", "/api/v1/verify" in text)
    for secret in ("123123", "verify.example", "isappinstalled", "passwd",
                   "evil"):
        check("log without " + secret, secret not in text)


def drain(service):
    slow = service.connect()
    slow.sendall(post(b"1", length=b"%d" % len(TEXT)))
    time.sleep(0.3)
    service.process.terminate()
    time.sleep(0.3)
    slow.sendall(TEXT[1:])
    answer = read_answer(slow)
    check("request in hand is finished on SIGTERM", answer and
          answer[0] in (200, 503) and answer[1]["connection"] == "close",
          answer)
    slow.close()
    check("exit status after SIGTERM", service.process.wait(30) == 0)


def command_line():
    for args in (["--listen", "127.0.0.1:8443s"], ["--listen", "[::1]:80"],
                 ["--listen", "x"], ["--listen", "127.0.0.1:99999"],
                 ["--connections", "0"], ["--nonsense"], ["extra"]):
        p = subprocess.run([os.path.join(BIN, "tamga-verifier"), *args],
                           capture_output=True, timeout=20)
        check("usage " + " ".join(args), p.returncode == 2 and p.stderr and
              not p.stdout, p)
    p = subprocess.run([os.path.join(BIN, "tamga-verifier"), "--help"],
                       capture_output=True, timeout=20)
    check("--help", p.returncode == 0 and b"--listen" in p.stdout, p)


def main():
    service = Service()
    for case in CASES:
        one_case(service, *case)
    for more in (slow_body, silent_body, slow_head, cut_body, reset_mid_body,
                 keep_alive_and_pipeline, nothing_after_a_refusal,
                 continue_100, body_sent_whole_before_refusal, etags,
                 languages, log_says_nothing_personal):
        more(service)
        check(more.__name__ + ": alive", service.healthy())
    drain(service)
    service.remove()
    command_line()
    print(f"{len(CASES)} requests, {passed} checks passed, {failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
