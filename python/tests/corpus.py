"""The rules of tests/corpus/rules.jsonl, and how a gate is asked about them."""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from conftest import ROOT

from tollgate_jwt import Denied, Gate

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests/corpus/rules.jsonl").read_text().splitlines()
]

ALGORITHMS = {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"}


def why_not_asked(case: dict[str, Any]) -> str | None:
    """Says why a gate cannot be asked about a rule, if so."""
    options, token = case["options"], case.get("token")
    if "issuer" not in options:
        return "a gate always names its issuers"
    if not set(options.get("algorithms", [])) <= ALGORITHMS:
        return "a gate does not take an algorithm that it does not know"
    if [] in options.values():
        return "an empty list is a setting that is not there"
    if token is not None and "exp" not in options.get("require", []) and is_without_exp(token):
        return "a gate always requires exp"
    if token is not None and token.strip() != token or token == "":
        return "no header has this token"
    if case["id"].endswith("_is_accepted_where_nobody_reads_it") and "scope" in case["id"]:
        return "a gate reads the scopes of every token"
    if case["id"] == "set_with_a_byte_order_mark_is_rejected":
        return "a gate skips the mark when it fetches keys"
    return None


def is_without_exp(token: str) -> bool:
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return False
    return isinstance(claims, dict) and "exp" not in claims


def keys(case: dict[str, Any]) -> bytes:
    """Returns the key set as the issuer sends it."""
    if "jwks_hex" in case:
        return bytes.fromhex(case["jwks_hex"])
    text: str = case["jwks_text"] if "jwks_text" in case else json.dumps(case["jwks"])
    return text.encode()


def authorization(case: dict[str, Any]) -> str | bytes | list[str] | None:
    """Returns the header of the request."""
    if "authorization_headers" in case:
        lines: list[str] = case["authorization_headers"]
        return lines
    if "authorization_header" in case:
        line: str | None = case["authorization_header"]
        return line
    if "authorization_header_hex" in case:
        return bytes.fromhex(case["authorization_header_hex"])
    if "token_hex" in case:
        return b"Bearer " + bytes.fromhex(case["token_hex"])
    return f"Bearer {case['token']}"


def settings(case: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings of the issuer: an option that a rule does not have is not checked."""
    options = case["options"]
    taken = {"issuer": options["issuer"], "leeway": options.get("leeway", 0)}
    taken |= {"audience": options["audience"]} if "audience" in options else {"any_audience": True}
    taken |= {"typ": options["typ"]} if "typ" in options else {"any_typ": True}
    if "algorithms" in options:
        taken["algorithms"] = options["algorithms"]
    if "required_scopes" in options:
        taken["scope"] = options["required_scopes"]
    if "scope_claim" in options:
        taken["scope_claim"] = options["scope_claim"]
    required = options.get("required_claims", [])
    if isinstance(required, dict) and "require" in options:
        raise AssertionError("the test does not join these")
    if "require" in options:
        required = required + [{"claim": name, "validity": True} for name in options["require"]]
    if required:
        taken["required_claims"] = required
    return taken


class Answers:
    """Gates, and the server of their keys."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = keys(CASES[int(self.path[1:])])
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            # A gate that has its answer takes no more keys.
            def handle_error(self, *_: object) -> None: ...

        self._server = Server(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def uri(self, number: int) -> str:
        """Returns where the keys of a rule are."""
        return f"http://127.0.0.1:{self._server.server_port}/{number}"

    def of(self, number: int) -> Denied | ValueError | None:
        """Asks about a rule. Returns nothing if the token is accepted."""
        case = CASES[number]
        try:
            gate = Gate(
                jwks_uri=self.uri(number),
                allow_insecure_loopback=True,
                current_date=int(case["options"]["now"]),
                remembered_signatures=0,
                **settings(case),
            )
            gate.authorize(authorization(case))
        except (Denied, ValueError) as refusal:
            return refusal
        return None


def is_right(case: dict[str, Any], answer: Denied | ValueError | None) -> bool:
    """Returns whether the answer is the rule's, with the same reason."""
    if case["expect"] == "accept":
        return answer is None
    if isinstance(answer, ValueError):
        # No token is at fault, but the settings are.
        return "expect_code" not in case
    if "expect_code" not in case or case["expect_reason"] == "no-usable-key":
        # A gate says so of an issuer without keys.
        return answer is not None and answer.reason == "keys-unavailable"
    expected = (case["expect_reason"], case["expect_code"], case["expect_status"])
    return answer is not None and (answer.reason, answer.code, answer.status) == expected
