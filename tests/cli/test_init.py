from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.shipped import shipped
from tests.cli.command_line import run, run_json
from tests.journeys.project import LONG_AGO, Project


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Stand in an empty folder."""
    project = Project(tmp_path / "office")
    project.folder.mkdir(exist_ok=True)
    monkeypatch.chdir(project.folder)
    return project


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def shipped_templates() -> dict[str, bytes]:
    return {f"templates/{name}": content for name, content in files_in(shipped("templates")).items()}


def test_without_samples_everything_that_the_config_names_is_there(office: Project) -> None:
    """The logo is part of the config, not of the samples."""
    run(office, "init", "--no-samples")
    assert set(files_in(office.folder)) == {"config.toml", "queue/images/logo.png"}
    run(office, "check")
    (office.folder / "queue/pumpe.md").write_text("---\ntitle: Neue Pumpe\n---\n\nSie ist da.\n")
    os.utime(office.folder / "queue/pumpe.md", (LONG_AGO, LONG_AGO))
    run(office, "now", "daily", "--yes")


def test_a_missing_logo_is_named(office: Project) -> None:
    """Its path stands in the error, in quotation marks."""
    run(office, "init")
    (office.folder / "queue/images/logo.png").unlink()
    refused = run(office, "now", "daily", "--yes", code=2)
    assert 'config.toml [organisation.logo]: the logo "queue/images/logo.png" cannot be used' in refused.err


def test_templates_are_added_to_a_project(office: Project) -> None:
    """Only they are copied; the same command makes a whole project where there is none."""
    run(office, "init", "--no-samples")
    before = files_in(office.folder)
    made = run_json(office, "init", "--templates")["data"]["made"]
    assert files_in(office.folder) == before | shipped_templates()
    assert sorted(made) == sorted(shipped_templates())
    run(office, "check")


def test_templates_go_where_the_config_looks_for_them(office: Project) -> None:
    """`[templates] folder` counts; what else is in there stays."""
    run(office, "init", "--no-samples")
    config = office.folder / "config.toml"
    config.write_text(config.read_text().replace('folder = "templates"', 'folder = "vorlagen"'))
    own = office.folder / "vorlagen/email/members/html.j2"
    own.parent.mkdir(parents=True)
    own.write_text("ours")
    said = run(office, "init", "--templates")
    assert "to vorlagen." in said.out
    assert own.read_text() == "ours"
    assert (office.folder / "vorlagen/email/digest/html.j2").exists()
    assert not (office.folder / "templates").exists()


def test_no_template_is_overwritten(office: Project) -> None:
    """What somebody has edited is named, and nothing is copied."""
    run(office, "init", "--no-samples")
    edited = office.folder / "templates/email/digest/header.html.j2"
    edited.parent.mkdir(parents=True)
    edited.write_text("ours")
    before = files_in(office.folder)
    refused = run(office, "init", "--templates", code=2)
    assert "these are there already: templates/email/digest/header.html.j2\n" in refused.err
    assert "publish init NEW --templates" in refused.err
    assert files_in(office.folder) == before


def test_templates_in_a_new_folder_come_with_a_project(office: Project) -> None:
    """Where there is no config, `--templates` adds to what is made."""
    run(office, "init", "new", "--templates", "--no-samples")
    assert set(files_in(office.folder / "new")) == {"config.toml", "queue/images/logo.png", *shipped_templates()}
