#!/usr/bin/python3
"""CPU and wall seconds of a command and of all that it starts, for bench/run.

    cpu.py COMMAND…     prints: CPU WALL

Browsers and office suites leave processes behind that their parents do not
wait for: this one takes them as its own (PR_SET_CHILD_SUBREAPER), so that
theirs counts too.
"""
import ctypes
import os
import resource
import sys
import time

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
start = time.monotonic()
pid = os.fork()
if pid == 0:
    os.dup2(2, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(pid, 0)
wall = time.monotonic() - start
try:
    while time.monotonic() - start < wall + 5:
        if os.waitpid(-1, os.WNOHANG)[0] == 0:
            time.sleep(0.05)
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.3f} {wall:.3f}")
sys.exit(os.waitstatus_to_exitcode(status))
