"""`Denied`: why a request may not pass."""

from __future__ import annotations


class Denied(Exception):
    """A request may not pass. Its text is the message for the client."""

    code: str
    """The class of the reason, as the body of the response gives it: `invalid_token`, `insufficient_scope`, …"""

    reason: str
    """The stable name of the reason: `expired`, `signature-invalid`, `keys-unavailable`, …"""

    status: int
    """The status of the response: 401, 403, or 503 if there are no keys to judge the token with."""

    challenge: str | None
    """The value of `WWW-Authenticate` (RFC 6750 §3), which 503 does not have."""

    headers: list[tuple[str, str]]
    """All headers of the response, the challenge and `Retry-After` included."""

    body: str
    """The body of the response: a JSON object with `code` and `message`."""

    def __init__(
        self,
        message: str,
        code: str,
        reason: str,
        status: int,
        challenge: str | None,
        headers: list[tuple[str, str]],
        body: str,
    ) -> None:
        # All of them, so that the exception can be copied and sent to another process.
        super().__init__(message, code, reason, status, challenge, headers, body)
        self.message = message
        self.code = code
        self.reason = reason
        self.status = status
        self.challenge = challenge
        self.headers = headers
        self.body = body

    def __str__(self) -> str:
        return self.message
