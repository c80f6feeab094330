"""The engine: what carries work to the lanes in which it is done. One in this process today, a distributed one later.

A task is a wake-up and nothing more: it says that there may be something to do. What there is, the ledger says. So a
task may be lost with its process, come twice, or come late, and nothing is done twice or left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

TaskName = Literal["make", "prepare", "send", "tidy"]


@dataclass(frozen=True, slots=True)
class Task:
    """Something that may be to do: "make" what is due, "prepare" what is due soon, "tidy", or "send" on `about`."""

    name: TaskName
    about: str = ""


class Engine(Protocol):
    """Lanes do their tasks one after the other; different lanes do not wait for each other."""

    def enqueue(self, connection: object | None, task: Task, lane: str) -> None:
        """Have a task done in a lane. The same task is not queued twice.

        With a `connection` of the store it is queued with the caller's transaction, where the engine can do that: then
        no crash comes between the two. Without one it is queued at once.
        """
        ...

    def run(self) -> None:
        """Work until told to stop. Errors: whatever a task raised that is none of the program's own errors."""
        ...
