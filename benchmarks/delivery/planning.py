"""Planning an edition beside a plain INSERT ... SELECT of the same rows."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace

MAX_RATIO = 3.0


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=1_000_000, help="subscribers")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        command = [
            sys.executable,
            "-m",
            "benchmarks.delivery.ours",
            "plan",
            name,
            str(options.count),
            str(options.rounds),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds = json.loads(done.stdout)
    for way, some in seconds.items():
        print(f"{way:<32} {statistics.median(some):6.2f} s for {options.count:,}")
    ratios = {
        way: statistics.median(ours / other for ours, other in zip(seconds["publisher"], some, strict=True))
        for way, some in seconds.items()
        if way != "publisher"
    }
    for way, ratio in ratios.items():
        print(f"{ratio:6.2f} times as long as {way}" + (f" (at most {MAX_RATIO})" if "unique" in way else ""))
    return 0 if all(ratio <= MAX_RATIO for way, ratio in ratios.items() if "unique" in way) else 1
