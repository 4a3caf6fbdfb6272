"""What the benches share: servers on free loopback ports that stop with the bench, a certificate,
measured child processes, tables."""

import contextlib
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_SECONDS_MAX = 10
# 98 bytes, an answer of dbfs/get-status.
ANSWER = ('{"path":"/bench/file-001","is_dir":false,"file_size":1234567890,'
          '"modification_time":1600000000000}')


def tool(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        sys.exit(f"bench: {name} is not installed; ./run bench installs it")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


class Servers:
    """A temporary directory and the servers that live in it; leaving the block ends both."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kiln-bench-"))
        self.folder.chmod(0o755)
        self.processes = []
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, lambda number, _: sys.exit(128 + number))
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self, name, command, core=None):
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=out, cwd=self.folder,
                                       preexec_fn=lambda: (pin(core), die_with_parent()))
        self.processes.append(process)
        return process, log

    def wait(self, process, log, ready):
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end and process.poll() is None:
            if ready():
                return
            time.sleep(0.02)
        sys.exit(f"bench: {process.args[0]} did not start serving:\n{log.read_text()}")

    def start(self, name, command, ports, core=None):
        process, log = self.launch(name, command, core)
        for port in ports:
            self.wait(process, log, lambda: answers(port))

    def certificate(self):
        """Paths of a certificate for localhost that signs itself, and of its key."""
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        if not cert.exists():
            subprocess.run([tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                            "-keyout", key, "-out", cert], check=True, capture_output=True)
        return cert, key

    def nginx(self, name, http, ports, core=None):
        """One worker; `http` is what stands in its http block."""
        home = self.folder / name
        (home / "www").mkdir(parents=True)
        (home / "www" / "answer.json").write_text(ANSWER)
        for path in (home, home / "www", home / "www" / "answer.json"):
            path.chmod(0o755)
        config = home / "nginx.conf"
        temporary = "".join(f"{kind}_temp_path {home}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config.write_text(f"""
            daemon off; worker_processes 1; pid {home}/pid; error_log stderr crit;
            events {{ worker_connections 1024; }}
            http {{ access_log off; {temporary} default_type application/json;
                    keepalive_requests 1000000000; root {home}/www; {http} }}""")
        self.start(name, [tool("nginx"), "-p", home, "-e", "stderr", "-c", config], ports, core)

    def haproxy(self, name, frontends, ports):
        config = self.folder / f"{name}.cfg"
        config.write_text(f"""
global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s
{frontends}
""")
        self.start(name, [tool("haproxy"), "-db", "-f", config], ports)

    def emulator(self, build, *options, tls=False):
        """A kiln emulator; gives (url, token)."""
        name = f"emulator-{len(self.processes)}"
        ready = self.folder / f"{name}.json"
        command = [build / "kiln", "emulate", "--ready-file", ready, *options]
        if tls:
            cert, key = self.certificate()
            command += ["--certificate", cert, "--key", key]
        process, log = self.launch(name, command)
        self.wait(process, log, lambda: ready.exists() and ready.stat().st_size > 0)
        facts = json.loads(ready.read_text())
        return facts["url"], facts["token"]


def die_with_parent():
    """A server does not outlive a bench that was killed (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def pin(core):
    if core is not None and os.cpu_count() > 1:
        os.sched_setaffinity(0, {core})


def measured(command, core=None, **options):
    """Runs a command; gives its standard output, wall seconds and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=lambda: pin(core), **options)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed ({done.returncode}):\n{done.stderr}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done.stdout, wall, cpu


def alone(command, **options):
    """Runs a command; gives its standard output, wall seconds and the peak MiB of that process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, **options)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed ({process.returncode}):\n{texts[1]}")
    return texts[0], wall, usage.ru_maxrss / 1024


def json_of(command, **options):
    return json.loads(measured(command, **options)[0])


def table(title, columns, rows):
    cells = [columns] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        first, rest = row[0].ljust(widths[0]), zip(row[1:], widths[1:])
        print("  " + "  ".join([first, *(cell.rjust(width) for cell, width in rest)]), flush=True)
