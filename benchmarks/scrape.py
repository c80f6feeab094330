"""What one look at the figures costs with a million deliveries: /metrics and /health, asked over loopback.

`python benchmarks/scrape.py [deliveries]`

Nine in ten are of one edition, the rest of five more, each over a channel of its own; most are accepted, some open.
Each is asked several times. Exit 1 where the slowest takes longer than the limit.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from publisher.bootstrap import open_application  # noqa: E402
from publisher.domain.edition import EditionState  # noqa: E402
from publisher.monitor.metrics import KEEP_SECONDS  # noqa: E402
from publisher.monitor.server import watching  # noqa: E402
from publisher.scheduling.pulse import Pulse  # noqa: E402
from tests.journeys.project import Project, folder_config  # noqa: E402
from tests.monitor.conftest import free_port  # noqa: E402
from tests.store.scenes import planned  # noqa: E402
from tests.workflow.office import StandingClock  # noqa: E402

LIMIT_SECONDS = 0.2
ROUNDS = 7
DATA_COLUMNS = "rehearsal, digest, adapter, prepared, marks, attempt_count, queued_at, changed_at, due_at, post_id"

# One delivery is copied, with another recipient and state each time.
FILL = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?)
INSERT INTO deliveries (message_id, channel, edition_id, recipient, segment, occurrence, state, {DATA_COLUMNS})
SELECT message_id, channel, CASE WHEN i % 10 = 0 THEN 2 + i / 10 % 5 ELSE edition_id END,
       'reader' || i || '@example.org', 1, 'edition ' || (i % 100),
       CASE WHEN i % 50 = 0 THEN 'rejected' WHEN i % 1000 = 7 THEN 'unknown' WHEN i % 20 = 3 AND i > ? * 0.9
            THEN 'queued' ELSE 'accepted' END, {DATA_COLUMNS}
FROM deliveries, n WHERE deliveries.id = 1
"""
SPREAD = "UPDATE deliveries SET channel = 'channel' || edition_id WHERE edition_id > 1"
CHANNELS_OF_EDITIONS = "SELECT count(DISTINCT channel) FROM deliveries GROUP BY edition_id"


def fill(project: Project, count: int) -> None:
    with project.store() as store:
        for slug in ("first", "second", "third", "fourth", "fifth", "sixth"):
            edition = planned(store, 1, slugs=(slug,))
            store.ledger.change_edition(edition.id, EditionState.PLANNED, EditionState.SENDING, StandingClock().now())
        with store.database.write() as connection:
            connection.exec_driver_sql(FILL, (count, count))
            connection.exec_driver_sql(SPREAD)
            assert connection.exec_driver_sql(CHANNELS_OF_EDITIONS).scalars().all() == [1] * 6


def ask(port: int, path: str) -> float:
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)
    return time.perf_counter() - began


def measure(name: str, once: Callable[[], float]) -> float:
    seconds = sorted(once() for _ in range(ROUNDS))
    print(f"{name:<40} median {seconds[ROUNDS // 2] * 1000:7.1f} ms, slowest {seconds[-1] * 1000:7.1f} ms")
    return seconds[-1]


def main(count: int) -> int:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        project = Project.make(Path(folder) / "project", folder_config(f"[monitor]\nport = {port}\n"))
        began = time.perf_counter()
        fill(project, count)
        size = (project.folder / "publisher.db").stat().st_size / 1024 / 1024
        print(f"{count:,} deliveries made in {time.perf_counter() - began:.0f} s, {size:.0f} MB")
        clock = StandingClock()
        with open_application(project.folder / "config.toml") as real:
            app = replace(real, clock=clock)
            with watching(lambda: app, Pulse()):

                def scrape() -> float:
                    clock.forward(seconds=KEEP_SECONDS + 1)
                    return ask(port, "/metrics")

                slowest = [
                    measure("/metrics, nothing kept", scrape),
                    measure("/metrics, asked again at once", lambda: ask(port, "/metrics")),
                    measure("/health", lambda: ask(port, "/health")),
                ]
    return int(max(slowest) > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
