"""Protects APIs with JWT bearer tokens from an OpenID Connect provider.

You name the issuer and your API. A `Gate` fetches and rotates the issuer's keys in the background, and judges the
token of each request: signature, issuer, audience, times, type and scopes.

    gate = Gate(issuer="https://auth.example.com/oidc", audience="https://api.example.com")
    identity = gate.authorize(request.headers.get("Authorization"))

`tollgate_jwt.flask` and `tollgate_jwt.starlette` fit it to Flask, Starlette and FastAPI.
"""

from tollgate_jwt._denied import Denied
from tollgate_jwt._gate import Gate, IssuerStatus
from tollgate_jwt._native import Demand, Identity
from tollgate_jwt._settings import DemandSettings, IssuerSettings

__all__ = ["Demand", "DemandSettings", "Denied", "Gate", "Identity", "IssuerSettings", "IssuerStatus"]
