from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.runs import Cold, Warm
from tests.journeys.servers.accountant import Accountant


@pytest.fixture
def accountant(tmp_path: Path) -> Iterator[Accountant]:
    with Accountant(tmp_path / "accountant") as server:
        yield server


@pytest.fixture(scope="session")
def byte_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled Python is kept for all runs, as it is where the program is installed."""
    return tmp_path_factory.mktemp("byte-code")


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory, byte_code: Path) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("warm"), byte_code) as starter:
        yield starter


@pytest.fixture
def cold(byte_code: Path) -> Cold:
    return Cold(byte_code)
