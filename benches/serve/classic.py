"""A Flask app that protects a route in the way of the usual guides: a decorator with python-jose."""

import os
from functools import cache, wraps

import requests
from flask import Flask, g, jsonify, request
from jose import JWTError, jwt

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ["AUDIENCE"]
ALGORITHMS = ["ES384", "ES256"]

app = Flask(__name__)


class AuthError(Exception):
    def __init__(self, status, code):
        self.status = status
        self.code = code


@app.errorhandler(AuthError)
def handle_auth_error(error):
    return jsonify(code=error.code), error.status


@cache
def get_jwks():
    """Fetches the keys once per process."""
    metadata = requests.get(ISSUER + "/.well-known/openid-configuration", timeout=5).json()
    return requests.get(metadata["jwks_uri"], timeout=5).json()


def get_token():
    parts = request.headers.get("Authorization", "").split()
    if not parts:
        raise AuthError(401, "authorization_header_missing")
    if len(parts) != 2 or parts[0].lower() != "bearer":
        raise AuthError(401, "invalid_header")
    return parts[1]


def get_key(token):
    kid = jwt.get_unverified_header(token).get("kid")
    for key in get_jwks()["keys"]:
        if key["kid"] == kid:
            return key
    raise AuthError(401, "key_not_found")


def requires_scope(scope):
    def decorator(route):
        @wraps(route)
        def guarded(*args, **kwargs):
            token = get_token()
            try:
                key = get_key(token)
                claims = jwt.decode(
                    token, key, algorithms=ALGORITHMS, audience=AUDIENCE, issuer=ISSUER
                )
            except jwt.ExpiredSignatureError:
                raise AuthError(401, "token_expired")
            except jwt.JWTClaimsError:
                raise AuthError(401, "invalid_claims")
            except JWTError:
                raise AuthError(401, "invalid_token")
            if scope not in claims.get("scope", "").split():
                raise AuthError(403, "insufficient_scope")
            g.user = claims
            return route(*args, **kwargs)

        return guarded

    return decorator


@app.get("/user/info")
@requires_scope("read:orders")
def user_info():
    return jsonify(user=g.user["sub"], scope=g.user["scope"])
