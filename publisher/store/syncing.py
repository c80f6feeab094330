"""A program of its own that has a file written to the disk: `python syncing.py ORDERS FILE BELL`, three descriptors.

Each octet that comes in on ORDERS is one order. One goes back: 0, or the number of the error; then one to BELL. It ends
when the other end of ORDERS is closed, so with its parent, and not by a signal that is meant for all of a group.
"""

import contextlib
import os
import signal
import struct
import sys

ANY_ERROR = 255
# The system call's number. Source: sched_setattr(2) and the tables of system calls of Linux, checked 2026-11-29.
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
# The shortest that there is. Source: kernel/sched/syscalls.c of Linux 6.12, checked 2026-11-29.
TURN_NANOSECONDS = 100_000


def sync(file: int) -> int:
    """Wait until all of a file is on the disk; give the number of the error, or 0."""
    try:
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(file)
    except OSError as error:
        return min(error.errno or ANY_ERROR, ANY_ERROR)
    return 0


def take_short_turns() -> None:
    """Ask Linux for short turns: when this process wakes up, one with longer turns has to make room for it.

    Whoever waits for the disk waits for this process, too, and the processors may be busy. Where it cannot be had,
    before Linux 6.12 or elsewhere, nothing is lost but that.
    """
    number = SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is None:
        return
    # size, policy (normal), flags, nice, priority, runtime: the length of a turn, deadline, period
    attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, 0, 0, TURN_NANOSECONDS, 0, 0)
    with contextlib.suppress(ImportError, AttributeError, OSError):  # not every Python is built with ctypes
        import ctypes

        ctypes.CDLL(None).syscall(number, 0, attributes, 0)


def serve(orders: int, file: int, bell: int) -> None:
    """Carry out orders until there are no more."""
    while os.read(orders, 1):
        os.write(orders, bytes((sync(file),)))
        with contextlib.suppress(OSError):  # whoever waits there may have left
            os.write(bell, b"!")


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    take_short_turns()
    with contextlib.suppress(OSError):
        serve(*map(int, sys.argv[1:4]))
