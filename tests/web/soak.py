#!/usr/bin/python3
"""Mixed load for a while: no descriptor, process or memory is left behind.

    soak.py [SECONDS]    default 6; half an hour is 1800

Warm up, wait until nobody is connected, count; load for five minutes at a
time; after each wait, and count again. A line for each count is printed.
Texts in every state, pictures, PDFs, forms, files of the publication, wrong
requests, clients who go away, reloads, and a publication that changes.
"""
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import http_malformed as play
from http_malformed import BIN, check, post

HERE = os.path.dirname(os.path.abspath(__file__))
WARM_S = 5
CLIENTS = 6
SLICE_S = 300
# What may be more afterwards: pieces of pages in use.
GROWTH_KB = 3 * 1024
MAX_SPARES = 4


class Load:
    def __init__(self, service, home, texts):
        self.service, self.home, self.texts = service, home, texts
        self.answers, self.wrong = 0, []
        self.pictures = {}
        for name, kind in (("valid.png", "image/png"),
                           ("revoked.jpg", "image/jpeg"),
                           ("two.pdf", "application/pdf"),
                           ("blank.png", "image/png"),
                           ("locked.pdf", "application/pdf")):
            with open(f"{home}/pictures/{name}", "rb") as f:
                self.pictures[name] = (kind, f.read())
        self.malformed = [c for c in play.CASES if c[2] is not None and
                          c[0] != "no publication"]

    def verify(self, c, rnd):
        state, text = rnd.choice(self.texts)
        c.request("POST", "/api/v1/verify", text, {
            "Content-Type": "text/plain", "X-Real-IP":
            f"192.0.{rnd.randrange(256)}.{rnd.randrange(256)}"})
        r = c.getresponse()
        data = r.read()
        # a reload may meet the trust list between two publications
        if r.status != 200 or json.loads(data)["status"] not in (
                state, "valid", "status_unknown", "unknown_issuer"):
            self.wrong.append((state, r.status, data[:200]))

    def picture(self, c, rnd):
        kind, data = rnd.choice(list(self.pictures.values()))
        c.request("POST", "/api/v1/verify", data, {"Content-Type": kind})
        r = c.getresponse()
        r.read()
        if r.status not in (200, 415, 429, 503):
            self.wrong.append((kind, r.status))

    def form(self, c, rnd):
        _, text = rnd.choice(self.texts)
        body = (b'--B\r\nContent-Disposition: form-data; name="text"\r\n\r\n' +
                text.encode() + b"\r\n--B--\r\n")
        c.request("POST", "/verify", body, {
            "Content-Type": "multipart/form-data; boundary=B"})
        r = c.getresponse()
        r.read()
        if r.status != 200:
            self.wrong.append(("form", r.status))

    def get(self, c, rnd):
        path = rnd.choice(("/", "/app.js", "/metrics", "/readyz", "/nothing",
                           "/api/v1/trust", "/trust/bodies.pem",
                           "/bodies/52150100MJY000000J/status/0"))
        c.request("GET", path)
        r = c.getresponse()
        r.read()
        if r.status != (404 if path == "/nothing" else 200):
            self.wrong.append((path, r.status))

    def bad(self, c, rnd):
        name, request, want, _ = rnd.choice(self.malformed)
        answer = play.play(self.service, request)
        wanted = want if isinstance(want, tuple) else (want,)
        if (answer[0] if answer else None) not in wanted + (None, 503):
            self.wrong.append((name, answer))

    def go_away(self, c, rnd):
        with self.service.connect() as s:
            s.sendall(post(b"1" * 20)[:rnd.randrange(1, 120)])

    def client(self, seed, until):
        rnd = random.Random(seed)
        c = None
        while time.monotonic() < until:
            what = rnd.choices(
                (self.verify, self.get, self.form, self.picture, self.bad,
                 self.go_away), (60, 15, 8, 3, 6, 8))[0]
            try:
                if c is None or rnd.random() < 0.02:
                    c = http.client.HTTPConnection(
                        "127.0.0.1", self.service.port, timeout=30)
                what(c, rnd)
                self.answers += 1
            except (http.client.RemoteDisconnected, ConnectionResetError,
                    BrokenPipeError):
                c = None  # ended while idle
            except Exception as e:
                self.wrong.append((what.__name__, repr(e)))
                c = None
        if c is not None:
            c.close()

    def change(self, until):
        """Reloads, and publications of a newer CRL."""
        while time.monotonic() < until:
            time.sleep(0.7)
            self.service.process.send_signal(signal.SIGHUP)
            if random.random() < 0.2:
                subprocess.run(
                    [os.path.join(BIN, "tamga-keys"), "authority", "publish",
                     "-q", "--home", self.home + "/authority", "--out",
                     self.home + "/pub", "--pass-file", self.home + "/pass"],
                    check=True, stdout=subprocess.DEVNULL)

    def run(self, seconds):
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self.client, args=(n, until))
                   for n in range(CLIENTS)]
        threads.append(threading.Thread(target=self.change, args=(until,)))
        for t in threads:
            t.start()
        for t in threads:
            t.join()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(n) for n in f.read().split()]


