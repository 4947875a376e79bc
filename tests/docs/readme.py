#!/usr/bin/python3
"""readme.py README: does what the README says, on a terminal, as it stands.

Runs every ```sh block in its order in one folder, typing a pass phrase
wherever a program asks. The block of the service, which is the last, is
stopped once it answers; its port alone is another. The programs are those of
$TAMGA_BIN.
"""
import os
import pty
import re
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.request

PASS = b"only for tests\n"
ASKS = re.compile("(口令|pass phrase|again|再输入一次)[^\n]*: $".encode())


def run(script, until=None):
    """bash -e on a terminal; output and exit status. until: a condition that
    ends a script that would not end."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", "--norc", "-e", "-c", script])
    out, asked, end = b"", 0, time.monotonic() + 140
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the other side is closed
                data = b""
            if not data:
                break
            out += data
        if ASKS.search(out[asked:]):
            asked = len(out)
            time.sleep(0.1)  # people do not type before they have read
            os.write(fd, PASS)
        if until and until():
            os.kill(pid, signal.SIGINT)
            until = None
    else:
        os.kill(pid, signal.SIGKILL)
    return out.decode(errors="replace"), os.waitstatus_to_exitcode(
        os.waitpid(pid, 0)[1])


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz",
                                    timeout=5) as r:
            return r.status == 200
    except OSError:
        return False


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        blocks = re.findall(r"^```sh\n(.*?)^```", f.read(), re.M | re.S)
    top = tempfile.mkdtemp(prefix="tamga-readme.")
    os.makedirs(f"{top}/build/release")
    os.symlink(os.environ["TAMGA_BIN"], f"{top}/build/release/bin")
    os.environ["LANGUAGE"] = "zh" if sys.argv[1].endswith("README.md") else "en"
    assert "tamga-verifier" in blocks[-1], "the service is the last block"
    out, status = run(f"cd {top}\n" + "".join(blocks[:-1]))
    sys.stdout.write(out)
    if status != 0:
        sys.exit(f"exit status {status}")
    if "有效证书" not in out and "Valid certificate" not in out:
        sys.exit("no valid certificate at the end")
    place = re.search(r"mkdir -p (\S+)", blocks[0]).group(1)
    env = f"export PATH={top}/build/release/bin:$PATH\ncd {top}/{place}\n"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    seen = []
    out, status = run(env + "exec " + blocks[-1].replace("8080", str(port)),
                      lambda: answers(port) and not seen.append(1))
    sys.stdout.write(out)
    if not seen or status != 0:
        sys.exit(f"the service: answered {bool(seen)}, exit status {status}")
    shutil.rmtree(top)


main()
