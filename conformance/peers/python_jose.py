"""Runs the rules of standard input against python-jose."""

from importlib.metadata import version

import jose.jwt
from jose.exceptions import JOSEError

from common import Clock, NotAsked, algorithm_of, answer_all, one_or_many, only_key

jose.jwt.datetime = Clock

REGISTERED = ["aud", "iat", "exp", "nbf", "iss", "sub", "jti"]


def judge(case, options):
    token = case["token"]
    header = jose.jwt.get_unverified_header(token)
    keys = case["jwks"].get("keys") if isinstance(case.get("jwks"), dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise NotAsked("takes a key, and the set is not a list of keys")
    if "kid" in header:
        keys = [key for key in keys if key.get("kid") == header["kid"]]
        if len(keys) != 1:
            raise NotAsked("takes a key, and not exactly one matches")
        key = keys[0]
    else:
        key = only_key(keys, header.get("alg"))
    algorithm = algorithm_of(key, header.get("alg"), options)
    allowed = options.get("algorithms", [algorithm])
    required = set(options.get("require", []))
    if not required.issubset(REGISTERED):
        raise NotAsked("cannot require this claim")
    if "issuer" in options:
        required.add("iss")
    audience = None
    if "audience" in options:
        required.add("aud")
        audiences = one_or_many(options["audience"])
        if len(audiences) != 1:
            raise NotAsked("expects one audience")
        audience = audiences[0]
    jose.jwt.decode(
        token,
        key,
        algorithms=[name for name in allowed if name == algorithm],
        issuer=options.get("issuer"),
        audience=audience,
        options={
            "leeway": options.get("leeway", 0),
            "verify_aud": "audience" in options,
            **{f"require_{claim}": True for claim in required},
        },
    )


versions = f"{version('python-jose')}, cryptography {version('cryptography')}"
answer_all(versions, judge, JOSEError)
