from __future__ import annotations

import base64
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.contracts.adapter_contract import AdapterContract, Remote, Situation, patience
from tests.contracts.bench import POST, seal_post
from tests.contracts.http_remote import http_remote
from tests.servers.http_server import answer


class TestWebhook(AdapterContract):
    name = "webhook"
    not_applicable = frozenset({Situation.GONE})
    environ: ClassVar = {
        "HOOK_SECRET": "whsec_" + base64.b64encode(b"canary of the signing secret").decode(),
        "HOOK_TOKEN": "canary-of-the-token",
    }

    def remote(self, situation: Situation, folder: Path) -> AbstractContextManager[Remote]:
        settings = {
            "url": "{url}/hook",
            "secret": {"env": "HOOK_SECRET"},
            "headers": {"X-Token": {"env": "HOOK_TOKEN"}},
            "timeout_seconds": patience(situation),
        }
        return http_remote(situation, settings, self.environ, answer(200, b"stored as 4711"))

    def message(self) -> SealedMessage:
        return seal_post()

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        document = json.loads(arrived.partition(b"\r\n\r\n")[2])
        assert document["text"] == POST.text
        assert document["id"] == message.key
