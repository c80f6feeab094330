"""`publish` in this process: quick, for all that needs no terminal, no signal and no second process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
from click.testing import CliRunner

from publisher.cli.group import publish
from tests.journeys.project import Finished, Project

SCHEMA = json.loads((Path(__file__).parent / "envelope.schema.json").read_text())


def run(project: Project, *words: str, code: int = 0) -> Finished:
    """Run a command on a project; it must end with this exit code."""
    result = CliRunner().invoke(publish, [*words, "--config", str(project.folder / "config.toml")], prog_name="publish")
    finished = Finished(result.exit_code, result.stdout, result.stderr)
    assert finished.code == code, f"{words}: {finished}"
    return finished


def run_json(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json and give its envelope, which keeps the schema."""
    finished = run(project, *words, "--json", code=code)
    envelope = json.loads(finished.out)
    jsonschema.validate(envelope, SCHEMA)
    assert envelope["exit_code"] == code
    return dict(envelope)
