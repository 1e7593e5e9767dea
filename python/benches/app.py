"""A Flask app that checks tokens in one of the ways of ways.py, the one that the environment names."""

import os

from flask import Flask, request

from ways import WAYS

way = WAYS[os.environ["WAY"]]
authorize = way.make(os.environ["JWKS_URI"], os.environ["ISSUER"], os.environ["AUDIENCE"])
app = Flask(__name__)


@app.get("/user/info")
def user_info():  # type: ignore[no-untyped-def]
    try:
        claims = authorize(request.headers.get("Authorization", ""))
    except way.refusals:
        return {"code": "invalid_token"}, 401
    return {"user": claims["sub"]}
