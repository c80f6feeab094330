from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.bad_input import CONFIG_CASES, OTHER_CASES, QUEUE_CASES, SUBSCRIBER_CASES, TEMPLATE_CASES, Case
from tests.cli.project import ARTICLE, CONFIG, GOOD_FILE, Project

ALL_CASES = (*CONFIG_CASES, *QUEUE_CASES, *TEMPLATE_CASES, *SUBSCRIBER_CASES, *OTHER_CASES)


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def project(tmp_path: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PUBLISH_CONFIG", raising=False)
    return Project(tmp_path, listener)


def prepare(project: Project, case: Case) -> str:
    """Make the mistake, and give the text that is expected."""
    config = CONFIG
    for right, wrong in case.config:
        assert right in config
        config = config.replace(right, wrong, 1)
    project.write({"config.toml": config, **case.files})
    return case.says.replace("PORT", str(project.port)).replace("HERE", str(project.folder))


def assert_nothing_was_sent(project: Project) -> None:
    assert project.connections() == 0
    assert project.delivery_rows() == 0
    assert project.files_out() == []


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_bad_input_is_explained_in_full_and_nothing_is_sent(project: Project, case: Case) -> None:
    """The whole text, exit code 2, no traceback, no row, no file, no connection."""
    expected = prepare(project, case)

    said = project.run(*case.words)

    assert said.err == expected
    assert said.exit_code == 2
    assert_nothing_was_sent(project)


def test_there_are_many_kinds_of_each() -> None:
    """The table is as long as was promised, and no two cases are the same mistake."""
    counts = [len(cases) for cases in (CONFIG_CASES, QUEUE_CASES, TEMPLATE_CASES, SUBSCRIBER_CASES, OTHER_CASES)]
    assert all(count >= least for count, least in zip(counts, (12, 10, 6, 5, 5), strict=True))
    assert len({case.says for case in ALL_CASES}) > 100


def test_without_a_mistake_the_same_project_does_send(project: Project) -> None:
    """The control: the listener, the ledger and the outbox do notice when something leaves."""
    project.write({GOOD_FILE: ARTICLE})

    said = project.run("now", "--yes")

    assert said.exit_code != 2
    assert project.connections() > 0
    assert project.delivery_rows() == 3
    assert [name.rpartition(".")[2] for name in project.files_out()] == ["outbox/x", "json", "txt"]


@pytest.mark.parametrize(
    "case",
    [CONFIG_CASES[-3], QUEUE_CASES[4], TEMPLATE_CASES[1], SUBSCRIBER_CASES[1], OTHER_CASES[0]],
    ids=lambda case: case.name.replace(" ", "-"),
)
def test_a_process_of_its_own_says_the_same(project: Project, case: Case) -> None:
    """What stands on the two streams of a real process, and its exit code."""
    expected = prepare(project, case)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}

    done = subprocess.run(
        [sys.executable, "-m", "publisher", *case.words],
        cwd=project.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == expected
    assert done.returncode == 2
    assert_nothing_was_sent(project)


@pytest.mark.parametrize("case", [CONFIG_CASES[8], QUEUE_CASES[-3]], ids=lambda case: case.name.replace(" ", "-"))
def test_json_carries_every_error(project: Project, case: Case) -> None:
    """For programs: the same errors, each with what, where and hint, in one envelope."""
    expected = prepare(project, case)

    said = project.run(*case.words, "--json")

    envelope = json.loads(said.out)
    told = "".join(f"error: {p['where']}: {p['what']}\nhint: {p['hint']}\n" for p in envelope["problems"])
    assert (told, envelope["exit_code"], said.exit_code, said.err) == (expected, 2, 2, "")


@pytest.mark.parametrize("case", QUEUE_CASES[:5], ids=lambda case: case.name.replace(" ", "-"))
def test_check_says_it_before_now_does(project: Project, case: Case) -> None:
    """`publish check` ends with 2 where a file is wrong, with the same words."""
    expected = prepare(project, case)

    said = project.run("check")

    assert (said.err, said.exit_code) == (expected, 2)
    assert_nothing_was_sent(project)


@pytest.mark.parametrize("case", QUEUE_CASES[:5], ids=lambda case: case.name.replace(" ", "-"))
def test_a_bad_file_does_not_stop_a_good_one(project: Project, case: Case) -> None:
    """Only where nothing valid is left, or where the file was named, is nothing sent."""
    expected = prepare(project, case)
    project.write({GOOD_FILE: ARTICLE})

    said = project.run("now", "--yes", "--channel", "x")

    assert said.err == expected
    assert said.exit_code == 0
    assert project.delivery_rows() == 1
