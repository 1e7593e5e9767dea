#!/usr/bin/env python3
"""Compares `tollgate serve` with a handler that does nothing, with the Python way and with Envoy's own filter, as
CPU time per request, as requests per second and as memory per connection. Prints Markdown; README.md explains
the figures.

Exit code: 1 if an answer was wrong or missing, if a memory did not remember what it should, or if the measurement
failed; else 0. Speed never fails it.
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# No files beside the modules that follow.
sys.dont_write_bytecode = True

import envoy
import sessions
import tokens
from servers import HERE, ROOT, Failure, Server, build, free_port, note, pinned_to, python_environment

DOCUMENT = ROOT / "docs/benchmarks.md"
MARKERS = ("<!-- load: written by `benches/serve/compare.py --write` -->\n", "<!-- end of load -->\n")

# Requests under way: as many connections of HTTP/1.1, or streams of HTTP/2 on a few connections.
CONNECTIONS = 64
GRPC_CONNECTIONS = 4
# How many tokens the memory of Tollgate and the cache of jwt_authn hold.
MEMORY = 1024
# So many users have a session. The demo's provider takes its time for each password.
SIGNED_IN = 16

NOTHING = "a handler that does nothing"
AUTH = "**Tollgate, `/auth`**"
SIGN_IN = "Tollgate with sign-in, `/auth`"
GRPC = "**Tollgate, gRPC**"
FLASK = "Flask with python-jose"
BARE = "Envoy, no authentication"
JWT = "Envoy's jwt_authn"
JWT_CACHE = "Envoy's jwt_authn with its cache"
HTTP_BEHIND = "**Envoy asks Tollgate over HTTP**"
GRPC_BEHIND = "**Envoy asks Tollgate over gRPC**"
ROWS = [NOTHING, AUTH, GRPC, FLASK, BARE, JWT, JWT_CACHE, HTTP_BEHIND, GRPC_BEHIND]
COLUMNS = ["ES256 seen", "ES256 new", "ES384 seen", "ES384 new"]


# --- What is compared -----------------------------------------------------------------------------


class Subject:
    """Servers, a way to ask them, and a workload."""

    def __init__(self, row, servers, workload, *, path="/auth", protocol="http1", share=1, names_user=True, gate=None):
        self.row = row
        # The first one is asked. The CPU time of all counts.
        self.servers = servers
        self.workload = workload
        self.path = path
        self.protocol = protocol
        # Slow ones get fewer requests.
        self.share = share
        self.file = workload.file if names_user else workload.anonymous
        # Whose memory must remember the tokens that were seen, and no others.
        self.gate = gate
        self.turns = []

    @property
    def title(self):
        return f"{self.row.strip('*')}, {self.workload.name}"

    def median(self, name):
        return statistics.median(turn[name] for turn in self.turns)

    def ratio(self, floor):
        """Returns the median of the ratios of CPU time within a turn."""
        pairs = zip(self.turns, floor.turns, strict=True)
        return statistics.median(turn["cpu_us"] / other["cpu_us"] for turn, other in pairs)


class Fleet:
    """All servers: those that are measured on `cores`, with as many workers, and the others on `rest`."""

    def __init__(self, folder, programs, python, issuer, cores, rest):
        self.folder = folder
        self.programs = programs
        self.python = python
        self.issuer = issuer
        self.issuer_url = f"http://{issuer.address}/demo"
        self.cores = cores
        self.rest = rest
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()

    def start(self, name, *arguments, cores=None, environment=None, **options):
        environment = {"TOKIO_WORKER_THREADS": str(len(self.cores))} | (environment or {})
        started = Server(
            self.folder / f"{name}.log", *arguments, cores=cores or self.cores, environment=environment, **options
        )
        self.servers.append(started)
        return started

    def start_tollgate(self, name="tollgate", *settings):
        serve = [self.programs / "tollgate", "serve", "--listen", "ADDRESS", "--issuer", self.issuer_url]
        serve += ["--audience", tokens.AUDIENCE, "--scope", tokens.SCOPE, "--allow-insecure-loopback"]
        return self.start(name, *serve, *settings, ready="/readyz")

    def start_sign_in(self):
        """Starts a Tollgate that signs users in, and makes workloads for it: sessions, and tokens."""
        config = self.folder / "sign-in.toml"
        config.write_text(sessions.config(self.issuer_url, self.folder, audience=tokens.AUDIENCE))
        serve = [self.programs / "tollgate", "serve", "--listen", "ADDRESS", "--config", config]
        server = self.start("sign-in", *serve, ready="/readyz")
        mint = tokens.Mint(self.issuer)
        with_session, with_token = [], []
        for number in range(SIGNED_IN):
            _, cookie = sessions.sign_in(server.address, self.issuer.address)
            fields = sessions.check(cookie=cookie)
            _, answer, _ = sessions.request(server.address, "GET", "/auth", fields)
            with_session.append((as_text(fields), 200, answer["X-Auth-Request-User"]))
            token = mint.token(tokens.user(number), alg="ES256")
            fields = sessions.check(authorization=f"Bearer {token}")
            with_token.append((as_text(fields), 200, tokens.user(number)))
        self.workloads = {
            name: tokens.Workload(name, self.folder, requests)
            for name, requests in {"a session": with_session, "a token": with_token}.items()
        }
        return server

    def start_nothing(self):
        return self.start("nothing", self.programs / "nothing", "ADDRESS")

    def start_upstream(self):
        self.upstream = self.start("upstream", self.programs / "upstream", "ADDRESS", cores=self.rest)

    def start_envoy(self, name, config, tollgate=None, **options):
        listen = free_port()
        ports = {"listen": listen, "tollgate": (tollgate or self.upstream).port, "upstream": self.upstream.port}
        file = self.folder / f"{name}.yaml"
        file.write_text(config(**options, **ports))
        run = [self.python / "envoy", "-c", file, "--concurrency", len(self.cores)]
        run += ["--disable-hot-restart", "--log-level", "warning"]
        return self.start(name, *run, port=listen)

    def start_all(self):
        """Starts everything except the issuer, and returns the servers by row."""
        self.start_upstream()
        tollgate = self.start_tollgate("tollgate", "--remembered-signatures", MEMORY, "--proxy", "envoy")
        flask = self.start(
            "flask", self.python / "gunicorn", "--workers", len(self.cores), "--worker-class", "sync",
            "--bind", "ADDRESS", "--no-control-socket", "--chdir", HERE, "classic:app",
            environment={
                "ISSUER": self.issuer_url, "AUDIENCE": tokens.AUDIENCE, "PYTHONDONTWRITEBYTECODE": "1",
            },
            ready="/user/info",
        )
        jwks = self.folder / "jwks.json"
        jwks.write_text(self.issuer.get("/demo/jwks")[1])
        own = {"issuer": self.issuer_url, "jwks": jwks}
        return {
            NOTHING: [self.start_nothing()],
            AUTH: [tollgate],
            SIGN_IN: [self.start_sign_in()],
            GRPC: [tollgate],
            FLASK: [flask],
            BARE: [self.start_envoy("bare", envoy.bare)],
            JWT: [self.start_envoy("jwt_authn", envoy.jwt_authn, **own)],
            JWT_CACHE: [self.start_envoy("jwt_authn-cache", envoy.jwt_authn, cache_size=MEMORY, **own)],
            HTTP_BEHIND: [self.start_envoy("envoy-http", envoy.over_http, tollgate), tollgate],
            GRPC_BEHIND: [self.start_envoy("envoy-grpc", envoy.over_grpc, tollgate), tollgate],
        }


def as_text(fields):
    """Returns header fields as the load generator reads them."""
    return " | ".join(f"{name}: {value}" for name, value in fields.items())


def subjects(servers, workloads):
    """Returns what to compare, in the report's order."""

    def subject(row, name, **options):
        return Subject(row, servers[row], workloads[name], **options)

    gate = servers[AUTH][0]
    found = [
        subject(NOTHING, "ES256 seen", names_user=False),
        subject(BARE, "ES256 seen", path="/orders", names_user=False),
        subject(AUTH, "mix"),
        subject(FLASK, "mix", path="/user/info", share=1 / 20),
        subject(SIGN_IN, "a session"),
        subject(SIGN_IN, "a token"),
    ]
    for name in COLUMNS:
        found += [
            subject(AUTH, name, gate=gate),
            subject(GRPC, name, path="/orders", protocol="grpc", gate=gate),
            subject(HTTP_BEHIND, name, path="/orders", gate=gate),
            subject(GRPC_BEHIND, name, path="/orders", gate=gate),
        ]
        # Where nothing is remembered, a token that was seen is like a new one.
        slow = 1 / 4 if name.startswith("ES384") else 1 / 2
        if name.endswith("seen"):
            found.append(subject(FLASK, name, path="/user/info", share=1 / 20))
            found.append(subject(JWT, name, path="/orders", share=slow))
            found.append(subject(JWT_CACHE, name, path="/orders"))
        else:
            found.append(subject(JWT_CACHE, name, path="/orders", share=slow))
    return sorted(found, key=lambda subject: [*ROWS, SIGN_IN].index(subject.row))


