"""A draft becomes a queue file that reads back as it was, and nothing that is there is overwritten."""

from __future__ import annotations

import os
import string
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.domain.article import Article, Image, Related, Source, Status
from publisher.errors import Problems, SourceError
from publisher.intake.draft import Draft, line_of, queue_text, text_of, write_draft
from publisher.intake.front_matter import clean_body, read_article
from tests.intake.folders import queue_in, read

TODAY = date(2026, 11, 23)
SIGNS = st.sampled_from(
    [*"aäöüß :-#'\"\\|>&*!%@`~[]{},?=\n\t0123456789.\u00a0\u200d\u2028\ufeff…„“🙂", "no", ": ", " #"]
)
TEXTS = st.one_of(st.text(max_size=120), st.lists(SIGNS, max_size=200).map("".join))
LINES = TEXTS.map(line_of)
LONG_TEXTS = TEXTS.map(text_of)
SLUGS = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}", fullmatch=True)
WEB = st.text(alphabet=string.ascii_letters + string.digits + "-._~/?#&=%+:ä", max_size=60).map(
    lambda rest: f"https://example.org/{rest}"
)
DATES = st.dates()
MOMENTS = st.integers(0, 4_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, timezone(timedelta(hours=1)))
)
NAMES = st.lists(LINES.filter(bool), max_size=4, unique=True).map(tuple)


