"""The wheel, built and installed into an environment that does not know the checkout, does the main job."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.journeys.project import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    """Run a step without anything of this environment but the path to programs."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder with the programs of a new environment: the wheel, and beside it the libraries that we have."""
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    run(sys.executable, "-c", build, tmp_path / "dist", cwd=ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    (site,) = (environment / "lib").glob("python*/site-packages")
    # Only this environment's libraries: .pth files in there, such as that of the checkout, are not followed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps")
    run(*uv, "--reinstall", "--python", python, wheel, cwd=tmp_path)
    return environment / "bin"


@pytest.mark.skipif(sys.platform == "win32", reason="the new environment's layout is that of POSIX")
def test_the_wheel_alone_publishes_its_samples(installed: Path, tmp_path: Path) -> None:
    """init, check and now work far from the checkout; templates, samples and translations come with the wheel."""
    where = "import publisher; print(publisher.__file__)"
    assert str(installed.parent) in run(installed / "python", "-c", where, cwd=tmp_path)
    publish = installed / "publish"
    run(publish, "init", "office", "--templates", cwd=tmp_path)
    office = tmp_path / "office"
    run(publish, "subscribers", "import", "subscribers.csv", cwd=office)
    assert "0 errors" in run(publish, "check", cwd=office)
    out = run(publish, "now", "--yes", cwd=office)
    assert "Rehearsed daily/1" in out
    for channel in ("mastodon", "bluesky", "x", "teamchat"):
        assert list((office / "outbox" / channel).iterdir())
    assert len(list((office / "outbox" / "newsletter").glob("*.eml"))) == 9
    assert (office / "outbox" / "daily-1" / "index.html").exists()
