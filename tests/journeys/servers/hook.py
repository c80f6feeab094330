"""A receiver of webhooks. It believes nothing but a right signature, judged by the library of Standard Webhooks.

Settings that a test may tell it: `secret`, `status` (what it answers to a request that is rightly signed), `statuses`
(what it answers to the next ones before that; 0 is no answer at all, and it reports that it is silent).
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.journeys.servers.control import ServerProcess, listen_to_test, report

SECRET = "whsec_dGhpcyBzZWNyZXQgaXMgZm9yIHRlc3RzIG9ubHkgISE="


@dataclass(frozen=True)
class Call:
    """A request that the receiver was sent. Header names are lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    verified: bool


class HookServer(ServerProcess):
    """The receiver as the test sees it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("hook", folder)
        self.tell(secret=SECRET, status=204, statuses=[])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/news"

    def calls(self) -> list[Call]:
        return [Call(**json.loads(path.read_text())) for path in sorted(self.folder.glob("*.json"))]


class Receiver(ThreadingHTTPServer):
    """Keeps every request; used in the server's process."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.settings: dict[str, Any] = {}
        self.call_count = self.connection_count = 0
        self.lock = threading.Lock()

    def get_request(self) -> Any:
        self.connection_count += 1
        return super().get_request()

    def keep(self, call: Call) -> None:
        with self.lock:
            self.call_count += 1
            (self.folder / f"{self.call_count:05}.json").write_text(json.dumps(vars(call)))

    def next_status(self) -> int:
        with self.lock:
            statuses: list[int] = self.settings["statuses"]
            return int(statuses.pop(0) if statuses else self.settings["status"])

    def change(self, settings: dict[str, Any]) -> None:
        self.settings |= settings
        report("told", connections=self.connection_count, taken=self.call_count)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verified = self.is_signed(content, headers)
        self.server.keep(Call(self.path, headers, json.loads(content), verified))
        status = self.server.next_status() if verified else 401
        if not status:
            report("silent")
            self.rfile.read(1)  # until the other side is gone
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def is_signed(self, content: bytes, headers: dict[str, str]) -> bool:
        try:
            Webhook(self.server.settings["secret"]).verify(content, headers)
        except WebhookVerificationError:
            return False
        return True

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def main(folder: Path) -> None:
    receiver = Receiver(folder)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    report("listening", port=receiver.server_port)
    listen_to_test(receiver.change)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
