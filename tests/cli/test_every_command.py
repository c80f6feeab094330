"""What holds for all commands: help, one JSON envelope, text without colours when piped, and plain errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.cli.dkim import dkim
from publisher.cli.frame import Result, publish_command
from publisher.cli.group import publish
from publisher.cli.overview import COMMANDS, overview
from publisher.cli.subscribers import subscribers
from publisher.domain.edition import EditionState
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project
from tests.store.scenes import NOW, planned

# One call of each command that ends well; FOLDER stands for the project's folder.
CALLS = {
    "init": "init FOLDER/new --no-samples",
    "config": "config",
    "check": "check",
    "add": "add FOLDER/press.txt",
    "queue": "queue",
    "why": "why neue-pumpe",
    "schedule": "schedule",
    "fit": "fit neue-pumpe",
    "ready": "ready neue-pumpe",
    "hold": "hold neue-pumpe",
    "draft": "draft neue-pumpe",
    "archive": "archive",
    "preview": "preview --output FOLDER/preview",
    "test": "test daily --to me@example.org",
    "dkim new": "dkim new --domain example.org --selector news1 --type ed25519",
    "dkim show": "dkim show",
    "approve": "approve neue-pumpe --yes",
    "reject": "reject neue-pumpe --reason nein --yes",
    "now": "now --yes",
    "run": "run --once",
    "reload": "reload",
    "pause": "pause daily/1",
    "resume": "resume daily/1",
    "cancel": "cancel daily/1",
    "status": "status",
    "history": "history",
    "deliveries": "deliveries",
    "notices": "notices",
    "settle": "settle skip --all --yes",
    "retry": "retry --all --yes",
    "audit": "audit",
    "pages": "pages",
    "rehearsals": "rehearsals clear",
    "stats": "stats daily",
    "doctor": "doctor --offline",
    "backup": "backup FOLDER/backup.db",
    "restore": "restore --go-on",
    "housekeeping": "housekeeping",
    "subscribers import": "subscribers import FOLDER/people.csv",
    "subscribers export": "subscribers export --output FOLDER/out.csv",
    "subscribers add": "subscribers add anna@example.org --consent-source fair",
    "subscribers remove": "subscribers remove person0@example.org",
    "subscribers list": "subscribers list",
    "completion": "completion bash",
}
NAMES = [name for commands in COMMANDS.values() for name in commands]
each_command = pytest.mark.parametrize("name", CALLS)


@pytest.fixture
def project(project: Project) -> Project:
    (project.folder / "press.txt").write_text("Neue Pumpe im Test\n\n09.03.2026\nEin Teaser.\n\nEin Absatz.\n")
    with (project.folder / "config.toml").open("a") as config:
        config.write('[web]\narchive_folder = "public"\n')
    (project.folder / "people.csv").write_text("email,name\nbert@example.org,Bert\n")
    return project


def words_of(name: str, project: Project) -> list[str]:
    config = project.folder / "config.toml"
    if name in ("approve", "reject") and config.exists():
        section = "[digests.daily]\n"
        config.write_text(config.read_text().replace(section, f'{section}approval = "article"\n'))
    if name in ("pause", "resume", "cancel"):
        with project.store() as store:
            edition = planned(store, 1)
            if name == "resume":
                store.ledger.change_edition(edition.id, EditionState.PLANNED, EditionState.PAUSED, NOW)
    return CALLS[name].replace("FOLDER", str(project.folder)).split()


def test_every_command_is_tried_here() -> None:
    groups = {
        "subscribers": [f"subscribers {name}" for name in subscribers.commands],
        "dkim": [f"dkim {name}" for name in dkim.commands],
    }
    expected = [full for name in NAMES for full in groups.get(name, [name])]
    assert sorted(CALLS) == sorted(expected)


@each_command
def test_help(name: str) -> None:
    """Each tells its usage, its options and what they do."""
    result = CliRunner().invoke(publish, [*name.split(), "--help"], prog_name="publish")
    assert result.exit_code == 0
    assert f"Usage: publish {name}" in result.stdout
    for option in ("--config", "--json", "--log", "--help"):
        assert option in result.stdout


@each_command
def test_json_envelope(project: Project, name: str) -> None:
    """With --json a command prints one document of the one form, and nothing else."""
    envelope = run_json(project, *words_of(name, project))
    assert envelope["command"] == name
    assert envelope["problems"] == []


@each_command
def test_text(project: Project, name: str) -> None:
    """Without --json it prints text without control codes when piped, and no error."""
    finished = run(project, *words_of(name, project))
    assert "\x1b" not in finished.out + finished.err
    assert "error:" not in finished.err
    assert not finished.out.startswith("{") or name == "config"


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("init", "completion", "config")])
def test_without_a_config(project: Project, name: str) -> None:
    """Exit 2, the file's name, and what to do; in the envelope, too."""
    (project.folder / "config.toml").unlink()
    words = words_of(name, project)
    finished = run(project, *words, code=2)
    assert "config.toml: there is no such config" in finished.err
    assert "publish init" in finished.err
    assert finished.out == ""
    (problem,) = run_json(project, *words, code=2)["problems"]
    assert problem["what"] == "there is no such config"


def test_the_overview_names_every_command() -> None:
    assert all(f"  {name} " in overview() for name in NAMES)
    assert max(map(len, overview().splitlines())) <= 80
    for words in ([], ["--help"]):
        result = CliRunner().invoke(publish, words, prog_name="publish")
        assert result.output.strip() == overview().strip()


def test_a_command_that_does_not_exist() -> None:
    """The nearest one is named."""
    result = CliRunner().invoke(publish, ["nwo"], prog_name="publish")
    assert result.exit_code == 2
    assert 'there is no command "nwo"' in result.stderr
    assert "now" in result.stderr


def test_version() -> None:
    from publisher import __version__

    assert __version__ in CliRunner().invoke(publish, ["--version"], prog_name="publish").stdout


def test_the_config_file_from_the_environment(project: Project) -> None:
    """PUBLISH_CONFIG stands for --config."""
    environment = {"PUBLISH_CONFIG": str(project.folder / "config.toml")}
    result = CliRunner().invoke(publish, ["queue"], env=environment, prog_name="publish")
    assert result.exit_code == 0
    assert "neue-pumpe" in result.stdout


@publish_command("broken", summary="A command with a defect.")
def broken(config_file: Path) -> Result:
    raise ZeroDivisionError


@publish_command("interrupted", summary="A command at which somebody presses Ctrl-C.")
def interrupted(config_file: Path) -> Result:
    raise KeyboardInterrupt


def test_a_defect_of_ours_has_its_own_exit_code() -> None:
    """Neither "some rejected" nor "nothing was sent": a script must not take a defect for either."""
    result = CliRunner().invoke(broken, [])
    assert result.exit_code == 70
    assert "a defect of this program: ZeroDivisionError" in result.stderr
    assert "Traceback" in result.stderr


def test_ctrl_c_before_anything_happened() -> None:
    """What shells expect after SIGINT, and no traceback."""
    result = CliRunner().invoke(interrupted, [])
    assert result.exit_code == 130
    assert result.stderr.strip() == "Stopped."
