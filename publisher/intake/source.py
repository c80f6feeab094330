"""Read what `publish add` is given: a file, a web address, a feed, or standard input."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path, PurePath

from publisher.domain.article import Article
from publisher.errors import SourceError
from publisher.intake.docx import parse_docx
from publisher.intake.draft import Draft, line_of, reported, with_missing
from publisher.intake.feed import parse_feed
from publisher.intake.field_values import is_web_address
from publisher.intake.front_matter import clean_body, read_article, slug_of_file
from publisher.intake.language import guess_language
from publisher.intake.press_text import parse_press_text
from publisher.intake.queue import MAX_ARTICLE_BYTES
from publisher.intake.web_page import parse_web_page
from publisher.ports.http import AddressRefused, HttpAnswer, HttpClient, HttpRequest, NoAnswer, NotReached

MAX_ANSWER_BYTES = 5 * 1024 * 1024
MAX_DOCUMENT_BYTES = 20 * 1024 * 1024

KnownEntries = Callable[[str, list[str]], set[str]]

_MARKDOWN, _TEXT, _PAGE, _FEED, _DOCX = "Markdown", "text", "page", "feed", "Word document"
_KIND_OF_ENDING = {
    ".md": _MARKDOWN, ".markdown": _MARKDOWN, ".txt": _TEXT, ".html": _PAGE, ".htm": _PAGE, ".xhtml": _PAGE,
    ".docx": _DOCX, ".xml": _FEED, ".rss": _FEED, ".atom": _FEED, ".json": _FEED,
}  # fmt: skip
_KIND_OF_MEDIA_TYPE = {
    "text/html": _PAGE, "application/xhtml+xml": _PAGE, "text/plain": _TEXT, "text/markdown": _MARKDOWN,
    "application/rss+xml": _FEED, "application/atom+xml": _FEED, "application/feed+json": _FEED,
    "application/json": _FEED, "application/xml": _FEED, "text/xml": _FEED, "application/rdf+xml": _FEED,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _DOCX,
}  # fmt: skip
_ACCEPT = "text/html, application/rss+xml, application/atom+xml, application/feed+json, text/plain;q=0.8, */*;q=0.5"
_TAKEN = "Give a .md, .txt, .html, .docx, .xml, .rss, .atom or .json file, an https address, or - for standard input."


def read_source(
    source: str,
    *,
    http: HttpClient,
    standard_input: Callable[[], bytes],
    known_entries: KnownEntries,
) -> tuple[Draft, ...]:
    """Read a source and understand it. A feed gives a draft for each entry that `known_entries` does not know.

    `known_entries` takes a feed and the ids of its entries, and gives those that were brought in before.
    Errors: SourceError; Problems if a Markdown file's front matter is wrong.
    """
    try:
        if source == "-":
            return _read_standard_input(standard_input(), known_entries)
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
            return _read_address(source, http, known_entries)
        return _read_file(source, known_entries)
    except SourceError as error:
        if error.where:
            raise
        raise SourceError(error.what, where=_shown(source), hint=error.hint) from error


def _shown(source: str) -> str:
    return "standard input" if source == "-" else source


def _read_file(source: str, known_entries: KnownEntries) -> tuple[Draft, ...]:
    path = Path(source)
    kind = _KIND_OF_ENDING.get(path.suffix.lower())
    content = _content_of(path, kind, MAX_DOCUMENT_BYTES if kind == _DOCX else MAX_ANSWER_BYTES)
    return _understand(kind or _TEXT, content, source, None, known_entries)


def _content_of(path: Path, kind: str | None, max_bytes: int) -> bytes:
    try:
        if path.is_dir():
            raise SourceError("this is a folder", hint="Name a file in it.")
        if not path.exists():
            raise SourceError(
                "there is no such file", hint="Check the spelling, and where you are: `publish add news.txt`."
            )
        if not path.is_file():
            raise SourceError("this is a device, a pipe or a socket", hint="Use - to read from a pipe.")
        if kind is None:
            raise SourceError(f'files of this kind are not read: "{path.suffix or path.name}"', hint=_TAKEN)
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not one"
        raise SourceError(f"the file cannot be read: {reason}", hint="Check its name and its permissions.") from error
    if len(content) > max_bytes:
        raise SourceError(f"the file is larger than {max_bytes // 1024 // 1024} MiB", hint="Give one article, as text.")
    return content


def _read_standard_input(content: bytes, known_entries: KnownEntries) -> tuple[Draft, ...]:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise SourceError("standard input is larger than 20 MiB", hint="Give one article, as text.")
    return _understand(_kind_of_content(content), content, "-", None, known_entries)


_FEED_START = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]|jsonfeed\.org/version", re.IGNORECASE)
_PAGE_START = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|article)[\s>]", re.IGNORECASE | re.DOTALL
)


def _kind_of_content(content: bytes) -> str:
    start = content[:2000].removeprefix(b"\xef\xbb\xbf")
    if start.startswith(b"PK\x03\x04"):
        return _DOCX
    if re.match(rb"---[ \t]*\r?\n", start):
        return _MARKDOWN
    if start.lstrip().startswith((b"<", b"{")) and _FEED_START.search(start):
        return _FEED
    return _PAGE if _PAGE_START.match(start) else _TEXT


def _read_address(source: str, http: HttpClient, known_entries: KnownEntries) -> tuple[Draft, ...]:
    if not is_web_address(source):
        raise SourceError("this is not an address that can be read", hint='Write it as "https://www.example.org/news".')
    answer = _fetched(source, http)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = _kind_of_content(answer.body)
    if kind == _TEXT:
        kind = _KIND_OF_MEDIA_TYPE.get(media_type, "" if media_type else _TEXT)
    if not kind:
        raise SourceError(f'the address gives a kind of file that is not read: "{media_type}"', hint=_TAKEN)
    # A feed is remembered by the address that the person gave: where it leads to may change.
    url = source if kind == _FEED else answer.url or source
    return _understand(kind, answer.body, source, url, known_entries)


def _fetched(source: str, http: HttpClient) -> HttpAnswer:
    request = HttpRequest(
        "GET",
        source,
        headers={"accept": _ACCEPT},
        follow_redirects=True,
        max_answer_bytes=MAX_ANSWER_BYTES,
    )
    try:
        answer = http.send(request)
    except AddressRefused as error:
        hint = "Only public web addresses are read; save the page as a file and add that."
        raise SourceError(f"the address is refused: {error}", hint=hint) from error
    except (NotReached, NoAnswer) as error:
        hint = "Try it in a browser; if it works there, save the page as a file and add that."
        raise SourceError(f"the address does not answer: {error}", hint=hint) from error
    if answer.status != 200:
        hint = "Try it in a browser; a page behind a login has to be saved as a file."
        raise SourceError(f"the address answers with status {answer.status}", hint=hint)
    if len(answer.body) >= MAX_ANSWER_BYTES:
        raise SourceError("the page is larger than 5 MiB", hint="Save its text as a .txt file and add that.")
    return answer


def _understand(
    kind: str, content: bytes, source: str, url: str | None, known_entries: KnownEntries
) -> tuple[Draft, ...]:
    if not content.strip():
        raise SourceError("there is nothing in it", hint="Give a headline and a text.")
    match kind:
        case "Markdown":
            return (_read_markdown(content, source),)
        case "page":
            return (parse_web_page(content, url),)
        case "feed":
            return _new_entries(content, url, known_entries)
        case "Word document":
            return (parse_docx(content, PurePath(_shown(source)).name),)
    text, unclear = _text_of(content)
    return (parse_press_text(text, unclear),)


def _new_entries(content: bytes, url: str | None, known_entries: KnownEntries) -> tuple[Draft, ...]:
    drafts = [entry.draft for entry in parse_feed(content, url)]
    feeds = {draft.feed_entry[0] for draft in drafts if draft.feed_entry}
    ids = [draft.feed_entry[1] for draft in drafts if draft.feed_entry]
    known = {(feed, entry_id) for feed in feeds for entry_id in known_entries(feed, ids)}
    return tuple(draft for draft in drafts if draft.feed_entry not in known)


def _text_of(content: bytes) -> tuple[str, list[str]]:
    """Decode a text: UTF-8, UTF-16 by its mark, else Windows-1252, which is said."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), []
    if b"\0" in content:
        raise SourceError("this is not a text", hint=_TAKEN)
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        unclear = "The text is not UTF-8; it was read as Windows-1252. Check its umlauts."
        return content.decode("cp1252", "replace"), [unclear]


