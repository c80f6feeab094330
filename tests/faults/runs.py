"""Runs of `publish`, each a process of its own, started cold or warm; and how they are killed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from tests.faults.editions import config_for, make_edition
from tests.journeys.project import ROOT
from tests.servers.listener import closed_port

PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Ended:
    """How a run ended; `code` is minus the signal's number where it was killed."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Run:
    """A process that runs. `kill` may come from any thread at any time, and never hits another process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to leave."""
        signal.pidfd_send_signal(self._handle, signal.SIGTERM)

    def ends_within(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return bool(poll.poll(seconds * 1_000))

    def finish(self) -> Ended:
        """Wait for its end; one that takes for ever is killed, and the test fails."""
        in_time = self.ends_within(PATIENCE_SECONDS)
        self.kill()
        ended = self._collect()
        os.close(self._handle)
        assert in_time, ended
        return ended

    def _collect(self) -> Ended:
        raise NotImplementedError


class Starter(Protocol):
    """Starts `publish`, or a control, in a folder."""

    def start(self, folder: Path, *words: str) -> Run:
        """Start it."""


class ColdRun(Run):
    """A process of our own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__(process.pid)
        self._process = process

    def _collect(self) -> Ended:
        out, err = self._process.communicate()
        return Ended(self._process.returncode, out, err)


@dataclass(frozen=True)
class Cold:
    """Start a module of Python from nothing, with byte code that is kept in a folder, as where it is installed."""

    byte_code: Path
    module: str = "publisher"
    before: Sequence[str] = ()

    def start(self, folder: Path, *words: str) -> Run:
        command = [*self.before, os.path.realpath(sys.executable), "-m", self.module, *words]
        return ColdRun(
            subprocess.Popen(
                command,
                cwd=folder,
                env=environment(self.byte_code),
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )


def environment(byte_code: Path) -> Mapping[str, str]:
    # In our order, and without the folder that a process starts in: what is tested may be another copy of the package.
    ours = {"PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT)]), "PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "error"}
    others = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**others, **ours, "PYTHONPYCACHEPREFIX": str(byte_code)}


class WarmRun(Run):
    """A process that a `Warm` has forked for us."""

    def __init__(self, warm: Warm, pid: int, out: Path, err: Path) -> None:
        super().__init__(pid)
        self._warm = warm
        self._out = out
        self._err = err
        warm.tell("held")

    def _collect(self) -> Ended:
        code = self._warm.hear()["code"]
        return Ended(code, self._out.read_text(), self._err.read_text())


class Warm:
    """Start `publish` by forking a process that has it imported (`warm.py`): one run at a time.

    `gate` is a named pipe that a run waits for before it does anything, so that a tracer can take hold of it. A run is
    killed before the `statement`-th that it gives to SQLite, or writes how many there were into `count_file`. Its wall
    clock goes on from `at`.
    """

    def __init__(self, folder: Path, byte_code: Path) -> None:
        self._folder = folder
        project, _ = make_edition(folder / "rehearsal", config_for(closed_port()), 1)
        command = [os.path.realpath(sys.executable), "-m", "tests.faults.warm", str(project.folder)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(byte_code),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.hear() == {"ready": True}

    def start(
        self,
        folder: Path,
        *words: str,
        gate: Path | None = None,
        statement: int | None = None,
        count_file: Path | None = None,
        at: datetime | None = None,
    ) -> Run:
        out, err = self._folder / "out", self._folder / "err"
        order = {"folder": str(folder), "words": words, "out": str(out), "err": str(err), "gate": gate and str(gate)}
        order |= {"statement": statement, "count_file": count_file and str(count_file)}
        order |= {"at": at and at.isoformat()}
        self.tell(json.dumps(order))
        return WarmRun(self, self.hear()["pid"], out, err)

    def tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout
        document: dict[str, Any] = json.loads(self._process.stdout.readline())
        return document

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._process.stdout.close()
