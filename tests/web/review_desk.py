"""A reviewer's desk to test: its home, its service, browsers signed in to it.
With TAMGA_PG_SERVER its ledger is a PostgreSQL."""
import hmac
import html
import http.client
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
import urllib.parse

from http_malformed import BIN

HERE = os.path.dirname(os.path.abspath(__file__))
home = tempfile.mkdtemp(prefix="tamga-review-")
subprocess.run(["bash", os.path.join(HERE, "../review/make_desk.sh"), home],
               check=True, stderr=subprocess.DEVNULL)
with open(home + "/users.tsv") as f:
    SECRETS = dict(line.split() for line in f)
with open(home + "/pass") as f:
    PASS = f.readline().rstrip("\n")
with open(home + "/claims.csv") as f:
    CLAIMS = f.read()
ID1 = "150102199001010019"
used = {}
registry = postgres = None
if os.environ.get("TAMGA_PG_SERVER"):
    postgres = subprocess.Popen([os.environ["TAMGA_PG_SERVER"]], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    postgres.stdin.write("spec\n")
    postgres.stdin.flush()
    registry = postgres.stdout.readline().strip()
    os.makedirs(home + "/v", exist_ok=True)
    with open(home + "/v/tamga.conf", "w") as f:
        f.write(f"[review]\nregistry = {registry}\n")


def code(name, ahead=0):
    """The next code that was not used yet; steps ahead of it are taken too."""
    key = __import__("base64").b32decode(SECRETS[name])
    # the one before only while it holds for a while yet
    first = int(time.time()) // 30 - (time.time() % 30 < 10)
    step = max(first, used.get(name, 0) + 1) + ahead
    while step > int(time.time()) // 30 + 1:
        time.sleep(0.5)
    used[name] = step
    mac = hmac.new(key, struct.pack(">q", step), "sha1").digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10**6:06d}"


class Service:
    def __init__(self, *args, review=True):
        self.log = tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tamga-verifier"), "--listen", "127.0.0.1:0",
             "--home", home + "/v", "--pub", home + "/pub", "--anchor",
             home + "/authority/anchor.pem", "-q",
             *(["--review", home + "/desk"] if review else []), *args],
            stderr=self.log, env={**os.environ, "LANGUAGE": "en"})
        for _ in range(400):
            m = re.search(r"127\.0\.0\.1:(\d+)/", self.read_log())
            if m:
                self.port = int(m.group(1))
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(self.read_log())

    def read_log(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        self.process.wait(30)


service = None


class Reply:
    def __init__(self, r):
        self.status = r.status
        self.headers = dict((k.lower(), v) for k, v in r.getheaders())
        self.body = r.read()
        self.text = self.body.decode(errors="replace")
        m = re.search(r'data-code="(\w+)"', self.text)
        self.code = m.group(1) if m else None
        self.location = self.headers.get("location")

    def plain(self):
        return html.unescape(re.sub(r"<[^>]+>", " ", self.text))


class Browser:
    """One cookie jar; sends what Chromium sends, unless told otherwise."""

    def __init__(self):
        self.cookie = None
        self.csrf = None

    def ask(self, method, path, body=None, headers=None):
        h = {"Host": f"localhost:{service.port}", "Accept-Language": "en"}
        if self.cookie:
            h["Cookie"] = "__Host-tamga-review=" + self.cookie
        if method == "POST":
            h["Origin"] = f"http://localhost:{service.port}"
            h["Sec-Fetch-Site"] = "same-origin"
            h["Content-Type"] = "application/x-www-form-urlencoded"
        h.update(headers or {})
        h = {k: v for k, v in h.items() if v is not None}
        c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for k, v in h.items():
            c.putheader(k, v)
        if body is not None:
            c.putheader("Content-Length", str(len(body)))
        c.endheaders(body)
        r = Reply(c.getresponse())
        c.close()
        m = re.match(r"__Host-tamga-review=([^;]*)",
                     r.headers.get("set-cookie", ""))
        if m:
            self.cookie = m.group(1)
        m = re.search(r'name="csrf" value="([^"]+)"', r.text)
        if m:
            self.csrf = m.group(1)
        return r

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, fields, headers=None, csrf=True):
        fields = dict(fields)
        if csrf:
            fields["csrf"] = self.csrf or ""
        return self.ask("POST", path, urllib.parse.urlencode(fields).encode(),
                        headers)

    def sign_in(self, name, secret=None, passphrase=None):
        self.get("/review/")
        r = self.post("/review/sign-in", {
            "name": name, "pass": passphrase or PASS,
            "code": secret or code(name)})
        if r.status == 303:
            self.get("/review/")
            if not self.csrf:
                raise AssertionError("no token")
        return r

    def upload(self, data, name="claims.csv", csrf=None):
        boundary = "----x7"
        body = b""
        for key, extra, value in (
                ("csrf", "", (csrf or self.csrf).encode()),
                ("table", f'; filename="{name}"\r\nContent-Type: text/csv',
                 data)):
            body += (f'--{boundary}\r\nContent-Disposition: form-data; '
                     f'name="{key}"{extra}\r\n\r\n').encode() + value + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.ask("POST", "/review/tables", body, {
            "Content-Type": "multipart/form-data; boundary=" + boundary})

    def reviewed(self, at, seconds=60):
        number = at.split("?")[0].rsplit("/", 1)[1]
        for _ in range(seconds * 10):
            r = self.get("/api/v1/review/tables/" + number)
            if r.status != 200 or '"busy":false' in r.text:
                return r.text
            time.sleep(0.1)
        raise AssertionError("not reviewed: " + r.text)

    def claim(self, at, **fields):
        """The claim's page, and what its decision form carries."""
        r = self.get(at)
        form = dict(re.findall(r'name="(seen|seen_at)" value="(\d+)"', r.text))
        return r, form

    def decide(self, at, act, form=None, **fields):
        if form is None:
            form = self.claim(at)[1]
        return self.post(at + "/decide", {**form, "act": act, **fields})


def another(name):
    """One more reviewer: a person has a code only every thirty seconds."""
    p = subprocess.run([BIN + "/tamga-review", "user", "add", name, "--role",
                        "reviewer", "--home", home + "/desk", "--pass-file",
                        home + "/pass", "-q"], check=True, text=True,
                       capture_output=True, env={**os.environ, "LANGUAGE": "en"})
    SECRETS[name] = re.search(r"secret=([A-Z2-7]+)", p.stdout).group(1)
    return Browser()


def ledger(sql):
    if registry:
        r = subprocess.run(["psql", "-XAtq", "-F", "\t", "-c", sql, registry],
                           stdout=subprocess.PIPE, text=True, check=True)
        return [tuple(int(x) if x.isdigit() else x for x in line.split("\t"))
                for line in r.stdout.splitlines()]
    db = sqlite3.connect(f"file:{home}/desk/registry.db?mode=ro", uri=True)
    rows = db.execute(sql).fetchall()
    db.close()
    return rows


def notice(r):
    m = re.search(r'class="notice \w+"[^>]*>([^<]*)<', r.text)
    return html.unescape(m.group(1)) if m else ""


def close():
    if service is not None:
        service.process.kill()
    if postgres is not None:
        postgres.stdin.close()
        postgres.wait(60)
    shutil.rmtree(home)
