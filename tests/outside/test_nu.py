"""The Nu HTML checker finds no error, besides what mail programs need and no standard knows.

Where the tools come from: `npm ci --ignore-scripts` in this folder (the package vnu-jar has the checker in it), and
Java.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.outside.sample_edition import sample

JAVA = shutil.which("java")
CHECKER = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
pytestmark = [
    pytest.mark.skipif(JAVA is None, reason="Java is not installed"),
    pytest.mark.skipif(
        not CHECKER.exists(), reason="vnu-jar is not installed: npm ci --ignore-scripts in tests/outside"
    ),
]
# What mail programs need and the standard does not know, with the reason.
EXCEPTIONS = {
    "Property “supported-color-schemes” doesn't exist": "Apple Mail's older name of color-scheme",
    "Property “mso-hide” doesn't exist": "hides the preheader in Outlook for Windows",
    "Property “mso-line-height-rule” doesn't exist": "keeps line heights in Outlook for Windows",
    "Property “mso-padding-alt” doesn't exist": "padding of links in Outlook for Windows",
}


def _errors(tmp_path: Path, *pages: str) -> list[list[str]]:
    """Check pages in one run: starting Java takes longer than checking."""
    files = [tmp_path / f"{number}.html" for number, _ in enumerate(pages)]
    for file, page in zip(files, pages, strict=True):
        file.write_text(page, "utf-8")
    command = [str(JAVA), "-jar", str(CHECKER), "--format", "json", "--exit-zero-always", *map(str, files)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    messages = json.loads(done.stderr)["messages"]
    errors = [message for message in messages if message["type"] != "info"]
    return [[one["message"] for one in errors if one.get("url", "").endswith(f"/{file.name}")] for file in files]


def test_the_sample_has_no_error_and_a_broken_one_has(tmp_path: Path) -> None:
    html = sample().parts.html
    broken = html.replace("</h1>", "</div>").replace(' alt="', ' data-alt="')
    errors, found = _errors(tmp_path, html, broken)
    assert [error for error in errors if not any(known in error for known in EXCEPTIONS)] == []
    assert any("alt" in error for error in found)
    assert any("div" in error for error in found)
