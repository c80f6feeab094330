"""The committer: makes an exchange durable in a thread of its own, while the crew goes on with its connections.

The statements run in the crew's thread, only the commit here: it is one call that waits for the disk without holding
Python's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from publisher.ports.ledger import PendingExchange


class Committer:
    """Commits one exchange at a time. `on_done` is called from its thread."""

    def __init__(self, on_done: Callable[[], None]) -> None:
        self._on_done = on_done
        self._orders: SimpleQueue[PendingExchange | None] = SimpleQueue()
        self._is_done = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def commit(self, pending: PendingExchange) -> None:
        """Begin to commit."""
        self._is_done = False
        self._orders.put(pending)

    def is_done(self) -> bool:
        """Say whether it is durable. Errors: the ledger's."""
        if self._error is not None:
            raise self._error
        return self._is_done

    def end(self) -> None:
        """End the thread, after its last commit."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (pending := self._orders.get()) is not None:
            try:
                pending.commit()
            except BaseException as error:  # the crew must hear of it
                self._error = error
            self._is_done = True
            self._on_done()
