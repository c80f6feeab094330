"""A press text becomes a queue file, a digest at a mail server and posts at a webhook and in folders; all on loopback.

Every field is looked for where a reader expects it: in the queue file with PyYAML, in the e-mail with the standard
library's parser and html5lib.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys import pages
from tests.journeys.project import ROOT, Project, live_config
from tests.journeys.servers.hook import HookServer
from tests.journeys.servers.mail import MailServer

CUSTOMERS_PAGE = ROOT.parent / "shared" / "inputs" / "000_f12e567d7b132c7c.txt"


@dataclass(frozen=True)
class Page:
    """A press text, and what is to be understood of it."""

    path: Path
    title: str
    date: dt.date
    teaser: str
    caption: str
    credit: str
    source: str
    first_words: str
    last_words: str
    quote: str
    related: tuple[tuple[str, dt.date, str], ...]  # title, date, how the teaser begins

    def __str__(self) -> str:
        return self.path.stem


CUSTOMERS = Page(
    path=CUSTOMERS_PAGE,
    title="Wilo Teil der Business Innovation Platform China",
    date=dt.date(2020, 11, 27),
    teaser="Wirtschaftliche Entwicklungen und innovative Zukunftsstrategien als bestimmende Themen.",
    caption="Jens Dallendoerfer, Senior Vice President Sales Region Emerging Markets der Wilo Gruppe, ist sich sicher,",
    credit="Wilo SE",
    source="WILO SE",
    first_words="Auf Einladung von NRW.Invest und der Business Metropole Ruhr kamen",
    last_words="sowie landesweit 16 Vertriebsbüros.",
    quote="bekommt unser Credo Global denken, Lokal handeln eine noch stärkere Bedeutung.",
    related=(
        ("Wilo fördert nachhaltige Bewässerung in Usbekistan", dt.date(2021, 11, 26), "Im Rahmen des Förderprogramms"),
        ("Besuch von Hochschulen bei der WILO SE, Werk Hof", dt.date(2021, 11, 22), "Um die Kontakte zwischen"),
        ("Wilo bekennt sich erneut zu ehrgeizigen Klimaschutzzielen", dt.date(2021, 10, 19), "Das Dortmunder"),
    ),
)
OURS = Page(
    path=Path(__file__).parent / "press_text.txt",
    title="Neue Umwälzpumpe spart im Feldtest ein Drittel Strom",
    date=dt.date(2026, 3, 9),
    teaser="Zwölf Häuser, ein Winter: Der Hersteller hat nachgemessen.",
    caption="Techniker Jörg Weißgerber prüft die Pumpe im Heizungskeller eines Mehrfamilienhauses.",
    credit="Foto Größe & Söhne",
    source="Pumpenwerke Steinhafen GmbH",
    first_words="Im Feldtest der Pumpenwerke Steinhafen lief die neue Baureihe",
    last_words="Die Pumpe kommt im Herbst in den Handel.",
    quote="„Dass es 33 Prozent geworden sind, liegt am hydraulischen Abgleich.“",
    related=(
        ("Pumpenwerke eröffnen Lehrwerkstatt", dt.date(2026, 1, 14), "Sechzehn Auszubildende lernen"),
        ("Förderung für Pumpentausch verlängert", dt.date(2025, 12, 2), "Der Zuschuss gilt bis Ende 2027."),
        ("Was ein Abgleich wirklich bringt", dt.date(2025, 9, 30), "Eine Untersuchung in 40 Gebäuden"),
    ),
)
MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)


def in_words(date: dt.date) -> str:
    return f"{date.day}. {MONTHS[date.month - 1]} {date.year}"


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=[CUSTOMERS, OURS], ids=str)
def page(request: pytest.FixtureRequest) -> Page:
    page = request.param
    assert isinstance(page, Page)
    if not page.path.exists():
        pytest.skip(f"the customer's own page is not here: {page.path.name}; the text written for the tests is tried")
    return page


@pytest.fixture
def project(tmp_path: Path, mail: MailServer, hook: HookServer) -> Project:
    """As a person begins: `publish init`, then a config of one's own."""
    folder = tmp_path / "project"
    subprocess.run(
        [sys.executable, "-m", "publisher", "init", str(folder), "--no-samples"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    everything = 'articles = "all"\n'
    config = re.sub(r"(\[channels\.(teamchat|mastodon|x)\]\n)", rf"\1{everything}", live_config(mail, hook))
    (folder / "config.toml").write_text(config)
    return Project(folder)


def queue_file(path: Path) -> tuple[dict[str, Any], str]:
    _, front, body = re.split(r"^---\n", path.read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)
    return yaml.safe_load(front), body


def test_a_press_text_reaches_readers(project: Project, mail: MailServer, hook: HookServer, page: Page) -> None:
    """Every field stands at its place in file, e-mail and posts; then the same text with an address is linked."""
    project.publish("subscribers", "add", "anna@example.org", "--name", "Anna Öz", "--consent-source", "test")
    added = project.publish("add", "--ready", str(page.path), "--json").data["added"]
    (path,) = (project.folder / "queue").glob("*.md")
    assert [entry["file"] for entry in added] == [str(path)]
    check_queue_file(path, page)

    project.publish("now", "--yes")
    (sent,) = mail.mails()
    assert (sent.mail_from, sent.rcpt_to) == ("newsletter@example.org", "anna@example.org")
    assert page.title in sent.message["Subject"] or page.title[:40] in sent.message["Subject"]
    check_html(sent.part("html"), page)
    check_text(sent.part("plain"), page)
    (call,) = hook.calls()
    assert call.verified
    check_posts(project, call.body, page)

    linked(path, "zweite-fassung", "https://fachverband.example/aktuelles/pumpe")
    project.publish("now", "--yes")
    check_linked(mail, hook, project, "https://fachverband.example/aktuelles/pumpe")


def check_queue_file(path: Path, page: Page) -> None:
    fields, body = queue_file(path)
    assert fields["title"] == page.title
    assert fields["status"] == "ready"
    assert fields["date"] == page.date
    assert flat(fields["teaser"]) == page.teaser
    assert flat(fields["image"]["caption"]).startswith(page.caption)
    assert "Bildquelle" not in fields["image"]["caption"]
    assert fields["image"]["credit"] == page.credit
    assert fields["source"] == {"name": page.source}
    assert [(other["title"], other["date"]) for other in fields["related"]] == [
        (title, date) for title, date, _ in page.related
    ]
    for other, (_, _, teaser) in zip(fields["related"], page.related, strict=True):
        assert flat(other["teaser"]).startswith(teaser)
        assert "Mehr lesen" not in other["teaser"]
    text = flat(body)
    assert text.startswith(page.first_words)
    assert text.endswith(page.last_words)
    assert page.quote in text
    assert page.title not in text  # the repeated headline is gone
    assert "Quelle:" not in text
    assert "url" not in fields


def check_html(html: str, page: Page) -> None:
    tree = pages.parse(html)
    assert page.title in pages.texts(tree, "h2")
    paragraphs = pages.texts(tree, "p")
    assert page.teaser in paragraphs
    assert any(text.startswith(in_words(page.date)) for text in paragraphs)
    (caption,) = [text for text in paragraphs if text.startswith(page.caption)]
    assert caption.endswith(f": {page.credit}")
    assert f"Quelle: {page.source}" in paragraphs
    assert any(text.startswith(page.first_words) for text in paragraphs)
    assert any(text.endswith(page.last_words) for text in paragraphs)
    assert any(page.quote in text for text in paragraphs)
    assert any(text.startswith("Guten Tag Anna Öz") for text in paragraphs)
    items = [text for text in pages.texts(tree, "li") if any(title in text for title, _, _ in page.related)]
    assert len(items) == len(page.related)
    for item, (title, date, teaser) in zip(items, page.related, strict=True):
        assert item.startswith(title)
        assert in_words(date) in item
        assert teaser in item
    assert [element for element in tree.iter("img") if not element.get("alt")] == []
    assert not any("aktuelles" in address for address in pages.links(tree))


def check_text(text: str, page: Page) -> None:
    flat_text = flat(text)
    wanted = [page.title, page.teaser, page.caption, page.credit, page.first_words, page.quote]
    wanted += [page.last_words, f"Quelle: {page.source}", in_words(page.date)]
    for title, date, teaser in page.related:
        wanted += [title, in_words(date), teaser]
    assert [words for words in wanted if words not in flat_text] == []
    assert max(map(len, text.splitlines())) <= 78


def check_posts(project: Project, body: dict[str, Any], page: Page) -> None:
    """Every network has title and teaser, and no link as there is no address."""
    assert (body["title"], body["teaser"], body["url"]) == (page.title, page.teaser, None)
    texts = [body["text"], *(read_post(project, channel) for channel in ("mastodon", "x"))]
    for text in texts:
        assert page.title in text
        assert page.teaser in text
        assert "http" not in text
    assert f"Quelle: {page.source}" in body["text"]


def read_post(project: Project, channel: str, slug: str = "") -> str:
    (path,) = (project.folder / "posted" / channel).glob(f"{slug}*.txt")
    return path.read_text()


def linked(path: Path, slug: str, url: str) -> None:
    """Write the same article again as another one, with an address."""
    text = path.read_text().replace("title: ", "title: Ergänzt: ", 1)
    title = re.search(r"^title: (.*)$", text, re.MULTILINE)
    assert title
    text = text.replace(title.group(), f'title: "{title.group(1)}"\nurl: {url}')
    path.with_name(f"2026-11-23-{slug}.md").write_text(text)


def check_linked(mail: MailServer, hook: HookServer, project: Project, url: str) -> None:
    _, sent = mail.mails()
    links = pages.links(pages.parse(sent.part("html")))
    assert links[url].startswith("Weiterlesen")
    assert url in sent.part("plain")
    _, call = hook.calls()
    assert call.verified
    assert call.body["url"] == url
    assert url in call.body["text"]
    for channel in ("mastodon", "x"):
        assert url in read_post(project, channel, "zweite-fassung")
