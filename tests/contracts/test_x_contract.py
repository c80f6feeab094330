from __future__ import annotations

from typing import ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.accounts import ARTICLE, X
from tests.contracts.account_remote import AccountContract, json_of


class TestX(AccountContract):
    name = "x"
    network = X
    environ: ClassVar = X.environ

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        assert json_of(arrived) == {"text": ARTICLE.text, "media": {"media_ids": ["81"]}}
