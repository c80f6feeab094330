"""A scripted web server. It keeps every request as it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from tests.servers.listener import Action, Ended, Line, Listener, say


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


def answer(status: int, body: bytes = b"", **headers: str) -> Action:
    """A whole answer; `retry_after="120"` becomes the header Retry-After."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return say("\r\n".join([*lines, "", ""]).encode() + body)


TAKEN = answer(204)


class HttpServer(Listener):
    """Play one action per request, the last one again and again."""

    def __init__(self, actions: Action | Sequence[Action] = TAKEN, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self.actions = [actions] if callable(actions) else list(actions)
        self.requests: list[Request] = []
        self._scheme = "https" if tls else "http"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def serve(self, line: Line) -> None:
        request = _read(line)
        self.requests.append(request)
        self.action_for(request)(line)
        raise Ended

    def action_for(self, request: Request) -> Action:
        return self.actions[min(len(self.requests), len(self.actions)) - 1]


def _read(line: Line) -> Request:
    head = line.read_until(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").rstrip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in fields)}
    body = line.read_exactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ")
    return Request(method, target, headers, body, head + body)
