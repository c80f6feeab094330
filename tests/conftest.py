"""For all tests: neither how busy the machine is nor chance must fail one of them.

Property tests try the same examples each time, so that a commit passes or does not; with `-m long`, or with
`--hypothesis-profile search`, they look for new ones.
`PUBLISHER_FOLDER` names a folder with another copy of the package, which is tested instead: see `test_compiled.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

if copy := os.environ.get("PUBLISHER_FOLDER"):
    sys.path.insert(0, copy)
    # For the processes that tests start.
    os.environ["PYTHONPATH"] = os.pathsep.join([copy, str(Path(__file__).parents[1])])
    os.environ["PYTHONSAFEPATH"] = "1"

settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("publisher", settings.get_profile("search"), derandomize=True)
settings.load_profile("publisher")


def pytest_configure(config: pytest.Config) -> None:
    """Choose before any test is read: what a test says of its examples is added to what is in force then."""
    if not config.getoption("--hypothesis-profile") and config.getoption("-m") == "long":
        settings.load_profile("search")
