"""Steps: what a dialogue does next, as values, so that one thread can drive many dialogues, or one at a time.

A dialogue is a generator: it yields a step and is sent what came of it, or the error is thrown into it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from publisher.adapters._smtp_dialogue import Dialogue
from publisher.adapters._smtp_replies import Reply

T = TypeVar("T")


class Ask:
    """Hand over all these bytes, and wait for as many replies as hundreds are expected, or for one of another hundred.

    Each reply may take so many seconds. Where an error ends it, `is_written` and `replies` say how far it came.
    """

    def __init__(self, dialogue: Dialogue, content: Sequence[bytes], expected: tuple[int, ...], seconds: float) -> None:
        self.dialogue = dialogue
        self.content = content
        self.expected = expected
        self.seconds = seconds
        self.replies: list[Reply] = []
        self.is_written = False

    def take(self, reply: Reply) -> bool:
        """Add a reply; say whether it was the last one to wait for."""
        replies, expected = self.replies, self.expected
        is_expected = reply.code // 100 == expected[len(replies)]
        replies.append(reply)
        return not is_expected or len(replies) == len(expected)

    def is_answered(self) -> bool:
        """Take the replies that have come in already; say whether those were all. Errors: NonsenseReply."""
        while (reply := self.dialogue.next_reply()) is not None:
            if self.take(reply):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Call:
    """Do something that may take a while: connect, log in, say goodbye."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until the message may leave."""


Step = Ask | Call | Hold
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
        case Ask():
            return _ask(step)
        case Call():
            return step.function()
    return None


def _ask(step: Ask) -> None:
    step.dialogue.write(b"".join(step.content))
    step.is_written = True
    is_answered = not step.expected
    while not is_answered:
        is_answered = step.take(step.dialogue.read_reply(step.seconds))
