"""Import 1,000,000 subscribers beside a plain csv + sqlite3 loop, in one run: time, and peak memory at two sizes.

    python benchmarks/subscribers.py [ROWS]

Each measurement is a process of its own, so that peak memory is its own. The plain loop is what one would write by
hand: csv.reader, INSERT ... ON CONFLICT row by row in one transaction, the same columns, no checks at all.
"""

from __future__ import annotations

import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROWS = 1_000_000
SMALL_SHARE = 10
MAX_RATIO = 5.0
MAX_GROWTH = 1.2
HEADER = ["address", "name", "language", "tags", "digests", "consent_source", "consent_at"]


def main() -> int:
    rows = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        results = {
            (way, count): measure(way, Path(folder), count)
            for count in (rows // SMALL_SHARE, rows)
            for way in ("plain", "publisher", "again")
        }
    return report(results, rows)


def report(results: dict[tuple[str, int], dict[str, float]], rows: int) -> int:
    for (way, count), result in results.items():
        seconds, mebibytes = result["seconds"], result["peak_mib"]
        print(
            f"{way:>10} {count:>10,} rows  {seconds:7.2f} s  {seconds / count * 1e6:6.2f} us/row  {mebibytes:6.1f} MiB"
        )
    small = rows // SMALL_SHARE
    ratio = results["publisher", rows]["seconds"] / results["plain", rows]["seconds"]
    growth = results["publisher", rows]["peak_mib"] / results["publisher", small]["peak_mib"]
    print(
        f"time ratio {ratio:.2f} (at most {MAX_RATIO}), "
        f"memory {small:,} -> {rows:,}: x{growth:.2f} (at most {MAX_GROWTH})"
    )
    return 0 if ratio <= MAX_RATIO and growth <= MAX_GROWTH else 1


def measure(way: str, folder: Path, count: int) -> dict[str, float]:
    list_path = folder / f"{count}.csv"
    if not list_path.exists():
        write_list(list_path, count)
    database = folder / f"{'plain' if way == 'plain' else 'publisher'}-{count}.db"
    command = [sys.executable, __file__, "--worker", way, str(list_path), str(database), str(count)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def write_list(path: Path, count: int) -> None:
    """Addresses in no order, as in a real export; one in 200 has an umlaut domain, which needs the library."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(count):
            person = number * 7_919_317 % count
            domain = "pümpe.example" if number % 200 == 0 else f"firma{person % 9973}.example.org"
            writer.writerow(
                [
                    f"vorname.name{person}@{domain}",
                    f"Vorname Näme {person}",
                    "de" if person % 5 else "en",
                    ("member", "press", "member, board", "")[person % 4],
                    ("daily", "daily, weekly")[person % 2],
                    "form",
                    f"2026-{person % 12 + 1:02}-{person % 28 + 1:02}T{person % 24:02}:{person % 60:02}+01:00",
                ]
            )


def plain(list_path: Path, database: Path) -> int:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE subscribers (address TEXT PRIMARY KEY, name, language, tags, digests, source, at)")
    count = 0
    with list_path.open(encoding="utf-8", newline="") as lines, connection:
        reader = csv.reader(lines)
        next(reader)
        for row in reader:
            connection.execute(
                "INSERT INTO subscribers VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (address) DO UPDATE SET name = excluded.name",
                row,
            )
            count += 1
    connection.close()
    return count


def publisher(list_path: Path, database: Path) -> int:
    from publisher.domain.subscriber import Subscriber
    from publisher.intake.subscriber_list import read_subscribers
    from publisher.store.open import open_store

    store = open_store(database)
    with list_path.open(encoding="utf-8", newline="") as lines:
        found = read_subscribers(lines, list_path.name, digests={"daily", "weekly"})
        counts = store.subscribers.save((one for one in found if isinstance(one, Subscriber)), datetime.now(UTC))
    store.close()
    return counts.added_count + counts.changed_count + counts.unchanged_count


def worker(way: str, list_path: Path, database: Path, count: int) -> None:
    started = time.perf_counter()
    done = plain(list_path, database) if way == "plain" else publisher(list_path, database)
    seconds = time.perf_counter() - started
    if done != count:
        raise SystemExit(f"{way}: {done} of {count} rows")
    # ru_maxrss is in KiB on Linux. Source: getrusage(2), checked 2026-11-23.
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]))
    else:
        raise SystemExit(main())
