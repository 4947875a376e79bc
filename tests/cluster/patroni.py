#!/usr/bin/python3
"""The programs while Patroni fails over: etcd and three nodes of deploy/patroni
in folders of their own; postgres and patroni of the leader are killed, another
becomes leader, the old one comes back. TAMGA_KILLS times (1)."""
import http.client
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import play
from nginx import free_port

KILLS = int(os.environ.get("TAMGA_KILLS", "1"))
PG = "/usr/lib/postgresql/15/bin"
USER = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
home = tempfile.mkdtemp(prefix="tamga-patroni-")
os.chmod(home, 0o755)


def spawn(name, *argv):
    """As postgres, in a folder of its own; gone with us, whatever happens."""
    where = f"{home}/{name}"
    os.makedirs(where, exist_ok=True)
    if USER:
        os.chown(where, USER.pw_uid, USER.pw_gid)
    out = open(f"{home}/{name}.log", "ab")
    who = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return subprocess.Popen(
        ["setpriv", *(who if USER else []), "--pdeathsig", "TERM", *argv],
        stdout=out, stderr=out, cwd=where,
        env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": where})


def psql(port, sql, db="postgres", user="postgres"):
    r = subprocess.run(
        [PG + "/psql", "-XAtq", "-h", "127.0.0.1", "-p", str(port), "-U", user,
         "-c", sql, db], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PGCONNECT_TIMEOUT": "5"})
    return r.stdout.strip() if r.returncode == 0 else None


def change(text, *pairs):
    for pattern, to in pairs:
        text, n = re.subn(pattern, to, text)
        assert n, pattern + " is not there"
    return text


class Node:
    def __init__(self, i, etcd):
        self.name = f"db{i}"
        self.port, self.api = free_port(), free_port()
        with open(play.SOURCE + "/deploy/patroni/tamga.yml") as f:
            text = change(
                f.read(),
                (r"name: db1", "name: " + self.name),
                (r"hosts: .*", f"hosts: 127.0.0.1:{etcd}"),
                (r"(listen|connect_address): \S+:8008",
                 rf"\1: 127.0.0.1:{self.api}"),
                (r"(listen|connect_address): \S+:5432",
                 rf"\1: 127.0.0.1:{self.port}"),
                (r"- data-checksums", "- data-checksums\n    - no-sync"),
                (r"data_dir: .*", f"data_dir: {home}/{self.name}/data"),
                (r"pgpass: .*", f"pgpass: {home}/{self.name}/pgpass"),
                (r"unix_socket_directories: .*",
                 f"unix_socket_directories: {home}/{self.name}"),
                (r"hostssl (.*)10\.0\.0\.0/8    scram-sha-256",
                 r"host \g<1>127.0.0.1/32 trust"),
                (r"local   all         all                       peer",
                 "host all postgres 127.0.0.1/32 trust"))
        with open(f"{home}/{self.name}.yml", "w") as f:
            f.write(text)
        self.start()

    def start(self):
        self.patroni = spawn(self.name, "patroni", f"{home}/{self.name}.yml")

    def is_(self, what):
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.api, timeout=5)
            c.request("GET", "/" + what)
            return c.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def postmaster(self):
        try:
            with open(f"{home}/{self.name}/data/postmaster.pid") as f:
                return int(f.readline())
        except (OSError, ValueError):
            return None

    def kill(self, sig=signal.SIGKILL):
        pid = self.postmaster()
        self.patroni.kill()
        self.patroni.wait()
        try:
            if pid:
                os.kill(pid, sig)
            for _ in range(200 if pid and sig != signal.SIGKILL else 0):
                time.sleep(0.05)
                os.kill(pid, 0)
        except ProcessLookupError:
            pass


def wait(what, seconds, fn):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = fn()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("not in time: " + what)


def leader_and_two():
    leaders = [n for n in nodes if n.is_("primary")]
    # a synchronous one, or strict mode acknowledges nothing
    return leaders[0] if len(leaders) == 1 and \
        sum(n.is_("replica") for n in nodes) == 2 and \
        any(n.is_("sync") for n in nodes) else None


def turn(nodes):
    """The highest turn of a writer that a primary among them shows."""
    seen = [psql(n.port, "SELECT turn FROM writer WHERE NOT "
                 "pg_is_in_recovery()", "tamga") for n in nodes]
    return max((int(s) for s in seen if s), default=-1)


nodes, p, etcd = [], None, None
status = 1
try:
    client, peer = free_port(), free_port()
    url, to = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    etcd = spawn("etcd", "etcd", "--data-dir", f"{home}/etcd/data",
                 "--listen-client-urls", url, "--advertise-client-urls", url,
                 "--listen-peer-urls", to, "--initial-advertise-peer-urls", to,
                 "--initial-cluster", "default=" + to)
    nodes = [Node(i, client) for i in (1, 2, 3)]
    leader = wait("a leader and two standbys", 240, leader_and_two)
    assert psql(leader.port, "CREATE ROLE tamga LOGIN") is not None
    assert psql(leader.port, "CREATE DATABASE tamga OWNER tamga ENCODING UTF8 "
                "TEMPLATE template0") is not None
    ports = ",".join(f"127.0.0.1:{n.port}" for n in nodes)
    p = play.Play(f"postgresql://tamga@{ports}/tamga"
                  "?options=-cstatement_timeout%3D4000")
    p.begin()
    began = time.monotonic()
    back = []
    for kill in range(1, KILLS + 1):
        p.wait_for_acts(2)
        leader = wait("all well", 240, leader_and_two)
        others = [n for n in nodes if n is not leader]
        leader.kill()
        killed = time.monotonic()
        # what the new leader starts with, and one more
        last = wait("a new leader", 240,
                    lambda: max(turn(others), 0))
        wait("writes", 240, lambda: turn(others) > last)
        back.append(time.monotonic() - killed)
        print(f"kill {kill}: {leader.name} and its patroni, writes back after "
              f"{back[-1]:.1f} s", flush=True)
        leader.start()
        wait("the old leader as a standby", 240, leader_and_two)
        if p.wrong:
            break
    p.wait_for_acts(2)
    p.end()
    counts = {"kills": len(back), "seconds": int(time.monotonic() - began),
              "slowest, s": round(max(back), 1), **p.count()}
    status = play.verdict(p, counts)
    if counts["attempts"] == 0:
        print("bad: no attempt was ever told")
        status = 1
finally:
    if p is not None:
        p.close()
    for n in nodes:
        n.kill(signal.SIGQUIT)
    if etcd is not None:
        etcd.kill()
        etcd.wait()
    if status:
        for name in sorted(os.listdir(home)):
            if name.endswith(".log"):
                with open(f"{home}/{name}", errors="replace") as f:
                    print(f"== {name}\n" + "".join(f.readlines()[-15:]))
    shutil.rmtree(home, ignore_errors=True)
sys.exit(status)
