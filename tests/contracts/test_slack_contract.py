from __future__ import annotations

import html
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.posting import environ_of, settings_of
from tests.contracts.adapter_contract import AdapterContract, Remote, Situation, patience
from tests.contracts.bench import POST, seal_post
from tests.contracts.http_remote import http_remote
from tests.servers.http_server import answer


class TestSlack(AdapterContract):
    name = "slack"
    not_applicable = frozenset({Situation.GONE})  # a channel that is gone is a channel that is misconfigured
    environ: ClassVar = environ_of(name)

    def remote(self, situation: Situation, folder: Path) -> AbstractContextManager[Remote]:
        settings = settings_of(self.name, timeout_seconds=patience(situation))
        return http_remote(situation, settings, self.environ, answer(200, b"ok"))

    def message(self) -> SealedMessage:
        return seal_post()

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        head, _, body = arrived.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /services/T0/B0/")
        assert html.unescape(json.loads(body)["text"]) == POST.text
