"""What the ways of ways.py answer to the rules of the corpus, beside what standards require."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

import corpus
import jose.jwt
import jwt.api_jwt
from common import Clock
from conftest import ROOT
from ways import WAYS

# The rule's time, as conformance/peers sets it.
jose.jwt.datetime = Clock
jwt.api_jwt.datetime = Clock  # type: ignore[attr-defined]

EXPRESSIBLE = {"now", "issuer", "audience", "leeway"}


@dataclass
class Tally:
    """The answers of a way to the rules that a standard requires."""

    asked: set[str] = field(default_factory=set)
    accepts: set[str] = field(default_factory=set)
    """Wrongly accepted."""
    refuses: set[str] = field(default_factory=set)
    """Wrongly refused."""
    crashes: set[str] = field(default_factory=set)
    """Refused by an exception that the library does not document: the app answers 500."""


def required() -> set[str]:
    """Returns the rules that a standard requires, according to docs/conformance-rules.md."""
    table = (ROOT / "docs/conformance-rules.md").read_text()
    return {name.replace(" ", "_") for name in re.findall(r"^\| ([^|]+) \| [^|]* \| \w+ \| a standard \|", table, re.M)}


def tallies() -> dict[str, Tally]:
    """Asks each way about each rule."""
    standards, server = required(), corpus.Answers()
    tallies = {name: Tally() for name in WAYS if name != "tollgate"}
    for number, case in enumerate(corpus.CASES):
        if case["id"] in standards:
            for name, tally in tallies.items():
                ask(name, number, case, server, tally)
    server.stop()
    return tallies


def ask(name: str, number: int, case: dict[str, Any], server: corpus.Answers, tally: Tally) -> None:
    rule, accepts = case["id"], case["expect"] == "accept"
    if name == "tollgate_new":
        if corpus.why_not_asked(case) is not None:
            return
        accepted = server.of(number) is None
    else:
        if not is_askable(name, case):
            return
        try:
            accepted = asked(name, case, server.uri(number))
        except Exception:
            accepted = False
            tally.crashes.add(rule)
    tally.asked.add(rule)
    if accepted and not accepts:
        tally.accepts.add(rule)
    elif accepts and not accepted:
        tally.refuses.add(rule)


def is_askable(name: str, case: dict[str, Any]) -> bool:
    """Returns whether the settings of the way can express the rule, and whether the rule is about the way."""
    options, token = case["options"], case.get("token", "")
    parties = [options.get("issuer"), options.get("audience")]
    return (
        set(options) <= EXPRESSIBLE
        and all(isinstance(party, str) for party in parties)
        and algorithm_of(token) not in WAYS[name].lacks
        # Finding the token in the header is a matter of the guide. The other two are libraries for tokens, asked to
        # require exp; and PyJWT's client chooses keys by their id only.
        and (name == "guide" or token.split() == [token] and not corpus.is_without_exp(token))
        and not (name == "pyjwt" and "without_kid" in case["id"])
    )


def algorithm_of(token: str) -> object:
    """Returns what the header says, if it is a text."""
    try:
        part = token.split(".")[0]
        algorithm = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["alg"]
    except (ValueError, KeyError, TypeError):
        return None
    return algorithm if isinstance(algorithm, str) else None


def asked(name: str, case: dict[str, Any], jwks_uri: str) -> bool:
    """Returns whether the way accepts the token."""
    way, options = WAYS[name], case["options"]
    Clock.at = options["now"]
    own = {"now": options["now"]} if name == "joserfc" else {}
    header = corpus.authorization(case)
    # As a server hands it to a Python app.
    lines = header if isinstance(header, list) else [] if header is None else [header]
    texts = [line.decode("latin-1") if isinstance(line, bytes) else line for line in lines]
    try:
        authorize = way.make(jwks_uri, options["issuer"], options["audience"], options.get("leeway", 0), **own)
        authorize(",".join(texts))
    except way.refusals:
        return False
    return True
