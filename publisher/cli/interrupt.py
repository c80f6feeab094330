"""Ctrl-C and SIGTERM: the first stops after the messages on the wire, the second leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

EXIT_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


_STOPPING = b"\nStopping after the messages on the wire. Press Ctrl-C again to leave at once.\n"
_LEFT = b'\nLeft at once. What was on the wire may have arrived: "publish status" names it.\n'
_STOPPING_UNSENT = b"\nStopping; nothing was sent. Press Ctrl-C again to leave at once.\n"
_LEFT_UNSENT = b"\nLeft at once; nothing was sent.\n"


@contextmanager
def stopping(stop: threading.Event, is_sending: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Turn signals into a set event while this is open. Leaving at once is safe: the ledger knows what is in doubt.

    `is_sending` says whether anything may have been sent: a person is told so.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os.write(2, _LEFT if is_sending() else _LEFT_UNSENT)
            os._exit(EXIT_INTERRUPTED)
        stop.set()
        os.write(2, _STOPPING if is_sending() else _STOPPING_UNSENT)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def reloading(asked: threading.Event) -> Iterator[None]:
    """Turn SIGHUP into a set event while this is open."""
    before = signal.signal(signal.SIGHUP, lambda number, frame: asked.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def confirmed(question: str) -> bool:
    """Ask on the terminal; Ctrl-C, SIGTERM and end of file mean no."""
    # A handler that only sets an event would leave the prompt waiting for its line.
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo("", err=True)
        return False
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
