"""`publish status`: one screen, 80 columns wide, with the command for everything that waits."""

from __future__ import annotations

import os
import pty
import re
import signal
import struct
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome, Unknown
from publisher.domain.delivery import DeliveryState, state_after
from publisher.domain.edition import EditionState
from publisher.ports.ledger import FinishedAttempt, PlanEdition
from publisher.store.open import Store
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project, patience
from tests.store.scenes import new_edition

NOW = datetime.now(UTC)
D = DeliveryState
E = EditionState
TITLE = "Wärmepumpe für den Altbau: Förderung läuft aus – was Betriebe jetzt wissen müssen und prüfen sollten"


def frozen(store: Store, slug: str) -> int:
    edition = new_edition(store.ledger, slugs=(slug,))
    return store.ledger.freeze_edition(edition, NOW).id


def planned(store: Store, slug: str, outcomes: list[Outcome]) -> int:
    """An edition for all subscribers, the first of which have been tried with these outcomes."""
    edition_id = frozen(store, slug)
    store.ledger.change_edition(edition_id, E.FROZEN, E.APPROVED, NOW)
    store.ledger.plan_edition(PlanEdition(edition_id, "newsletter", "folder", (), {}), NOW)
    claimed = store.ledger.claim(
        "newsletter", worker="w", limit=len(outcomes), lease_seconds=60, rehearsal=False, now=NOW
    )
    ids = [delivery.id for delivery in claimed]
    store.ledger.exchange([], ids, worker="w", lease_seconds=60, now=NOW)
    finished = [
        FinishedAttempt(delivery_id, outcome, state_of(outcome), NOW, 5, NOW + timedelta(hours=1))
        for delivery_id, outcome in zip(ids, outcomes, strict=True)
    ]
    store.ledger.exchange(finished, [], worker="w", lease_seconds=60, now=NOW)
    return edition_id


def state_of(outcome: Outcome) -> DeliveryState:
    """A deferral for good is one too many."""
    return D.EXPIRED if isinstance(outcome, Deferred) and outcome.reason == "too often" else state_after(outcome)


@pytest.fixture
def busy(project: Project) -> Project:
    """One edition half sent, one paused, one held, one frozen; a file that cannot be read."""
    project.subscribe(10)
    project.article("waermepumpe", title=TITLE)
    project.article("vertippt", titel="so nicht")
    with project.store() as store:
        # The next one is claimed from first: so the half sent one comes last.
        paused = planned(store, "zwei", [Accepted("1")] * 10)
        store.ledger.exchange([], [], worker="w", lease_seconds=60, now=NOW)
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'queued' WHERE edition_id = ?", (paused,))
        store.ledger.change_edition(paused, E.SENDING, E.PAUSED, NOW)
        held = frozen(store, "drei")
        store.ledger.change_edition(held, E.FROZEN, E.HELD, NOW)
        frozen(store, "vier")
        planned(store, "fünf", [Accepted("1")] * 4 + [Unknown("the line broke")] * 2 + [Deferred("too often")])
    return project


def test_everything_that_waits_has_the_command_that_settles_it(busy: Project) -> None:
    shown = run(busy, "status").out
    for what, command in (
        ("2 deliveries of daily/4: it is not known whether they arrived", "resend|accepted|skip --edition daily/4"),
        ("1 delivery of daily/4 given up after many tries", "publish retry --state expired --edition daily/4"),
        ("daily/1 is paused", "publish resume daily/1"),
        ("daily/2 is held back", "publish approve daily/2"),
        ("2026-11-23-vertippt.md cannot be taken", "publish check"),
    ):
        lines = shown.splitlines()
        (place,) = [number for number, line in enumerate(lines) if what in line]
        assert lines[place + 1].strip().endswith(command)


def test_the_commands_that_it_names_exist(busy: Project) -> None:
    from publisher.cli.overview import COMMANDS

    names = {name for commands in COMMANDS.values() for name in commands}
    commands = [waiting["command"].split() for waiting in run_json(busy, "status")["data"]["attention"]]
    assert len(commands) == 5
    assert {(words[0], words[1] in names) for words in commands} == {("publish", True)}


def test_progress(busy: Project) -> None:
    """Seven of ten are done, four of them accepted; the paused edition is there, too."""
    running = {row["edition"]: row for row in run_json(busy, "status")["data"]["running"]}
    assert running["daily/4"]["done"] == 7
    assert running["daily/4"]["total"] == 10
    assert running["daily/4"]["deliveries"]["accepted"] == 4
    assert running["daily/1"]["done"] == 0
    shown = run(busy, "status").out
    assert "7 of 10 (70 %)" in shown
    assert "━" * 16 + "─" * 8 in shown


def test_piped_there_is_no_colour_and_nothing_is_folded(busy: Project) -> None:
    shown = run(busy, "status").out
    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]


def on_a_terminal(project: Project, *words: str, until: str | None = None) -> tuple[int, str]:
    """Run a command with a terminal of 80 columns; with `until`, press Ctrl-C once these words have come twice."""
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    process = project.start(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with patience(process):
        try:
            while content := os.read(ours, 65536):
                shown += content
                if until and shown.decode(errors="replace").count(until) >= 2:
                    process.send_signal(signal.SIGINT)
                    until = None
        except OSError:  # Linux says so when nobody holds the other end any more
            pass
    os.close(ours)
    return process.wait(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def test_it_fits_into_80_columns_with_umlauts(busy: Project) -> None:
    code, shown = on_a_terminal(busy, "status")
    assert code == 0
    assert max(width(line) for line in shown.replace("\r", "").split("\n")) <= 80
    assert "publish settle resend|accepted|skip --edition daily/4" in shown


def test_watching_looks_again_until_it_is_stopped(busy: Project) -> None:
    code, shown = on_a_terminal(busy, "status", "--watch", until="Waits for a person")
    assert code == 0, shown
    assert shown.count("Waits for a person") >= 2


@pytest.mark.parametrize("words", [("--watch",), ("--watch", "--json")])
def test_watching_needs_a_terminal(project: Project, words: tuple[str, ...]) -> None:
    finished = run(project, "status", *words, code=2)
    assert "--watch needs a terminal" in finished.err + finished.out


def test_after_a_restore_it_is_the_first_thing(project: Project) -> None:
    run(project, "backup", str(project.folder / "b.db"))
    run(project, "restore", str(project.folder / "b.db"), "--yes")
    (waiting,) = run_json(project, "status")["data"]["attention"]
    assert (waiting["kind"], waiting["command"]) == ("restored", "publish restore --go-on")
    refused = run(project, "now", "--yes", code=3)
    assert "the ledger was restored from a backup" in refused.err
    assert "publish restore --go-on" in refused.err
    assert project.deliveries() == []
    assert "go on" in run(project, "restore", "--go-on").out
    run(project, "now", "--yes")
    assert project.states() == {"accepted": 3}
