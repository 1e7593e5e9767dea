"""A client that asks a server as fast as it answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

THREADS = 4


def ask(port: int, headers: Sequence[str], count: int) -> float:
    """Sends `count` requests with these headers in turn. Returns how many seconds that took.

    Raises `ValueError` if an answer is not the user's.
    """
    requests = [
        f"GET /user/info HTTP/1.1\r\nHost: app\r\nConnection: close\r\nAuthorization: {header}\r\n\r\n".encode()
        for header in headers
    ]

    def one(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(requests[number % len(requests)])
            answer = b""
            while part := connection.recv(4096):
                answer += part
        if not answer.startswith(b"HTTP/1.1 200 ") or b'"app_orders"' not in answer:
            raise ValueError(answer.decode(errors="replace"))

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(one, range(count)):
            pass
    return time.perf_counter() - started
