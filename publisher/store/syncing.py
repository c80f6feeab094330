"""A program of its own that has a file written to the disk: `python syncing.py ORDERS FILE BELL`, three descriptors.

Each octet that comes in on ORDERS is one order. One goes back: 0, or the number of the error; then one to BELL. It ends
when the other end of ORDERS is closed, so with its parent, and not by a signal that is meant for all of a group.
"""

import contextlib
import os
import signal
import sys

ANY_ERROR = 255


def sync(file: int) -> int:
    """Wait until all of a file is on the disk; give the number of the error, or 0."""
    try:
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(file)
    except OSError as error:
        return min(error.errno or ANY_ERROR, ANY_ERROR)
    return 0


def serve(orders: int, file: int, bell: int) -> None:
    """Carry out orders until there are no more."""
    while os.read(orders, 1):
        os.write(orders, bytes((sync(file),)))
        with contextlib.suppress(OSError):  # whoever waits there may have left
            os.write(bell, b"!")


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        serve(*map(int, sys.argv[1:4]))
