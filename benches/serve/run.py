#!/usr/bin/env python3
"""Compares `tollgate serve` under load with a handler that does nothing and with a Flask app that
verifies tokens the classic way. Prints Markdown; README.md explains the figures.

Exit code: 1 if an answer was wrong or missing, if Tollgate's memory grew, or if the measurement
failed; else 0.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

CONNECTIONS = 64
WORKERS = 2
MAX_TURNS = 5
# The mix is measured this many times as long as the others.
MIX = 3
AUDIENCE = "https://api.example.com"
SCOPE = "read:orders"
GOOD_TOKENS = 64
BAD_TOKENS = 16
# Requests in the mix: the tokens of each kind in turn, shuffled.
MIX_LEN = 3200
# Allowed growth between halfway and the end.
MAX_GROWTH_KIB = 8 * 1024

# The mix: for each kind its share, the status of the answer, and Tollgate's reason.
KINDS = {
    "good": (0.50, 200, "accepted"),
    "expired": (0.10, 401, "expired"),
    "for another audience": (0.10, 401, "audience-mismatch"),
    "bad signature": (0.10, 401, "signature-invalid"),
    "without the scope": (0.10, 403, "insufficient-scope"),
    "unknown kid": (0.05, 401, "unknown-key"),
    "no token": (0.05, 401, "authorization-missing"),
}


class Failure(Exception):
    """The measurement cannot go on."""


# --- Prerequisites --------------------------------------------------------------------------------


def command(*arguments, **options):
    ended = subprocess.run(arguments, **options)
    if ended.returncode != 0:
        raise Failure(f"{' '.join(map(str, arguments))} failed with exit code {ended.returncode}")
    return ended


def note(text):
    print(text, file=sys.stderr, flush=True)


def target_dir():
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def apt_install(package):
    command(ROOT / ".ci/packages", f":{package}", stdout=sys.stderr)


def python_environment():
    """Returns the programs of the Flask app's venv; rebuilds it when the requirements change."""
    folder = target_dir() / "bench-serve"
    requirements = HERE / "requirements.txt"
    made_of = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "made-of"
    if not (stamp.is_file() and stamp.read_text() == made_of):
        note(f"making {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        quiet = {"stdout": sys.stderr}
        if subprocess.run([sys.executable, "-m", "venv", folder], **quiet).returncode != 0:
            apt_install("python3-venv")
            command(sys.executable, "-m", "venv", "--clear", folder, **quiet)
        command(folder / "bin/pip", "install", "-q", "-r", requirements, **quiet)
        stamp.write_text(made_of)
    return folder / "bin"


def build():
    """Builds each package separately: neither must enable features in the other's dependencies."""
    cargo = ["cargo", "build", "--profile", "dist", "--locked", "--target-dir", target_dir()]
    command(*cargo, "-p", "tollgate-cli", cwd=ROOT)
    command(*cargo, "-p", "tollgate-benches", "--bin", "nothing", cwd=ROOT)
    return target_dir() / "dist"


# --- Servers --------------------------------------------------------------------------------------


class Server:
    """A process that listens on a port of 127.0.0.1, with its child processes."""

    def __init__(self, log, *arguments, environment=None, ready="/"):
        self.port = free_port()
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
            )
        try:
            self.wait_until_ready(ready)
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self, path):
        """Waits for any answer but 503."""
        deadline = time.monotonic() + 30
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
        raise Failure(f"{self.process.args[0]} did not answer within 30 s; its log ends:\n{log}")

    def get(self, path, token=""):
        """Returns the status, the user that the answer names, and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            return answer.status, answer.headers.get("X-Auth-Request-User", ""), body.rstrip()
        finally:
            connection.close()

    def processes(self):
        """Returns the process and its descendants, with the fields of /proc/PID/stat."""
        stats = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    stat = (folder / "stat").read_text()
                except OSError:
                    continue
                # The process name before the last parenthesis may contain anything.
                stats[int(folder.name)] = stat.rpartition(")")[2].split()
        family, grown = {self.process.pid}, True
        while grown:
            children = {pid for pid, stat in stats.items() if int(stat[1]) in family} - family
            family, grown = family | children, bool(children)
        return {pid: stats[pid] for pid in family if pid in stats}

    def cpu_seconds(self):
        ticks = sum(int(stat[11]) + int(stat[12]) for stat in self.processes().values())
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss_kib(self):
        return sum(rss_kib(pid) for pid in self.processes())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rss_kib(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) if found else 0


def metrics(gate):
    """Returns the samples of /metrics by name and labels."""
    _, _, text = gate.get("/metrics")
    samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def verdict_seconds(gate):
    """Returns the number of verdicts so far, and their total time."""
    samples, name = metrics(gate), "tollgate_verdict_duration_seconds"
    return samples[name + "_count"], samples[name + "_sum"]


def fetches(gate):
    samples = metrics(gate).items()
    return sum(value for name, value in samples if name.startswith("tollgate_key_fetches_total"))


# --- Requests -------------------------------------------------------------------------------------


def base64url_json(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Mint:
    """Gets tokens from the demo's issuer. Each good one is for a different user, whom the answer names."""

    def __init__(self, issuer, lifetime):
        self.issuer = issuer
        self.lifetime = lifetime

    def token(self, subject, *, alg="ES384", scope=SCOPE, audience=AUDIENCE, lifetime=None):
        query = {"subject": subject, "alg": alg, "scope": scope, "audience": audience}
        query["lifetime"] = self.lifetime if lifetime is None else lifetime
        status, _, token = self.issuer.get("/demo/token?" + urllib.parse.urlencode(query))
        if status != 200:
            raise Failure(f"the demo's issuer refused to issue a token: {token}")
        return token

    def of_kind(self, kind, number):
        subject = f"nobody_{number}"
        match kind:
            case "good":
                return self.token(f"user_{number}")
            case "expired":
                return self.token(subject, lifetime=-3600)
            case "for another audience":
                return self.token(subject, audience="https://other.example")
            case "without the scope":
                return self.token(subject, scope="write:orders")
            case "bad signature":
                signed, _, signature = self.token(subject).rpartition(".")
                signature = bytearray(base64.urlsafe_b64decode(signature + "=="))
                signature[-1] ^= 1
                return f"{signed}.{base64url(signature)}"
            case "unknown kid":
                header, _, rest = self.token(subject).partition(".")
                header = base64url_json(header) | {"kid": f"unknown-{number}"}
                return f"{base64url(json.dumps(header).encode())}.{rest}"
            case "no token":
                return ""
        raise ValueError(kind)

    def requests(self):
        """Returns each workload's requests in order: pairs of a kind and a token."""
        tokens = {
            kind: [self.of_kind(kind, n) for n in range(GOOD_TOKENS if kind == "good" else BAD_TOKENS)]
            for kind in KINDS
        }
        mix = []
        for kind, (share, _, _) in KINDS.items():
            pool = tokens[kind]
            mix += [(kind, pool[n % len(pool)]) for n in range(round(share * MIX_LEN))]
        random.Random(1).shuffle(mix)
        return {
            "good ES384": [("good", token) for token in tokens["good"]],
            "good ES256": [
                ("good", self.token(f"user_{n}", alg="ES256")) for n in range(GOOD_TOKENS)
            ],
            "mix": mix,
        }


