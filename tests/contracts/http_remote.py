"""A scripted remote for adapters that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.contracts.adapter_contract import ECHO, Remote, Situation
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import Action, closed_port, drop, hang, say


@dataclass
class HttpRemote(Remote):
    server: HttpServer

    def arrived(self) -> list[bytes]:
        return [request.raw for request in self.server.requests if request.method not in ("HEAD", "GET")]

    def contacts(self) -> int:
        return len(self.server.lines)


def behaviour(situation: Situation, secrets: Mapping[str, str], taken: Action) -> Action:
    """Say what a web server does in a situation; refusals echo every secret."""
    echo = f"{' '.join(secrets.values())} {ECHO}".encode()
    actions = {
        Situation.REFUSES: answer(422, echo),
        Situation.BUSY: answer(503, echo),
        Situation.BUSY_FOR_2_MINUTES: answer(429, echo, retry_after="120"),
        Situation.SILENT: hang,
        Situation.DROPS: drop,
        Situation.BREAKS: answer(502, echo),
        Situation.NONSENSE: say(ECHO.encode() + b"\r\n\r\n"),
        Situation.NOT_US: answer(403, echo),
    }
    return actions.get(situation, taken)


@contextmanager
def http_remote(
    situation: Situation, settings: Mapping[str, Any], secrets: Mapping[str, str], taken: Action
) -> Iterator[HttpRemote]:
    """Start it; `{url}` in the settings becomes its address."""
    with HttpServer(behaviour(situation, secrets, taken)) as server:
        url = f"http://127.0.0.1:{closed_port()}" if situation is Situation.UNREACHABLE else server.url
        filled = {
            name: value.replace("{url}", url) if isinstance(value, str) else value for name, value in settings.items()
        }
        yield HttpRemote(filled, server)
