from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.project import Project, folder_config


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A digest and a channel into folders, two people, two articles."""
    project = Project.make(tmp_path / "project", folder_config())
    project.subscribe(2)
    project.article("neue-pumpe", title="Neue Pumpe", channels=["mastodon"])
    project.article("spaeter", title="Später", publish_after="2099-01-01T09:00+01:00")
    return project
