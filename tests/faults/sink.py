"""smtp-sink of Postfix: a mail server that somebody else has written, told to fail at this or that command.

It comes out of Debian's package `postfix`, unpacked and not installed: POSTFIX_FOLDER names where (`.ci/run` does
that). An installed one is found, too.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.listener import closed_port

FOLDER = "POSTFIX_FOLDER"
PATIENCE_SECONDS = 30


def find_sink() -> tuple[str, dict[str, str]]:
    """Give the program, and what its environment needs. The test is skipped where there is none."""
    unpacked = os.environ.get(FOLDER)
    if unpacked:
        program, more = f"{unpacked}/usr/sbin/smtp-sink", {"LD_LIBRARY_PATH": f"{unpacked}/usr/lib/postfix"}
        usage = subprocess.run([program], env={**os.environ, **more}, check=False, capture_output=True, text=True)
        if "usage" not in usage.stderr:
            pytest.skip(f"smtp-sink does not start here: {usage.stderr.strip()}")
        return program, more
    installed = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed is None:
        pytest.skip(f'there is no smtp-sink: unpack Debian\'s package "postfix" and name the folder in {FOLDER}')
    return installed, {}


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run it with these options, and give its port."""
    program, more = find_sink()
    port = closed_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, "-v", *as_nobody, *options, f"127.0.0.1:{port}", "64"]
    with subprocess.Popen(command, env={**os.environ, **more}, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Try until it listens: it does not say when it does."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
        except ConnectionRefusedError:
            continue
        return
    raise AssertionError(f"smtp-sink ended with {process.returncode}")
