"""The tutorial is true: its files are written and its commands run, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"```(?:console(?: exit=(?P<exit>\d))?|text file=(?P<file>\S+)|toml in=\[(?P<section>\S+)\])\n(?P<body>.*?)```",
    re.DOTALL,
)

RECIPIENT_COUNT = 9  # those of subscribers.example.csv, and the fixed one of config.example.toml


def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    folder = tmp_path
    commands: list[str] = []
    for block in BLOCK.finditer((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        if block["file"]:
            (folder / block["file"]).write_text(block["body"], encoding="utf-8")
            continue
        if block["section"]:
            write_into(folder / "config.toml", block["section"], block["body"])
            continue
        for line in block["body"].splitlines():
            command = line.removeprefix("$ ")
            if command.startswith("cd "):
                folder = folder / command[3:]
            else:
                run(command, folder, int(block["exit"] or 0))
                commands.append(command)
    assert len(commands) >= 24
    captured = list((folder / "outbox/newsletter").glob("*.eml"))
    assert len(captured) == RECIPIENT_COUNT, "the approved edition, once for each; the first one was cleared"
    with closing(sqlite3.connect(folder / "publisher.db")) as ledger:
        states = ledger.execute("SELECT number, revision, state FROM editions").fetchall()
        actions = [action for (action,) in ledger.execute("SELECT action FROM audit ORDER BY seq")]
    assert states == [(1, 1, "sent")]
    assert "approve" in actions


def write_into(config: Path, section: str, lines: str) -> None:
    """Put lines at the top of a section, in the place of those with the same keys: what a person does in an editor."""
    before, header, after = config.read_text(encoding="utf-8").partition(f"[{section}]\n")
    assert header
    inside, rest = re.match(r"((?:(?!\[).*\n)*)(.*)", after, re.DOTALL).groups()  # type: ignore[union-attr]
    keys = {line.split(" = ")[0] for line in lines.splitlines()}
    kept = [line for line in inside.splitlines(keepends=True) if line.split(" = ")[0] not in keys]
    config.write_text(before + header + lines + "".join(kept) + rest, encoding="utf-8")


def run(command: str, folder: Path, exit_code: int) -> None:
    words = shlex.split(command)
    assert words[0] == "publish"
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == exit_code, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
