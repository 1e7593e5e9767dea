"""`Gate`: judges requests by the tokens that they carry."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from tollgate_jwt import _native
from tollgate_jwt._native import Demand, Identity
from tollgate_jwt._settings import DemandSettings, Duration, IssuerSettings, as_json

if TYPE_CHECKING:
    from typing_extensions import Unpack

Authorization = Union[str, bytes, Sequence[Union[str, bytes]], None]
"""The value of the header; a list of values, of which no request may have two; or None if there is none."""

_PAUSE = 0.01
"""Seconds between two looks whether newer keys are there. A look takes microseconds."""


@dataclass(frozen=True)
class IssuerStatus:
    """The state of an issuer's keys, for health checks and metrics."""

    issuer: str
    usable_keys: int
    """The number of keys that may be used now."""
    fetched_at: int | None
    """When the keys were last fetched or confirmed, in seconds since 1970."""
    fetches: dict[str, int]
    """The number of fetches by their result: `new`, `same`, or the reason of a failure."""


class Gate:
    """Judges requests by the tokens that they carry.

    A gate fetches and rotates the keys of its issuers on a thread of its own, which starts at the first use: `ready`,
    `authorize` and the others. So build the gate where you build the app. If a server loads the app and then forks, as
    `gunicorn --preload` does, each worker fetches keys for itself.

    `issuer`, `audience` and the other settings of an issuer have their names and values from `tollgate.toml`. For
    several issuers, give a list of such settings as `issuers`.

    Raises `ValueError` if a setting is invalid.
    """

    def __init__(
        self,
        *,
        issuers: Sequence[IssuerSettings] = (),
        allow_insecure_loopback: bool = False,
        allow_http_hosts: Sequence[str] = (),
        realm: str | None = None,
        resource_metadata: str | None = None,
        wait_limit: Duration | None = None,
        current_date: int | None = None,
        table_memory: int | None = None,
        remembered_signatures: int | None = None,
        **issuer: Unpack[IssuerSettings],
    ) -> None:
        """Checks the settings. Those that are not of an issuer:

        allow_insecure_loopback: allow http:// for an issuer on this machine.
        allow_http_hosts: allow http:// for these hosts, each with its port. Anyone on the path can replace the keys.
        realm: the realm in challenges.
        resource_metadata: the URL of the API's metadata in challenges (RFC 9728 §5.1).
        wait_limit: how long a request waits for newer keys; 2 seconds by default.
        current_date: judge all tokens as of this time, for tests, in seconds since 1970.
        table_memory: how many bytes the tables of all keys may take; 8 MiB by default.
        remembered_signatures: how many valid signatures to remember; 65,536 by default.
        """
        if issuers and issuer:
            raise ValueError(f"issuers and {', '.join(issuer)} are both given: move the settings into the list")
        own: dict[str, Any] = {
            "allow_insecure_loopback": allow_insecure_loopback,
            "allow_http_hosts": list(allow_http_hosts),
            "realm": realm,
            "resource_metadata": resource_metadata,
            "wait_limit": wait_limit,
            "current_date": current_date,
            "table_memory": table_memory,
            "remembered_signatures": remembered_signatures,
        }
        own = {name: value for name, value in own.items() if value is not None}
        listed = [as_json(each) for each in issuers or [issuer]]
        self._gate = _native.Gate(listed, as_json(own))

    def demand(self, **demand: Unpack[DemandSettings]) -> Demand:
        """Returns what a part of the API demands of a token: `scope`, `any_scope`, `required_claims`, `issuer`,
        `audience`, `max_age` and `acr`, each as in a `[[rule]]` table of `tollgate.toml`.

        Raises `ValueError` if it is invalid, or if no token of the gate's issuers can meet it.
        """
        return self._gate.demand(as_json(demand))

    def authorize(self, authorization: Authorization, demand: Demand | None = None) -> Identity:
        """Judges the value of an `Authorization` header. The token must also meet `demand`.

        If newer keys may help, this fetches them and waits, but not longer than `wait_limit`. Other threads run
        meanwhile, and while the token is verified.

        Raises `Denied` if the request may not pass.
        """
        return self._gate.authorize(authorization, demand)

    async def authorize_async(self, authorization: Authorization, demand: Demand | None = None) -> Identity:
        """Does what `authorize` does, and lets other tasks of asyncio run while it waits for keys."""
        waiting = self._gate.begin(authorization, demand)
        while (identity := waiting.poll()) is None:
            await asyncio.sleep(_PAUSE)
        return identity

    def ready(self, timeout: float) -> bool:
        """Waits until every issuer has usable keys, but not longer than `timeout` seconds. Returns whether they
        have."""
        return self._gate.ready(timeout)

    def is_ready(self) -> bool:
        """Returns whether at least one issuer has usable keys, without waiting."""
        return self._gate.is_ready()

    def issuers(self) -> list[IssuerStatus]:
        """Returns the state of each issuer."""
        return [
            IssuerStatus(issuer, usable_keys, fetched_at, dict(fetches))
            for issuer, usable_keys, fetched_at, fetches in self._gate.issuers()
        ]
