"""Time per recipient and peak memory of `publish now` as the list grows."""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.delivery import peers

MAX_PEAK_MIB = 120 * 1e6 / 2**20
MAX_GROWTH = 1.1
MAX_TIME_RATIO = 1.3
# A short run ends before its rate is steady: it is repeated, and the median counts.
STEADY_COUNT = 20_000


@dataclass(frozen=True)
class Measured:
    """One run of `publish now`."""

    per_recipient_us: float
    whole_seconds: float
    peak_mib: float


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("counts", type=int, nargs="*", default=[1_000, 10_000, 1_000_000], help="recipients")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5, help=f"runs where there are fewer than {STEADY_COUNT:,}")


def run(options: Namespace) -> int:
    postfix = peers.find_postfix()
    measured: dict[int, Measured] = {}
    for count in options.counts:
        with tempfile.TemporaryDirectory() as name:
            model = Path(name, "model")
            make_project(model, count, options.connections)
            runs = [publish(postfix, model, count) for _ in range(options.repeats if count < STEADY_COUNT else 1)]
        measured[count] = Measured(
            statistics.median(run.per_recipient_us for run in runs),
            statistics.median(run.whole_seconds for run in runs),
            max(run.peak_mib for run in runs),
        )
        print(
            f"{count:>10,} recipients: {measured[count].per_recipient_us:6.0f} us each, "
            f"{measured[count].whole_seconds:6.1f} s in all, peak {measured[count].peak_mib:.1f} MiB",
            flush=True,
        )
    return report(list(measured.values()))


def report(measured: list[Measured]) -> int:
    times, peaks = [one.per_recipient_us for one in measured], [one.peak_mib for one in measured]
    # The shortest run is for the time only: it may end before all memory is in use that any run needs.
    growth = peaks[-1] / peaks[min(1, len(peaks) - 1)]
    time_ratio = max(times) / min(times)
    print(
        f"peak {max(peaks):.1f} MiB (at most {MAX_PEAK_MIB:.1f}), growth x{growth:.2f} (at most {MAX_GROWTH}), "
        f"slowest to fastest x{time_ratio:.2f} (at most {MAX_TIME_RATIO})"
    )
    return 0 if max(peaks) <= MAX_PEAK_MIB and growth <= MAX_GROWTH and time_ratio <= MAX_TIME_RATIO else 1


def make_project(folder: Path, count: int, connections: int) -> None:
    """In a process of its own: a child's peak memory begins with its parent's."""
    folder.mkdir()
    command = [sys.executable, "-m", "benchmarks.delivery.ours", "subscribe", str(folder), str(count), str(connections)]
    subprocess.run(command, check=True)


def publish(postfix: peers.Postfix, model: Path, count: int) -> Measured:
    with tempfile.TemporaryDirectory(dir=model.parent) as name, peers.sink(postfix) as sink:
        folder = Path(name)
        shutil.copytree(model, folder, dirs_exist_ok=True)
        config = folder / "config.toml"
        config.write_text(config.read_text().replace("port = 1\n", f"port = {sink.port}\n"))
        command = [sys.executable, "-m", "publisher", "now", "daily", "--yes", "--config", str(config)]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"publish now ended with {process.returncode}")
        seconds = time.perf_counter() - started
        return Measured(sending_seconds(folder, count) / count * 1e6, seconds, usage.ru_maxrss / 1024)


def sending_seconds(folder: Path, count: int) -> float:
    """From the first attempt to the last record, as the ledger has it."""
    with sqlite3.connect(folder / "publisher.db") as ledger:
        (accepted_count,) = ledger.execute("SELECT count(*) FROM deliveries WHERE state = 'accepted'").fetchone()
        if accepted_count != count:
            raise RuntimeError(f"{accepted_count} of {count} were accepted")
        (first,) = ledger.execute("SELECT min(started_at) FROM attempts").fetchone()
        (last,) = ledger.execute("SELECT max(changed_at) FROM deliveries").fetchone()
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
