"""SpamAssassin, offline, gives the sample edition no point; mail that looks like spam gets some.

Where the tool comes from: Debian's package spamassassin, with the rules that are in it; the network is not asked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.outside.sample_edition import sample

SPAMASSASSIN = shutil.which("spamassassin")
pytestmark = pytest.mark.skipif(SPAMASSASSIN is None, reason="SpamAssassin is not installed")
MAX_POINTS = 0.0


def _judged(message: bytes, home: Path) -> tuple[float, str]:
    """Give the points, and the rules that gave them."""
    command = [str(SPAMASSASSIN), "-L", "-t", "-x", "--cf=use_bayes 0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, input=message, capture_output=True, check=True, timeout=120, env=environment)
    status = re.search(
        rb"^X-Spam-Status: .*?score=(-?[0-9.]+).*?tests=([^ ]*(?:\r?\n\t[^ ]+)*)", done.stdout, re.M | re.S
    )
    assert status, done.stderr[-500:]
    return float(status.group(1)), status.group(2).decode()


def test_the_sample_gets_no_point(tmp_path: Path) -> None:
    points, rules = _judged(sample().message, tmp_path)
    assert points <= MAX_POINTS, rules


def test_what_looks_like_spam_gets_points(tmp_path: Path) -> None:
    message = re.sub(
        rb"^Subject: .*?(?=^[A-Z])", b"Subject: FREE!!! 100% GUARANTEED MONEY\r\n", sample().message, flags=re.M | re.S
    )
    points, rules = _judged(message.replace(b"Date: ", b"X-Date: ", 1).replace(b"List-", b"X-List-"), tmp_path)
    assert points > MAX_POINTS, rules
