"""The settings, which have the names and values of tollgate.toml."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import API, ROOT

from tollgate_jwt import DemandSettings, Gate, IssuerSettings

ISSUER = "https://auth.example.com/oidc"


def mistake(**settings: Any) -> str:
    with pytest.raises(ValueError) as caught:
        Gate(**settings)
    return str(caught.value)


def names_in(message: str) -> set[str]:
    """The names that serde expects."""
    return set(re.findall("`([^`]*)`", message)[1:])


def test_every_setting_of_an_issuer_is_declared() -> None:
    expected = names_in(mistake(issuer=ISSUER, audience=API, no_setting=1))
    assert expected == set(IssuerSettings.__annotations__)


def test_every_setting_of_a_demand_is_declared() -> None:
    gate = Gate(issuer=ISSUER, audience=API)
    demand: Any = {"no_setting": 1}
    with pytest.raises(ValueError) as caught:
        gate.demand(**demand)
    assert names_in(str(caught.value)) == set(DemandSettings.__annotations__)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "no issuer is configured"),
        ({"issuer": ISSUER}, "no audience is configured"),
        ({"issuer": "http://auth.example.com", "audience": API}, "https"),
        ({"issuer": ISSUER, "audience": API, "leeway": "a while"}, "leeway: give seconds, or a duration"),
        ({"issuer": ISSUER, "audience": API, "algorithms": ["none"]}, "algorithms: choose from ES256"),
        ({"issuer": ISSUER, "audience": API, "jwks_file": Path("/nowhere/jwks.json")}, "/nowhere/jwks.json"),
        ({"issuers": [{"issuer": ISSUER}], "audience": API}, "issuers and audience are both given"),
        ({"issuer": ISSUER, "audience": API, "remembered_signatures": 1 << 30}, "remembered_signatures: give at most"),
        ({"issuer": ISSUER, "audience": API, "max_token_age": timedelta(seconds=-1)}, "cannot be the value"),
    ],
)
def test_an_invalid_setting_is_named(settings: dict[str, Any], message: str) -> None:
    assert message in mistake(**settings)


@pytest.mark.parametrize("name", sorted(IssuerSettings.__annotations__))
def test_none_does_not_switch_off_a_check(name: str) -> None:
    settings = {"issuer": ISSUER, "audience": API} | {name: None}
    assert mistake(**settings) == f"{name} is None: give a value, or leave it out"


def test_durations_and_files_are_given_as_python_has_them() -> None:
    keys = ROOT / "examples/oidc-provider/jwks.json"
    gate = Gate(issuer=ISSUER, audience=API, jwks_file=keys, leeway=timedelta(minutes=1), max_token_age="5 minutes")
    assert gate.is_ready()
    with pytest.raises(ValueError, match="leeway: give at most"):
        Gate(issuer=ISSUER, audience=API, leeway=timedelta(days=1))


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time_is_a_mistake(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout .*: cannot convert"):
        Gate(issuer=ISSUER, audience=API).ready(timeout)


def test_a_demand_that_no_token_can_meet_is_a_mistake() -> None:
    gate = Gate(issuer=ISSUER, audience=API)
    for demand, message in [
        ({"audience": "https://other.example.com"}, "no issuer accepts tokens for"),
        ({"any_scope": []}, "the list is empty"),
        ({"scope": "two words"}, "is not a scope-token"),
    ]:
        settings: Any = demand
        with pytest.raises(ValueError, match=message):
            gate.demand(**settings)
