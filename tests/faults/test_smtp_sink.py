"""What Postfix's own test server does wrong, and what becomes of the deliveries: one table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.editions import config_for, make_edition
from tests.faults.runs import Warm
from tests.faults.sink import sink

GREYLISTED = "451 4.7.1 Greylisted, try again"
UNKNOWN_USER = "550 5.1.1 User unknown"
POLICY = "554 5.7.1 Message refused by policy"
TOO_BIG = "552 5.3.4 Message too big"
FULL = "552 5.2.2 Mailbox full"
IMPATIENT = "timeout_seconds = 1\nfinal_timeout_seconds = 1\ntransaction_timeout_seconds = 2"
# More than the buffers of a connection hold.
LONG_TEXT = "\n\n".join(f"Ein langer Absatz mit der Nummer {number}. " + "Wort " * 200 for number in range(900))


@dataclass(frozen=True)
class Case:
    """Options of smtp-sink, and what the ledger must say afterwards."""

    options: tuple[str, ...]
    state: str
    stage: str
    code: int | None = None
    suppressed: bool = False
    more: str = ""
    body: str = "Ein Absatz."

    def __str__(self) -> str:
        return " ".join(word.replace(" ", "_") for word in self.options) or "no fault"


CASES = [
    Case((), "accepted", "final dot", 250),
    Case(("-e",), "accepted", "final dot", 250),
    Case(("-p",), "accepted", "final dot", 250),
    Case(("-8",), "accepted", "final dot", 250),
    # The server says nothing about the recipient here, whatever it says.
    Case(("-r", "CONNECT"), "deferred", "connection", 450),
    Case(("-f", "CONNECT"), "deferred", "connection", 500),
    Case(("-q", "CONNECT"), "deferred", "connection"),
    Case(("-Q", "CONNECT"), "deferred", "connection", 421),
    Case(("-f", "EHLO"), "accepted", "final dot", 250),  # then with HELO
    Case(("-f", "EHLO,HELO"), "deferred", "connection", 500),
    Case(("-r", "EHLO,HELO"), "deferred", "connection", 450),
    Case(("-q", "EHLO"), "deferred", "connection"),
    Case(("-Q", "EHLO"), "deferred", "connection"),
    # Soft refusals.
    Case(("-r", "MAIL"), "deferred", "sender", 450),
    Case(("-r", "RCPT", "-b", GREYLISTED), "deferred", "recipient", 451),
    Case(("-r", "DATA"), "deferred", "data", 450),
    Case(("-r", "."), "deferred", "final dot", 450),
    # Hard ones: only a recipient who is not there is never written to again.
    Case(("-f", "MAIL", "-B", TOO_BIG), "rejected", "sender", 552),
    Case(("-f", "RCPT", "-B", UNKNOWN_USER), "rejected", "recipient", 550, suppressed=True),
    Case(("-f", "RCPT", "-B", POLICY), "rejected", "recipient", 554),
    Case(("-f", "RCPT", "-B", FULL), "rejected", "recipient", 552),
    Case(("-f", "DATA"), "rejected", "data", 500),
    Case(("-f", ".", "-B", POLICY), "rejected", "final dot", 554),
    Case(("-f", ".", "-B", UNKNOWN_USER), "rejected", "final dot", 550),
    # Goodbyes and lost connections: before the final dot nothing was taken, after it nobody knows.
    Case(("-Q", "MAIL"), "deferred", "sender", 421),
    Case(("-Q", "RCPT"), "deferred", "recipient", 421),
    Case(("-Q", "DATA"), "deferred", "data", 421),
    Case(("-Q", "."), "deferred", "final dot", 421),
    Case(("-q", "MAIL"), "deferred", "sender"),
    Case(("-q", "RCPT"), "deferred", "recipient"),
    Case(("-q", "DATA"), "deferred", "data"),
    Case(("-q", "."), "unknown", "final dot"),
    # Refused in the middle of the body, which the server does not read.
    Case(("-A", "0"), "rejected", "final dot", 550),
    # Answers that come too late. With pipelining, smtp-sink would take the next command before it has given one.
    Case(("-W", "CONNECT:4"), "deferred", "connection", more=IMPATIENT),
    Case(("-W", "EHLO:4"), "deferred", "connection", more=IMPATIENT),
    Case(("-p", "-W", "MAIL:4"), "deferred", "sender", more=IMPATIENT),
    Case(("-p", "-W", "RCPT:4"), "deferred", "recipient", more=IMPATIENT),
    Case(("-p", "-W", "DATA:4"), "deferred", "data", more=IMPATIENT),
    Case(("-W", ".:4"), "unknown", "final dot", more=IMPATIENT),
    # A body that is hardly read: what fits into the connection's buffers may arrive, a longer one has not.
    Case(("-H", "9", "-T", "1024"), "unknown", "final dot", more=IMPATIENT),
    Case(("-H", "9", "-T", "1024"), "deferred", "body", more=IMPATIENT, body=LONG_TEXT),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_the_ledger_says(tmp_path: Path, warm: Warm, case: Case) -> None:
    """State, stage and code are right, and an address is suppressed only where nobody is there."""
    with sink(*case.options) as port:
        config = config_for(port, case.more, connections=2).replace("[channels", 'content = "full"\n[channels')
        project, recipients = make_edition(tmp_path / "project", config, 2)
        project.article(body=case.body)
        ended = warm.start(project.folder, "now", "--yes", "--force", "M2-size").finish()
    assert "Traceback" not in ended.err
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        states = connection.execute("SELECT state FROM deliveries").fetchall()
        attempts = connection.execute("SELECT stage, code FROM attempts").fetchall()
        suppressed = connection.execute("SELECT address FROM suppressions ORDER BY address").fetchall()
    assert states == [(case.state,)] * len(recipients), ended
    assert attempts == [(case.stage, case.code)] * len(recipients)
    assert [address for (address,) in suppressed] == (recipients if case.suppressed else [])
