"""Read a queue of 10,000 files: `publish queue` and `publish check` beside a plain loop, in one run: time, peak memory.

    python benchmarks/queue_folder.py [FILES] [ROUNDS] [--all]

The plain loop reads the same files and parses their front matter with libyaml, and nothing else. Each measurement is a
process of its own, its start included; the three take turns, and the middle one of all rounds counts. `--all` adds
`publish check --all`, which fits every text and has no bound.
(Not called queue.py: a script's folder comes first on Python's path, and that name is the standard library's.)
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FILES = 10_000
ROUNDS = 5
MAX_RATIO = 3.0
WORDS_PER_BODY = 300
ROOT = Path(__file__).resolve().parent.parent
IMAGES = sorted((ROOT / "queue" / "images").glob("*.jpg"))

PLAIN = """
import sys
from pathlib import Path
import yaml
count = 0
for path in sorted(Path(sys.argv[1]).glob("*.md")):
    _, header, body = path.read_text(encoding="utf-8").split("---\\n", 2)
    count += yaml.load(header, yaml.CSafeLoader)["title"] != ""
print(count)
"""

WORDS = [
    "Wärmepumpe",
    "Fachbetrieb",
    "Förderung",
    "Anlage",
    "Heizung",
    "Verband",
    "Mitglieder",
    "Betriebe",
    "Jahr",
    "Prozent",
    "Gebäude",
    "Strom",
    "Netz",
    "der",
    "die",
    "das",
    "und",
    "für",
    "mit",
    "von",
    "auf",
    "nach",
    "eine",
    "neue",
    "können",
    "werden",
    "bis",
    "im",
    "ein",
    "zum",
    "über",
    "sich",
    "auch",
    "nur",
    "wird",
    "sind",
]


TAGS = ["Förderung", "Recht", "Technik", "Verband", "Bildung", "Energie", "Normen", "Handwerk", "Klima", "Messe"]


class Measured(NamedTuple):
    """One process: how long it took, and its peak memory."""

    seconds: float
    peak_mib: float


def main(arguments: Sequence[str]) -> int:
    numbers = [int(word.replace(",", "")) for word in arguments if word[0].isdigit()]
    files, rounds = [*numbers, *(FILES, ROUNDS)[len(numbers) :]]
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder), files)
        results = measure_in_turns(
            ways_in(Path(folder), "--all" in arguments), cached_environment(Path(folder) / "cache"), rounds
        )
    return report(results, files, rounds)


def ways_in(folder: Path, with_all: bool) -> dict[str, list[str]]:
    publish = [sys.executable, "-m", "publisher"]
    config = ["--config", str(folder / "config.toml")]
    ways = {
        "plain loop": [sys.executable, "-c", PLAIN, str(folder / "queue")],
        "publish queue": [*publish, "queue", *config],
        "publish check": [*publish, "check", *config],
    }
    if with_all:
        ways["publish check --all"] = [*publish, "check", "--all", *config]
    return ways


def cached_environment(cache: Path) -> dict[str, str]:
    """Compile each module once, as an installed program does, and not into this folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(cache)}


def measure_in_turns(ways: dict[str, list[str]], environment: dict[str, str], rounds: int) -> dict[str, list[Measured]]:
    """Run each once unmeasured, for the ledger and the file cache; then take turns."""
    for command in ways.values():
        measure(command, environment)
    results: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            results[name].append(measure(command, environment))
    return results


def measure(command: list[str], environment: dict[str, str]) -> Measured:
    """Run a process from start to end; what it prints goes nowhere, as into a pipe."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    # ru_maxrss is in KiB on Linux. Source: getrusage(2), checked 2026-11-23.
    return Measured(seconds, usage.ru_maxrss / 1024)


def report(results: dict[str, list[Measured]], files: int, rounds: int) -> int:
    plain = statistics.median(one.seconds for one in results["plain loop"])
    print(f"{files:,} files, {rounds} rounds, middle value")
    worst = 0.0
    for name, measured in results.items():
        seconds = statistics.median(one.seconds for one in measured)
        peak_mib = max(one.peak_mib for one in measured)
        print(f"{name:>20}  {seconds:6.2f} s  {seconds / plain:5.2f} times  {peak_mib:6.1f} MiB")
        if name in ("publish queue", "publish check"):
            worst = max(worst, seconds / plain)
    print(f"at most {MAX_RATIO} times the plain loop: {'yes' if worst <= MAX_RATIO else 'no'}")
    return 0 if worst <= MAX_RATIO else 1


def make_project(folder: Path, files: int) -> None:
    """Write the example config and a queue as a team has it after some years without clearing up."""
    (folder / "config.toml").write_bytes((ROOT / "config.example.toml").read_bytes())
    queue = folder / "queue"
    shutil.copytree(ROOT / "queue" / "images", queue / "images")
    chance = random.Random(7)
    last_year = time.time() - 365 * 86_400
    for number in range(files):
        path = queue / f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}-meldung-{number:05}.md"
        path.write_text(queue_file(number, chance), encoding="utf-8")
        os.utime(path, (last_year, last_year + number))


def queue_file(number: int, chance: random.Random) -> str:
    header = f"""title: "Meldung {number}: {sentence(chance, 7)}"
kicker: {chance.choice(("Förderung", "Verband", "Recht", "Technik"))}
teaser: >-
  {sentence(chance, 14)}.
  {sentence(chance, 10)}.
date: 2026-{number % 12 + 1:02}-{number % 28 + 1:02}
lang: de
author: Redaktion FHWW
"""
    if number % 2:
        header += f"""image:
  src: images/{IMAGES[number % len(IMAGES)].name}
  alt: {sentence(chance, 9)}
  caption: {sentence(chance, 9)}
  credit: "Illustration: FHWW"
"""
    if number % 3 == 0:
        header += f"""source:
  name: Förderbank Steinhafen
  url: https://foerderbank.example.org/{number}
related:
  - title: "Leitfaden: {sentence(chance, 4)}"
    url: https://fachverband.example/leitfaden/{number}
    date: 2026-06-15
    teaser: {sentence(chance, 12)}.
"""
    header += f"url: https://fachverband.example/meldungen/{number}\ntags: [{', '.join(chance.sample(TAGS, k=3))}]\n"
    if number % 4 == 0:
        header += 'publish_after: "2026-01-10T07:00+01:00"\npriority: 3\n'
    if number % 5 < 4:
        header += "channels: [mastodon, bluesky, x, teamchat]\n"
    return f"---\n{header}---\n\n{body(chance)}"


def body(chance: random.Random) -> str:
    paragraphs = [f"{sentence(chance, 25)}. {sentence(chance, 25)}." for _ in range(WORDS_PER_BODY // 50)]
    return "\n\n".join(paragraphs) + "\n"


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
