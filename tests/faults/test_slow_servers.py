"""A mail server that drips, and one that swallows everything: their delivery ends in time, and the others go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.editions import config_for, make_edition
from tests.faults.runs import Warm
from tests.servers.listener import Ended, Line, Listener

DEADLINE_SECONDS = 3.0
# The server is what is waited for, so that the rate is not that of a busy machine.
SECONDS_PER_MESSAGE = 0.03
RECIPIENTS = 500
VICTIM = "person0@example.org"
TIMES = f"timeout_seconds = 2.5\nfinal_timeout_seconds = 100\ntransaction_timeout_seconds = {DEADLINE_SECONDS}"

Trap = Callable[[Line], None]


def swallow(line: Line) -> None:
    """A black hole: not a byte comes back."""
    line.wait_for_end()
    raise Ended


def drip(line: Line) -> None:
    """One byte at a time, each soon enough, and never the last one."""
    while True:
        line.write(b"2")
        line.wait_for_end(0.1)


def dawdle(line: Line) -> None:
    """A good answer, just before it would have been too late."""
    line.wait_for_end(2.0)


class SlowServer(Listener):
    """Takes its time for each message, and has traps for one recipient; `CONNECT` is for the second connection."""

    def __init__(self, traps: Mapping[str, Trap]) -> None:
        super().__init__()
        self._traps = traps

    def serve(self, line: Line) -> None:
        is_trap = "CONNECT" in self._traps and self.lines.index(line) == 1
        traps: Mapping[str, Trap] = self._traps if is_trap else {}
        self._stumble(traps, "CONNECT", line)
        line.write(b"220 mail.example.org ESMTP\r\n")
        while True:
            verb, recipient = _read(line)
            if verb == "RCPT":
                traps = self._traps if recipient == VICTIM else {}
            self._stumble(traps, verb, line)
            if verb == "DATA":
                line.write(b"354 go ahead\r\n")
                line.read_until(b"\r\n.\r\n")
                line.wait_for_end(SECONDS_PER_MESSAGE)
                self._stumble(traps, ".", line)
            line.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")

    def _stumble(self, traps: Mapping[str, Trap], verb: str, line: Line) -> None:
        if verb in traps:
            traps[verb](line)


def _read(line: Line) -> tuple[str, str]:
    command = line.read_until(b"\r\n").decode()
    return command[:4].upper(), command[command.find("<") + 1 : command.find(">")]


@dataclass(frozen=True)
class Attempt:
    """A first attempt, as the program has recorded it."""

    recipient: str
    outcome: str
    started_at: datetime
    seconds: float

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.seconds)


def send(folder: Path, warm: Warm, traps: Mapping[str, Trap], connections: int) -> list[Attempt]:
    with SlowServer(traps) as server:
        project, _ = make_edition(folder, config_for(server.port, TIMES, connections), RECIPIENTS)
        warm.start(project.folder, "now", "--yes").finish()
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        rows = connection.execute(
            "SELECT recipient, outcome, started_at, duration_ms FROM attempts JOIN deliveries"
            " ON deliveries.id = delivery_id WHERE number = 1"
        ).fetchall()
    return [Attempt(name, outcome, datetime.fromisoformat(at), ms / 1_000) for name, outcome, at, ms in rows]


def rate(attempts: list[Attempt], since: datetime, until: datetime) -> float:
    """Messages a second that were accepted within this time, all connections together."""
    count = sum(attempt.outcome == "accepted" and since <= attempt.ended_at <= until for attempt in attempts)
    return count / (until - since).total_seconds()


def share_of_the_others(folder: Path, warm: Warm, traps: Mapping[str, Trap], outcome: str) -> float:
    """Send with a trap for one of four connections; give the rate of the other three, by that of three without one."""
    attempts = send(folder / "trapped", warm, traps, 4)
    others = [attempt for attempt in attempts if attempt.outcome == "accepted"]
    (caught,) = (attempt for attempt in attempts if attempt.outcome != "accepted")
    assert caught.outcome == outcome
    assert len(others) == RECIPIENTS - 1
    assert caught.seconds <= DEADLINE_SECONDS + 1
    control = send(folder / "control", warm, {}, 3)
    usual = rate(control, min(each.started_at for each in control), max(each.ended_at for each in control))
    last = max(each.ended_at for each in others)
    return rate(others, caught.started_at, min(caught.ended_at, last)) / usual


TRAPS = {
    "a black hole after the final dot": ({".": swallow}, "unknown"),
    "a black hole at the recipient": ({"RCPT": swallow}, "deferred"),
    "a black hole at the greeting": ({"CONNECT": swallow}, "deferred"),
    "a drip after the final dot": ({".": drip}, "unknown"),
    "a drip at the recipient": ({"RCPT": drip}, "deferred"),
    "a drip at the greeting": ({"CONNECT": drip}, "deferred"),
    "each answer to the opening just in time": ({"CONNECT": dawdle, "EHLO": dawdle}, "deferred"),
    "each answer just in time": ({"RCPT": dawdle, "DATA": dawdle, ".": swallow}, "deferred"),
}


@pytest.mark.parametrize(("traps", "outcome"), list(TRAPS.values()), ids=list(TRAPS))
def test_a_trapped_connection_ends_in_time_and_the_others_go_on(
    tmp_path: Path, warm: Warm, traps: Mapping[str, Trap], outcome: str
) -> None:
    """However the machine is loaded: the deadline holds, and the others are far from standing still."""
    assert share_of_the_others(tmp_path, warm, traps, outcome) >= 0.25


@pytest.mark.long
@pytest.mark.parametrize(("traps", "outcome"), list(TRAPS.values()), ids=list(TRAPS))
def test_the_others_keep_nine_tenths_of_their_rate(
    tmp_path: Path, warm: Warm, traps: Mapping[str, Trap], outcome: str
) -> None:
    """On a quiet machine."""
    assert share_of_the_others(tmp_path, warm, traps, outcome) >= 0.9
