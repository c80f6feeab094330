"""Steps: what a dialogue does next, as values, so that one thread can drive many dialogues, or one at a time.

A dialogue is a generator: it yields a step and is sent what came of it, or the error is thrown into it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from publisher.adapters._smtp_dialogue import Dialogue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Write:
    """Hand over all these bytes."""

    dialogue: Dialogue
    content: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Wait for one reply, for so many seconds at most."""

    dialogue: Dialogue
    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Do something that may take a while: connect, log in, say goodbye."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until the message may leave."""


Step = Write | Read | Call | Hold
Steps = Generator[Step, Any, T]


def play(steps: Steps[T]) -> T:
    """Play all steps, one after the other, and give the result. The message may leave at once."""
    try:
        step = next(steps)
        while True:
            try:
                done = _do(step)
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(done)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()


def _do(step: Step) -> Any:
    match step:
        case Write():
            return step.dialogue.write(step.content)
        case Read():
            return step.dialogue.read_reply(step.seconds)
        case Call():
            return step.function()
    return None
