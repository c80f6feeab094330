"""Channels that wait, in words: why, until when, and what a person can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from publisher.cli.frame import local_time

if TYPE_CHECKING:
    from publisher.workflow.waiting import Wait


def wait_lines(waits: Mapping[str, Wait], time_zone: str) -> Iterator[str]:
    """Say of each channel that waits why, until when, and what a person can do."""
    for name, wait in waits.items():
        until = f" until {local_time(wait.until, time_zone)}" if wait.until else ""
        if wait.cause == "paused":
            yield f'{name} is {wait.reason}. To let it go on: "publish resume {name}".'
        elif wait.cause == "trouble":
            yield f"{name} has paused itself{until}: {wait.reason}"
            yield f'  Then one message is tried. When the trouble is over: "publish resume {name}".'
        else:
            yield f"{name} waits{until}: {wait.reason}"


def waits_data(waits: Mapping[str, Wait]) -> list[dict[str, Any]]:
    """Give the same for programs."""
    return [
        {"channel": name, "cause": wait.cause, "until": wait.until, "reason": wait.reason}
        for name, wait in waits.items()
    ]
