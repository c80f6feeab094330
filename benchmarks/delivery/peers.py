"""What we are measured against: smtp-sink and smtp-source of Postfix, nodemailer, plain smtplib. Fetched once.

Debian's package is unpacked into a folder, not installed; nodemailer comes from npm.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(tempfile.gettempdir()) / "publisher-benchmark-peers"
NODEMAILER = Path(__file__).with_name("nodemailer_pool.mjs")


@dataclass(frozen=True)
class Postfix:
    """The unpacked tools."""

    folder: Path

    def command(self, name: str, *words: str) -> list[str]:
        return [str(self.folder / "usr/sbin" / name), *words]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.folder / "usr/lib/postfix")}


def fetch_postfix() -> Postfix:
    """Download and unpack Debian's package. RuntimeError where there is no apt-get."""
    folder = CACHE / "postfix"
    if not (folder / "usr/sbin/smtp-sink").exists():
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise RuntimeError("smtp-sink comes out of Debian's package postfix: apt-get and dpkg are needed")
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "postfix"], cwd=CACHE, check=True, capture_output=True)
        package = next(CACHE.glob("postfix_*.deb"))
        subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    return Postfix(folder)


def fetch_nodemailer() -> Path | None:
    """Install nodemailer into the cache; None where there is no npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    folder = CACHE / "nodemailer"
    if not (folder / "node_modules/nodemailer").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "nodemailer"], cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def sink(postfix: Postfix, *options: str) -> Iterator[int]:
    """Run smtp-sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = postfix.command("smtp-sink", *as_nobody, *options, f"127.0.0.1:{port}", "1000")
    with subprocess.Popen(command, env=postfix.environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


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


def run_nodemailer(folder: Path, port: int, count: int, size: int, connections: int) -> float:
    """Give messages a second, as the script itself measures them."""
    script = folder / NODEMAILER.name
    script.write_text(NODEMAILER.read_text())
    command = ["node", str(script), str(port), str(count), str(size), str(connections)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def run_smtplib(port: int, count: int, size: int, connections: int) -> float:
    """Give messages a second of threads that do what the manual shows: one `sendmail` after the other."""
    import smtplib
    import threading

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
