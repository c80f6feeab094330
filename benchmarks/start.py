"""How long `publish --help` takes beside the bare interpreter: `python benchmarks/start.py`.

Both are started in turn, so that a busy machine slows both. Exit 1 if the median is more than six times the bare one.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 30
LIMIT = 6.0
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "publish --help": ["-m", "publisher", "--help"],
    "publish now --help": ["-m", "publisher", "now", "--help"],
    "publish --version": ["-m", "publisher", "--version"],
}


def seconds_of(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Print each command's median and how many times the bare start that is."""
    for words in COMMANDS.values():  # once, so that compiled files are there
        seconds_of(words)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, words in COMMANDS.items():
            times[name].append(seconds_of(words))
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["python -c pass"]
    for name, median in medians.items():
        print(f"{name:<20} {median * 1000:6.1f} ms  {median / bare:4.1f} x")
    return 0 if medians["publish --help"] <= LIMIT * bare else 1


if __name__ == "__main__":
    sys.exit(main())
