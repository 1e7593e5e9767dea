"""Runs the rules of standard input against PyJWT."""

import json

import cryptography
import jwt
import jwt.api_jwt

from common import Clock, NotAsked, algorithm_of, answer_all, only_key

jwt.api_jwt.datetime = Clock


class Client(jwt.PyJWKClient):
    """The client for JWK sets, with a set at hand."""

    def __init__(self, text):
        super().__init__("https://auth.example.com/jwks.json", cache_jwk_set=False)
        self.text = text

    def fetch_data(self):
        return json.loads(self.text)


def judge(case, options):
    if "jwks" in case:
        text = json.dumps(case["jwks"])
    elif "jwks_text" in case:
        text = case["jwks_text"]
    else:
        text = bytes.fromhex(case["jwks_hex"])
    token = case["token"]
    try:
        # The client parses a fetched set in the same way.
        json.loads(text)
    except ValueError as error:
        raise jwt.PyJWKClientError(error) from error
    header = jwt.get_unverified_header(token)
    if "kid" in header:
        key = Client(text).get_signing_key_from_jwt(token)
    elif case["ref"] == "RFC 7515 §4.1.4" or "without_kid" in case["id"]:
        raise NotAsked("does not choose a key for tokens without a kid")
    else:
        keys = [key._jwk_data for key in jwt.PyJWKSet.from_json(text).keys]
        key = jwt.PyJWK(only_key(keys, header.get("alg")))
    algorithm = algorithm_of(key._jwk_data, header.get("alg"), options)
    if key.algorithm_name != algorithm and "alg" not in key._jwk_data:
        key = jwt.PyJWK(key._jwk_data, algorithm)
    allowed = options.get("algorithms", [key.algorithm_name])
    jwt.decode(
        token,
        key,
        algorithms=[name for name in allowed if name == key.algorithm_name],
        issuer=options.get("issuer"),
        audience=options.get("audience"),
        leeway=options.get("leeway", 0),
        options={
            "require": options.get("require", []),
            "verify_aud": "audience" in options,
        },
    )


answer_all(f"{jwt.__version__}, cryptography {cryptography.__version__}", judge, jwt.PyJWTError)