def filled(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """None where nothing in it is filled: an empty group is a group left out."""
    return values.map(lambda value: value if any(getattr(value, f.name) for f in fields(value)) else None)


RELATED = st.one_of(
    st.builds(Related, slug=SLUGS),
    st.builds(Related, title=LINES.filter(bool), url=st.none() | WEB, date=st.none() | DATES, teaser=LONG_TEXTS),
)
DRAFTS = st.builds(
    Draft,
    title=LINES.filter(bool),
    body_markdown=TEXTS.map(lambda text: clean_body("".join(c for c in text if c.isprintable() or c == "\n"))),
    slug=SLUGS,
    kicker=LINES,
    teaser=LONG_TEXTS,
    date=st.none() | DATES,
    lang=st.sampled_from([None, "de", "en-GB", "no"]),
    author=LINES,
    image=filled(st.builds(Image, src=st.none() | WEB, alt=LINES, caption=LINES, credit=LINES)),
    source=st.none() | st.builds(Source, name=LINES.filter(bool), url=st.none() | WEB),
    url=st.none() | WEB,
    tags=NAMES,
    digests=st.none() | NAMES,
    channels=st.none() | NAMES,
    publish_after=st.none() | MOMENTS,
    priority=st.integers(-100, 100),
    related=st.lists(RELATED, max_size=3).map(tuple),
    replaces=st.none() | SLUGS,
    posts=st.dictionaries(LINES.filter(bool), LONG_TEXTS.filter(bool), max_size=2).map(MappingProxyType),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(DRAFTS, st.sampled_from(Status))
def test_whatever_is_written_reads_back_identically(draft: Draft, status: Status) -> None:
    article = read_article(queue_text(draft, status), f"queue/2026-11-23-{draft.slug}.md")
    names = {field.name for field in fields(Draft)} & {field.name for field in fields(Article)}
    assert {name: getattr(article, name) for name in names} == {name: getattr(draft, name) for name in names}
    assert article.status is status


PUMP = Draft(
    title="Neue Pumpe: größer, „leiser“ und sparsamer",
    teaser="Sie braucht nur halb so viel Strom wie ihre Vorgängerin, und niemand hört sie: das sagt der Verband.",
    date=date(2020, 11, 27),
    lang="no",
    image=Image(src="images/pumpe.jpg", credit="Verband"),
    source=Source("WILO SE"),
    tags=("Pumpen", "Wasser"),
    publish_after=datetime(2026, 11, 23, 8, tzinfo=UTC),
    related=(Related(title="Alte Pumpe", date=date(2020, 1, 2)), Related(slug="noch-eine")),
    posts=MappingProxyType({"mastodon": "Erste Zeile\nZweite Zeile"}),
    body_markdown="Ein Absatz.",
)


def test_the_file_is_one_that_people_like_to_read(tmp_path: Path) -> None:
    path = write_draft(PUMP, queue_in(tmp_path), status=Status.DRAFT, today=TODAY)
    assert path.name == "2026-11-23-neue-pumpe-groesser-leiser-und-sparsamer.md"
    assert (
        path.read_text("utf-8")
        == """---
title: 'Neue Pumpe: größer, „leiser“ und sparsamer'
status: draft
teaser: >-
  Sie braucht nur halb so viel Strom wie ihre Vorgängerin, und niemand hört sie: das sagt
  der Verband.
date: 2020-11-27
lang: 'no'
image:
  src: images/pumpe.jpg
  credit: Verband
source:
  name: WILO SE
tags: [Pumpen, Wasser]
publish_after: 2026-11-23T08:00+00:00
related:
  - title: Alte Pumpe
    date: 2020-01-02
  - noch-eine
posts:
  mastodon: |-
    Erste Zeile
    Zweite Zeile
---

Ein Absatz.
"""
    )


def test_a_written_draft_is_an_article_of_the_queue(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    path = write_draft(PUMP, folder, status=Status.READY, today=TODAY)
    os.utime(path, (1, 1))
    reading = read(folder)
    assert [(article.title, article.status) for article in reading.articles] == [(PUMP.title, Status.READY)]
    assert [entry.name for entry in folder.iterdir()] == [path.name]


def test_the_new_file_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        path = write_draft(PUMP, queue_in(tmp_path), status=Status.DRAFT, today=TODAY)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("2026-11-23-pumpe.md", "x"),
        ("2020-01-01-pumpe.md", "x"),
        ("Pumpe.md", "x"),
        ("archive/2019-01-01-pumpe.md", "x"),
        ("other.md", '---\ntitle: x\nslug: "pumpe"\n---\n'),
    ],
)
def test_a_slug_that_is_taken_is_refused_and_its_file_named(tmp_path: Path, name: str, content: str) -> None:
    folder = queue_in(tmp_path)
    (folder / "archive").mkdir()
    (folder / name).write_text(content)
    with pytest.raises(SourceError) as raised:
        write_draft(Draft("Pumpe"), folder, status=Status.DRAFT, today=TODAY)
    where = name if "/" in name else f"queue/{name}"
    assert str(raised.value) == (
        f'{where}: there is already an article "pumpe"\n'
        "hint: Edit that file; or change the new headline, or add a line such as slug: new-pump-2 to it."
    )
    assert (folder / name).read_text() == content
    assert len(list(folder.glob("*.md"))) == (0 if "/" in name else 1)


def test_two_at_the_same_time_cannot_both_win(tmp_path: Path) -> None:
    """The name is taken by creating it: what appears between the look and the writing is not overwritten."""
    folder = queue_in(tmp_path)
    target = folder / "2026-11-23-pumpe.md"
    target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match='there is already an article "pumpe"'):
        write_draft(Draft("Pumpe"), folder, status=Status.DRAFT, today=TODAY)
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        write_draft(Draft("Pumpe"), tmp_path / "queue", status=Status.DRAFT, today=TODAY)
    assert str(raised.value) == (
        f"{tmp_path}/queue: the queue folder cannot be written: No such file or directory\n"
        "hint: Make it with `publish init`, or free some space."
    )


def test_a_headline_without_latin_letters_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = write_draft(Draft("新しいポンプ"), queue_in(tmp_path), status=Status.DRAFT, today=TODAY)
    assert path.name.startswith("2026-11-23-article-")


def test_a_draft_that_makes_no_valid_file_is_not_written(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    with pytest.raises(Problems, match='"url" is not a web address'):
        write_draft(replace(PUMP, url="javascript:alert(1)"), folder, status=Status.DRAFT, today=TODAY)
    assert list(folder.iterdir()) == []


def test_a_draft_that_would_be_skipped_as_too_large_is_not_written(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    with pytest.raises(SourceError) as raised:
        write_draft(Draft("Pumpe", "x" * 1024 * 1024), folder, status=Status.DRAFT, today=TODAY)
    assert str(raised.value) == (
        "2026-11-23-pumpe.md: the article is larger than 1 MiB\nhint: Shorten it, or split it."
    )  # fmt: skip
    assert list(folder.iterdir()) == []
