"""Processes that are forked after the gate was made: a real gunicorn, and `os.fork`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import API, Provider

from tollgate_jwt import Gate

WORKERS = 2


class Gunicorn:
    """gunicorn, which loads the app and then forks its workers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.pid = process.pid
        self._port = port

    def ask(self, authorization: str) -> tuple[str, int]:
        """Returns the user and the process that answered."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/", headers={"Authorization": authorization})
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        return answer["user"], answer["pid"]

    def ask_all(self, authorization: str) -> set[int]:
        """Asks until every worker has answered."""
        answered: set[int] = set()
        deadline = time.monotonic() + 20
        while len(answered) < WORKERS and time.monotonic() < deadline:
            user, pid = self.ask(authorization)
            assert user == "app_orders"
            answered.add(pid)
        return answered


@contextmanager
def gunicorn(provider: Provider, log: Path, **environment: str) -> Iterator[Gunicorn]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", str(WORKERS), "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--log-file", str(log), "preloaded:app"]
    environment = os.environ | {"ISSUER": provider.issuer, "AUDIENCE": API} | environment
    with subprocess.Popen(command, cwd=Path(__file__).parent, env=environment) as process:
        try:
            deadline = time.monotonic() + 20
            while "Booting worker" not in (log.read_text() if log.exists() else ""):
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield Gunicorn(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


@pytest.mark.parametrize("environment", [{}, {"USED_BEFORE_THE_FORK": "1"}])
def test_each_worker_of_a_preloaded_app_has_keys(
    provider: Provider, tmp_path: Path, environment: dict[str, str]
) -> None:
    with gunicorn(provider, tmp_path / "log", **environment) as server:
        first = server.ask_all(provider.header())
        assert len(first) == WORKERS and server.pid not in first
        # Only a thread that runs in each worker gets the new keys.
        provider.command("rotate", mode="replace")
        assert server.ask_all(provider.header()) == first


# What Python warns of is what these tests are about.
forks_with_threads = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


@forks_with_threads
def test_a_child_uses_a_gate_that_its_parent_has_used(gate: Gate, provider: Provider) -> None:
    header = provider.header()
    assert gate.ready(5)
    for _ in range(5):
        child = os.fork()
        if child == 0:
            os._exit(0 if gate.authorize(header).subject == "app_orders" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    provider.command("rotate", mode="replace")
    assert gate.authorize(provider.header()).subject == "app_orders"


@forks_with_threads
def test_a_child_that_drops_the_gate_ends_and_leaves_its_parent_alone(provider: Provider) -> None:
    gate = Gate(issuer=provider.issuer, audience=API, allow_insecure_loopback=True)
    assert gate.ready(5)
    child = os.fork()
    if child == 0:
        del gate
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    provider.command("rotate", mode="replace")
    assert gate.authorize(provider.header()).subject == "app_orders"
