"""An engine that does nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from publisher.ports.engine import Task


@dataclass
class Queued:
    """An engine that only notes what it was given."""

    tasks: list[Task] = field(default_factory=list)

    def enqueue(self, connection: object | None, task: Task, lane: str) -> None:
        self.tasks.append(task)

    def beat(self) -> None:
        pass
