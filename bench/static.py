#!/usr/bin/python3
"""nginx giving a status list, as deploy/ sets it up and as plainly as it can.

    static.py PUB URI [TURNS]

PUB: a publication's folder. Prints a line a server: its name, what a request
costs in microseconds of CPU (nginx's and wrk's), that of the bare server over
it (median of the turns, each server once a turn), and requests a second by the
clock. Loopback, no TLS.
"""
import os
import re
import statistics
import subprocess
import sys
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tests", "web"))
import nginx  # noqa: E402

BARE = """
access_log off;
server {
	listen 127.0.0.1:@PORT@;
	location / {
		root @PUB@;
	}
}
"""
TICK = os.sysconf("SC_CLK_TCK")


def cpu(server):
    """Seconds used by nginx and its workers."""
    pid, total = server.process.pid, 0
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        pids = [pid, *map(int, f.read().split())]
    for p in pids:
        with open(f"/proc/{p}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def measure(server, uri):
    before = cpu(server)
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c16", "-d2s", f"http://127.0.0.1:{server.port}{uri}"],
        stdout=subprocess.PIPE, text=True)
    out = wrk.stdout.read()
    used = os.wait4(wrk.pid, 0)[2]
    n = int(re.search(r"(\d+) requests in", out).group(1))
    assert n > 0 and "Non-2xx" not in out and "errors" not in out, out
    return ((cpu(server) - before + used.ru_utime + used.ru_stime) / n * 1e6,
            n / 2)


def main():
    pub, uri = os.path.abspath(sys.argv[1]), sys.argv[2]
    turns = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    servers = {
        "static-bare": nginx.Server(BARE.replace("@PUB@", pub)),
        "static-origin": nginx.Origin(pub),
        "static-verifier": nginx.Nginx(types.SimpleNamespace(port=1), pub),
    }
    cost = {name: [] for name in servers}
    rate = {name: [] for name in servers}
    ratio = {name: [] for name in servers}
    for _ in range(turns):
        for name, server in servers.items():
            us, per_s = measure(server, uri)
            cost[name].append(us)
            rate[name].append(per_s)
        for name in servers:
            ratio[name].append(cost["static-bare"][-1] / cost[name][-1])
    for name, server in servers.items():
        print(name, *(f"{statistics.median(x[name]):.3f}"
                      for x in (cost, ratio, rate)))
        server.stop()


if __name__ == "__main__":
    main()
