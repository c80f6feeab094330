"""The archive holds what was planned, whole or not at all, and can be made again from the ledger."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import feedparser
import pytest

from publisher.errors import UsageError
from publisher.workflow.pages import publish_pages
from tests.journeys.project import DIGEST, Project, folder_config
from tests.workflow.office import StandingClock, now, opened

WEB = '[web]\narchive_folder = "public"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "project", folder_config(WEB))
    made.subscribe(1)
    return made


def _publish(project: Project, slug: str, clock: StandingClock | None = None, **options: bool) -> None:
    project.article(slug)
    with opened(project, clock, **options) as app:
        assert now(app).plan


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_published_stands_in_the_archive(project: Project) -> None:
    clock = StandingClock()
    _publish(project, "erste", clock)
    clock.forward(days=1)
    _publish(project, "zweite", clock)
    public = project.folder / "public"
    assert sorted(_files(public)) == ["daily/1.html", "daily/2.html", "daily/feed.json", "daily/feed.xml", "index.html"]
    assert "Titel von zweite" in (public / "daily" / "2.html").read_text()
    index = (public / "index.html").read_text()
    assert index.index('href="daily/2.html"') < index.index('href="daily/1.html"')
    assert "24. November 2026" in index
    read = feedparser.parse((public / "daily" / "feed.xml").read_bytes())
    assert [entry.link.rpartition("/")[2] for entry in read.entries] == ["2.html", "1.html"]
    assert "Titel von zweite" in read.entries[0].content[0].value


def test_making_it_again_changes_no_byte_and_brings_back_what_is_gone(project: Project) -> None:
    _publish(project, "erste")
    public = project.folder / "public"
    before = _files(public)
    with opened(project) as app:
        assert (publish_pages(app).edition_count, publish_pages(app).changed_count) == (1, 0)
        shutil.rmtree(public)
        assert publish_pages(app).changed_count == len(before)
    assert _files(public) == before


def test_pages_that_nothing_stands_behind_go_and_other_files_stay(project: Project) -> None:
    _publish(project, "erste")
    folder = project.folder / "public" / "daily"
    for name in ("7.html", "2-columns.html", "style.css"):
        (folder / name).write_text("x")
    with opened(project) as app:
        publish_pages(app)
    assert {path.name for path in folder.iterdir()} == {
        "1.html",
        "2-columns.html",
        "style.css",
        "feed.xml",
        "feed.json",
    }


def test_addresses_are_whole_where_the_address_is_known(project: Project) -> None:
    config = folder_config(WEB + 'public_url = "https://www.example.org/news/"\n')
    (project.folder / "config.toml").write_text(config)
    _publish(project, "erste")
    public = project.folder / "public"
    page = "https://www.example.org/news/daily/1.html"
    assert f'rel="canonical" href="{page}"' in (public / "daily" / "1.html").read_text()
    assert json.loads((public / "daily" / "feed.json").read_text())["items"][0]["url"] == page
    assert feedparser.parse((public / "daily" / "feed.xml").read_bytes()).entries[0].link == page


def test_a_rehearsal_has_an_archive_of_its_own(project: Project) -> None:
    _publish(project, "erste", rehearse=True)
    assert not (project.folder / "public").exists()
    assert (project.folder / "outbox" / "pages" / "daily" / "1.html").is_file()
    project.publish("rehearsals", "clear")
    assert not (project.folder / "outbox" / "pages").exists()


def test_a_digest_for_members_only_stays_out(project: Project) -> None:
    (project.folder / "config.toml").write_text(folder_config(WEB).replace(DIGEST, f"{DIGEST}archive = false\n"))
    _publish(project, "erste")
    assert sorted(_files(project.folder / "public")) == ["index.html"]
    assert "Es gibt noch keine Ausgabe." in (project.folder / "public" / "index.html").read_text()


def test_without_a_folder_there_is_none(project: Project) -> None:
    (project.folder / "config.toml").write_text(folder_config())
    _publish(project, "erste")
    assert not (project.folder / "public").exists()
    with opened(project) as app, pytest.raises(UsageError, match="no folder for the archive"):
        publish_pages(app)


def test_a_broken_template_of_ones_own_is_told_and_keeps_nothing_from_being_sent(project: Project) -> None:
    own = project.folder / "templates" / "web" / "archive.html.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{{ digest.titel }}")
    project.article("erste")
    finished = project.publish("now", "--yes", code=0)
    assert "error: templates/web/archive.html.j2:1" in finished.err
    assert project.states() == {"accepted": 1}


def test_a_folder_that_cannot_be_written_is_told_and_keeps_nothing_from_being_sent(project: Project) -> None:
    (project.folder / "public").write_text("a file stands here")
    project.article("erste")
    finished = project.publish("now", "--yes", code=0)
    assert 'hint: Put that right, then run "publish pages".' in finished.err
    assert project.states() == {"accepted": 1}
