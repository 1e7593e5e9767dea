"""An app for the tests of forks. It says which process answers."""

import os

from flask import Flask, g

from tollgate_jwt import Gate
from tollgate_jwt.flask import RequireAuth

gate = Gate(issuer=os.environ["ISSUER"], audience=os.environ["AUDIENCE"], allow_insecure_loopback=True)
if "USED_BEFORE_THE_FORK" in os.environ:
    assert gate.ready(10)

app = Flask(__name__)


@app.get("/")
@RequireAuth(gate)
def who() -> dict[str, object]:
    return {"user": g.identity.subject, "pid": os.getpid()}