def subject_of(token):
    return base64url_json(token.split(".")[1])["sub"]


class Subject:
    """A server, a path to ask it for, and a workload."""

    def __init__(self, name, server, path, workload):
        self.name = name
        self.server = server
        self.path = path
        self.workload = workload
        self.turns = []

    @property
    def title(self):
        return f"{self.name}, {self.workload}"

    def rehearse(self, requests, folder, *, looks_at_tokens=True):
        """Sends each request once, checks the answer, and writes the expected answers to a file
        for wrk."""
        answers, of_kind = {}, {}
        for kind, token in dict.fromkeys(requests):
            status, user, body = self.server.get(self.path, token)
            if status != 200:
                # Some refusals contain the time.
                body = re.sub(r"\d+", "0", body)
            answer = (status, user, body)
            must = KINDS[kind][1] if looks_at_tokens else 200
            if status != must:
                raise Failure(f"{self.title}: {kind}: {status} instead of {must}: {body}")
            if not looks_at_tokens:
                is_right = (user, body) == ("", "")
            elif kind == "good":
                is_right = subject_of(token) == (user or json.loads(body)["user"])
            else:
                # The answer depends on the kind alone.
                is_right = of_kind.setdefault(kind, answer) == answer
            if not is_right:
                raise Failure(f"{self.title}: {kind}: wrong answer: {answer}")
            answers[token] = f"{status} {user} {body}"
        if len(set(of_kind.values())) != len(of_kind):
            note(f"{self.title}: some refusals look the same: {of_kind}")
        self.file = folder / re.sub(r"\W+", "-", self.title)
        self.file.write_text("".join(f"{token}\t{answers[token]}\n" for _, token in requests))


