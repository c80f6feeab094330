"""Messages a second, ours and the peers' in turns."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.delivery import peers
from compiling import has_compiler, install_compiled

OURS, BARE, PLAIN = "ours", "ours without journal", "ours, not compiled"
# What a sender that costs nothing would reach: the mail server's own processor time, when we send.
SINK = "smtp-sink itself"
SOURCE, NODEMAILER, SMTPLIB = "smtp-source", "nodemailer", "smtplib"
ROOT = Path(__file__).parents[2]
Rates = dict[str, list[float]]


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=20_000, help="recipients")
    parser.add_argument("--slow-count", type=int, default=4_000, help="the same for nodemailer and smtplib")
    parser.add_argument("--size", type=int, default=50_000, help="octets of a message")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="leave these out")


def run(options: Namespace) -> int:
    postfix, modules = peers.find_postfix(), peers.find_nodemailer()
    shape = (options.size, options.connections)
    rates: Rates = {}
    with tempfile.TemporaryDirectory() as name:
        model = Path(name, "model")
        make_project(model, options.count, *shape)
        compiled = install_compiled(Path(name)) if has_compiler() else None
        ways: dict[str, Callable[[int], float]] = {
            OURS: lambda port: run_ours(model, port, options.count, "journal", compiled),
            BARE: lambda port: run_ours(model, port, options.count, "none", compiled),
            SOURCE: lambda port: peers.run_smtp_source(postfix, port, options.count, *shape),
            SMTPLIB: lambda port: peers.run_smtplib(port, options.slow_count, *shape),
        }
        if compiled is None:
            print("nothing of ours is compiled: there is no C compiler, or there are no headers of Python")
        else:
            ways[PLAIN] = lambda port: run_ours(model, port, options.count, "journal", None)
        if modules is None:
            print("nodemailer is left out: run (cd benchmarks/delivery && npm ci)")
        else:
            ways[NODEMAILER] = lambda port: peers.run_nodemailer(modules, port, options.slow_count, *shape)
        for number in range(options.rounds):
            print(f"round {number + 1}: fdatasync takes {fdatasync_ms(Path(name)):.2f} ms", flush=True)
            for way, measure in in_turns(ways, number, options.without):
                with peers.sink(postfix) as sink:
                    rate = measure(sink.port)
                rates.setdefault(way, []).append(rate)
                if way == OURS:
                    rates.setdefault(SINK, []).append(options.count / sink.cpu_seconds)
                print(f"  {way:<21} {rate:8.0f} messages/s", flush=True)
    return report(rates)


def in_turns(
    ways: Mapping[str, Callable[[int], float]], number: int, without: list[str]
) -> list[tuple[str, Callable[[int], float]]]:
    """Every other round goes backwards: a machine that gets slower, or warmer, favours nobody."""
    wanted = [(name, measure) for name, measure in ways.items() if name not in without]
    return wanted[::-1] if number % 2 else wanted


def report(rates: Rates) -> int:
    goals = [
        (OURS, SOURCE, 1.0, "of smtp-source"),
        (OURS, NODEMAILER, 5.0, "times nodemailer's pool"),
        (OURS, SMTPLIB, None, "times smtplib.sendmail"),
        (OURS, BARE, 0.8, "of the same without a journal"),
        (OURS, PLAIN, None, "times the same without a compiler"),
        (OURS, SINK, None, "of what smtp-sink can take at most"),
        (SINK, NODEMAILER, None, "times nodemailer's pool: what smtp-sink can take at most"),
    ]
    is_met = True
    for ours, other, goal, words in goals:
        if ours in rates and other in rates:
            ratio = statistics.median(a / b for a, b in zip(rates[ours], rates[other], strict=True))
            is_met &= goal is None or ratio >= goal
            print(f"{ratio:6.2f} {words}" + ("" if goal is None else f" (at least {goal})"))
    return 0 if is_met else 1


def make_project(folder: Path, count: int, size: int, connections: int) -> None:
    folder.mkdir()
    run_module(None, "make", str(folder), *map(str, (count, size, connections)))


def run_ours(model: Path, port: int, count: int, ledger: str, package: Path | None) -> float:
    """A copy of the planned edition is sent; its own process measures itself."""
    with tempfile.TemporaryDirectory(dir=model.parent) as folder:
        shutil.copytree(model, folder, dirs_exist_ok=True)
        printed = run_module(package, "send", folder, str(port), str(count), ledger)
    return float(json.loads(printed)["per_second"])


def run_module(package: Path | None, *words: str) -> str:
    """Run our side, with the package out of that folder; where it starts, a `publisher` beside it would come first."""
    folders = [str(folder) for folder in (package, ROOT) if folder]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "PYTHONSAFEPATH": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as where it is installed: compiled to byte code once
    command = [sys.executable, "-m", "benchmarks.delivery.ours", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def fdatasync_ms(folder: Path, count: int = 100) -> float:
    """The median for one page appended."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(count):
            os.write(file.fileno(), b"x" * 4_096)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3
