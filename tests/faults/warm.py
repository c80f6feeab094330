"""`publish` started warm: a process that has the program imported forks itself for each run.

From the fork on it is the real program in a process of its own, which can be killed like any other; what is spared is
the second that importing takes. One line of JSON each way, see `Warm` in `runs.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine


def serve() -> list[str] | None:
    """Fork for each order; the child comes back with its words, the parent with None when there are no more orders."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
            return list(order["words"])
        _say({"pid": child})
        sys.stdin.readline()  # the test holds the process now: it may end, and be forgotten
        _, status = os.waitpid(child, 0)
        _say({"code": os.waitstatus_to_exitcode(status)})
    return None


def _become(order: dict[str, Any]) -> None:
    os.chdir(order["folder"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    for number, name in enumerate([os.devnull, order["out"], order["err"]]):
        opened = os.open(name, flags if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the buffer of before belongs to the parent
    if order["at"]:
        time_machine.travel(datetime.fromisoformat(order["at"]), tick=True).start()
    if order["statement"] or order["count_file"]:
        _count_statements(order["statement"], order["count_file"])
    if order["gate"]:
        Path(order["gate"]).read_bytes()  # a named pipe: until a tracer has taken hold


def _count_statements(last: int | None, count_file: str | None) -> None:
    """Count what SQLite is given, on all connections; be killed before the `last` one, or write down how many."""
    from sqlalchemy import Engine, event

    seen, lock = [0], threading.Lock()

    def on_statement(_statement: str) -> None:
        with lock:
            seen[0] += 1
            if seen[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)

    def on_connect(connection: Any, _record: object) -> None:
        connection.set_trace_callback(on_statement)

    event.listen(Engine, "connect", on_connect)
    if count_file:
        atexit.register(lambda: Path(count_file).write_text(str(seen[0])))


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _import_everything(project: str) -> None:
    """Let a rehearsal import what a run needs."""
    from publisher.cli import main

    os.chdir(project)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main(["now", "--yes", "--rehearse"])


def main() -> None:
    _import_everything(sys.argv[1])
    _say({"ready": True})
    words = serve()
    if words is not None:
        from publisher.cli import main as publish

        publish(words)


if __name__ == "__main__":
    main()