def check_reasons(gate, requests):
    """Checks that Tollgate refuses each bad token for the right reason."""
    for kind, token in {kind: token for kind, token in requests}.items():
        name = f'tollgate_verdicts_total{{reason="{KINDS[kind][2]}"}}'
        before = metrics(gate).get(name, 0)
        gate.get("/auth", token)
        after = metrics(gate).get(name, 0)
        if after != before + 1:
            raise Failure(f"/metrics of tollgate did not count {KINDS[kind][2]} for a token of this kind: {kind}")


# --- Measuring ------------------------------------------------------------------------------------


class Sampler:
    """Samples the gate's memory while it is under load."""

    def __init__(self, gate):
        self.pid = gate.process.pid
        self.samples = []

    def during(self, action):
        done = threading.Event()

        def sample():
            while not done.wait(0.05):
                self.samples.append(rss_kib(self.pid))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            return action()
        finally:
            done.set()
            thread.join()


def wrk(subject, seconds):
    url = f"http://{subject.server.address}{subject.path}"
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
    load += ["-s", HERE / "load.lua", url, "--", subject.file]
    ended = command(*load, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    found = re.search(r"^RESULT\t(.*)\nUNEXPECTED\t(.*)$", ended.stdout, re.MULTILINE)
    if found is None:
        raise Failure(f"{subject.title}: wrk printed no result:\n{ended.stdout}")
    numbers = [float(number) for number in found[1].split("\t")]
    names = ["requests", "us", "mean_us", "p99_us", "unexpected", "connect", "read", "write", "timeout"]
    result = dict(zip(names, numbers, strict=True))
    result["examples"] = [example for example in found[2].split("\t") if example]
    return result


def take_turn(subject, seconds, sampler):
    """Puts a server under load once."""
    is_gate = subject.server.process.pid == sampler.pid
    client_before = os.times()
    cpu_before = subject.server.cpu_seconds()
    verdicts_before = verdict_seconds(subject.server) if is_gate else None

    def load():
        return wrk(subject, seconds)

    result = sampler.during(load) if is_gate else load()
    cpu = subject.server.cpu_seconds() - cpu_before
    client_after = os.times()
    if result["requests"] == 0:
        raise Failure(f"{subject.title}: no answers")
    client = sum(client_after[2:4]) - sum(client_before[2:4])
    wall = result["us"] / 1e6
    turn = {
        "requests": int(result["requests"]),
        "requests_per_s": result["requests"] / wall,
        "mean_us": result["mean_us"],
        "p99_us": result["p99_us"],
        "cpu_us_per_request": cpu / result["requests"] * 1e6,
        "server_cores": cpu / wall,
        "client_cores": client / wall,
        "unexpected": int(result["unexpected"]),
        "examples": result["examples"],
        "socket_errors": {
            name: int(result[name]) for name in ["connect", "read", "write", "timeout"]
        },
    }
    if is_gate:
        (count_before, sum_before), (count, total) = verdicts_before, verdict_seconds(subject.server)
        turn["verdict_us"] = (total - sum_before) / (count - count_before) * 1e6
    subject.turns.append(turn)


def median(subject, name):
    return statistics.median(turn[name] for turn in subject.turns)


def median_ratio(subject, base, name):
    """Returns the median of the ratios within a turn."""
    pairs = zip(subject.turns, base.turns, strict=True)
    return statistics.median(turn[name] / other[name] for turn, other in pairs)


def median_share(subject, floor):
    """Returns the share of the CPU time beyond the floor."""
    return 1 - 1 / median_ratio(subject, floor, "cpu_us_per_request")


# --- Report --------------------------------------------------------------------------------------


def table(heads, rows):
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def ratio(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def report(subjects, floor, memory, fetched):
    print("## Figures\n")
    print(
        f"{CONNECTIONS} connections from one thread of wrk, on the same {os.cpu_count()} cores as the "
        f"server. Flask: gunicorn with {WORKERS} sync workers, which close the connection after each "
        "answer; each process caches the JWKS. Medians over the turns; requests and errors are sums.\n"
    )
    heads = ["", "requests/s", "mean", "p99", "CPU time per request", "busy cores: server", "wrk"]
    heads += ["requests", "wrong answers", "socket errors"]
    rows = []
    for subject in subjects:
        total = lambda name: sum(turn[name] for turn in subject.turns)
        errors = sum(sum(turn["socket_errors"].values()) for turn in subject.turns)
        rows.append([
            subject.title,
            f"{median(subject, 'requests_per_s'):.0f}",
            f"{median(subject, 'mean_us') / 1e3:.2f} ms",
            f"{median(subject, 'p99_us') / 1e3:.2f} ms",
            f"{median(subject, 'cpu_us_per_request'):.1f} µs",
            f"{median(subject, 'server_cores'):.2f}",
            f"{median(subject, 'client_cores'):.2f}",
            f"{total('requests')}",
            f"{total('unexpected')}",
            f"{errors}",
        ])
    table(heads, rows)

    print("## Ratios\n")
    print(
        "Relative to nothing, and to Flask with the same tokens. Medians of the ratios within a turn.\n"
    )
    heads = ["", "CPU time ÷ nothing's", "requests/s ÷ nothing's"]
    heads += ["Flask's CPU time ÷ this", "requests/s ÷ Flask's"]
    flask = {subject.workload: subject for subject in subjects if subject.name == "Flask"}
    rows = []
    for subject in subjects:
        classic = flask[subject.workload]
        rows.append([subject.title] + [ratio(value) for value in [
            median_ratio(subject, floor, "cpu_us_per_request"),
            median_ratio(subject, floor, "requests_per_s"),
            median_ratio(classic, subject, "cpu_us_per_request"),
            median_ratio(subject, classic, "requests_per_s"),
        ]])
    table(heads, rows)

    print("## The verdict's share\n")
    heads = ["", "CPU time per request", "less nothing's", "share", "mean verdict by /metrics", "share"]
    rows = []
    for subject in subjects:
        if subject.name == "tollgate":
            cpu, verdict = median(subject, "cpu_us_per_request"), median(subject, "verdict_us")
            share = median_share(subject, floor)
            rows.append([
                subject.title, f"{cpu:.1f} µs", f"{cpu * share:.1f} µs", f"{share:.0%}",
                f"{verdict:.1f} µs", f"{verdict / cpu:.0%}",
            ])
    table(heads, rows)

    print("## Memory of tollgate\n")
    heads = ["before", "halfway", "after", "peak", "growth since halfway"]
    before, halfway, after, peak = (f"{kib / 1024:.1f} MiB" for kib in memory)
    growth = (memory[2] - memory[1]) / 1024
    table(heads, [[before, halfway, after, peak, f"{growth:+.1f} MiB"]])
    requests = sum(turn["requests"] for s in subjects if s.name == "tollgate" for turn in s.turns)
    print(f"Meanwhile it answered {requests} requests, and fetched keys {fetched:.0f} times.\n")


def problems(subjects, memory):
    found = []
    for subject in subjects:
        for turn in subject.turns:
            if turn["unexpected"]:
                seen = "; ".join(turn["examples"])
                found.append(f"{subject.title}: {turn['unexpected']} wrong answers: {seen}")
            if any(turn["socket_errors"].values()):
                found.append(f"{subject.title}: socket errors: {turn['socket_errors']}")
    growth = memory[2] - memory[1]
    if growth > MAX_GROWTH_KIB:
        found.append(f"the memory of tollgate grew by {growth} KiB in the second half")
    return found


# --- Main -----------------------------------------------------------------------------------------


def start(servers, folder, seconds, programs, python):
    """Starts all servers. Returns the gate, and the subjects in the report's order."""

    def server(name, *arguments, **options):
        started = Server(folder / f"{name}.log", *arguments, **options)
        servers.append(started)
        return started

    tollgate = programs / "tollgate"
    issuer = server("issuer", tollgate, "serve", "--demo", "--listen", "ADDRESS", ready="/readyz")
    url = f"http://{issuer.address}/demo"
    gate = server(
        "tollgate", tollgate, "serve", "--listen", "ADDRESS", "--issuer", url, "--audience", AUDIENCE,
        "--scope", SCOPE, "--allow-insecure-loopback",
        # Every token is verified, as if it were new.
        "--remembered-signatures", "0", ready="/readyz",
    )
    nothing = server("nothing", programs / "nothing", "ADDRESS")
    flask = server(
        "flask", python / "gunicorn", "--workers", WORKERS, "--worker-class", "sync",
        "--bind", "ADDRESS", "--no-control-socket", "--chdir", HERE, "classic:app",
        environment={"ISSUER": url, "AUDIENCE": AUDIENCE, "PYTHONDONTWRITEBYTECODE": "1"},
        ready="/user/info",
    )
    # The tokens must stay valid until the end.
    requests = Mint(issuer, lifetime=3600 + 40 * seconds).requests()
    check_reasons(gate, requests["mix"])
    subjects = [Subject("nothing", nothing, "/auth", "good ES384")]
    subjects[0].rehearse(requests["good ES384"], folder, looks_at_tokens=False)
    for name, guard, path in [("tollgate", gate, "/auth"), ("Flask", flask, "/user/info")]:
        for workload in requests:
            subject = Subject(name, guard, path, workload)
            subject.rehearse(requests[workload], folder)
            subjects.append(subject)
    return gate, subjects


def measure(gate, subjects, seconds):
    """Measures the subjects in turns, in an order that changes. Returns the gate's memory in KiB:
    before, halfway, after, and the peak."""
    turns = min(MAX_TURNS, seconds)
    sampler = Sampler(gate)
    before = gate.rss_kib()
    for number in range(turns):
        order = subjects[number:] + subjects[:number]
        for subject in order:
            note(f"turn {number + 1} of {turns}: {subject.title}")
            length = seconds * (MIX if subject.workload == "mix" else 1)
            take_turn(subject, round(length / turns), sampler)
    samples = sampler.samples
    return before, samples[len(samples) // 2], gate.rss_kib(), max(samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--seconds", type=int, default=10, metavar="N",
        help=f"seconds under load for each, in at most {MAX_TURNS} turns; the mix takes {MIX} times as "
        "long [default: %(default)s]",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every turn to FILE")
    arguments = parser.parse_args()
    if not 1 <= arguments.seconds <= 3600:
        parser.error(f"--seconds {arguments.seconds}: must be 1 to 3600")
    # Exit in the usual way, which stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    if shutil.which("wrk") is None:
        apt_install("wrk")
    python = python_environment()
    programs = build()
    servers = []
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        try:
            gate, subjects = start(servers, Path(folder), arguments.seconds, programs, python)
            fetched = fetches(gate)
            memory = measure(gate, subjects, arguments.seconds)
            fetched = fetches(gate) - fetched
        finally:
            for server in reversed(servers):
                server.stop()

    report(subjects, subjects[0], memory, fetched)
    found = problems(subjects, memory)
    if arguments.json:
        arguments.json.write_text(json.dumps({
            "connections": CONNECTIONS,
            "cores": os.cpu_count(),
            "seconds": arguments.seconds,
            "subjects": [
                {"name": subject.name, "workload": subject.workload, "turns": subject.turns}
                for subject in subjects
            ],
            "tollgate_rss_kib": dict(zip(["before", "halfway", "after", "peak"], memory)),
            "tollgate_key_fetches": fetched,
            "problems": found,
        }, indent=2) + "\n")
    for problem in found:
        print(f"WRONG: {problem}")
    if not found:
        print(
            "Every answer was right, and memory grew by at most "
            f"{MAX_GROWTH_KIB // 1024} MiB in the second half."
        )
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"WRONG: {failure}", file=sys.stderr)
        sys.exit(1)
