"""What breaks a rule is not sent, unless a person forces that very rule, and that is then on record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.errors import InsecureAddress, PreflightError, Problems, PublisherError, UsageError
from publisher.ports.http import HttpAnswer, HttpRequest
from publisher.ports.resolver import RecordKind
from publisher.workflow.check import check
from publisher.workflow.preflight import parse_forced
from publisher.workflow.preview import preview
from tests.journeys.project import Project, folder_config
from tests.workflow.office import now, opened


@pytest.fixture
def faulty(project: Project) -> Project:
    """A template with a placeholder left in it."""
    project.subscribe(1)
    project.article(teaser="Hier kommt der Text der Meldung.", url="https://fachverband.example/a")
    folder = project.folder / "templates" / "email" / "digest"
    folder.mkdir(parents=True)
    (folder / "preheader.j2").write_text('Guten Tag {{ "{{ name }}" }}, hier kommt der Text der Meldung.')
    return project


def test_nothing_is_frozen_while_there_is_an_error(faulty: Project) -> None:
    with opened(faulty) as app:
        with pytest.raises(Problems) as stopped:
            now(app)
        assert {type(error) for error in stopped.value.errors} == {PreflightError}
        assert all(error.what.endswith("(W2-placeholder)") for error in stopped.value.errors)
        assert stopped.value.errors[0].where.startswith("digest daily, ")
        assert stopped.value.errors[-1].hint.endswith("--force W2-placeholder")
        assert app.ledger.editions() == []


def test_a_forced_rule_lets_it_through_and_is_on_record(faulty: Project) -> None:
    with opened(faulty) as app:
        report = now(app, forced=frozenset({"W2-placeholder"}))
        assert report.exit_code == 0
        assert report.forced == {"W2-placeholder"}
        forced = [finding for finding in report.findings["daily"] if finding.rule == "W2-placeholder"]
        assert forced
        assert all(finding.what.endswith(", forced") for finding in forced)


def test_another_forced_rule_does_not(faulty: Project) -> None:
    with opened(faulty) as app, pytest.raises(Problems):
        now(app, forced=frozenset({"L2-generic"}))


def test_a_dry_run_tells_and_does_not_stop(faulty: Project) -> None:
    with opened(faulty) as app:
        report = now(app, dry_run=True)
        assert "W2-placeholder" in {finding.rule for finding in report.findings["daily"]}


def test_forced_rules_are_read_from_a_list() -> None:
    assert parse_forced("") == frozenset()
    assert parse_forced(" L2-generic,M2-size ") == {"L2-generic", "M2-size"}
    with pytest.raises(UsageError, match='there is no rule "L2-generisch"') as error:
        parse_forced("L2-generisch")
    assert "L2-generic" in error.value.hint


def test_check_lists_it_and_so_does_the_preview(faulty: Project, tmp_path: Path) -> None:
    with opened(faulty) as app:
        report = check(app, all_articles=False, online=False)
        assert any("W2-placeholder" in error.what for error in report.errors)
        shown = preview(app, "daily", tmp_path / "preview")
        assert "W2-placeholder" in {finding.rule for finding in shown.findings}
    page = (tmp_path / "preview" / "index.html").read_text("utf-8")
    assert "· W2-placeholder ·" in page


def test_an_article_with_an_insecure_link_is_left_out_and_the_rest_goes_on(project: Project) -> None:
    """It is named with file and line, in time by the check and again when the edition is made; its post leaves."""
    project.subscribe(1)
    project.article("gut", url="https://fachverband.example/gut")
    path = project.article("alt", channels=["mastodon"], body="Ein Absatz.\n\nMehr [hier](http://werk.example/alt).")
    with opened(project) as app:
        (problem,) = [
            error for error in check(app, all_articles=False, online=False).errors if isinstance(error, InsecureAddress)
        ]
        line = path.read_text().split("\n").index("Mehr [hier](http://werk.example/alt).") + 1
        assert problem.where == f"queue/{path.name}:{line}"
        report = now(app)
        assert problem.what in {error.what for error in report.drafts.problems}
        (edition,) = app.ledger.editions()
        assert [use.slug for use in edition.articles] == ["gut"]
        assert {left.slug: left.reason for left in edition.left_out}["alt"].startswith("cannot be shown")
        assert [post.article.slug for post in app.ledger.posts()] == ["alt"]


def test_warnings_do_not_stop_anything(project: Project) -> None:
    project.subscribe(1)
    project.article(teaser="Kurz.", url="https://elsewhere.example.org/a")
    with opened(project) as app:
        report = now(app)
        assert report.exit_code == 0
        assert {"W4-source", "M3-length"} <= {finding.rule for finding in report.findings["daily"]}


def test_what_an_author_wrote_does_not_stop_anything_and_is_named(project: Project) -> None:
    project.subscribe(1)
    project.article("brief", body="So: `{{ name }}`. Mehr steht [hier](https://fachverband.example/a).")
    with opened(project) as app:
        report = check(app, all_articles=False, online=False)
        assert report.errors == ()
        named = [warning for warning in report.warnings if '"Titel von brief" (queue/2026-11-23-brief.md)' in warning]
        assert any(warning.endswith("(L2-generic)") for warning in named)
        assert any(warning.endswith("(W2-placeholder)") for warning in named)
        assert now(app).exit_code == 0


def test_a_warning_is_given_once(project: Project, tmp_path: Path) -> None:
    project.subscribe(1)
    project.article(teaser="Kurz.", url="https://fachverband.example/a")
    with opened(project) as app:
        said = check(app, all_articles=False, online=False).warnings
        assert len([warning for warning in said if "preheader" in warning]) == 1
        report = preview(app, "daily", tmp_path / "preview")
    assert report.draft is not None
    assert report.draft.email.warnings == ()
    assert [finding.where for finding in report.findings].count("preheader") == 1


def test_unknown_mail_programs_are_an_error(tmp_path: Path) -> None:
    config = folder_config().replace("schedule =", 'required_clients = ["netscape.*"]\nschedule =')
    project = Project.make(tmp_path / "project", config)
    with pytest.raises(PublisherError, match="netscape"), opened(project):
        pass


class Gone:
    """A web in which nothing is left."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        return HttpAnswer(404)


class Empty:
    """A domain name system without records."""

    def lookup(self, name: str, kind: RecordKind) -> tuple[str, ...]:
        return ()


def test_the_network_is_asked_only_on_request(project: Project) -> None:
    project.subscribe(1)
    project.article(url="https://fachverband.example/a", source={"name": "Verband"})
    with opened(project) as opened_app:
        app = replace(opened_app, http=Gone())
        assert check(app, all_articles=False, online=False).errors == ()
        report = check(app, all_articles=False, online=False, links=True, resolver=Empty())
    rules = {error.what.rpartition("(")[2].rstrip(")") for error in report.errors}
    assert rules == {"N1-dead", "N2-spf", "N4-dmarc", "N5-mx"}
    assert "digest daily, 2 links, domain example.org" in report.checked
    assert (project.folder / "checked-links.json").exists()
