"""A Mastodon server's own limit, as commands have it: asked for once, and only by those that make posts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.accounts import MASTODON, ok
from tests.journeys.project import Project, folder_config
from tests.servers.routed_server import RoutedServer

CONFIG = """
[channels.verein]
adapter = "mastodon"
server = "{url}"
token = {{env = "MASTODON_TOKEN_THAT_IS_NOT_SET"}}
articles = "all"
"""


@pytest.fixture
def server() -> Iterator[RoutedServer]:
    with MASTODON.serve() as server:
        statuses = {"max_characters": 5_000, "characters_reserved_per_url": 30}
        server.routes["GET /api/v2/instance"] = ok({"configuration": {"statuses": statuses}})
        yield server


@pytest.fixture
def project(tmp_path: Path, server: RoutedServer) -> Project:
    made = Project.make(tmp_path / "project", folder_config(CONFIG.format(url=server.url)))
    made.article(url="https://www.example.org/p")
    return made


def test_fit_shows_the_servers_limit(project: Project, server: RoutedServer) -> None:
    """The length is the server's, a link weighs what it says; the second run asks nobody. No token is needed."""
    for _ in range(2):
        done = project.publish("fit", "neue-pumpe", "--channel", "verein")
        assert done.out.startswith("verein (mastodon)  65 of 5,000 graphemes\n")
    assert [request.target for request in server.requests] == ["/api/v2/instance"]
    (file,) = (project.folder / ".publisher-cache").iterdir()
    assert file.name.startswith("mastodon-127.0.0.1%3A")


def test_a_damaged_cache_is_written_anew(project: Project, server: RoutedServer) -> None:
    for content in (b"\xff", b"[" * 100_000, b""):
        project.publish("fit", "neue-pumpe", "--channel", "verein")
        (file,) = (project.folder / ".publisher-cache").iterdir()
        file.write_bytes(content)
    assert "5,000" in project.publish("fit", "neue-pumpe", "--channel", "verein").out
    assert len(server.requests) == 4


def test_a_cache_that_cannot_be_written_stops_nothing(project: Project, server: RoutedServer) -> None:
    """The server is asked each time, and the log says why."""
    (project.folder / ".publisher-cache").write_text("a file")
    done = project.publish("fit", "neue-pumpe", "--channel", "verein", "--log", "text")
    assert "5,000" in done.out
    assert "cache_not_written" in done.err


@pytest.mark.parametrize("words", [["--help"], ["queue"], ["status"], ["check", "--help"], ["history"]])
def test_other_commands_ask_nobody(words: list[str], project: Project, server: RoutedServer) -> None:
    """A command that makes no posts opens no connection."""
    project.publish(*words)
    assert server.lines == []
    assert not (project.folder / ".publisher-cache").exists()


def test_a_rehearsal_asks_nobody(project: Project, server: RoutedServer) -> None:
    """What is not known yet is Mastodon's default there."""
    config = project.folder / "config.toml"
    config.write_text("rehearse = true\n" + config.read_text())
    assert "of 500 graphemes" in project.publish("fit", "neue-pumpe", "--channel", "verein").out
    assert server.lines == []
    assert list(project.folder.glob("rehearsals/**/*.json")) == []
