"""The contract of adapters: one suite, run for each of them against a scripted remote.

Subclass AdapterContract, say how the remote behaves in each situation, and pytest does the rest. The table is in
docs/adding-an-adapter.md.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.errors import ChannelMisconfigured
from publisher.ports.adapter import NOT_ASKED, Adapter
from tests.contracts.bench import RECIPIENT, Marks, MemoryCapture, make_adapter


class Situation(StrEnum):
    """What the remote does with the message."""

    TAKES = "takes it"
    REFUSES = "refuses for good"
    GONE = "refuses for good: no such recipient"
    BUSY = "refuses for now"
    BUSY_FOR_2_MINUTES = "refuses for now and says for how long"
    UNREACHABLE = "cannot be reached"
    SILENT = "falls silent when it has the message"
    DROPS = "ends the connection when it has the message"
    BREAKS = "has trouble of its own when it has the message"
    NONSENSE = "answers nonsense"
    NOT_US = "refuses our credentials"


ECHO = f"echo of {RECIPIENT} " + "and much more of it, " * 30


def patience(situation: Situation) -> float:
    """Say how many seconds to wait: few where the remote is silent, enough for a busy machine elsewhere."""
    return 0.4 if situation is Situation.SILENT else 20.0


@dataclass
class Remote:
    """A scripted remote: what belongs into the channel's settings, and what has come in so far."""

    settings: Mapping[str, Any]

    def arrived(self) -> list[bytes]:
        """Give each message that came in whole, as raw bytes."""
        raise NotImplementedError

    def contacts(self) -> int:
        """Count how often it was connected to."""
        raise NotImplementedError


