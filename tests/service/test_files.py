"""What is shipped to run it: the unit, the image, the crontab."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "service"
UNIT = (SERVICE / "publisher.service").read_text()
systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def unit_here(tmp_path: Path, text: str = UNIT) -> Path:
    """The unit with a program, folder and user that this machine has."""
    file = tmp_path / "publisher.service"
    text = text.replace("/opt/publisher/bin/publish", sys.executable).replace("User=publisher", "User=root")
    file.write_text(text.replace("Group=publisher", "Group=root").replace("/var/lib/publisher", str(tmp_path)))
    return file


def analyse(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False, timeout=60)


@systemd
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """The control: a key that does not exist is complained about."""
    found = analyse("verify", "--man=no", str(unit_here(tmp_path)))
    assert "publisher.service" not in found.stdout + found.stderr
    wrong = unit_here(tmp_path, UNIT.replace("ProtectSystem=strict", "ProtectSystme=strict"))
    found = analyse("verify", "--man=no", str(wrong))
    assert "ProtectSystme" in found.stdout + found.stderr


def test_the_unit_names_what_the_program_answers_to() -> None:
    """Exit codes, and the way it says that it is ready."""
    keys = dict(line.split("=", 1) for line in UNIT.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert keys["Type"] == "notify"
    assert keys["RestartPreventExitStatus"] == "2"
    assert int(keys["TimeoutStopSec"]) > 10
    assert keys["UMask"] == "0077"
    assert "ProcSubset" not in keys  # it would hide the name of this boot


def instructions() -> list[tuple[str, list[str]]]:
    lines = [line for line in (SERVICE / "Containerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest.split()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_every_file_that_the_image_takes_is_there() -> None:
    """And is under version control's eyes: nothing of a working copy slips in."""
    for word, arguments in instructions():
        if word == "COPY" and not arguments[0].startswith("--from="):
            for source in arguments[:-1]:
                assert (ROOT / source).exists(), source
                assert not source.startswith((".", "/"))
    taken = {source for word, arguments in instructions() if word == "COPY" for source in arguments[:-1]}
    needed = set(re.findall(r'^"([\w./]+)" = "publisher/_shipped', (ROOT / "pyproject.toml").read_text(), re.M))
    assert needed <= taken


def built(source: Path, target: Path) -> dict[str, bytes]:
    """Build the wheel out of a folder: name -> content of each file in it, but for the list of hashes."""
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(target)], cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("RECORD")}


def test_what_the_image_takes_is_enough_for_the_same_wheel(tmp_path: Path) -> None:
    """Built out of nothing but what is copied; the control: without one of them it is not the same."""
    here = tmp_path / "build"
    here.mkdir()
    for word, arguments in instructions():
        if word == "COPY" and not arguments[0].startswith("--from="):
            for source in arguments[:-1]:
                file = ROOT / source
                copy = shutil.copytree if file.is_dir() else shutil.copy2
                copy(file, here / source)
    whole = built(ROOT, tmp_path / "whole")
    assert built(here, tmp_path / "copied") == whole
    shutil.rmtree(here / "templates" / "email")
    assert set(built(here, tmp_path / "less")) < set(whole)


def test_the_copied_stage_is_where_the_program_was_put() -> None:
    """The last stage takes the whole environment to the place for which its scripts were written, which is on PATH."""
    (copied,) = [arguments for word, arguments in instructions() if word == "COPY" and arguments[0] == "--from=build"]
    runs = " ".join(" ".join(arguments) for word, arguments in instructions() if word == "RUN")
    assert copied[1] == copied[2]
    assert f"python -m venv {copied[1]} " in runs
    assert dict(instructions())["ENV"][0] == f"PATH={copied[1]}/bin:$PATH"


@pytest.mark.parametrize("file", ["service/Containerfile", "docs/how-to/run-as-a-service.md"])
def test_the_way_to_build_it_keeps_the_health_check(file: str) -> None:
    """podman's own format has none. Source: podman-build(1), `--format`; seen with buildah 1.28, 2026-11-29."""
    (line,) = [line for line in (ROOT / file).read_text().splitlines() if "podman build" in line]
    assert "--format docker" in line


def test_the_commands_in_the_image_exist() -> None:
    """What it starts, and what it asks for its health: name and options."""
    from click.testing import CliRunner

    from publisher.cli.group import publish

    last = dict(instructions())
    start = json.loads(" ".join(last["ENTRYPOINT"])) + json.loads(" ".join(last["CMD"]))
    health = json.loads(" ".join(last["HEALTHCHECK"]).partition("CMD ")[2])
    for command in (start, health):
        assert command[0] == "publish"
        result = CliRunner().invoke(publish, [word for word in command[1:] if not word.startswith("--")] + ["--help"])
        assert result.exit_code == 0
        assert all(word in result.output for word in command if word.startswith("--"))


def test_the_image_is_built_from_hashes_and_names_no_host() -> None:
    images = [arguments[0] for word, arguments in instructions() if word == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in images)
    runs = " ".join(" ".join(arguments) for word, arguments in instructions() if word == "RUN")
    assert "--require-hashes" in runs
    assert runs.count("pip install") == runs.count("--no-index") - 1  # the other one builds our own wheel
    assert "://" not in (SERVICE / "Containerfile").read_text()


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    words = [word for word, _ in instructions()]
    last = dict(instructions())
    assert last["USER"] == ["publisher"]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert last["VOLUME"] == ["/srv/publisher"]
    health = " ".join(last["HEALTHCHECK"])
    assert '"publish", "doctor", "--offline", "--quiet"' in health


def test_the_commands_in_the_files_exist() -> None:
    """Each is tried with --help: name and options."""
    from click.testing import CliRunner

    from publisher.cli.group import publish

    lines = (SERVICE / "publisher.cron").read_text() + UNIT
    commands = re.findall(r"/opt/publisher/bin/publish (.+)", lines)
    assert len(commands) == 4
    for command in commands:
        words = [
            word for word in shlex.split(command.replace("\\%", "%")) if not word.startswith(("$", "+", "backups"))
        ]
        result = CliRunner().invoke(publish, [word for word in words if ")" not in word] + ["--help"])
        assert result.exit_code == 0, command
        for option in (word for word in words if word.startswith("--")):
            assert option in result.output


@pytest.mark.parametrize("page", ["run-as-a-service", "back-up-and-restore", "see-what-is-going-on"])
def test_the_commands_in_the_pages_exist(page: str) -> None:
    from publisher.cli.overview import COMMANDS

    names = {name for commands in COMMANDS.values() for name in commands}
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    found = set(re.findall(r"`(?:sudo -u publisher )?publish ([a-z]+)", text)) | set(
        re.findall(r"^(?:sudo -u publisher )?(?:/opt/publisher/bin/)?publish ([a-z]+)", text, re.M)
    )
    assert found
    assert found <= names, found - names
