"""`RequireAuth`: a decorator for the routes of Flask."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, overload

from flask import Response, current_app, g, request

from tollgate_jwt import Demand, DemandSettings, Denied, Gate

if TYPE_CHECKING:
    from typing_extensions import Unpack

Route = Callable[..., Any]


class RequireAuth:
    """Lets only requests with a valid token reach a route. Answers the others with 401, 403 or 503.

    The route finds the caller in `flask.g.identity`.

        requires_auth = RequireAuth(gate)

        @app.get("/user/info")
        @requires_auth
        def user_info():
            return {"user": g.identity.subject}

        @app.get("/orders")
        @requires_auth(scope="read:orders")
        def orders(): ...
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @overload
    def __call__(self, route: Route) -> Route: ...

    @overload
    def __call__(self, route: None = None, **demand: Unpack[DemandSettings]) -> Callable[[Route], Route]: ...

    def __call__(self, route: Route | None = None, **demand: Any) -> Route | Callable[[Route], Route]:
        if route is not None:
            return self._guarded(route, None)
        # Checked here, when the app starts.
        checked = self.gate.demand(**demand)
        return lambda route: self._guarded(route, checked)

    def _guarded(self, route: Route, demand: Demand | None) -> Route:
        @wraps(route)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                g.identity = self.gate.authorize(request.headers.getlist("Authorization"), demand)
            except Denied as denied:
                return Response(denied.body, denied.status, denied.headers)
            return current_app.ensure_sync(route)(*args, **kwargs)

        return guarded