class AdapterContract:
    """Rules for every adapter."""

    name: ClassVar[str]
    not_applicable: ClassVar[frozenset[Situation]] = frozenset()
    # Every secret of the channel, by environment variable. A remote should echo them where it can.
    environ: ClassVar[Mapping[str, str]] = {}

    def remote(self, situation: Situation, folder: Path) -> AbstractContextManager[Remote]:
        """Start a remote that behaves so."""
        raise NotImplementedError

    def message(self) -> SealedMessage:
        """Give the message to send."""
        raise NotImplementedError

    def assert_same(self, arrived: bytes, message: SealedMessage) -> None:
        """Check that what arrived is what was approved."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------ the table

    def test_takes_it(self, tmp_path: Path) -> None:
        """What the remote takes is Accepted, with a receipt; it got the message once and unchanged."""
        with self._bench(Situation.TAKES, tmp_path) as (adapter, remote):
            outcome = self._send(adapter)
            assert isinstance(outcome, Accepted)
            assert outcome.receipt
            (arrived,) = remote.arrived()
            self.assert_same(arrived, self.message())

    def test_refuses_for_good(self, tmp_path: Path) -> None:
        """A refusal is Rejected with the reason, and says nothing of the recipient that the remote did not say."""
        outcome = self._outcome(Situation.REFUSES, tmp_path)
        assert isinstance(outcome, Rejected)
        assert outcome.reason
        assert not outcome.recipient_gone

    def test_recipient_is_gone(self, tmp_path: Path) -> None:
        """Only the remote can say that a recipient is gone."""
        outcome = self._outcome(Situation.GONE, tmp_path)
        assert isinstance(outcome, Rejected)
        assert outcome.recipient_gone

    def test_refuses_for_now(self, tmp_path: Path) -> None:
        """A refusal for now is Deferred."""
        assert isinstance(self._outcome(Situation.BUSY, tmp_path), Deferred)

    def test_refuses_for_now_with_a_time(self, tmp_path: Path) -> None:
        """The remote's own time is handed on."""
        outcome = self._outcome(Situation.BUSY_FOR_2_MINUTES, tmp_path)
        assert isinstance(outcome, Deferred)
        assert outcome.retry_after_seconds == 120

    def test_cannot_be_reached(self, tmp_path: Path) -> None:
        """Where nothing was sent, nothing is unknown."""
        assert isinstance(self._outcome(Situation.UNREACHABLE, tmp_path), Deferred)

    @pytest.mark.parametrize("situation", [Situation.SILENT, Situation.DROPS, Situation.BREAKS])
    def test_may_have_been_taken(self, situation: Situation, tmp_path: Path) -> None:
        """Silence, a lost connection or an inner fault after the message may have been taken is Unknown."""
        outcome = self._outcome(situation, tmp_path)
        assert isinstance(outcome, Unknown)
        assert outcome.reason

    def test_answers_nonsense(self, tmp_path: Path) -> None:
        """Nonsense is Unknown, and its beginning is kept."""
        outcome = self._outcome(Situation.NONSENSE, tmp_path)
        assert isinstance(outcome, Unknown)
        assert "echo of" in outcome.evidence.reply
        assert len(outcome.evidence.reply) <= 200

    def test_refuses_our_credentials(self, tmp_path: Path) -> None:
        """A refused login stops the channel; the error says which one and what to do."""
        with self._bench(Situation.NOT_US, tmp_path) as (adapter, _), pytest.raises(ChannelMisconfigured) as caught:
            self._send(adapter)
        assert caught.value.where == "[channels.test]"
        assert caught.value.hint

    @pytest.mark.parametrize("situation", list(Situation))
    def test_tells_no_secret(
        self, situation: Situation, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """No secret and no full address is in an outcome, an error, its traceback or any log record."""
        caplog.set_level(logging.DEBUG)
        with self._bench(situation, tmp_path) as (adapter, _):
            try:
                told = repr(self._send(adapter))
            except ChannelMisconfigured as error:
                told = str(error) + "".join(traceback.format_exception(error))
        told += caplog.text + "".join(capsys.readouterr()) + repr(adapter)
        self._assert_no_secret(told)
        assert RECIPIENT not in told

    @pytest.mark.parametrize("situation", [Situation.TAKES, Situation.BUSY])
    def test_changes_nothing(self, situation: Situation, tmp_path: Path) -> None:
        """The message stays as it is, and another attempt sends the same."""
        with self._bench(situation, tmp_path) as (adapter, remote):
            message, session = self._prepared(adapter), adapter.open()
            before = dict(message.sections)
            session.send(message, Marks())
            session.send(message, Marks())
            session.close()
            assert message.sections == before
            for arrived in remote.arrived():
                self.assert_same(arrived, message)

    # ----------------------------------------------------------------------------------------- rehearsal and form

    def test_rehearses(self, tmp_path: Path) -> None:
        """In a rehearsal nothing leaves, and what would have left is captured, without secrets."""
        capture = MemoryCapture()
        with self._bench(Situation.TAKES, tmp_path, capture) as (adapter, remote):
            message, session = self._prepared(adapter), adapter.open()
            assert isinstance(session.send(message, Marks()), Accepted)
            session.close()
            assert remote.contacts() == 0
        assert capture.files
        assert all("/" not in name for name in capture.files)
        self._assert_no_secret(repr(capture.files))

    def test_claims_nothing_in_a_rehearsal(self, tmp_path: Path) -> None:
        """In a rehearsal `verify` asks nobody, says so, and leaves nothing in the folder of what would have left."""
        capture = MemoryCapture()
        with self._bench(Situation.TAKES, tmp_path, capture) as (adapter, remote):
            session = adapter.open()
            line = session.verify()
            session.close()
            assert remote.contacts() == 0
        assert line == NOT_ASKED
        assert capture.files == {}

    def test_connects_at_first_use(self, tmp_path: Path) -> None:
        """Making an adapter and opening and closing its session costs nothing."""
        with self._bench(Situation.TAKES, tmp_path) as (adapter, remote):
            session = adapter.open()
            session.close()
            session.close()
            assert remote.contacts() == 0

    def test_verifies_without_sending(self, tmp_path: Path) -> None:
        """`verify` says one line and delivers nothing."""
        with self._bench(Situation.TAKES, tmp_path) as (adapter, remote):
            session = adapter.open()
            line = session.verify()
            session.close()
            assert remote.arrived() == []
        assert line
        assert "\n" not in line
        self._assert_no_secret(line)

    def test_declares_itself(self, tmp_path: Path) -> None:
        """Kinds, account, limits and preparation have the form that the workflow relies on."""
        with self._bench(Situation.TAKES, tmp_path) as (adapter, _):
            declared = find_adapter(self.name)
            prepared = adapter.prepare(self._unsealed())
            account, limits = adapter.account(), adapter.limits()
        assert declared.name == self.name
        assert declared.summary
        assert adapter.kinds == declared.kinds
        assert self.message().kind in adapter.kinds
        assert json.loads(json.dumps(prepared)) == prepared
        assert account
        self._assert_no_secret(account)
        assert (limits is not None) == (MessageKind.POST in adapter.kinds)

    def test_describes_its_settings(self) -> None:
        """Every setting has a description: it is shown in the schema and in the docs."""
        fields = find_adapter(self.name).settings.model_fields
        assert [name for name, field in fields.items() if not field.description] == []

    # ------------------------------------------------------------------------------------------------------ inside

    @contextmanager
    def _bench(
        self, situation: Situation, folder: Path, capture: MemoryCapture | None = None
    ) -> Iterator[tuple[Adapter, Remote]]:
        if situation in self.not_applicable:
            pytest.skip(f"{self.name} never {situation}")
        with self.remote(situation, folder) as remote:
            settings = {"adapter": self.name, **remote.settings}
            yield make_adapter(settings, folder=folder, environ=self.environ, capture=capture), remote

    def _outcome(self, situation: Situation, folder: Path) -> Outcome:
        with self._bench(situation, folder) as (adapter, _):
            return self._send(adapter)

    def _send(self, adapter: Adapter) -> Outcome:
        session = adapter.open()
        try:
            return session.send(self._prepared(adapter), Marks())
        finally:
            session.close()

    def _unsealed(self) -> Message:
        sealed = self.message()
        return Message(sealed.kind, {name: (content,) for name, content in sealed.sections.items()})

    def _prepared(self, adapter: Adapter) -> SealedMessage:
        sealed = self.message()
        prepared = adapter.prepare(self._unsealed())
        return SealedMessage(sealed.key, sealed.kind, sealed.recipient, sealed.sections, prepared, sealed.marks)

    def _assert_no_secret(self, told: str) -> None:
        assert [name for name, value in self.environ.items() if value in told] == []