def count(pid):
    """Descriptors, threads, and memory in kB, resident and of it anonymous, of
    it and its zygote; and the decoders that wait for their file, as many as
    were wanted at once so far, at most MAX_SPARES of qr/reader_zygote.c. The
    zygote's descriptor of each of them counts with it."""
    pids = [pid] + children(pid)
    decoders = sum(len(children(p)) for p in pids[1:])
    memory = anonymous = threads = 0
    for p in pids:
        with open(f"/proc/{p}/status") as f:
            lines = dict(line.split(":", 1) for line in f)
        memory += int(lines["VmRSS"].split()[0])
        anonymous += int(lines["RssAnon"].split()[0])
        threads += int(lines["Threads"])
    descriptors = sum(len(os.listdir(f"/proc/{p}/fd")) for p in pids)
    return {"descriptors": descriptors - decoders,
            "threads": threads, "processes": len(pids),
            "decoders": decoders, "memory": memory, "anonymous": anonymous}


def connected(port):
    """Connections of the service that are not closed on both sides."""
    end = f":{port:04X}"
    with open("/proc/net/tcp") as f:
        lines = [line.split() for line in f]
    return sum(words[1].endswith(end) and words[3] in ("01", "08")
               for words in lines[1:])


def settled(pid, port):
    """The counts once they stay: no client is connected any more, and a reload
    has given back what the allocator only keeps."""
    last = None
    for _ in range(300):
        if connected(port) == 0:
            break
        time.sleep(0.1)
    os.kill(pid, signal.SIGHUP)
    time.sleep(1)
    for _ in range(120):
        now = count(pid)
        if last and all(now[k] == last[k] for k in (
                "descriptors", "threads", "processes")):
            return now
        last = now
        time.sleep(0.5)
    return last


def say(when, counts, requests=0):
    print(f"{when:>8} {requests:8} requests  " +
          "  ".join(f"{k} {v}" for k, v in counts.items()), flush=True)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 6
    home = tempfile.mkdtemp(prefix="tamga-soak-")
    subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home],
                   check=True)
    with open(os.path.join(home, "texts.tsv")) as f:
        texts = [line.rstrip("\n").split("\t") for line in f]
    os.mkdir(home + "/v")
    with open(home + "/v/tamga.conf", "w") as f:
        f.write("[verifier]\nbehind_proxy = yes\nconnections = 64\n")
    service = play.Service("--anchor", home + "/authority/anchor.pem",
                           "--pub", home + "/pub", "--home", home + "/v",
                           # clients share a processor: they may be slow
                           "--timeout", "10")
    load = Load(service, home, texts)
    say("started", count(service.process.pid))
    for case in load.malformed:  # whatever is loaded or made but once
        play.play(service, case[1])
    for kind, data in load.pictures.values():
        c = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        c.request("POST", "/api/v1/verify", data, {"Content-Type": kind})
        c.getresponse().read()
        c.close()
    load.run(WARM_S)
    before = settled(service.process.pid, service.port)
    say("warm", before)
    began, done = load.answers, 0
    while done < seconds:
        run = min(SLICE_S, seconds - done)
        load.run(run)
        done += run
        after = settled(service.process.pid, service.port)
        say(f"{done:.0f} s", after, load.answers - began)
    check("answers", load.answers > began and not load.wrong, load.wrong[:5])
    for name in ("descriptors", "processes"):
        check("no more " + name, after[name] <= before[name],
              (before[name], after[name]))
    # as many as were wanted at once, each client one
    check("no more threads than clients want",
          after["threads"] <= before["threads"] + CLIENTS,
          (before["threads"], after["threads"]))
    check("a few decoders wait", after["decoders"] <= MAX_SPARES,
          after["decoders"])
    check("no more memory", after["memory"] <= before["memory"] + GROWTH_KB,
          (before["memory"], after["memory"]))
    check("alive", service.healthy())
    check("exit", service.stop() == 0)
    service.remove()
    shutil.rmtree(home)
    print(f"{play.passed} checks passed, {play.failures} failed")
    sys.exit(play.failures > 0)


if __name__ == "__main__":
    main()
