"""Compile the modules on a message's way from the queue to the mail server, ahead of time, into the wheel.

Hatchling calls the hook while it builds a wheel, where HATCH_BUILD_HOOK_ENABLE_CUSTOM says so, in an environment that
has mypy, setuptools and the libraries with their types: `python3 dev.py wheel`.
The sources stay the truth. They go into the wheel, too, and any other installation runs them as they are; mypyc makes
an extension module of each in `pyproject.toml`'s list, which Python prefers. See docs/decisions/0007.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
NO_COMPILER = (
    "The wheel cannot be compiled: there is no C compiler, or there are no headers of this Python.\n"
    "On Debian, install build-essential and python3-dev. Without them everything works, too: `pip install .`"
)
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


class CompileHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the extension modules to the wheel, and says for which Python and machine they are."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the source tree itself is installed."""
        if self.target_name != "wheel" or version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        for path in compile_modules(Path(self.root), self.config["modules"], Path(self._folder.name)):
            build_data["force_include"][str(path)] = str(path.relative_to(Path(self._folder.name, "made")))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The wheel is there: what it was made of may go."""
        if self.target_name == "wheel" and version != "editable":
            self._folder.cleanup()


def build_compiled(folder: Path) -> Path:
    """Build the wheel into a folder and give its path. It takes a minute or two. Errors: CalledProcessError."""
    environment = {**os.environ, "HATCH_BUILD_HOOK_ENABLE_CUSTOM": "true"}
    command = [sys.executable, "-c", BUILD, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    return folder / done.stdout.splitlines()[-1]


def install_compiled(folder: Path) -> Path:
    """Build the wheel, and install it alone into a folder that can stand in PYTHONPATH."""
    wheel = build_compiled(folder / "dist")
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps")
    subprocess.run([*uv, "--python", sys.executable, "--target", str(folder / "package"), str(wheel)], check=True)
    return folder / "package"


def has_compiler() -> bool:
    """Say whether there are a C compiler and Python's headers."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[0]
    return bool(shutil.which(compiler)) and Path(sysconfig.get_path("include"), "Python.h").exists()


def compile_modules(root: Path, modules: Sequence[str], folder: Path) -> list[Path]:
    """Give the extension modules, in `folder/made`. RuntimeError where there is no C compiler."""
    if not has_compiler():
        raise RuntimeError(NO_COMPILER)
    from mypyc.build import mypycify
    from setuptools import Distribution

    with contextlib.chdir(root):
        extensions = mypycify(list(modules), opt_level="3", debug_level="0", target_dir=str(folder / "c"))
        command = Distribution({"name": "publisher", "ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(folder / "made"), str(folder / "c")
        command.ensure_finalized()
        command.run()
    return sorted((folder / "made").rglob("*.*"))


if __name__ == "__main__":
    if not has_compiler():
        sys.exit(NO_COMPILER)
    print(build_compiled(Path(sys.argv[1])))
