"""The tutorial is true: its files are written and its commands run, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(?P<kind>console|text file=(?P<file>\S+))\n(?P<body>.*?)```", re.DOTALL)


def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    folder = tmp_path
    commands: list[str] = []
    for block in BLOCK.finditer((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        if block["file"]:
            (folder / block["file"]).write_text(block["body"], encoding="utf-8")
            continue
        for line in block["body"].splitlines():
            command = line.removeprefix("$ ")
            if command.startswith("cd "):
                folder = folder / command[3:]
            else:
                run(command, folder)
                commands.append(command)
    assert len(commands) >= 12
    assert (folder / "preview/index.html").is_file()
    assert not any((folder / "outbox").rglob("*.eml")), "the rehearsal was cleared at the end"


def run(command: str, folder: Path) -> None:
    words = command.split()
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
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
