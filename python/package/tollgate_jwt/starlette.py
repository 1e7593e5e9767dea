"""`RequireAuth`: a dependency for FastAPI, and a check for the endpoints of Starlette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from tollgate_jwt import DemandSettings, Denied, Gate, Identity

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Refused(HTTPException):
    """A request may not pass. `denied` says why.

    Without `respond`, the framework answers with the right status and headers, and a body of its own.
    """

    def __init__(self, denied: Denied) -> None:
        # The body is the framework's, and so is its type.
        headers = {name: value for name, value in denied.headers if name != "content-type"}
        super().__init__(denied.status, str(denied), headers)
        self.denied = denied


class RequireAuth:
    """Lets only requests with a valid token pass, whose scopes and claims meet the demand.

    With FastAPI, it is a dependency:

        @app.get("/orders")
        async def orders(user: Annotated[Identity, Depends(RequireAuth(gate, scope="read:orders"))]): ...

    With Starlette, call it in an endpoint:

        requires_auth = RequireAuth(gate)

        async def user_info(request):
            identity = await requires_auth(request)
    """

    def __init__(self, gate: Gate, **demand: Unpack[DemandSettings]) -> None:
        self.gate = gate
        self._demand = gate.demand(**demand)

    async def __call__(self, request: HTTPConnection) -> Identity:
        """Returns the caller. Raises `Refused`."""
        try:
            return await self.gate.authorize_async(request.headers.getlist("Authorization"), self._demand)
        except Denied as denied:
            raise Refused(denied) from denied


async def respond(request: Request, exception: Exception) -> Response:
    """Answers with the body that Tollgate has everywhere: a JSON object with `code` and `message`.

        app.add_exception_handler(Refused, respond)
    """
    if not isinstance(exception, Refused):
        raise exception
    denied = exception.denied
    return Response(denied.body, denied.status, dict(denied.headers))
