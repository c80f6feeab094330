"""Sessions that wait, one thread each: how a channel whose adapter drives one connection at a time has several."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from publisher.domain.attempt import Outcome
from publisher.domain.message import SealedMessage
from publisher.ports.adapter import Interruptible, Mark, Session

Result = Outcome | BaseException
_Work = tuple[SealedMessage, Mark]


class ThreadedSessions:
    """`ports.adapter.Sessions` over single sessions; each is opened in its thread, at its first message."""

    bell = None

    def __init__(self, open_session: Callable[[], Session], count: int) -> None:
        self._done: SimpleQueue[tuple[int, Result]] = SimpleQueue()
        self._prepared: dict[int, _Work] = {}
        self._threads = [_SessionThread(open_session, place, self._done) for place in range(count)]

    def prepare(self, place: int, message: SealedMessage, mark: Mark) -> None:
        """Keep it: a session that waits cannot stop half-way. Errors: RuntimeError where there is no thread for it."""
        self._threads[place].start()
        self._prepared[place] = (message, mark)

    def send(self, place: int) -> None:
        """Send it over this session."""
        self._threads[place].give(self._prepared.pop(place))

    def cancel(self, place: int) -> None:
        """Forget it."""
        del self._prepared[place]

    def finished(self, seconds: float) -> Sequence[tuple[int, Result]]:
        """Wait for the first that is done, and give all that are."""
        done = []
        try:
            done.append(self._done.get(timeout=max(seconds, 0.0)))
            while True:
                done.append(self._done.get_nowait())
        except Empty:
            return done

    def interrupt(self) -> None:
        """Interrupt those sessions that can be."""
        for thread in self._threads:
            thread.interrupt()

    def close(self) -> None:
        """End all threads, each after its session has left."""
        for thread in self._threads:
            thread.end()


class _SessionThread:
    def __init__(self, open_session: Callable[[], Session], place: int, done: SimpleQueue[tuple[int, Result]]) -> None:
        self._open_session = open_session
        self._place = place
        self._done = done
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._session: Session | None = None
        # A session that never comes back must not keep the program from leaving.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def give(self, work: _Work) -> None:
        self._work.put(work)

    def interrupt(self) -> None:
        session = self._session
        if isinstance(session, Interruptible):
            session.interrupt()

    def end(self) -> None:
        self._work.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            self._done.put((self._place, self._send(*work)))
        if self._session is not None:
            self._session.close()

    def _send(self, message: SealedMessage, mark: Mark) -> Result:
        try:
            if self._session is None:
                self._session = self._open_session()
            return self._session.send(message, mark)
        except BaseException as error:  # whoever waits for the result has to hear of it
            return error
