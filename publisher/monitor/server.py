"""The server: a few threads on a port of this machine, which nobody else can reach."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from publisher.errors import ConfigError
from publisher.monitor.health import look_at_health
from publisher.monitor.metrics import make_registry
from publisher.scheduling.pulse import Pulse
from publisher.workflow.application import Application

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
REQUEST_SECONDS = 10
Page = tuple[str, str, bytes]  # status, content type, content


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS  # who says nothing for so long is left

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: a question every few seconds is no event."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def watching(find_app: Callable[[], Application], pulse: Pulse) -> Iterator[int | None]:
    """Answer for as long as this lasts, if a port is set; give the port. Errors: ConfigError if it is taken.

    `find_app` gives the application as it is by then: the config may be read again.
    """
    port = find_app().settings.document.monitor.port
    if port is None:
        yield None
        return
    with _listening(port, make_pages(find_app, pulse)) as server:
        thread = threading.Thread(target=server.serve_forever, name="monitor", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _listening(port: int, pages: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]) -> WSGIServer:
    try:
        return make_server(HOST, port, pages, _Server, _Handler)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        what = f"the port {port} is taken by another program" if taken else f"the port {port}: {error.strerror}"
        hint = 'Is "publish run" running already? Else choose another one, for example port = 9123.'
        raise ConfigError(what, where="config.toml [monitor.port]", hint=hint) from None


def make_pages(
    find_app: Callable[[], Application], pulse: Pulse
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Make the pages as a WSGI application."""
    registry = make_registry(find_app, pulse)

    def health() -> Page:
        found = look_at_health(find_app(), pulse)
        status = "200 OK" if found.status == 200 else "503 Service Unavailable"
        return status, "application/json; charset=utf-8", json.dumps(found.data(), ensure_ascii=False).encode()

    pages: dict[str, Callable[[], Page]] = {
        "/health": health,
        "/metrics": lambda: ("200 OK", CONTENT_TYPE_LATEST, generate_latest(registry)),
    }

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, kind, content = _page(environ, pages)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    return answer


def _page(environ: WSGIEnvironment, pages: dict[str, Callable[[], Page]]) -> Page:
    text = "text/plain; charset=utf-8"
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return "405 Method Not Allowed", text, b"only GET\n"
    page = pages.get(environ["PATH_INFO"])
    return page() if page else ("404 Not Found", text, b"/health or /metrics\n")
