"""What we are measured against: smtp-sink and smtp-source of Postfix, nodemailer, plain smtplib.

Debian's package of Postfix is unpacked into a folder, not installed; nodemailer comes from npm.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "publisher-benchmarks"
FOLDER_VARIABLE = "POSTFIX_FOLDER"


@dataclass(frozen=True)
class Postfix:
    """Its tools: in an unpacked package, or installed where `folder` is the root."""

    folder: Path

    def command(self, name: str, *words: str) -> list[str]:
        return [str(self.folder / "usr/sbin" / name), *words]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.folder / "usr/lib/postfix")}


def find_postfix() -> Postfix:
    """Take what is there, or download and unpack Debian's package. RuntimeError where there is no apt-get."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Postfix(Path(folder))
    if found := shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return Postfix(Path(found).parents[2])
    folder = CACHE / "postfix"
    if not (folder / "usr/sbin/smtp-sink").exists():
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise RuntimeError(f"smtp-sink is missing: set {FOLDER_VARIABLE}, or run this where apt-get and dpkg are")
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "postfix"], cwd=CACHE, check=True, capture_output=True)
        package = next(CACHE.glob("postfix_*.deb"))
        subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    return Postfix(folder)


def find_nodemailer() -> Path | None:
    """Give the script; None where there is no node, or nothing is installed for it."""
    is_there = shutil.which("node") and (HERE / "node_modules/nodemailer").exists()
    return HERE / "pool.mjs" if is_there else None


@dataclass
class Sink:
    """A running smtp-sink. When it has ended, `cpu_seconds` says how much processor time it took."""

    port: int
    cpu_seconds: float = 0.0


@contextmanager
def sink(postfix: Postfix, *options: str) -> Iterator[Sink]:
    """Run smtp-sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = postfix.command("smtp-sink", *as_nobody, *options, f"127.0.0.1:{port}", "1000")
    with subprocess.Popen(command, env=postfix.environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            running = Sink(port)
            yield running
            running.cpu_seconds = _cpu_seconds(process.pid)
        finally:
            process.kill()


def _cpu_seconds(process: int) -> float:
    """Give the time that a process has spent on a processor: the first number, in nanoseconds.

    Source: Documentation/scheduler/sched-stats.rst of Linux, checked 2026-11-29.
    """
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("smtp-sink does not answer")


def run_smtp_source(postfix: Postfix, port: int, count: int, size: int, connections: int) -> float:
    """Give messages a second."""
    words = ["-d", "-s", str(connections), "-l", str(size), "-m", str(count)]
    addresses = ["-f", "news@example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run(postfix.command("smtp-source", *words, *addresses), env=postfix.environment, check=True)
    return count / (time.perf_counter() - started)


def run_nodemailer(script: Path, port: int, count: int, size: int, connections: int) -> float:
    """Give messages a second, as the script itself measures them."""
    command = ["node", str(script), str(port), str(count), str(size), str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def run_smtplib(port: int, count: int, size: int, connections: int) -> float:
    """Give messages a second of threads that do what the manual shows: one `sendmail` after the other."""
    line = b"x" * 70 + b"\r\n"
    body = line * (size // len(line))

    def work(first: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(first, count, connections):
                head = f"Subject: News\r\nTo: r{number}@example.org\r\n\r\n".encode()
                client.sendmail("news@example.org", [f"r{number}@example.org"], head + body)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - started)
