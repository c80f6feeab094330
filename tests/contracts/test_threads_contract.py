from __future__ import annotations

from typing import ClassVar
from urllib.parse import parse_qs

from publisher.domain.message import SealedMessage
from tests.adapters.accounts import THREADS
from tests.contracts.account_remote import AccountContract


class TestThreads(AccountContract):
    name = "threads"
    network = THREADS
    environ: ClassVar = THREADS.environ

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        form = parse_qs(arrived.partition(b"\r\n\r\n")[2].decode())
        assert form["creation_id"] == ["81"]
