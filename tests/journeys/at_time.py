"""`publish` by another wall clock: `python -m tests.journeys.at_time FILE WORDS`. All else is the program itself.

The file says how many seconds that clock is ahead of the machine's. On SIGUSR1 it is read again: the clock jumps, as
one does that is put right, and then goes on.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import time_machine


def main() -> None:
    from publisher.cli import main as publish

    file, words = Path(sys.argv[1]), sys.argv[2:]
    began = time.time(), time.monotonic()

    def wanted() -> float:
        return began[0] + time.monotonic() - began[1] + float(file.read_text())

    clock = time_machine.travel(wanted(), tick=True).start()
    signal.signal(signal.SIGUSR1, lambda number, frame: clock.move_to(wanted()))
    publish(words)


if __name__ == "__main__":
    main()
