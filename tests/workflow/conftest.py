from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.project import Project, folder_config


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A digest into one folder, posts into another."""
    return Project.make(tmp_path / "project", folder_config())
