"""A real OpenID provider, the one of cli/tests/provider, and gates that trust it."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tollgate_jwt import Gate

ROOT = Path(__file__).parents[2]
API = "https://api.example.com"


class Provider:
    """The provider. cli/tests/provider/README.md describes its commands."""

    def __init__(self, algorithms: str = "ES384,ES256,RS256") -> None:
        command = [os.environ["NODE"], "server.mjs", "--algorithms", algorithms]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT / "cli/tests/provider",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        places = json.loads(self._process.stdout.readline())
        self.issuer: str = places["issuer"]
        self._control: str = places["control"]

    def command(self, name: str, **parameters: Any) -> Any:
        return self._ask("POST", name, json.dumps(parameters).encode())

    def stats(self) -> Any:
        return self._ask("GET", "stats", None)

    def _ask(self, method: str, name: str, body: bytes | None) -> Any:
        request = urllib.request.Request(f"{self._control}/{name}", body, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def token(self, **parameters: Any) -> str:
        token: str = self.command("token", **parameters)["access_token"]
        return token

    def header(self, **parameters: Any) -> str:
        """A new token as the value of a header."""
        return f"Bearer {self.token(**parameters)}"

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """The provider, without the faults of the last test."""
    running_provider.command("fault", on="all", kind="none")
    running_provider.command("cache", cache_control=None, etag=False)
    return running_provider


@pytest.fixture
def gate(provider: Provider) -> Gate:
    """A gate that trusts the provider."""
    return Gate(issuer=provider.issuer, audience=API, allow_insecure_loopback=True)
