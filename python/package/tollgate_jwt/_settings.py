"""The settings of an issuer and of a demand, with the names that they have in `tollgate.toml`.

docs/configuration.md in the repository describes each of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, TypedDict, Union

Texts = Union[str, list[str]]
"""One text, or several."""

Duration = Union[int, str, timedelta]
"""Seconds, a text such as `"5 minutes"`, or a `timedelta` of whole seconds."""

File = Union[str, os.PathLike[str]]


class IssuerSettings(TypedDict, total=False):
    """Which tokens of an issuer to accept, and where its keys are."""

    issuer: Texts
    trust_domain: str
    tenants: Literal["any"] | list[str]
    audience: Texts
    audience_prefix: Texts
    any_audience: bool
    scope: Texts
    scope_claim: Texts
    leeway: Duration
    clock_tolerance: Duration
    typ: Texts
    any_typ: bool
    typ_absent: bool
    algorithms: Texts
    crit: Texts
    max_token_age: Duration
    subject: str
    required_claims: Mapping[str, Any] | list[dict[str, Any]]
    proof_of_possession: Literal["refuse", "checked-by-gateway"]
    jwks_uri: str
    metadata_url: str
    jwks_file: File
    ca_file: File
    bearer_token_file: File
    snapshot: File
    refresh: Duration
    cooldown: Duration
    max_stale: Duration
    fetch_timeout: Duration


class DemandSettings(TypedDict, total=False):
    """What a part of an API demands of a token, in addition to the settings of its issuer."""

    scope: Texts
    any_scope: Texts
    required_claims: Mapping[str, Any] | list[dict[str, Any]]
    issuer: Texts
    audience: Texts
    max_age: Duration
    acr: Texts


def as_json(settings: Mapping[str, Any]) -> str:
    """Returns the settings for the native module, which checks them."""
    for name, value in settings.items():
        # A missing environment variable must not switch off a check.
        if value is None:
            raise ValueError(f"{name} is None: give a value, or leave it out")
    return json.dumps(settings, default=_plain, allow_nan=False)


def _plain(value: object) -> object:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, timedelta) and value >= timedelta() and not value.microseconds:
        return value.days * 86400 + value.seconds
    raise ValueError(f"{value!r} cannot be the value of a setting")
