"""What `publish add` is given is read by its kind; everything else is said in full."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Status
from publisher.errors import Problems, SourceError
from publisher.intake.draft import Draft, write_draft
from publisher.intake.source import MAX_ANSWER_BYTES, read_source
from publisher.ports.http import AddressRefused, HttpAnswer, HttpRequest, NotReached
from tests.intake.folders import queue_in
from tests.intake.word_files import paragraph, word_file

SOURCES = Path(__file__).parent / "sources"
TAKEN = "Give a .md, .txt, .html, .docx, .xml, .rss, .atom or .json file, an https address, or - for standard input."
ARTICLE = "---\r\ntitle: Pumpe # kurz\r\npriority: 5\r\n---\r\n\r\nText  \r\n"


class Web:
    """A web of a few addresses."""

    def __init__(self, answers: Mapping[str, HttpAnswer | Exception]) -> None:
        self.answers = answers
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        answer = self.answers[request.url]
        if isinstance(answer, Exception):
            raise answer
        return answer


def read(
    source: str | Path,
    *,
    stdin: bytes = b"",
    web: Mapping[str, HttpAnswer | Exception] | None = None,
    known: Mapping[str, set[str]] | None = None,
) -> tuple[Draft, ...]:
    return read_source(
        str(source),
        http=Web(web or {}),
        standard_input=lambda: stdin,
        known_entries=lambda feed, ids: (known or {}).get(feed, set()) & set(ids),
    )


def answer(name: str, media_type: str, url: str = "") -> HttpAnswer:
    return HttpAnswer(200, {"content-type": media_type}, (SOURCES / name).read_bytes(), url)


def test_files_are_read_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "news.docx").write_bytes(word_file(paragraph("Neue Pumpe"), paragraph("Text.")))
    titles = {
        SOURCES / "press-de.txt": ["Neue Prüfhalle für Pumpen in Musterstadt"],
        SOURCES / "page-de.html": ["Neue Pumpe spart Strom"],
        SOURCES / "feed.rss": ["Neue Pumpe & mehr", "Ohne Titel, nur Text."],
        SOURCES / "feed.atom": ["New pump"],
        SOURCES / "feed.json": ["Sieben", "Acht"],
        tmp_path / "news.docx": ["Neue Pumpe"],
    }
    for path, expected in titles.items():
        assert [draft.title for draft in read(path)] == expected


def test_a_markdown_file_is_kept_as_it_is_but_for_its_status(tmp_path: Path) -> None:
    path = tmp_path / "2020-01-01-neue-pumpe.md"
    path.write_bytes(ARTICLE.encode())
    (draft,) = read(path)
    assert (draft.title, draft.priority, draft.slug) == ("Pumpe", 5, "neue-pumpe")
    written = write_draft(draft, queue_in(tmp_path), status=Status.DRAFT, today=date(2026, 11, 23))
    assert written.name == "2026-11-23-neue-pumpe.md"
    assert written.read_bytes() == ARTICLE.replace("---\r\n\r\n", "status: draft\r\n---\r\n\r\n").encode()


def test_a_markdown_file_with_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "neue-pumpe.md"
    path.write_text("---\ntitel: x\nurl: y\n---\n")
    with pytest.raises(Problems) as raised:
        read(path)
    assert [error.where for error in raised.value.errors] == [f"{path}:2", f"{path}:3", f"{path}:1"]


@pytest.mark.parametrize(
    "text", ["# Neue *Pumpe* #\n\nEin **Absatz**.\n", "\ufeffNeue *Pumpe*\r\n====\r\nEin **Absatz**."]
)
def test_markdown_without_front_matter_begins_with_its_headline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(text.encode())
    (draft,) = read(path)
    assert (draft.title, draft.body_markdown) == ("Neue *Pumpe*", "Ein **Absatz**.")


def test_standard_input_is_read_by_what_it_looks_like() -> None:
    for name, title in {
        "press-de.txt": "Neue Prüfhalle für Pumpen in Musterstadt",
        "page-de.html": "Neue Pumpe spart Strom",
        "feed.rss": "Neue Pumpe & mehr",
        "feed.json": "Sieben",
    }.items():
        assert read("-", stdin=(SOURCES / name).read_bytes())[0].title == title
    assert read("-", stdin=word_file(paragraph("Neue Pumpe"), paragraph("Text.")))[0].title == "Neue Pumpe"
    (draft,) = read("-", stdin=ARTICLE.encode())
    assert (draft.title, draft.slug) == ("Pumpe", None)


def test_an_address_is_read_by_what_it_answers() -> None:
    page, feed = "https://www.example.org/x", "https://www.example.org/feed"
    web = {
        page: answer("page-de.html", "text/html; charset=utf-8", "https://www.example.org/moved/"),
        feed: answer("feed.rss", "text/xml", "https://cdn.example.org/feed"),
        "https://www.example.org/t": answer("press-de.txt", "text/plain"),
    }
    assert read(page, web=web)[0].url == "https://www.example.org/presse/neue-pumpe"
    assert read(feed, web=web)[0].feed_entry == (feed, "id-1")
    assert read("https://www.example.org/t", web=web)[0].date == date(2026, 3, 12)


def test_an_address_is_asked_once_with_redirects_and_a_cap() -> None:
    web = Web({"https://www.example.org/x": answer("page-de.html", "text/html")})
    read_source(
        "https://www.example.org/x", http=web, standard_input=lambda: b"", known_entries=lambda feed, ids: set()
    )
    (request,) = web.requests
    assert (request.method, request.follow_redirects, request.max_answer_bytes) == ("GET", True, MAX_ANSWER_BYTES)


def test_of_a_feed_only_new_entries_are_read() -> None:
    feed = "https://www.example.org/feed"
    web = {feed: answer("feed.rss", "application/rss+xml")}
    assert [draft.title for draft in read(feed, web=web, known={feed: {"id-1"}})] == ["Ohne Titel, nur Text."]
    assert read(feed, web=web, known={feed: {"id-1", "https://www.example.org/b"}}) == ()


def test_a_text_in_windows_1252_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("Prüfhalle\n\nGrößer.".encode("cp1252"))
    (draft,) = read(path)
    assert (draft.title, draft.body_markdown) == ("Prüfhalle", "Größer.")
    assert draft.unclear[0] == "The text is not UTF-8; it was read as Windows-1252. Check its umlauts."


def test_a_text_in_utf16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("Prüfhalle\n\nGrößer.".encode("utf-16"))
    assert read(path)[0].title == "Prüfhalle"


SPELLING = "Check the spelling, and where you are: `publish add news.txt`."
ONE_ARTICLE = "Give one article, as text."


def test_every_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "paper.pdf").write_bytes(b"%PDF")
    (tmp_path / "plain").write_bytes(b"x")
    (tmp_path / "empty.txt").write_bytes(b" \n")
    (tmp_path / "binary.txt").write_bytes(b"a\0b")
    (tmp_path / "latin.md").write_bytes(b"# \xe4\n")
    (tmp_path / "headless.md").write_bytes(b"Text\n")
    (tmp_path / "word.docx").write_bytes(b"x")
    (tmp_path / "feed.xml").write_bytes(b"<x/>")
    os.mkfifo(tmp_path / "pipe.txt")
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(MAX_ANSWER_BYTES + 1)
    with (tmp_path / "huge.docx").open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    (tmp_path / "long.md").write_bytes(b"# x\n" + b"y" * 1024 * 1024)
    begin = 'Begin it with "# New pump saves energy", or with front matter between two lines of ---.'
    word = "Open it in Word and save it anew as .docx, or save it as plain text (.txt)."
    expected = {
        "none.txt": ("there is no such file", SPELLING),
        "folder": ("this is a folder", "Name a file in it."),
        "paper.pdf": ('files of this kind are not read: ".pdf"', TAKEN),
        "plain": ('files of this kind are not read: "plain"', TAKEN),
        "pipe.txt": ("this is a device, a pipe or a socket", "Use - to read from a pipe."),
        "empty.txt": ("there is nothing in it", "Give a headline and a text."),
        "binary.txt": ("this is not a text", TAKEN),
        "huge.txt": ("the file is larger than 5 MiB", ONE_ARTICLE),
        "huge.docx": ("the file is larger than 20 MiB", ONE_ARTICLE),
        "long.md": ("the article is larger than 1 MiB", "Shorten it, or split it into several."),
        "latin.md": ("the file is not UTF-8", "Save it as UTF-8 in your editor."),
        "headless.md": ("the Markdown file begins with no headline", begin),
        "feed.xml": ("this is not a feed", "Give the address of an RSS, Atom or JSON feed."),
    }
    for name, (what, hint) in expected.items():
        with pytest.raises(SourceError) as raised:
            read(tmp_path / name)
        assert str(raised.value) == f"{tmp_path / name}: {what}\nhint: {hint}"
    with pytest.raises(SourceError) as raised:
        read(tmp_path / "word.docx")
    assert str(raised.value) == f"word.docx: this is not a Word document (.docx), or it is damaged\nhint: {word}"


BROWSER = "Try it in a browser; if it works there, save the page as a file and add that."
LOGIN = "Try it in a browser; a page behind a login has to be saved as a file."
BAD_ANSWERS: dict[str, tuple[HttpAnswer | Exception, str, str]] = {
    "missing": (HttpAnswer(404), "the address answers with status 404", LOGIN),
    "private": (
        AddressRefused("10.0.0.1 is private"),
        "the address is refused: 10.0.0.1 is private",
        "Only public web addresses are read; save the page as a file and add that.",
    ),
    "silent": (NotReached("no such host"), "the address does not answer: no such host", BROWSER),
    "huge": (
        HttpAnswer(200, {}, b"x" * MAX_ANSWER_BYTES),
        "the page is larger than 5 MiB",
        "Save its text as a .txt file and add that.",
    ),
    "paper": (
        HttpAnswer(200, {"content-type": "application/pdf"}, b"%PDF"),
        'the address gives a kind of file that is not read: "application/pdf"',
        TAKEN,
    ),
    "empty": (HttpAnswer(200, {"content-type": "text/html"}), "there is nothing in it", "Give a headline and a text."),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_every_address_that_cannot_be_read_is_said(name: str) -> None:
    url = f"https://www.example.org/{name}"
    reply, what, hint = BAD_ANSWERS[name]
    with pytest.raises(SourceError) as raised:
        read(url, web={url: reply})
    assert str(raised.value) == f"{url}: {what}\nhint: {hint}"


@pytest.mark.parametrize(
    "source", ["ftp://example.org/x", "file:///etc/passwd", "https://", "https://a:b@example.org/"]
)
def test_other_addresses_are_refused(source: str) -> None:
    with pytest.raises(SourceError) as raised:
        read(source)
    assert str(raised.value) == (
        f"{source}: this is not an address that can be read\n"
        'hint: Write it as "https://www.example.org/news".'
    )  # fmt: skip


@pytest.mark.parametrize("source", ["a\0b.txt", "x" * 5000 + ".txt", "", "."])
def test_odd_names_are_errors_too(source: str) -> None:
    with pytest.raises(SourceError):
        read(source)


def test_a_huge_standard_input_is_said() -> None:
    with pytest.raises(SourceError) as raised:
        read("-", stdin=b"x" * (20 * 1024 * 1024 + 1))
    assert str(raised.value) == f"standard input: standard input is larger than 20 MiB\nhint: {ONE_ARTICLE}"


STARTS = st.sampled_from(
    [b"", b"---\n", b"PK\x03\x04", b"<html>", b"<rss version='2.0'>", b"{", b"\xff\xfe", b"\xef\xbb\xbf"]
)


@settings(deadline=None)
@given(STARTS, st.binary(max_size=200))
def test_random_bytes_give_drafts_or_an_error(start: bytes, content: bytes) -> None:
    try:
        drafts = read("-", stdin=start + content)
    except (SourceError, Problems):
        return
    assert all(draft.title for draft in drafts)
