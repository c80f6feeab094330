from __future__ import annotations

from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.accounts import ARTICLE, BLUESKY
from tests.contracts.account_remote import AccountContract, json_of


class TestBluesky(AccountContract):
    name = "bluesky"
    network = BLUESKY
    environ: ClassVar = BLUESKY.environ

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        record = json_of(arrived)["record"]
        assert record["text"] == ARTICLE.text
        assert record["createdAt"] == "2026-11-23T09:00:00.000Z"
        assert json_of(arrived)["rkey"] == "3n2xrctel2223"