def _read_markdown(content: bytes, source: str) -> Draft:
    """Take a Markdown file as it is: with front matter as a queue file, without as a headline and a text."""
    if len(content) > MAX_ARTICLE_BYTES:
        raise SourceError("the article is larger than 1 MiB", hint="Shorten it, or split it into several.")
    text, unclear = _text_of(content)
    if unclear:
        raise SourceError("the file is not UTF-8", hint="Save it as UTF-8 in your editor.")
    if re.match("\ufeff?(---|\\+\\+\\+)[ \t]*\r?\n", text):
        article = read_article(text, _path_shown(source))
        # Standard input has no name: its slug is made of the headline, unless it says one.
        article = replace(article, slug="") if source == "-" and article.slug == slug_of_file(_STDIN) else article
        return _draft_of_article(article, text)
    return _draft_of_markdown(text.removeprefix("\ufeff"))


_STDIN = "standard-input.md"


def _path_shown(source: str) -> str:
    return _STDIN if source == "-" else source


def _draft_of_article(article: Article, text: str) -> Draft:
    shared = {field.name for field in fields(Draft)} & {field.name for field in fields(Article)}
    values = {name: getattr(article, name) for name in shared} | {"slug": article.slug or None}
    return reported(Draft(**values, original=text))


_HEADING = re.compile(r"#[ \t]+(?P<atx>[^\n]+)|(?P<setext>[^\n]+)\n=+[ \t]*(?:\n|\Z)")


def _draft_of_markdown(text: str) -> Draft:
    text = clean_body(text)
    heading = _HEADING.match(text)
    title = line_of((heading["atx"] or heading["setext"]).rstrip(" \t#")) if heading else None
    if heading is None or title is None:
        hint = 'Begin it with "# New pump saves energy", or with front matter between two lines of ---.'
        raise SourceError("the Markdown file begins with no headline", hint=hint)
    body = clean_body(text[heading.end() :])
    return with_missing(Draft(title=title, body_markdown=body, lang=guess_language(body)))
