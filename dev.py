"""What a person who works on this project types: `python3 dev.py demo | test | check | wheel | lock`.

Needs Python 3.11 or newer and nothing else: it makes `.venv`, puts the locked packages in, and goes on from there.

    demo    set up, then run the main job on the sample queue: an edition and posts land in demo/outbox
    test    set up, then run the tests (further words go to pytest)
    check   set up, then format, lint, types, import contracts
    wheel   set up, then make a wheel in dist/ for this Python and machine, its fast path compiled (needs a C compiler)
    lock    write requirements.lock anew from pyproject.toml
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
LOCK = ROOT / "requirements.lock"
DEMO = ROOT / "demo"


def main() -> int:
    """Do what the first word says."""
    command, *words = sys.argv[1:] or ["help"]
    actions = {"demo": demo, "test": test, "check": check, "wheel": wheel, "lock": lock}
    if command not in actions:
        print(__doc__)
        return 0 if command in ("help", "--help", "-h") else 2
    started = time.monotonic()
    set_up()
    code = actions[command](words)
    print(f"{command}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return code


def set_up() -> None:
    """Make the environment, or bring it up to the lock; quick where nothing changed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said plainly to who starts it with an older one
        sys.exit("Python 3.11 or newer is needed.")
    stamp = ENVIRONMENT / "locked"
    wanted = LOCK.read_text() + (ROOT / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(ENVIRONMENT, with_pip=True)
    python = str(BIN / "python")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    uv = (python, "-m", "uv", "pip")
    run(*uv, "sync", "--quiet", "--require-hashes", "--python", python, str(LOCK))
    run(*uv, "install", "--quiet", "--no-deps", "--python", python, "--editable", str(ROOT))
    stamp.write_text(wanted)


def demo(words: list[str]) -> int:
    """Publish the sample queue into demo/outbox."""
    publish = str(BIN / "publish")
    pages = sorted(DEMO.glob("outbox/*/index.html"))
    for page in pages:
        print(f"Published before. Look at {page}")
    if pages:
        print(f"To begin anew, delete {DEMO}")
    if not DEMO.exists():
        run(publish, "init", str(DEMO), quiet=True)
    at = ("--config", str(DEMO / "config.toml"))
    run(publish, "subscribers", "import", str(DEMO / "subscribers.csv"), *at)
    return subprocess.run([publish, "now", "--yes", *at, *words], check=False).returncode


def test(words: list[str]) -> int:
    """Run the tests on all processors."""
    return subprocess.run(
        [str(BIN / "python"), "-m", "pytest", "-n", "auto", "--dist", "worksteal", *words], cwd=ROOT, check=False
    ).returncode


def check(words: list[str]) -> int:
    """Run every static check; with --fix, mend what can be mended."""
    fix = "--fix" in words
    commands = [
        ["ruff", "format", *([] if fix else ["--check"]), "."],
        ["ruff", "check", *(["--fix"] if fix else []), "."],
        ["mypy"],
        ["lint-imports"],
    ]
    codes = [subprocess.run([str(BIN / name), *rest], cwd=ROOT, check=False).returncode for name, *rest in commands]
    return max(codes)


def wheel(words: list[str]) -> int:
    """Build a wheel for this Python and machine."""
    return subprocess.run([str(BIN / "python"), "compiling.py", "dist", *words], cwd=ROOT, check=False).returncode


def lock(words: list[str]) -> int:
    """Resolve pyproject.toml with all groups into one hashed file that names no package index."""
    command = [str(BIN / "python"), "-m", "uv", "pip", "compile", "--universal", "--generate-hashes", "--quiet"]
    command += ["--no-emit-index-url", "--no-header", "--group", "dev", "--output-file", LOCK.name, *words]
    return subprocess.run([*command, "pyproject.toml"], cwd=ROOT, check=False).returncode


def run(*command: str, quiet: bool = False) -> None:
    """Run a step; stop with its exit code if it fails."""
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
