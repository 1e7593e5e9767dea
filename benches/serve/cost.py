#!/usr/bin/env python3
"""Counts what a request to `tollgate serve` costs: instructions in user space and allocations, under
valgrind, so that the counts hardly depend on the machine. Prints Markdown; README.md explains the figures.

Exit code: 1 if a count is above its bound, or if an answer was wrong; else 0.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

# No files beside the modules that follow.
sys.dont_write_bytecode = True

import sessions

ROOT = Path(__file__).resolve().parent.parent.parent
AUDIENCE = "https://api.example.com"
# The difference between two runs, one with twice as many requests, counts this many.
REQUESTS = 200
# Further settings, whether each token is new, and the bounds for instructions and allocations.
TOKEN_ROWS = {
    "a remembered token": ([], False, (132_000, 17)),
    "a new token": ([], True, (285_000, 17)),
    "without memory": (["--remembered-signatures", "0"], False, (257_000, 17)),
}
# With sign-in: the credentials, and the bounds.
SIGN_IN_ROWS = {
    "a remembered token, beside sign-in": ("token", (151_000, 20)),
    "a session": ("session", (129_000, 31)),
}


class Failure(Exception):
    """The measurement cannot go on."""


def target_dir():
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def build(profile, *arguments):
    cargo = ["cargo", "build", "--quiet", "--locked", "--profile", profile]
    subprocess.run([*cargo, "--target-dir", target_dir(), *arguments], cwd=ROOT, check=True)


class Server:
    """A server that tells its address in its log, under a tool of valgrind if one is named."""

    def __init__(self, *command, tool=(), log):
        self.log = log
        valgrind = ["valgrind", *tool] if tool else []
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TOLLGATE_")}
        # With a single thread, none wakes up another one.
        environment |= {"TOKIO_WORKER_THREADS": "1"}
        self.process = subprocess.Popen(
            [*valgrind, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.address = None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"address=(\S+)", line):
                self.address = found[1]
                return
        raise Failure("".join(self.log))

    def stop(self):
        """Stops it, and returns all that it has printed."""
        self.process.send_signal(signal.SIGTERM)
        self.log.extend(self.process.stderr)
        if self.process.wait() not in (0, -signal.SIGTERM):
            raise Failure("".join(self.log))
        return "".join(self.log)


def fetch(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url) as answer:
        return answer.read().decode().strip()


def bearer(token):
    """Returns the head of a request with a token."""
    return f"GET /auth HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def send(address, heads):
    """Sends requests over one connection, each after the answer to the one before."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for head in heads:
            connection.sendall(head)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                received = connection.recv(65536)
                if not received:
                    raise Failure("the server has closed the connection")
                answer += received
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise Failure(f"an answer was wrong: {answer!r}")


def count(tool, before, command, heads):
    server = Server(*command, tool=tool, log=[])
    try:
        send(server.address, heads(server.address))
    except BaseException:
        server.process.kill()
        raise
    return int(re.search(f"{before}([0-9,]+)", server.stop())[1].replace(",", ""))


def cost(command, heads):
    """Returns the instructions and the allocations of a request. `heads` makes the requests for an address."""
    result = []
    for tool, before in [
        (["--tool=callgrind", "--callgrind-out-file=/dev/null"], "Collected : "),
        (["--leak-check=no", "--undef-value-errors=no"], "total heap usage: "),
    ]:
        # What happens once is in both runs.
        more = count(tool, before, command, heads)
        less = count(tool, before, command, lambda address: heads(address)[:-REQUESTS])
        result.append((more - less) / REQUESTS)
    return result


def mint(demo, folder):
    """Returns the issuer, a file with its keys, and tokens that differ."""
    base = f"http://{demo.address}/demo"
    query = "scope=read:orders&alg=ES256&lifetime=3600&subject"
    tokens = [fetch(f"{base}/token?{query}=user_{i:04}") for i in range(2 * REQUESTS)]
    keys = Path(folder) / "jwks.json"
    # Fewer tables, since building them takes long under valgrind.
    es256 = [key for key in json.loads(fetch(f"{base}/jwks"))["keys"] if key.get("crv") == "P-256"]
    keys.write_text(json.dumps({"keys": es256}))
    return base, keys, tokens


def rows(tollgate, demo, folder):
    """Returns for each row its name, the command, what makes the requests, and the bounds."""
    issuer, keys, tokens = mint(demo, folder)
    serve = [tollgate, "serve", "--listen", "127.0.0.1:0"]
    for_tokens = [*serve, "--audience", AUDIENCE, "--issuer", issuer, "--allow-insecure-loopback", "--jwks-file", keys]
    for name, (settings, is_new, bounds) in TOKEN_ROWS.items():
        heads = [bearer(token) for token in (tokens if is_new else tokens[:1] * len(tokens))]
        yield name, [*for_tokens, *settings], lambda _, heads=heads: heads, bounds
    config = Path(folder) / "sign_in.toml"
    config.write_text(sessions.config(issuer, Path(folder), keys=keys, audience=AUDIENCE))
    for name, (credentials, bounds) in SIGN_IN_ROWS.items():

        def heads(address, credentials=credentials):
            # In both cases, somebody signs in.
            _, cookie = sessions.sign_in(address, demo.address)
            own = {"cookie": cookie} if credentials == "session" else {"authorization": f"Bearer {tokens[0]}"}
            lines = "".join(f"{name}: {value}\r\n" for name, value in sessions.check(**own).items())
            return [f"GET /auth HTTP/1.1\r\nHost: gate\r\n{lines}\r\n".encode()] * len(tokens)

        yield name, [*serve, "--config", config], heads, bounds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--profile", default="dist", help="cargo's profile: dist, or release to save time")
    parser.add_argument("--nothing", help="also count a handler of axum that does nothing", action="store_true")
    arguments = parser.parse_args()
    build(arguments.profile, "-p", "tollgate-cli")
    binaries = target_dir() / arguments.profile
    too_much = []
    print("| a request | instructions | allocations |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        demo = Server(binaries / "tollgate", "serve", "--demo", "--listen", "127.0.0.1:0", log=[])
        try:
            for name, command, heads, bounds in rows(binaries / "tollgate", demo, folder):
                if arguments.nothing:
                    arguments.nothing = False
                    build(arguments.profile, "-p", "tollgate-benches-serve", "--bin", "nothing")
                    nothing = [binaries / "nothing", "127.0.0.1:0"]
                    instructions, allocations = cost(nothing, heads)
                    what = "axum, a handler that does nothing"
                    print(f"| {what} | {instructions:,.0f} | {allocations:.1f} |", flush=True)
                counts = cost(command, heads)
                instructions, allocations = counts
                print(f"| {name} | {instructions:,.0f} | {allocations:.1f} |", flush=True)
                if any(found > bound for found, bound in zip(counts, bounds)):
                    too_much.append(f"{name}: at most {bounds[0]:,} instructions and {bounds[1]} allocations")
        finally:
            demo.stop()
    for line in too_much:
        print(f"more than its bound: {line}", file=sys.stderr)
    return 1 if too_much else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, subprocess.CalledProcessError) as error:
        sys.exit(f"{error}")
