from __future__ import annotations

from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.accounts import ARTICLE, MASTODON
from tests.contracts.account_remote import AccountContract, json_of


class TestMastodon(AccountContract):
    name = "mastodon"
    network = MASTODON
    environ: ClassVar = MASTODON.environ

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        assert json_of(arrived)["status"] == ARTICLE.text
        assert json_of(arrived)["media_ids"] == ["81"]
        assert b"Idempotency-Key: 000102030405060708090a0b0c0d0e0f-1\r\n" in arrived
