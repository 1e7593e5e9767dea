"""The example with FastAPI, and an app of Starlette alone."""

from __future__ import annotations

import pytest
from conftest import Provider
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from test_flask import example

from tollgate_jwt import Gate
from tollgate_jwt.starlette import Refused, RequireAuth, respond


@pytest.fixture
def client(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    return TestClient(example("fastapi_api", provider, monkeypatch).app)


def test_the_example_answers_who_calls(client: TestClient, provider: Provider) -> None:
    headers = {"Authorization": provider.header()}
    assert client.get("/user/info", headers=headers).json() == {"user": "app_orders"}
    assert client.get("/orders", headers=headers).json() == {"orders_of": "app_orders"}
    assert client.get("/hello").status_code == 200


def test_the_example_refuses_in_tollgates_words(client: TestClient, provider: Provider) -> None:
    answer = client.get("/user/info")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == "auth.authorization_header_missing"
    answer = client.get("/orders", headers={"Authorization": provider.header(scope="write:orders")})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_two_field_lines_are_refused(client: TestClient, provider: Provider) -> None:
    line = ("Authorization", provider.header())
    assert client.get("/user/info", headers=[line]).status_code == 200
    assert client.get("/user/info", headers=[line, line]).status_code == 401


def test_without_respond_only_the_body_is_the_frameworks(gate: Gate) -> None:
    app = FastAPI()

    @app.get("/", dependencies=[Depends(RequireAuth(gate))])
    async def nothing() -> None: ...

    answer = TestClient(app).get("/")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize("handlers", [{}, {Refused: respond}])
def test_an_endpoint_of_starlette_is_guarded(gate: Gate, provider: Provider, handlers: dict[type, object]) -> None:
    requires_auth = RequireAuth(gate, scope="read:orders")

    async def endpoint(request: Request) -> Response:
        identity = await requires_auth(request)
        return PlainTextResponse(identity.subject or "")

    app = Starlette(routes=[Route("/", endpoint)], exception_handlers=handlers)  # type: ignore[arg-type]
    client = TestClient(app)
    assert client.get("/", headers={"Authorization": provider.header()}).text == "app_orders"
    refused = client.get("/")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer scope="read:orders"')
    assert refused.headers["Content-Type"] == ("application/json" if handlers else "text/plain; charset=utf-8")


def test_respond_answers_nothing_but_refusals() -> None:
    async def boom(_: Request) -> Response:
        raise KeyError("boom")

    app = Starlette(routes=[Route("/", boom)], exception_handlers={KeyError: respond})
    with pytest.raises(KeyError, match="boom"):
        TestClient(app).get("/")
