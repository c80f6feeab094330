"""Many connections driven by one thread: what waits for a server is put aside, and another one goes on.

A thread for each connection spends a third of its time on taking Python's lock from the others: measured on 2026-11-23,
see docs/decisions/0002-group-commit.md. Only what cannot be done without waiting, connecting and logging in, gets a
thread of its own.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from publisher.adapters._smtp_dialogue import Dialogue
from publisher.adapters._smtp_steps import Ask, Call, Hold, Step, Steps
from publisher.domain.attempt import Outcome
from publisher.domain.message import SealedMessage
from publisher.ports.adapter import Mark
from publisher.ports.clock import Clock

Result = Outcome | Exception

# What we ring the bell with ourselves: there is something to look at. Any other octet calls whoever waits away.
LOOK = b"."


class Place:
    """One connection's message under way: its steps, what it waits for and until when."""

    def __init__(self, number: int, steps: Steps[Outcome]) -> None:
        self.number = number
        self.steps = steps
        self.step: Step | None = None
        self.deadline_seconds = 0.0
        self.may_send = False
        self.result: Result | None = None
        self.unwritten: Sequence[bytes | memoryview] = ()
        self.descriptor = -1


class ConnectionPool:
    """The sessions of one channel. All belong to one thread, but `interrupt` may come from another."""

    def __init__(self, sessions: Sequence[Any], clock: Clock, reply_seconds: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._reply_seconds = reply_seconds
        self._under_way: dict[int, Place] = {}
        self._by_descriptor: dict[int, Place] = {}
        # No place's deadline comes before this: so the places are looked through only when it has come.
        self._earliest_deadline = math.inf
        self._done: list[tuple[int, Result]] = []
        self._called: SimpleQueue[tuple[Place, Any, Exception | None]] = SimpleQueue()
        self._is_interrupted = False
        self._is_woken = False
        self._is_closed = False
        self._poll = select.poll()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._poll.register(self._bell, select.POLLIN)

    @property
    def bell(self) -> int:
        """Give the descriptor that makes `finished` return."""
        return self._ringer.fileno()

    def prepare(self, place: int, message: SealedMessage, mark: Mark) -> None:
        """Go as far as the server's wait for the message, or to its refusal; the connection must be free."""
        here = Place(place, self._sessions[place].steps(message, mark))
        self._under_way[place] = here
        self._hand_in(here, None, None)

    def send(self, place: int) -> None:
        """Let the message leave, or tell what came of it before."""
        here = self._under_way[place]
        here.may_send = True
        if here.result is not None:
            self._finish(here, here.result)
        elif isinstance(here.step, Hold):
            self._hand_in(here, None, None)

    def cancel(self, place: int) -> None:
        """Forget the message; where the server has its envelope, the connection is of no more use."""
        here = self._under_way.pop(place)
        self._forget(here)
        here.steps.close()

    def finished(self, seconds: float) -> Sequence[tuple[int, Result]]:
        """Wait until something is finished, for so long at most, and give what is. Without any time, take a look."""
        now = self._clock.monotonic_seconds()
        until = now + seconds
        while not self._done and not self._is_woken:
            self._wait(min(until, self._earliest_deadline) - now)
            now = self._clock.monotonic_seconds()
            if now >= self._earliest_deadline:
                self._expire(now)
            if now >= until:
                break
        self._is_woken = False
        done, self._done = self._done, []
        return done

    def interrupt(self) -> None:
        """Break all connections: what is under way is finished with what is known."""
        self._is_interrupted = True
        self._ring()

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
        self._is_closed = True
        self._hang_up()
        self._bell.close()
        self._ringer.close()

    def _wait(self, seconds: float) -> None:
        for descriptor, _ in self._poll.poll(max(seconds, 0.0) * 1_000):
            place = self._by_descriptor.get(descriptor)
            if place is not None:
                self._try(place, may_read=True)
            elif descriptor == self._bell.fileno():
                self._is_woken = bool(self._bell.recv(4_096).strip(LOOK))
        self._look_who_has_called()

    def _ring(self) -> None:
        # It only wakes up whoever waits, who looks by himself after a while: a bell that is broken must not stop him.
        with contextlib.suppress(OSError):
            self._ringer.send(LOOK)

    def _look_who_has_called(self) -> None:
        while not self._called.empty():
            place, value, error = self._called.get()
            if self._under_way.get(place.number) is place:
                self._hand_in(place, value, error)
            elif isinstance(value, Dialogue):
                value.close()  # the message was cancelled while its connection was being made
        if self._is_interrupted:
            for place in list(self._by_descriptor.values()):
                self._fail(place, ConnectionAbortedError("interrupted"))

    def _expire(self, now: float) -> None:
        for place in [place for place in self._by_descriptor.values() if place.deadline_seconds <= now]:
            self._fail(place, TimeoutError())
        left = (place.deadline_seconds for place in self._by_descriptor.values())
        self._earliest_deadline = min(left, default=math.inf)

    def _fail(self, place: Place, error: OSError) -> None:
        """Let a step end with an error; its connection is of no more use."""
        self._forget(place)
        if isinstance(place.step, Ask):
            place.step.dialogue.close()
        self._hand_in(place, None, error)

    def _hand_in(self, place: Place, value: Any, error: Exception | None) -> None:
        """Give the result of a step, and go on to the next one that has to wait."""
        try:
            step = place.steps.send(value) if error is None else place.steps.throw(error)
        except StopIteration as end:
            self._finish(place, end.value)
        except Exception as failure:
            self._finish(place, failure)
        else:
            self._start(place, step)

    def _start(self, place: Place, step: Step) -> None:
        place.step = step
        match step:
            case Ask():
                place.unwritten = step.content
                place.deadline_seconds = 0.0
                self._try(place, may_read=False)
            case Hold():
                if place.may_send:
                    self._hand_in(place, None, None)
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
        if self._is_closed:
            self._hang_up()
        else:
            self._ring()  # closed just now, and that hangs up for us

    def _hang_up(self) -> None:
        """Close the connections that came too late."""
        with contextlib.suppress(Empty):
            while True:
                _, value, _ = self._called.get_nowait()
                if isinstance(value, Dialogue):
                    value.close()

    def _try(self, place: Place, *, may_read: bool) -> None:
        """Do as much of an exchange as goes without waiting; `may_read` says that something has come in."""
        ask = place.step
        assert isinstance(ask, Ask)
        try:
            is_done = self._write(place, ask) and self._read(place, ask, may_read=may_read)
        except OSError as error:
            self._forget(place)
            self._hand_in(place, None, error)
            return
        if is_done:
            self._forget(place)
            self._hand_in(place, None, None)
        else:
            self._watch(place, ask)

    def _write(self, place: Place, ask: Ask) -> bool:
        """Write what fits, and say whether that was all."""
        if ask.is_written:
            return True
        if place.unwritten:
            place.unwritten = ask.dialogue.write_some(place.unwritten)
        if place.unwritten:
            place.deadline_seconds = place.deadline_seconds or ask.dialogue.deadline_of(self._reply_seconds)
            return False
        ask.is_written = True
        ask.dialogue.awaited = select.POLLIN
        place.deadline_seconds = ask.dialogue.deadline_of(ask.seconds)
        return True

    def _read(self, place: Place, ask: Ask, *, may_read: bool) -> bool:
        """Take the replies that are there, and say whether those were all."""
        if not ask.expected:
            return True
        dialogue = ask.dialogue
        if may_read:
            dialogue.read_some()
        taken_count = len(ask.replies)
        if ask.is_answered():
            return True
        if len(ask.replies) > taken_count:  # each reply has its own time, as a whole
            place.deadline_seconds = dialogue.deadline_of(ask.seconds)
        return False

    def _watch(self, place: Place, ask: Ask) -> None:
        """Put it aside until its connection is ready."""
        if self._is_interrupted:
            self._fail(place, ConnectionAbortedError("interrupted"))
            return
        if place.descriptor < 0:
            place.descriptor = ask.dialogue.fileno()
            self._by_descriptor[place.descriptor] = place
        self._poll.register(place.descriptor, ask.dialogue.awaited)
        self._earliest_deadline = min(self._earliest_deadline, place.deadline_seconds)

    def _forget(self, place: Place) -> None:
        if place.descriptor >= 0:
            self._poll.unregister(place.descriptor)
            del self._by_descriptor[place.descriptor]
            place.descriptor = -1

    def _finish(self, place: Place, result: Result) -> None:
        """Tell the result, once it is asked for."""
        place.result = result
        if place.may_send:
            del self._under_way[place.number]
            self._done.append((place.number, result))
