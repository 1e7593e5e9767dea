"""The example with Flask, and the decorator."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from conftest import API, ROOT, Provider
from flask import Flask, g
from flask.testing import FlaskClient

from tollgate_jwt import Gate
from tollgate_jwt.flask import RequireAuth


def example(name: str, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Loads an example, which reads the issuer from the environment."""
    monkeypatch.setenv("ISSUER", provider.issuer)
    monkeypatch.setenv("AUDIENCE", API)
    spec = importlib.util.spec_from_file_location(name, ROOT / f"python/examples/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    app: Flask = example("flask_api", provider, monkeypatch).app
    return app.test_client()


def test_the_example_answers_who_calls(client: FlaskClient, provider: Provider) -> None:
    headers = {"Authorization": provider.header()}
    assert client.get("/user/info", headers=headers).json == {"user": "app_orders"}
    assert client.get("/orders", headers=headers).json == {"orders_of": "app_orders"}


def test_the_example_lets_anybody_say_hello(client: FlaskClient) -> None:
    assert client.get("/hello").status_code == 200


def test_the_example_refuses_a_request_without_a_token(client: FlaskClient) -> None:
    answer = client.get("/user/info")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.content_type == "application/json" and answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None and answer.json["code"] == "auth.authorization_header_missing"


def test_the_example_refuses_a_token_without_the_scope(client: FlaskClient, provider: Provider) -> None:
    headers = {"Authorization": provider.header(scope="write:orders")}
    assert client.get("/user/info", headers=headers).status_code == 200
    answer = client.get("/orders", headers=headers)
    assert answer.status_code == 403 and answer.json is not None
    assert answer.json["code"] == "insufficient_scope"


def test_a_route_that_is_refused_does_not_run(gate: Gate) -> None:
    app, ran = Flask(__name__), []

    @app.get("/")
    @RequireAuth(gate)
    def route() -> str:
        ran.append("route")
        return ""

    assert app.test_client().get("/").status_code == 401 and not ran


def test_an_async_route_is_guarded_too(gate: Gate, provider: Provider) -> None:
    app = Flask(__name__)

    @app.get("/")
    @RequireAuth(gate)
    async def route() -> str:
        return str(g.identity.subject)

    client = app.test_client()
    assert client.get("/").status_code == 401
    assert client.get("/", headers={"Authorization": provider.header()}).text == "app_orders"


def test_a_mistake_in_a_demand_stops_the_app_when_it_starts(gate: Gate) -> None:
    with pytest.raises(ValueError, match="is not a scope-token"):
        RequireAuth(gate)(scope="two words")
