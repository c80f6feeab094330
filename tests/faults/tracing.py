"""strace on one run: faults in its system calls, or a record of what it writes to the disk.

A run waits at a gate, a named pipe, until strace has taken hold of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.faults.runs import PATIENCE_SECONDS, Ended, Run

Start = Callable[[Path], Run]


@cache
def reason_without_strace() -> str:
    """Say why strace cannot be used here; empty where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        with subprocess.Popen(["strace", "-p", str(process.pid)], stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr
            said = tracer.stderr.readline()
            tracer.terminate()
        assert process.stdin
        process.stdin.close()
    return "" if "attached" in said else f"strace may not take hold of another process here: {said.strip()}"


def need_strace() -> None:
    reason = reason_without_strace()
    if reason:
        pytest.skip(reason)


def run_traced(folder: Path, start: Start, options: Sequence[str]) -> Callable[[], Ended]:
    """Start a run under strace, whose record is `folder / "trace"`; give what waits for its end."""
    gate, log = folder / "gate", folder / "trace"
    if not gate.exists():
        os.mkfifo(gate)
    run = start(gate)
    command = ["strace", "-f", "-e", "signal=none", "-o", str(log), *options, "-p", str(run.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    said = tracer.stderr.readline()
    assert "attached" in said, said
    gate.write_bytes(b"")

    def finish() -> Ended:
        ended = run.finish()
        tracer.communicate(timeout=PATIENCE_SECONDS)
        return ended

    return finish


def was_hit(trace: Path) -> bool:
    """Say whether a fault was put into a call."""
    return "(INJECTED" in trace.read_text(errors="replace")
