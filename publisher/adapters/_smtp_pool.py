"""Many connections driven by one thread: what waits for a server is put aside, and another one goes on.

A thread for each connection spends a third of its time on taking Python's lock from the others: measured on 2026-11-23,
see docs/decisions/0002-group-commit.md. Only what cannot be done without waiting, connecting and logging in, gets a
thread of its own.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from publisher.adapters._smtp_dialogue import Dialogue
from publisher.adapters._smtp_steps import Call, Read, Step, Steps, Write
from publisher.domain.attempt import Outcome
from publisher.domain.message import SealedMessage
from publisher.ports.adapter import Mark
from publisher.ports.clock import Clock

Result = Outcome | Exception


@dataclass(slots=True)
class Place:
    """One connection's message under way: its steps, what it waits for and until when."""

    number: int
    steps: Steps[Outcome]
    step: Step | None = None
    deadline_seconds: float = 0.0
    unwritten: memoryview = field(default_factory=lambda: memoryview(b""))
    descriptor: int = -1


class ConnectionPool:
    """The sessions of one channel. `begin` and `finished` belong to one thread; `interrupt` may come from another."""

    def __init__(self, sessions: Sequence[Any], clock: Clock, reply_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._reply_seconds = reply_seconds
        self._under_way: dict[int, Place] = {}
        self._by_descriptor: dict[int, Place] = {}
        self._done: list[tuple[int, Result]] = []
        self._called: SimpleQueue[tuple[Place, Any, Exception | None]] = SimpleQueue()
        self._is_interrupted = False
        self._poll = select.poll()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._poll.register(self._bell, select.POLLIN)

    def begin(self, place: int, message: SealedMessage, mark: Mark) -> None:
        """Begin to send over the connection with this number; it must be free."""
        here = Place(place, self._sessions[place].steps(message, mark))
        self._under_way[place] = here
        self._go_on(here, next)

    def finished(self, seconds: float) -> Sequence[tuple[int, Result]]:
        """Wait until something is finished, for so long at most, and give what is."""
        until = self._clock.monotonic_seconds() + seconds
        while not self._done and self._under_way:
            now = self._clock.monotonic_seconds()
            if now >= until:
                break
            self._wait(min(until, self._next_deadline()) - now)
            self._expire()
        done, self._done = self._done, []
        return done

    def interrupt(self) -> None:
        """Break all connections: what is under way is finished with what is known."""
        self._is_interrupted = True
        self._ringer.send(b"!")

    def close(self) -> None:
        """Say goodbye on all connections; where there is something under way, without a word."""
        for place in list(self._under_way.values()):
            self._forget(place)
            place.steps.close()
        threads = [threading.Thread(target=session.close, daemon=True) for session in self._sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._bell.close()
        self._ringer.close()

    def _wait(self, seconds: float) -> None:
        for descriptor, _ in self._poll.poll(max(seconds, 0.0) * 1_000):
            place = self._by_descriptor.get(descriptor)
            if place is not None:
                self._try(place)
            elif descriptor == self._bell.fileno():
                self._answer_the_bell()

    def _answer_the_bell(self) -> None:
        self._bell.recv(4_096)
        while not self._called.empty():
            place, value, error = self._called.get()
            self._hand_in(place, value, error)
        if self._is_interrupted:
            for place in list(self._by_descriptor.values()):
                self._fail(place, ConnectionAbortedError("interrupted"))

    def _next_deadline(self) -> float:
        return min((place.deadline_seconds for place in self._by_descriptor.values()), default=float("inf"))

    def _expire(self) -> None:
        now = self._clock.monotonic_seconds()
        for place in [place for place in self._by_descriptor.values() if place.deadline_seconds <= now]:
            self._fail(place, TimeoutError())

    def _fail(self, place: Place, error: OSError) -> None:
        """Let a step end with an error; its connection is of no more use."""
        self._forget(place)
        if isinstance(place.step, Read | Write):
            place.step.dialogue.close()
        self._hand_in(place, None, error)

    def _hand_in(self, place: Place, value: Any, error: Exception | None) -> None:
        """Give the result of a step, and go on to the next one that has to wait."""
        if error is not None:
            self._go_on(place, lambda steps: steps.throw(error))
        else:
            self._go_on(place, lambda steps: steps.send(value))

    def _go_on(self, place: Place, resume: Callable[[Steps[Outcome]], Step]) -> None:
        try:
            step = resume(place.steps)
        except StopIteration as end:
            self._finish(place, end.value)
        except Exception as error:
            self._finish(place, error)
        else:
            self._start(place, step)

    def _start(self, place: Place, step: Step) -> None:
        place.step = step
        match step:
            case Write():
                place.unwritten = memoryview(step.content)
                place.deadline_seconds = step.dialogue.deadline_of(self._reply_seconds)
                self._try(place)
            case Read():
                place.deadline_seconds = step.dialogue.deadline_of(step.seconds)
                self._try_buffered(place, step)
            case Call():
                threading.Thread(target=self._call, args=(place, step.function), daemon=True).start()

    def _call(self, place: Place, function: Callable[[], Any]) -> None:
        """In a thread of its own: do something that waits, and ring the bell."""
        try:
            value = function()
            if isinstance(value, Dialogue):
                value.block(False)
            self._called.put((place, value, None))
        except Exception as error:
            self._called.put((place, None, error))
        self._ringer.send(b".")

    def _try(self, place: Place) -> None:
        """Do as much of a step as goes without waiting."""
        step = place.step
        try:
            if isinstance(step, Write):
                place.unwritten = step.dialogue.write_some(place.unwritten)
                is_done, value = not place.unwritten, None
            else:
                assert isinstance(step, Read)
                step.dialogue.read_some()
                value = step.dialogue.next_reply()
                is_done = value is not None
        except OSError as error:
            self._forget(place)
            self._hand_in(place, None, error)
            return
        if is_done:
            self._forget(place)
            self._hand_in(place, value, None)
        else:
            self._watch(place, step)

    def _try_buffered(self, place: Place, step: Read) -> None:
        """Look for a reply that came in together with the one before."""
        try:
            reply = step.dialogue.next_reply()
        except OSError as error:
            self._hand_in(place, None, error)
            return
        if reply is not None:
            self._hand_in(place, reply, None)
        else:
            step.dialogue.awaited = select.POLLIN
            self._watch(place, step)

    def _watch(self, place: Place, step: Read | Write) -> None:
        """Put it aside until its connection is ready."""
        if self._is_interrupted:
            self._fail(place, ConnectionAbortedError("interrupted"))
            return
        if place.descriptor < 0:
            place.descriptor = step.dialogue.fileno()
            self._by_descriptor[place.descriptor] = place
        self._poll.register(place.descriptor, step.dialogue.awaited)

    def _forget(self, place: Place) -> None:
        if place.descriptor >= 0:
            self._poll.unregister(place.descriptor)
            del self._by_descriptor[place.descriptor]
            place.descriptor = -1

    def _finish(self, place: Place, result: Result) -> None:
        del self._under_way[place.number]
        self._done.append((place.number, result))
