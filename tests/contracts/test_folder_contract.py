from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.message import SealedMessage
from tests.contracts.adapter_contract import AdapterContract, Remote, Situation
from tests.contracts.bench import BODY, HEADERS, seal_email


@dataclass
class Outbox(Remote):
    folder: Path

    def arrived(self) -> list[bytes]:
        return [file.read_bytes() for file in self.folder.glob("*") if file.is_file()] if self.folder.is_dir() else []

    def contacts(self) -> int:
        return self.folder.is_dir()


class TestFolder(AdapterContract):
    name = "folder"
    not_applicable = frozenset(Situation) - {Situation.TAKES, Situation.NOT_US}

    @contextmanager
    def remote(self, situation: Situation, folder: Path) -> Iterator[Remote]:
        outbox = folder / "out" / "mails"
        if situation is Situation.NOT_US:
            outbox.parent.write_text("a file where the folder should be")
        yield Outbox({"folder": "out/mails"}, outbox)

    def message(self) -> SealedMessage:
        return seal_email()

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        assert arrived == HEADERS + b"\r\n" + BODY
