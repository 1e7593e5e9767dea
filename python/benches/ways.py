"""Four ways to check the token of a request in Python, each as its documentation shows it.

A way is made with the URL of the issuer's keys, the issuer and the audience. It then takes the value of an
`Authorization` header, and returns the claims, or raises what its library documents.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jose.jwt
import joserfc.errors
import joserfc.jwt
import jwt
from joserfc.jwk import KeySet

from tollgate_jwt import Denied, Gate

Claims = dict[str, Any]
Authorize = Callable[[str], Claims]


class BadHeader(Exception):
    """The header has no token."""


def token_in(header: str) -> str:
    """Returns the token, as the guide finds it."""
    parts = header.split()
    if len(parts) < 2 or parts[0] != "Bearer":
        raise BadHeader(header)
    return parts[1]


def fetched(jwks_uri: str) -> Any:
    with urllib.request.urlopen(jwks_uri, timeout=5) as response:
        return json.load(response)


def guide(jwks_uri: str, issuer: str, audience: str, leeway: int = 0) -> Authorize:
    """The guide's own way: python-jose, keys fetched for every request, and the algorithm that the token names."""

    def authorize(header: str) -> Claims:
        token = token_in(header)
        algorithm = jose.jwt.get_unverified_header(token).get("alg")
        options = {"verify_at_hash": False, "leeway": leeway}
        claims: Claims = jose.jwt.decode(
            token, fetched(jwks_uri), algorithms=algorithm, audience=audience, issuer=issuer, options=options
        )
        return claims

    return authorize


def pyjwt(jwks_uri: str, issuer: str, audience: str, leeway: int = 0) -> Authorize:
    """PyJWT with its PyJWKClient, which caches the keys."""
    client = jwt.PyJWKClient(jwks_uri)

    def authorize(header: str) -> Claims:
        token = token_in(header)
        key = client.get_signing_key_from_jwt(token)
        algorithms = [key.algorithm_name]
        claims: Claims = jwt.decode(
            token, key, algorithms, audience=audience, issuer=issuer, leeway=leeway, options={"require": ["exp"]}
        )
        return claims

    return authorize


def joserfc_way(
    jwks_uri: str, issuer: str, audience: str, leeway: int = 0, now: int | None = None
) -> Authorize:
    """joserfc, with keys that the app fetches once: the library has no client."""
    keys: list[KeySet] = []
    registry = joserfc.jwt.JWTClaimsRegistry(
        now=now,
        leeway=leeway,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
    )

    def authorize(header: str) -> Claims:
        if not keys:
            keys.append(KeySet.import_key_set(fetched(jwks_uri)))
        token = joserfc.jwt.decode(token_in(header), keys[0], ALGORITHMS)
        registry.validate(token.claims)
        return token.claims

    return authorize


ALGORITHMS = ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"]


def tollgate(jwks_uri: str, issuer: str, audience: str, **settings: Any) -> Authorize:
    """This package."""
    gate = Gate(jwks_uri=jwks_uri, issuer=issuer, audience=audience, allow_insecure_loopback=True, **settings)
    return lambda header: gate.authorize(header).claims


def tollgate_new(jwks_uri: str, issuer: str, audience: str) -> Authorize:
    """This package, for tokens that it has not seen before: it does not remember their signatures."""
    return tollgate(jwks_uri, issuer, audience, remembered_signatures=0)


@dataclass(frozen=True)
class Way:
    title: str
    make: Callable[..., Authorize]
    refusals: tuple[type[Exception], ...]
    """What its library documents for a token that is refused."""
    lacks: frozenset[str] = frozenset()
    """The algorithms that it does not have."""


WAYS = {
    "guide": Way(
        "the guide: python-jose, keys fetched for each request",
        guide,
        (BadHeader, jose.JOSEError),
        frozenset({"PS256", "PS384", "PS512", "EdDSA", "Ed25519"}),
    ),
    "pyjwt": Way("PyJWT with PyJWKClient", pyjwt, (BadHeader, jwt.PyJWTError), frozenset({"Ed25519"})),
    "joserfc": Way("joserfc", joserfc_way, (BadHeader, joserfc.errors.JoseError)),
    "tollgate_new": Way("**tollgate-jwt**, tokens that are new", tollgate_new, (Denied,)),
    "tollgate": Way("**tollgate-jwt**, tokens that come again", tollgate, (Denied,)),
}