# What is also measured on both cores.
SCALED = [
    (NOTHING, "ES256 seen"), (AUTH, "ES256 seen"), (AUTH, "ES384 new"), (GRPC, "ES256 seen"), (GRPC, "ES384 new"),
    (FLASK, "ES256 seen"), (JWT_CACHE, "ES256 seen"), (HTTP_BEHIND, "ES256 seen"), (GRPC_BEHIND, "ES256 seen"),
]


# --- Measuring ------------------------------------------------------------------------------------


class Load:
    """The load generator, on the cores that are left."""

    def __init__(self, programs, cores):
        self.program = programs / "load"
        self.cores = cores

    def arguments(self, subject, connections):
        address = subject.servers[0].address
        arguments = [self.program, subject.protocol, address, subject.path, "--requests", subject.file]
        return [*map(str, arguments), "--connections", str(connections)]

    def ask(self, subject, count):
        """Sends requests, and returns the figures. A wrong answer is a failure."""
        connections = CONNECTIONS if subject.protocol == "http1" else GRPC_CONNECTIONS
        arguments = self.arguments(subject, connections)
        arguments += ["--count", str(count), "--streams", str(CONNECTIONS // connections)]
        ended = subprocess.run(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600,
            preexec_fn=pinned_to(self.cores),
        )
        if ended.returncode != 0:
            raise Failure(f"{subject.title}: {ended.stderr}")
        figures = json.loads(ended.stdout)
        if figures["answers"] != count or figures["wrong"]:
            raise Failure(f"{subject.title}: wrong answers: {figures}")
        return figures

    def hold(self, subject, connections):
        """Opens idle connections, and returns the server's memory before and with them, in KiB."""
        before = subject.servers[0].rss_kib()
        holding = subprocess.Popen(
            [*self.arguments(subject, connections), "--hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, preexec_fn=pinned_to(self.cores),
        )
        try:
            figures = json.loads(holding.stdout.readline() or "{}")
            if figures.get("answers") != connections or figures["wrong"]:
                raise Failure(f"{subject.title}: cannot hold {connections} connections: {figures}")
            return before, subject.servers[0].rss_kib()
        finally:
            holding.stdin.close()
            holding.wait(60)


def remembered(gate):
    return gate.metrics().get("tollgate_signatures_remembered_total", 0)


def take_turn(subject, requests, load):
    """Puts servers under load once."""
    count = max(round(requests * subject.share), CONNECTIONS)
    remembered_before = remembered(subject.gate) if subject.gate else 0
    client_before = os.times()
    cpu_before = sum(server.cpu_seconds() for server in subject.servers)
    figures = load.ask(subject, count)
    cpu = sum(server.cpu_seconds() for server in subject.servers) - cpu_before
    client_after = os.times()
    client = sum(client_after[2:4]) - sum(client_before[2:4])
    if subject.gate:
        share = (remembered(subject.gate) - remembered_before) / count
        least, most = (0.9, 1) if subject.workload.name.endswith("seen") else (0, 0.1)
        if not least <= share <= most:
            raise Failure(f"{subject.title}: {share:.0%} of the signatures were remembered")
    subject.turns.append({
        "requests": count,
        "cpu_us": cpu / count * 1e6,
        "per_second": count / figures["seconds"],
        "p50_us": figures["p50_us"],
        "p99_us": figures["p99_us"],
        "busy_cores": cpu / figures["seconds"],
        "client_cores": client / figures["seconds"],
    })


def measure(fleet, subjects, turns, requests, load):
    """Measures in turns, in an order that changes. Returns the share of the machine that other programs took."""
    begun, busy, ours = time.monotonic(), busy_seconds(), our_seconds(fleet)
    for subject in subjects:
        # Afterwards, each worker has its keys, connections and memory.
        load.ask(subject, max(round(requests * subject.share / 10), CONNECTIONS))
    for number in range(turns):
        start = number * len(subjects) // turns
        for subject in subjects[start:] + subjects[:start]:
            note(f"turn {number + 1} of {turns}: {subject.title}")
            # Other workloads may have pushed out these tokens.
            if subject.workload.name.endswith("seen"):
                load.ask(subject, 2 * tokens.SEEN_TOKENS)
            take_turn(subject, requests, load)
    others = busy_seconds() - busy - (our_seconds(fleet) - ours)
    return max(others, 0) / (time.monotonic() - begun) / os.cpu_count()


def busy_seconds():
    """Returns for how long the cores have not been idle, added up."""
    numbers = Path("/proc/stat").read_text().split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, numbers)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def our_seconds(fleet):
    """Returns the CPU time of the servers, of the load generator and of this script."""
    return sum(server.cpu_seconds() for server in fleet.servers) + sum(os.times()[:4])


def check_reasons(gate, reasons, load):
    """Checks that Tollgate refuses each bad token for the right reason."""
    for reason, workload in reasons.items():
        name = f'tollgate_verdicts_total{{reason="{reason}"}}'
        before = gate.metrics().get(name, 0)
        load.ask(Subject(AUTH, [gate], workload), 1)
        if gate.metrics().get(name, 0) != before + 1:
            raise Failure(f"/metrics of tollgate did not count {reason} for such a token")


def memory_of_connections(fleet, workload, connections, load):
    """Returns rows: the server, and its memory in KiB before and with idle connections."""
    limits = ["--max-connections", connections + 100, "--idle-timeout", 600]
    found = []
    fleet.start_upstream()
    for row, start, path, protocol, names_user in [
        (NOTHING, lambda: fleet.start_nothing(), "/auth", "http1", False),
        (AUTH, lambda: fleet.start_tollgate("memory-auth", *limits), "/auth", "http1", True),
        (GRPC, lambda: fleet.start_tollgate("memory-grpc", *limits), "/orders", "grpc", True),
        (BARE, lambda: fleet.start_envoy("memory-envoy", envoy.bare), "/orders", "http1", False),
    ]:
        note(f"{connections:,} connections: {row}".replace("*", ""))
        server = start()
        subject = Subject(row, [server], workload, path=path, protocol=protocol, names_user=names_user)
        load.ask(subject, 1000)
        found.append((row, *load.hold(subject, connections)))
    return found


# --- Report --------------------------------------------------------------------------------------


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def matrix(subjects, cell):
    """A row for each server, and a column for each workload but the mix."""
    rows = []
    for row in ROWS:
        cells = {subject.workload.name: cell(subject) for subject in subjects if subject.row == row}
        rows.append([row, *(cells.get(name, "") for name in COLUMNS)])
    return table(["server", *(name.replace(" ", ", ") for name in COLUMNS)], rows)


def cpu_table(subjects):
    floor = subjects[0]
    return matrix(subjects, lambda subject: f"{subject.median('cpu_us'):.0f} µs ({number(subject.ratio(floor))})")


def throughput_table(subjects):
    return matrix(subjects, lambda subject: number(subject.median("per_second")))


def mix_sentence(subjects):
    ours, theirs = (
        next(subject for subject in subjects if subject.row == row and subject.workload.name == "mix")
        for row in (AUTH, FLASK)
    )
    return (
        f"Half good, half bad tokens (ES384): {ours.median('cpu_us'):.0f} µs per request for `/auth`, "
        f"{theirs.median('cpu_us'):,.0f} µs for Flask.\n"
    )


def session_sentence(subjects):
    session, token = (
        next(subject for subject in subjects if subject.row == SIGN_IN and subject.workload.name == name)
        for name in ("a session", "a token")
    )
    return (
        f"With sign-in: {session.median('cpu_us'):.0f} µs per request for a session, {token.median('cpu_us'):.0f} µs "
        f"for an ES256 token that comes again ({number(session.ratio(token))} to 1).\n"
    )


def scaling_table(one, both):
    rows = []
    for subject in both:
        single = next(it for it in one if (it.row, it.workload) == (subject.row, subject.workload))
        rows.append([
            subject.title,
            number(single.median("per_second")),
            number(subject.median("per_second")),
            f"{subject.median('per_second') / single.median('per_second'):.2f}",
            f"{subject.median('cpu_us') / single.median('cpu_us'):.2f}",
            f"{subject.median('busy_cores'):.2f}",
        ])
    heads = ["server, tokens", "requests/s, one core", "both cores", "ratio", "CPU time per request, ratio"]
    return table([*heads, "cores that the servers got"], rows)


def memory_table(found, connections):
    rows = [
        [row, f"{before / 1024:.1f} MiB", f"{after / 1024:.1f} MiB", f"{(after - before) / connections:.1f} KiB"]
        for row, before, after in found
    ]
    return table(["server", "before", f"with {connections:,} connections", "per connection"], rows)


def turns_table(subjects):
    floor = subjects[0]
    rows = [
        [
            subject.title,
            f"{subject.median('cpu_us'):.1f} µs",
            f"{min(turn['cpu_us'] for turn in subject.turns):.1f} µs",
            number(subject.ratio(floor)),
            number(subject.median("per_second")),
            number(max(turn["per_second"] for turn in subject.turns)),
            f"{subject.median('p50_us') / 1e3:.2f} ms",
            f"{subject.median('p99_us') / 1e3:.2f} ms",
            f"{subject.median('busy_cores'):.2f}",
            f"{subject.median('client_cores'):.2f}",
            f"{sum(turn['requests'] for turn in subject.turns):,}",
        ]
        for subject in subjects
    ]
    heads = ["server, tokens", "CPU time per request: median", "best", "÷ nothing's", "requests/s: median", "best"]
    heads += ["latency: median", "p99", "busy cores: servers", "load generator", "requests"]
    return table(heads, rows)


def summary(one, both, memory, connections, others):
    """The part for the documents."""
    parts = [
        "CPU time per request, and relative to the handler that does nothing:\n",
        cpu_table(one),
        mix_sentence(one),
        session_sentence(one),
        "Requests per second on one core:\n",
        throughput_table(one),
    ]
    if both:
        parts += ["From one core to both:\n", scaling_table(one, both)]
    parts += ["Resident memory with idle connections:\n", memory_table(memory, connections)]
    parts.append(f"While the CPU time was measured, other programs took {others:.0%} of the machine.\n")
    return "\n".join(parts)


def write(text):
    document = DOCUMENT.read_text()
    before, found, rest = document.partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not (found and end):
        raise Failure(f"{DOCUMENT} lacks the markers of this table")
    DOCUMENT.write_text(f"{before}{MARKERS[0]}{text}{MARKERS[1]}{after}")


# --- Main -----------------------------------------------------------------------------------------


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer requests, turns and connections, for a first look")
    parser.add_argument("--profile", default="dist", help="cargo's profile [default: %(default)s]")
    parser.add_argument("--write", action="store_true", help=f"write the tables to {DOCUMENT.relative_to(ROOT)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every turn to FILE")
    arguments = parser.parse_args()
    if arguments.quick and arguments.write:
        parser.error("--write needs a whole run: leave out --quick")
    return arguments


def main():
    arguments = parse()
    turns, requests, connections, new_tokens = 5, 20_000, 10_000, 4096
    if arguments.quick:
        turns, requests, connections, new_tokens = 2, 2_000, 1_000, 2048
    # Exit in the usual way, which stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # All processes inherit the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most != resource.RLIM_INFINITY and most < connections + 200:
        connections = most - 200
        note(f"the limit for open files, {most}, allows {connections} connections only")

    python = python_environment()
    programs = build(arguments.profile)
    cores = sorted(os.sched_getaffinity(0))
    # On a machine with two cores, the load generator shares the second one with the servers in the second part.
    first, rest = {cores[0]}, set(cores[1:]) or {cores[0]}
    two, shared = set(cores[:2]), set(cores[2:]) or set(cores)
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        folder = Path(folder)
        serve_demo = [programs / "tollgate", "serve", "--demo", "--listen", "ADDRESS"]
        issuer = Server(folder / "issuer.log", *serve_demo, ready="/readyz")
        try:
            note("getting tokens")
            workloads, reasons = tokens.workloads(issuer, folder, new_tokens)
            parts = folder, programs, python, issuer
            load = Load(programs, rest)
            with Fleet(*parts, first, rest) as measured:
                servers = measured.start_all()
                one = subjects(servers, workloads | measured.workloads)
                check_reasons(next(it for it in one if it.row == AUTH).servers[0], reasons, load)
                others = measure(measured, one, turns, requests, load)
            both = []
            if len(cores) > 1:
                with Fleet(*parts, two, shared) as measured:
                    servers = measured.start_all()
                    all_rows = subjects(servers, workloads | measured.workloads)
                    both = [it for it in all_rows if (it.row, it.workload.name) in SCALED]
                    measure(measured, both, turns, requests, Load(programs, shared))
            with Fleet(*parts, first, rest) as measured:
                memory = memory_of_connections(measured, workloads["ES256 seen"], connections, load)
        finally:
            issuer.stop()
    text = summary(one, both, memory, connections, others)
    print(f"{text}\nEach turn on one core:\n\n{turns_table(one)}")
    if both:
        print(f"Each turn on both cores:\n\n{turns_table(both)}")
    print(f"Every answer was right. {CONNECTIONS} requests were under way at a time, in {turns} turns.")
    if arguments.write:
        write(text)
    if arguments.json:
        everything = [
            {"row": it.row, "workload": it.workload.name, "cores": count, "turns": it.turns}
            for count, measured in [(1, one), (2, both)] for it in measured
        ]
        arguments.json.write_text(json.dumps(everything, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"WRONG: {failure}")
