"""Those who use a cluster of PostgreSQL while its servers die, by the programs
themselves: two issuers of one body, a reviewer, verifiers that mirror the
publication. What they were told is held against what is there at the end."""
import collections
import csv
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

BIN = os.environ["TAMGA_BIN"]
TESTS = os.environ["TAMGA_TESTS"]
SOURCE = os.environ["TAMGA_SOURCE"]
sys.path.insert(0, SOURCE + "/tests/web")
import nginx  # noqa: E402

ROWS = 40  # of a roster
FIRST = 200
ROSTER = int(os.environ.get("TAMGA_KILLS", "2")) * 3000 + 6000
CLAIMS = 5  # of a table
ENV = {**os.environ, "LANGUAGE": "en", "LC_ALL": "C.UTF-8"}


class Play:
    def __init__(self, spec):
        self.spec = spec
        self.dir = tempfile.mkdtemp(prefix="tamga-play-")
        os.chmod(self.dir, 0o755)  # nginx is another user
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.n = collections.Counter()
        self.batches, self.paid, self.wrong = [], [], []
        self.acted = time.monotonic()
        self.verifiers, self.threads = [], []
        self.origin = None
        self.make()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def run(self, program, *args, retry=True):
        """One run; what it said of its attempts is counted, and one that gave
        up is run again, as its administrator would."""
        while True:
            r = subprocess.run([os.path.join(BIN, program), *args],
                               cwd=self.dir, env=ENV, capture_output=True,
                               text=True, timeout=300)
            with self.lock:
                self.n["attempts"] += len(re.findall(
                    r"^attempt \d+: ", r.stderr, re.M))
            if r.returncode != 2 or not retry:
                return r
            with self.lock:
                self.n["run again"] += 1
            print(f"run again: {program} {args[0]}: "
                  + r.stderr.strip().splitlines()[-1], flush=True)
            if self.n["run again"] > 200:
                raise AssertionError(r.stderr)
            time.sleep(0.2)

    def must(self, program, *args):
        r = self.run(program, *args)
        assert r.returncode == 0, (program, args, r)
        return r.stdout

    def issuer(self, home, verb, *args):
        return ["tamga-issuer", verb, "--home", home, "--registry", self.spec,
                *(["--pass-file", "pass"] if verb in ("issue", "publish")
                  else []), *args]

    def make(self):
        subprocess.run(["bash", "-c", '. "$1"; make_homes "$2" "*"', "-",
                        SOURCE + "/tests/issuer/home.bash", self.dir],
                       env=ENV, check=True, capture_output=True)
        shutil.copytree(self.path("body"), self.path("body2"))
        made = subprocess.run(
            ["/usr/bin/python3", SOURCE + "/tests/data/make_roster.py",
             "--people", str(ROSTER), "--seed", "8", "--kinds", "2"],
            env=ENV, check=True, capture_output=True, text=True).stdout
        rows = list(csv.reader(made.splitlines()))
        self.head, self.rows = rows[0], rows[1:]
        self.taken = 0
        self.must(*self.issuer("body", "issue", self.roster(FIRST), "--batch",
                               "first", "-q"))
        self.batches.append(("first", FIRST))
        self.publish()
        self.must("tamga-keys", "authority", "publish", "--home", "authority",
                  "--out", "pub", "--pass-file", "pass", "-q")
        with open(self.path("rules.ini"), "w") as f:
            subprocess.run(["/usr/bin/python3", SOURCE +
                            "/tests/data/make_claims.py", "--rules"],
                           stdout=f, check=True)
        entries = subprocess.run(
            [TESTS + "/review-entries", self.spec,
             "https://verify.tamga.example/"], env=ENV, check=True,
            capture_output=True, text=True).stdout
        self.text = entries.splitlines()[0].split("\t")[-1]
        claims = subprocess.run(
            ["/usr/bin/python3", SOURCE + "/tests/data/make_claims.py"],
            input=entries, env=ENV, check=True, capture_output=True,
            text=True).stdout
        rows = list(csv.reader(claims.splitlines()))
        self.claims_head, self.claims = rows[0], rows[1:]

    def write(self, name, head, rows):
        with open(self.path(name), "w", newline="") as f:
            csv.writer(f).writerows([head, *rows])
        return name

    def roster(self, n):
        with self.lock:
            at = self.taken
            self.taken += n
        assert at + n <= len(self.rows), "no more rows"
        return self.write(f"r{at}.csv", self.head, self.rows[at:at + n])

    def publish(self):
        self.must(*self.issuer("body", "publish", "--out", "pub", "-q"))

    def acknowledged(self, batch, n):
        with self.lock:
            self.batches.append((batch, n))
            self.acted = time.monotonic()

    def issue_on(self, home):
        i = 0
        while not self.stop.is_set():
            batch = f"{home}-{i}"
            r = self.run(*self.issuer(home, "issue", self.roster(ROWS),
                                      "--batch", batch, "--json"))
            said = json.loads(r.stdout.splitlines()[-1])
            assert r.returncode == 0 and said["refused"] == 0 and \
                said["issued"] + said["already"] == ROWS, (r, said)
            self.acknowledged(batch, ROWS)
            if home == "body" and i % 3 == 0:
                self.publish()
            i += 1

    def review_on(self):
        at = 0
        while not self.stop.is_set() and at < len(self.claims):
            rows = self.claims[at:at + CLAIMS]
            at += CLAIMS
            table = self.write("claims.csv", self.claims_head, rows)
            common = ["--registry", self.spec, "--home", "desk"]
            r = self.run("tamga-review", "book", table, "--pub", "pub",
                         "--anchor", "authority/anchor.pem", "--rules",
                         "rules.ini", "--yes", "--with-warnings", *common,
                         "--json")
            said = json.loads(r.stdout.splitlines()[-1])
            assert said["booked"] + said["already"] == len(rows), r
            ids = [row[0] for row in rows]
            for act, who in (("approve", "wang"), ("pay", "zhao")):
                self.must("tamga-review", act, *ids, "--actor", who, *common,
                          "-q")
            with self.lock:
                self.paid += ids

    def start_verifier(self, i):
        home = self.path(f"verifier{i}")
        os.mkdir(home)
        log = open(home + "/log", "w+b")
        p = subprocess.Popen(
            [os.path.join(BIN, "tamga-verifier"), "--home", home, "--pub",
             f"http://127.0.0.1:{self.origin.port}/", "--anchor",
             self.path("authority/anchor.pem"), "--listen", "127.0.0.1:0",
             "-q"], stderr=log, env=ENV)
        self.verifiers.append(p)
        for _ in range(1200):
            with open(home + "/log") as f:
                m = re.search(r"listening on http://127\.0\.0\.1:(\d+)/",
                              f.read())
            if m:
                return int(m.group(1))
            time.sleep(0.05)
        raise AssertionError("not listening")

    def probe(self, port):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            c.request("POST", "/api/v1/verify", self.text,
                      {"Content-Type": "text/plain"})
            r = c.getresponse()
            data = r.read()
            return r.status == 200 and json.loads(data)["status"] == "valid"
        except (OSError, http.client.HTTPException):
            return False
        finally:
            c.close()

    def probe_on(self, port):
        while not self.stop.is_set():
            began = time.monotonic()
            good = self.probe(port)
            with self.lock:
                self.n["probes"] += 1
                self.n["probes failed"] += not good
                self.n["slowest probe, ms"] = max(
                    self.n["slowest probe, ms"],
                    int(1000 * (time.monotonic() - began)))
            time.sleep(0.1)

    def guard(self, fn, *args):
        try:
            fn(*args)
        except BaseException as e:  # told at the end
            with self.lock:
                self.wrong.append(f"{fn.__name__}{args}: {e!r}")

    def begin(self, verifiers=3):
        self.origin = nginx.Origin(self.path("pub"))
        ports = [self.start_verifier(i) for i in range(verifiers)]
        for port in ports:
            assert self.probe(port), "a verifier does not verify"
        for fn, *args in [(self.issue_on, "body"), (self.issue_on, "body2"),
                          (self.review_on,),
                          *((self.probe_on, p) for p in ports)]:
            t = threading.Thread(target=self.guard, args=(fn, *args))
            t.start()
            self.threads.append(t)

    def wait_for_acts(self, n):
        """Until so many batches more are acknowledged."""
        want = len(self.batches) + n
        for _ in range(3000):
            if len(self.batches) >= want or self.wrong:
                return
            time.sleep(0.1)
        raise AssertionError("nobody issues any more")

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(400)
        self.threads = []

    def count(self):
        """What was acknowledged against what is there."""
        self.publish()
        self.must(*self.issuer("body2", "issue", self.roster(1), "--batch",
                               "last", "-q"))
        self.publish()
        listed = [json.loads(line) for line in self.must(
            *self.issuer("body", "list", "--json")).splitlines()]
        rows = collections.Counter((e["batch"], e["row"]) for e in listed)
        of = collections.Counter(e["batch"] for e in listed)
        number = collections.Counter(e["number"] for e in listed)
        index = collections.Counter(e["index"] for e in listed)
        claims = [json.loads(line) for line in self.must(
            "tamga-review", "list", "--home", "desk", "--registry", self.spec,
            "--json").splitlines()]
        state = {c["claim"]: c["state"] for c in claims}
        c = {
            "certificates": sum(n for _, n in self.batches),
            "claims paid": len(self.paid),
            "lost": sum(max(0, n - of[b]) for b, n in self.batches)
            + sum(state.get(i) != "paid" for i in self.paid),
            "twice": sum(n - 1 for k in (rows, number, index)
                         for n in k.values())
            + len(claims) - len(state),
            "gaps": max(index) + 1 - len(index),
            "not valid": sum(e["status"] != "valid" for e in listed),
        }
        forks = 0
        for home in ("body", "body2"):
            r = self.run(*self.issuer(home, "verify", "-q"))
            forks += r.returncode != 0
            if r.returncode:
                print(r.stderr)
        r = self.run("tamga-audit", "pub", "--anchor", "authority/anchor.pem",
                     "-q")
        forks += r.returncode != 0
        if r.returncode:
            print(r.stderr)
        c["forks"] = forks
        c["trail broken"] = self.run(
            *self.issuer("body", "audit", "-q")).returncode != 0
        return {**c, **self.n}

    def close(self):
        self.stop.set()
        for p in self.verifiers:
            p.kill()
            p.wait()
        if self.origin is not None:
            self.origin.stop()
        for t in self.threads:
            t.join(60)
        shutil.rmtree(self.dir, ignore_errors=True)


def verdict(play, counts):
    """Prints all of it; the test's exit status."""
    print(json.dumps(counts, ensure_ascii=False), flush=True)
    bad = [k for k in ("lost", "twice", "gaps", "not valid", "forks",
                       "trail broken", "probes failed") if counts.get(k)]
    for w in play.wrong:
        print("wrong: " + w)
    if not counts.get("probes") or not counts["claims paid"]:
        bad.append("nothing happened")
    print("bad: " + ", ".join(bad) if bad else "all counters zero")
    return 1 if bad or play.wrong else 0
