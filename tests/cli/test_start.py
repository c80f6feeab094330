"""`publish --help` is what a person waits for first: nothing heavy is loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from publisher.cli.overview import COMMANDS
from tests.journeys.project import ROOT

HEAVY = {
    *("premailer", "requests", "sqlalchemy", "alembic", "trafilatura", "rich", "structlog", "jinja2", "lxml"),
    *("pydantic", "PIL", "babel", "apscheduler", "feedparser", "mammoth", "markdown_it", "nh3", "regex", "yaml"),
}
EVEN_LIGHT = {"click", "json", "logging", "asyncio", "email", "http", "socket", "subprocess", "dataclasses"}


def loaded_by(*words: str) -> set[str]:
    """The top-level modules that a command line has loaded when it has printed its help."""
    code = (
        "import json, sys\nbefore = set(sys.modules)\nfrom publisher.cli import main\n"
        f"try:\n    main({list(words)!r})\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage: publish" in done.stdout
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_the_overview_loads_next_to_nothing() -> None:
    assert loaded_by("--help") & (HEAVY | EVEN_LIGHT) == set()


@pytest.mark.parametrize("command", [name for commands in COMMANDS.values() for name in commands])
def test_the_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    assert loaded_by(command, "--help") & HEAVY == set()
