"""For all tests: how busy the machine is must fail none of them.

`PUBLISHER_FOLDER` names a folder with another copy of the package, which is tested instead: see `test_compiled.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

if copy := os.environ.get("PUBLISHER_FOLDER"):
    sys.path.insert(0, copy)
    # For the processes that tests start.
    os.environ["PYTHONPATH"] = os.pathsep.join([copy, str(Path(__file__).parents[1])])
    os.environ["PYTHONSAFEPATH"] = "1"

settings.register_profile("publisher", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("publisher")
