from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from publisher.cli.overview import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"


def test_the_reference_says_what_the_program_says() -> None:
    """Every key and every command's help is in docs/reference as it is; `python docs/generate.py` puts it there."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def keys_in(value: Any) -> set[str]:
    """Name every key of a config, but not the names that people give."""
    if not isinstance(value, dict):
        return set()
    return set(value).union(*map(keys_in, value.values()))


def test_every_key_of_the_example_is_in_the_reference() -> None:
    """Whoever wonders about a line of config.example.toml finds it."""
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    given = set(example["digests"]) | set(example["channels"]) | {"digests", "channels"}
    page = (REFERENCE / "config.md").read_text(encoding="utf-8")
    written = keys_in(example) - given - {"env", "file"} - set(example["channels"]["teamchat"]["body"])
    assert [
        key for key in sorted(written) if f"`{key}`" not in page and f"[{key}" not in page and f".{key}]" not in page
    ] == []


@pytest.mark.parametrize("name", [name for group in COMMANDS.values() for name in group])
def test_every_command_has_a_section(name: str) -> None:
    """With its usage line."""
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    assert f"## `publish {name}`\n\n```text\nUsage: publish {name}" in page
