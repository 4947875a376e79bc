"""nginx before a running service: the configuration of deploy/nginx itself,
with other ports and paths, without TLS, and with limits that a test from one
address does not meet."""
import atexit
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

SOURCE = os.environ.get("TAMGA_SOURCE", os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
BINARY = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(name):
    with open(SOURCE + "/deploy/nginx/" + name) as f:
        return f.read()


def change(text, changes):
    for pattern, to in changes:
        text, n = re.subn(pattern, to, text)
        assert n > 0, pattern + " is not there"
    return text


class Server:
    """nginx with these sites in its http block."""

    def __init__(self, site, connections=16384, **files):
        self.home = tempfile.mkdtemp(prefix="tamga-nginx-")
        self.port = free_port()
        self.timeout = 30
        for name, text in {"site": site, **files}.items():
            self.write(name + ".conf", text.replace("@HOME@", self.home)
                       .replace("@PORT@", str(self.port)))
        temps = "".join(f"{k}_temp_path {self.home}/{k};\n" for k in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.write("nginx.conf", f"""
daemon off;
worker_processes 2;
worker_rlimit_nofile {connections + 512};
pid {self.home}/pid;
error_log {self.home}/error.log info;
events {{ worker_connections {connections}; }}
http {{
include /etc/nginx/mime.types;
default_type application/octet-stream;
sendfile on;
{temps}
include {self.home}/site.conf;
}}
""")
        os.chmod(self.home, 0o755)  # its workers are another user
        self.process = subprocess.Popen(
            [BINARY, "-c", self.home + "/nginx.conf", "-p", self.home, "-e",
             self.home + "/error.log"])
        atexit.register(self.process.terminate)
        for _ in range(200):
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.read_log())

    def write(self, name, text):
        with open(os.path.join(self.home, name), "w") as f:
            f.write(text)

    def read_log(self):
        with open(self.home + "/error.log") as f:
            return f.read()

    def connect(self, timeout=None):
        return socket.create_connection(("127.0.0.1", self.port),
                                        timeout or self.timeout)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=30)
        if "KEEP" not in os.environ:
            shutil.rmtree(self.home)
        return status


def files_of(pub):
    return change(read("tamga-files.conf"), [
        (r"/srv/tamga/pub", pub),
        (r"/etc/nginx/tamga-public\.conf", SOURCE +
         "/deploy/nginx/tamga-public.conf")])


class Nginx(Server):
    """As the service of http_malformed.py: port, connect(), healthy()."""

    def __init__(self, service, pub, deadline_s=2, limits=False,
                 connections=16384):
        self.plain_port = free_port()
        self.service = service
        changes = [
            (r"127\.0\.0\.1:8080", f"127.0.0.1:{service.port}"),
            (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            (r"listen 443 ssl http2;", "listen 127.0.0.1:@PORT@;"),
            (r"listen \[::\]:.*\n", "\n"),
            (r"\tssl_.*\n", ""),
            (r"/var/log/nginx/tamga\.log", "@HOME@/access.log"),
            (r"/etc/nginx/tamga-proxy\.conf", SOURCE +
             "/deploy/nginx/tamga-proxy.conf"),
            (r"/etc/nginx/tamga-files\.conf", "@HOME@/files.conf"),
            (r"(client_(header|body)_timeout) 10s", rf"\1 {deadline_s}s")]
        if not limits:
            changes += [(r"rate=20r/s", "rate=100000r/s"),
                        (r"burst=\d+", "burst=60000"),
                        (r"tamga_clients 50", "tamga_clients 60000")]
        super().__init__(change(read("tamga-verifier.conf"), changes),
                         connections, files=files_of(pub))
        self.timeout = deadline_s + 6

    def healthy(self):
        return self.process.poll() is None and self.service.healthy()


class Origin(Server):
    """The machine that has the publication's files and nothing else."""

    def __init__(self, pub):
        super().__init__(change(read("tamga-origin.conf"), [
            (r"listen 443 ssl http2;", "listen 127.0.0.1:@PORT@;"),
            (r"listen \[::\]:.*\n", "\n"),
            (r"\tssl_.*\n", ""),
            (r"/var/log/nginx/tamga-pub\.log", "@HOME@/access.log"),
            (r"/etc/nginx/tamga-files\.conf", "@HOME@/files.conf")]),
            files=files_of(pub))


class Cache(Server):
    """A cache of it, far away."""

    def __init__(self, origin):
        super().__init__(change(read("tamga-cache.conf"), [
            (r"pub\.example:443", f"127.0.0.1:{origin.port}"),
            (r"listen 127\.0\.0\.1:8081;", "listen 127.0.0.1:@PORT@;"),
            (r"/var/cache/nginx/tamga", "@HOME@/cache"),
            (r"https://tamga_origin", "http://tamga_origin"),
            (r"\tproxy_ssl_.*\n", "")]))
