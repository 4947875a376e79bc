#!/usr/bin/python3
"""Connections held open by clients who never finish: through nginx, and at the
service's own port.

    held.py [IDLE HEADS BODIES]    default 500 500 200

IDLE say nothing, HEADS send a byte of their head a second, BODIES of their
body; who is sent away comes again. Meanwhile others ask and are answered:
prints how fast. bench/run held is this with 5000 5000 2000.
"""
import multiprocessing
import os
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import http_malformed as play
import nginx
from http_malformed import check, get, post

HERE = os.path.dirname(os.path.abspath(__file__))
PROBES = 300
START = {"idle": b"", "head": b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
         "body": post(b"1", length=b"4000")}


class Holder:
    """A process that holds so many connections of each kind to a port."""

    def __init__(self, port, **kinds):
        self.ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=self.work, args=(theirs, port, kinds), daemon=True)
        self.process.start()

    def ask(self, what=None):
        """Of each kind: open now, ended so far, told what."""
        self.ours.send(what)
        return self.ours.recv()

    def end(self):
        self.ours.send("end")
        self.process.join(20)

    def work(self, pipe, port, kinds):
        poll = select.epoll()
        poll.register(pipe.fileno(), select.EPOLLIN)
        held, again, told = {}, True, {}
        ended = dict.fromkeys(kinds, 0)

        def dial(kind):
            s = socket.create_connection(("127.0.0.1", port), 20)
            s.setblocking(False)
            s.send(START[kind])
            held[s.fileno()] = (s, kind)
            poll.register(s.fileno(), select.EPOLLIN | select.EPOLLRDHUP)

        for kind, n in kinds.items():
            for _ in range(n):
                dial(kind)
        next_byte = time.monotonic() + 1
        while True:
            for fd, _ in poll.poll(0.2):
                if fd == pipe.fileno():
                    what = pipe.recv()
                    if what == "end":
                        return
                    again = again and what != "no more"
                    now = dict.fromkeys(kinds, 0)
                    for _, kind in held.values():
                        now[kind] += 1
                    pipe.send((now, ended, told))
                    continue
                s, kind = held.pop(fd)
                try:
                    word = s.recv(4096)[9:12].decode("latin-1")
                except OSError:
                    word = "reset"
                told[word] = told.get(word, 0) + 1
                ended[kind] += 1
                s.close()
                if again:
                    dial(kind)
            if time.monotonic() < next_byte:
                continue
            next_byte += 1
            for s, kind in list(held.values()):
                if kind != "idle":
                    try:
                        s.send(b"1")
                    except OSError:
                        pass


def probe(server, request, timeout=30):
    """Status and milliseconds of a new client's request."""
    began = time.monotonic()
    with server.connect(timeout) as s:
        try:
            s.sendall(request)
            answer = play.read_answer(s)
        except OSError:
            answer = None
    return answer[0] if answer else None, (time.monotonic() - began) * 1000


def figures(name, times):
    times = sorted(times)
    print(f"{name}: {len(times)} probes, median "
          f"{times[len(times) // 2]:.1f} ms, p99 "
          f"{times[len(times) * 99 // 100]:.1f} ms, slowest "
          f"{times[-1]:.1f} ms")


def through_nginx(service, pub, idle, heads, bodies, text):
    proxy = nginx.Nginx(service, pub, deadline_s=10, connections=18000)
    before = service.read_log().count(" ms ")
    requests = [get(), post(text), get(b"/app.js")]
    alone = [probe(proxy, requests[i % 3]) for i in range(PROBES)]
    holder = Holder(proxy.port, idle=idle, head=heads, body=bodies)
    now, _, _ = holder.ask()  # all of them are there
    check("held at once", now == {"idle": idle, "head": heads,
                                  "body": bodies}, now)
    busy = [probe(proxy, requests[i % 3]) for i in range(PROBES)]
    now, ended, told = holder.ask()
    check("still held", now == {"idle": idle, "head": heads, "body": bodies},
          now)
    check("every probe answered", {s for s, _ in alone + busy} == {200},
          [s for s, _ in alone + busy if s != 200])
    figures("through nginx, nobody held", [t for _, t in alone])
    figures(f"through nginx, {idle} idle, {heads} slow heads, {bodies} slow "
            "bodies held", [t for _, t in busy])
    print(f"  meanwhile ended by nginx: {ended}, told {told}")
    time.sleep(0.5)
    check("the service saw the probes alone", service.read_log().count(
        " ms ") - before == 2 * PROBES, service.read_log()[-300:])
    holder.end()
    check("well after it", probe(proxy, get())[0] == 200)
    check("end", proxy.stop() == 0)


def direct(service, places):
    """More than there are places: others are answered, in words if need be,
    and when nobody comes again all is well in the time a client has."""
    holder = Holder(service.port, idle=3 * places, body=places)
    busy = []
    began = time.monotonic()
    while time.monotonic() - began < 3 * play.DEADLINE_S:
        busy.append(probe(service, get()))
    now, ended, told = holder.ask("no more")
    check("answers or words", {s for s, _ in busy} <= {200, 503} and
          200 in {s for s, _ in busy}, [s for s, _ in busy])
    check("idle ones are told 503", told.get("503", 0) > 0, told)
    check("slow ones are told 408", told.get("408", 0) > 0, told)
    figures(f"direct, {places} places, {4 * places} held",
            [t for _, t in busy])
    print(f"  meanwhile ended: {ended}, told {told}")
    began = time.monotonic()
    while sum(now.values()) > 0 and time.monotonic() - began < 60:
        time.sleep(0.1)
        now, _, _ = holder.ask()
    check("all are gone in time", sum(now.values()) == 0, now)
    print(f"  the last of them gone after {time.monotonic() - began:.1f} s, "
          f"deadline {play.DEADLINE_S} s")
    check("well after it", {probe(service, get())[0]
                            for _ in range(20)} == {200})
    holder.end()


def main():
    idle, heads, bodies = map(int, sys.argv[1:4] or (500, 500, 200))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = idle + heads + bodies + 200
    if want > hard:
        sys.exit(f"held.py: {want} descriptors are needed, ulimit -Hn is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want), hard))
    home = tempfile.mkdtemp(prefix="tamga-held-")
    os.chmod(home, 0o755)
    subprocess.run(["bash", os.path.join(HERE, "make_home.sh"), home],
                   check=True)
    with open(os.path.join(home, "texts.tsv")) as f:
        text = f.readline().rstrip("\n").split("\t")[1].encode()
    service = play.Service("--anchor", home + "/authority/anchor.pem",
                           "--pub", home + "/pub")
    through_nginx(service, home + "/pub", idle, heads, bodies, text)
    check("exit", service.stop() == 0)
    service.remove()
    service = play.Service("--anchor", home + "/authority/anchor.pem",
                           "--pub", home + "/pub", "--connections", "16")
    direct(service, 16)
    check("exit", service.stop() == 0)
    service.remove()
    shutil.rmtree(home)
    print(f"{play.passed} checks passed, {play.failures} failed")
    sys.exit(play.failures > 0)


if __name__ == "__main__":
    main()
