"""The gate, with a real provider."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import socket
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import API, Provider

from tollgate_jwt import Denied, Gate


def refusal(gate: Gate, authorization: Any, **demand: Any) -> Denied:
    with pytest.raises(Denied) as caught:
        gate.authorize(authorization, gate.demand(**demand))
    return caught.value


def test_a_token_of_a_real_provider_is_accepted(gate: Gate, provider: Provider) -> None:
    identity = gate.authorize(provider.header(organization_id="org_7"))
    assert identity.subject == identity.client == "app_orders"
    assert identity.issuer == provider.issuer
    assert identity.audience == API
    assert identity.scopes == {"read:orders", "write:orders"}
    assert identity.has_scope("read:orders") and not identity.has_scope("read")
    assert identity.expires is not None and 3500 < identity.expires - time.time() <= 3600
    assert identity.claims["organization_id"] == "org_7"
    assert '"organization_id":"org_7"' in identity.json
    assert repr(identity) == 'Identity(subject="app_orders")'


@pytest.mark.parametrize("algorithm", ["es384", "es256", "rs256"])
def test_each_key_determines_its_algorithm(provider: Provider, algorithm: str) -> None:
    audience = f"https://{algorithm}.example.com"
    gate = Gate(issuer=provider.issuer, audience=audience, allow_insecure_loopback=True)
    assert gate.authorize(provider.header(resource=audience)).audience == audience


def test_claims_that_a_handler_changes_stay_as_they_were_signed(gate: Gate, provider: Provider) -> None:
    identity = gate.authorize(provider.header())
    identity.claims["sub"] = "admin"
    assert identity.claims["sub"] == identity.subject == "app_orders"


def test_a_request_without_a_header_is_401_with_a_challenge(gate: Gate) -> None:
    absent: list[Any] = [None, []]
    for value in absent:
        denied = refusal(gate, value)
        assert (denied.status, denied.reason) == (401, "authorization-missing")
        assert denied.code == "auth.authorization_header_missing"
        assert denied.challenge == "Bearer"
        assert ("www-authenticate", "Bearer") in denied.headers
        assert denied.body == '{"code":"auth.authorization_header_missing","message":"%s"}' % denied


def test_a_changed_token_is_refused_with_its_reason(gate: Gate, provider: Provider) -> None:
    signed, _, signature = provider.header().rpartition(".")
    denied = refusal(gate, f"{signed}.{'A' * len(signature)}")
    assert (denied.status, denied.code, denied.reason) == (401, "invalid_token", "signature-invalid")
    assert denied.challenge is not None and 'error="invalid_token"' in denied.challenge


def test_a_token_without_the_scope_is_403_and_the_challenge_names_it(gate: Gate, provider: Provider) -> None:
    denied = refusal(gate, provider.header(scope="read:orders"), scope=["read:orders", "write:orders"])
    assert (denied.status, denied.code) == (403, "insufficient_scope")
    assert denied.challenge is not None and 'scope="read:orders write:orders"' in denied.challenge


def test_claims_of_a_demand_are_required(gate: Gate, provider: Provider) -> None:
    header = provider.header(organization_id="org_7")
    demand = gate.demand(required_claims={"organization_id": "org_7"}, any_scope=["admin", "read:orders"])
    assert gate.authorize(header, demand).subject == "app_orders"
    assert refusal(gate, header, required_claims={"organization_id": "org_8"}).code == "access_denied"
    assert refusal(gate, header, max_age=timedelta(minutes=5)).code == "insufficient_user_authentication"


def test_bytes_and_lists_of_lines_are_values_of_a_header(gate: Gate, provider: Provider) -> None:
    header = provider.header()
    values: list[Any] = [header.encode(), [header], (header.encode(),)]
    for value in values:
        assert gate.authorize(value).subject == "app_orders"


def test_two_field_lines_are_refused(gate: Gate, provider: Provider) -> None:
    header = provider.header()
    assert refusal(gate, [header, header]).reason == "authorization-repeated"


@pytest.mark.parametrize("value", ["", " ", "Bearer", "Bearer \udc80.\ud800", "Bearer é", b"Bearer \xff\x00", "Bearer " + "a" * 10**6])
def test_nonsense_is_refused_and_raises_nothing_else(gate: Gate, value: str | bytes) -> None:
    assert refusal(gate, value).status == 401


def test_a_value_that_is_no_header_is_a_mistake_of_the_app(gate: Gate) -> None:
    mistakes: list[Any] = [7, {"Authorization": "Bearer a"}, [7]]
    for mistake in mistakes:
        with pytest.raises(TypeError, match="give the value of the header as str or bytes"):
            gate.authorize(mistake)


def test_without_keys_the_answer_is_503_and_says_when_to_retry(provider: Provider) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
        gate = Gate(issuer=issuer, audience=API, allow_insecure_loopback=True)
        denied = refusal(gate, provider.header())
    assert (denied.status, denied.code, denied.challenge) == (503, "temporarily_unavailable", None)
    assert int(dict(denied.headers)["retry-after"]) >= 1
    assert not gate.is_ready() and not gate.ready(0.1)


def test_keys_are_fetched_once_for_many_requests(gate: Gate, provider: Provider) -> None:
    provider.command("stats/reset")
    assert gate.ready(5) and gate.is_ready()
    header = provider.header()
    for _ in range(100):
        gate.authorize(header)
    assert provider.stats()["jwks"] == 1
    [status] = gate.issuers()
    assert (status.issuer, status.usable_keys, status.fetches) == (provider.issuer, 3, {"new": 1})
    assert status.fetched_at is not None and abs(status.fetched_at - time.time()) < 60


def test_a_key_rotation_is_followed(gate: Gate, provider: Provider) -> None:
    assert gate.authorize(provider.header()).subject == "app_orders"
    provider.command("rotate", mode="replace")
    assert gate.authorize(provider.header()).subject == "app_orders"


def test_nothing_is_fetched_before_the_first_use(provider: Provider) -> None:
    provider.command("stats/reset")
    # Those of other tests may end meanwhile.
    before = threads()
    gate = Gate(issuer=provider.issuer, audience=API, allow_insecure_loopback=True)
    time.sleep(0.2)
    assert provider.stats()["discovery"] == 0 and threads() <= before
    assert gate.ready(5)
    assert provider.stats()["discovery"] == 1 and threads() > 0


def test_the_thread_ends_with_the_gate(provider: Provider) -> None:
    gate = Gate(issuer=provider.issuer, audience=API, allow_insecure_loopback=True)
    assert gate.ready(5)
    before = threads()
    del gate
    deadline = time.monotonic() + 5
    while threads() >= before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() < before


def threads() -> int:
    """The number of threads that fetch keys."""
    names = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]
    return names.count("tollgate")


def test_other_threads_run_while_a_token_is_verified(provider: Provider) -> None:
    audience = "https://rs256.example.com"
    gate = Gate(issuer=provider.issuer, audience=audience, allow_insecure_loopback=True, remembered_signatures=0)
    header = provider.header(resource=audience)
    gate.authorize(header)
    runs, is_over = 0, False

    def run() -> None:
        nonlocal runs
        while not is_over:
            runs += 1
            time.sleep(0)

    # A thread gets its turn only when another gives the interpreter away.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        before = runs
        for _ in range(3000):
            gate.authorize(header)
        during = runs - before
    finally:
        is_over = True
        sys.setswitchinterval(interval)
        thread.join()
    assert during > 0


def test_other_threads_run_while_keys_are_fetched(gate: Gate, provider: Provider) -> None:
    header = provider.header()
    provider.command("fault", on="jwks", kind="slow", delay_ms=300)
    waiting = threading.Thread(target=gate.authorize, args=(header,))
    waiting.start()
    turns = 0
    while waiting.is_alive():
        turns += 1
        time.sleep(0.01)
    assert turns > 10


def test_the_event_loop_runs_while_keys_are_fetched(gate: Gate, provider: Provider) -> None:
    header = provider.header()
    provider.command("fault", on="jwks", kind="slow", delay_ms=300)

    async def both() -> int:
        verdict = asyncio.create_task(gate.authorize_async(header))
        turns = 0
        while not verdict.done():
            turns += 1
            await asyncio.sleep(0.01)
        assert (await verdict).subject == "app_orders"
        return turns

    assert asyncio.run(both()) > 10


def test_an_async_refusal_is_the_same(gate: Gate, provider: Provider) -> None:
    async def judge(scope: str) -> str | None:
        demand = gate.demand(scope="write:orders")
        return (await gate.authorize_async(provider.header(scope=scope), demand)).subject

    assert asyncio.run(judge("write:orders")) == "app_orders"
    with pytest.raises(Denied, match="scope"):
        asyncio.run(judge("read:orders"))


def test_several_issuers_are_trusted(provider: Provider) -> None:
    gate = Gate(
        issuers=[
            {"issuer": "https://other.example.com", "audience": API, "jwks_uri": "http://127.0.0.1:1/jwks"},
            {"issuer": provider.issuer, "audience": API},
        ],
        allow_insecure_loopback=True,
    )
    assert gate.authorize(provider.header()).issuer == provider.issuer
    assert gate.authorize(provider.header(), gate.demand(issuer=provider.issuer)).issuer == provider.issuer
    assert refusal(gate, provider.header(), issuer="https://other.example.com").reason == "issuer-mismatch"


def test_a_failure_to_fetch_keys_is_logged(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tollgate_jwt")
    gate = Gate(issuer=f"{provider.issuer}/none", audience=API, allow_insecure_loopback=True)
    refusal(gate, provider.header())
    [record] = [record for record in caplog.records if "could not be fetched" in record.message]
    assert (record.levelname, record.name) == ("WARNING", "tollgate_jwt")
    assert f'issuer="{provider.issuer}/none" error=the response is HTTP 404' in record.message


def test_a_refusal_can_be_copied_and_sent(gate: Gate) -> None:
    denied = refusal(gate, None)
    for same in [copy.copy(denied), pickle.loads(pickle.dumps(denied))]:
        assert (str(same), vars(same)) == (str(denied), vars(denied))
