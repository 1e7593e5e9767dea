"""Shared by the Python scripts: reads rules, and prints one JSON line for each."""

import datetime
import json
import platform
import sys


class NotAsked(Exception):
    """The library has no interface for what the rule asks."""


class Clock(datetime.datetime):
    """A clock that stands still at the rule's time."""

    at = 0

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.at, tz)


def answer_all(version, judge, refusal):
    """Prints the version, and the library's verdict on each rule of standard input.

    `judge` returns if the library accepts the token, and raises `refusal` if the library refuses it.
    Any other exception is one that the library does not document.
    """
    print(json.dumps({"version": f"{version}, Python {platform.python_version()}"}))
    for line in sys.stdin:
        case = json.loads(line)
        verdict, message = "accept", ""
        try:
            if "token" not in case:
                raise NotAsked("takes a token that is text")
            Clock.at = case["options"]["now"]
            judge(case, case["options"])
        except NotAsked as error:
            verdict, message = "skip", str(error)
        except refusal as error:
            verdict, message = "reject", f"{type(error).__name__}: {error}"
        except Exception as error:
            verdict, message = "crash", f"{type(error).__name__}: {error}"
        print(json.dumps({"id": case["id"], "verdict": verdict, "message": message[:120]}))


CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}


def only_key(keys, algorithm):
    """Returns the key for a token without `kid`: the only one, or the only one of its type."""
    if len(keys) != 1:
        keys = [key for key in keys if isinstance(key, dict) and is_for(key, algorithm)]
    if len(keys) != 1:
        raise NotAsked("takes a key, and not exactly one matches")
    return keys[0]


def is_for(key, algorithm):
    """Returns whether the key's type is the one of the algorithm."""
    if key.get("kty") == "RSA":
        return isinstance(algorithm, str) and algorithm[:2] in ("RS", "PS")
    curve = key.get("crv")
    return isinstance(curve, str) and CURVES.get(curve) == algorithm


def algorithm_of(key, of_token, options):
    """Returns the key's algorithm. RSA keys without `alg` are for RS256, unless the rule lists another."""
    if "alg" in key:
        return key["alg"]
    if key.get("kty") == "RSA":
        return of_token if of_token in options.get("algorithms", []) else "RS256"
    curve = key.get("crv")
    return CURVES.get(curve) if isinstance(curve, str) else None


def one_or_many(value):
    return value if isinstance(value, list) else [value]
