"""The native module. Settings and demands come as JSON, since each setting is declared in Rust."""

from collections.abc import Sequence
from typing import Any, final

__all__ = ["Demand", "Gate", "Identity", "Waiting"]

@final
class Demand:
    """What a part of an API demands of a token. `Gate.demand` makes it."""

@final
class Identity:
    """Who makes a request, according to an accepted token."""

    @property
    def subject(self) -> str | None:
        """`sub`: the user, or the client if it acts on its own behalf."""

    @property
    def client(self) -> str | None:
        """`client_id`, or else `azp`: the client to which the token was issued."""

    @property
    def issuer(self) -> str | None:
        """`iss`: the issuer of the token."""

    @property
    def audience(self) -> str | None:
        """The audience in `aud` that the settings matched."""

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the token grants."""

    def has_scope(self, scope: str) -> bool:
        """Returns whether the token has this scope."""

    @property
    def expires(self) -> int | None:
        """`exp`: when the token expires, in seconds since 1970, rounded down."""

    @property
    def claims(self) -> dict[str, Any]:
        """All claims."""

    @property
    def json(self) -> str:
        """All claims as they were signed: a JSON object."""

@final
class Waiting:
    def poll(self) -> Identity | None: ...

@final
class Gate:
    def __new__(cls, issuers: Sequence[str], gate: str) -> Gate: ...
    def demand(self, json: str) -> Demand: ...
    def authorize(
        self, authorization: str | bytes | Sequence[str | bytes] | None, demand: Demand | None
    ) -> Identity: ...
    def begin(
        self, authorization: str | bytes | Sequence[str | bytes] | None, demand: Demand | None
    ) -> Waiting: ...
    def ready(self, seconds: float) -> bool: ...
    def is_ready(self) -> bool: ...
    def issuers(self) -> list[tuple[str, int, int | None, list[tuple[str, int]]]]: ...
