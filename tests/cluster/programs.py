#!/usr/bin/python3
"""The programs while the primary is killed: TAMGA_KILLS times (2)."""
import json
import os
import re
import subprocess
import sys
import time

import play

KILLS = int(os.environ.get("TAMGA_KILLS", "2"))
cluster = subprocess.Popen([play.TESTS + "/pg_cluster"], text=True,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
p = None
try:
    spec = cluster.stdout.readline().strip()
    assert spec.startswith("postgresql://"), spec
    p = play.Play(spec)
    # one that follows: read, and its age told; never for writing
    one = re.sub(r"(host|port)=[^,&]*,([^,&]*)[^&]*", r"\1=\2", spec)
    r = p.run("tamga-issuer", "db", "migrate", "--registry", one, retry=False)
    assert r.returncode == 2 and "only a standby answers" in r.stderr, r
    r = p.run("tamga-issuer", "db", "status", "--registry", one, "--json")
    said = json.loads(r.stdout)
    assert said["standby"] and said["behind_s"] < 60, said
    p.begin()
    began = time.monotonic()
    written = []
    for kill in range(1, KILLS + 1):
        p.wait_for_acts(2)
        cluster.stdin.write("fail-over\n")
        cluster.stdin.flush()
        said = cluster.stdout.readline().split()
        assert len(said) == 5, said
        old, now, promoted, first, followed = map(int, said)
        written.append(first)
        print(f"kill {kill}: server {old}, promoted {now} after {promoted} ms, "
              f"first write {first} ms after the order to promote", flush=True)
        if p.wrong:
            break
    p.wait_for_acts(2)
    p.end()
    counts = {"kills": len(written), "seconds": int(time.monotonic() - began),
              "slowest first write, ms": max(written), **p.count()}
    status = play.verdict(p, counts)
    if counts["attempts"] == 0:
        print("bad: no attempt was ever told")
        status = 1
    if min(written) < 0:
        print("bad: nobody wrote after a promotion")
        status = 1
finally:
    if p is not None:
        p.close()
    cluster.stdin.close()
    try:
        cluster.wait(60)
    except subprocess.TimeoutExpired:
        cluster.kill()
sys.exit(status)
