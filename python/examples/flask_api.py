"""A Flask API in which every request needs an access token, except where anybody may call.

    ISSUER=http://127.0.0.1:4180/demo AUDIENCE=https://api.example.com flask --app flask_api run

docs/python.md says how to install the package, and what issues tokens to try it with.
"""

import os

from flask import Flask, g

from tollgate_jwt import Gate
from tollgate_jwt.flask import RequireAuth

gate = Gate(
    issuer=os.environ["ISSUER"],
    audience=os.environ["AUDIENCE"],
    # For the demo's issuer on this machine. All others need https.
    allow_insecure_loopback=True,
)
requires_auth = RequireAuth(gate)

app = Flask(__name__)


@app.get("/hello")
def hello() -> str:
    return "hello, stranger\n"


@app.get("/user/info")
@requires_auth
def user_info() -> dict[str, str]:
    return {"user": g.identity.subject}


@app.get("/orders")
@requires_auth(scope="read:orders")
def orders() -> dict[str, str]:
    return {"orders_of": g.identity.subject}
