from __future__ import annotations

import urllib.parse
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.posting import environ_of, settings_of
from tests.contracts.adapter_contract import AdapterContract, Remote, Situation, patience
from tests.contracts.bench import POST, seal_post
from tests.contracts.http_remote import http_remote
from tests.servers.http_server import answer


class TestFacebook(AdapterContract):
    name = "facebook"
    not_applicable = frozenset({Situation.GONE})  # a page that is gone is a channel that is misconfigured
    environ: ClassVar = environ_of(name)

    def remote(self, situation: Situation, folder: Path) -> AbstractContextManager[Remote]:
        settings = settings_of(self.name, timeout_seconds=patience(situation))
        return http_remote(situation, settings, self.environ, answer(200, b'{"id": "1234567890", "name": "Verband"}'))

    def message(self) -> SealedMessage:
        return seal_post()

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        head, _, body = arrived.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v25.0/1234567890/feed ")
        assert urllib.parse.parse_qs(body.decode())["message"] == [POST.text]
