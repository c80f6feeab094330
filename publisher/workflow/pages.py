"""Pages: every planned edition as a web page in the archive folder, with the list of all and a feed for each digest.

The ledger is the only source: what stands in the folder can be made again at any time, and making it again changes
no byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.domain.edition import EditionState
from publisher.domain.personal import domain_of
from publisher.errors import PublisherError, UsageError
from publisher.files import write_whole
from publisher.ports.ledger import EditionRow
from publisher.rendering.archive_page import ListedDigest, ListedEdition, render_archive_page
from publisher.rendering.feeds import Feed, FeedEntry, render_atom, render_json_feed
from publisher.rendering.web_page import PageLinks, WebPage, make_web_page
from publisher.workflow.application import Application

FEED_ENTRY_COUNT = 20
_LINKS = ("../index.html", "feed.xml", "feed.json")


@dataclass(frozen=True, slots=True)
class PagesReport:
    """What stands in the archive: `changed_count` files were written or taken away, the rest was as it should be."""

    folder: Path
    edition_count: int
    changed_count: int


def publish_pages(app: Application) -> PagesReport:
    """Make the whole archive again, and take away pages of editions that do not belong there. Errors: UsageError."""
    if app.archive_folder is None:
        hint = 'Add [web] with archive_folder = "public" to the config.'
        raise UsageError("there is no folder for the archive", where=app.settings.file.name, hint=hint)
    return _Archive(app, app.archive_folder).write(None)


def add_pages(app: Application, names: Collection[str]) -> PublisherError | None:
    """Add editions that were just planned, by name; give what went wrong, which must not keep them from being sent."""
    folder = app.archive_folder
    if folder is None or not names:
        return None
    try:
        _Archive(app, folder).write(names)
    except PublisherError as error:
        return error
    except OSError as error:
        what = f"the web pages of {', '.join(names)} are not written: {error.strerror}"
        return UsageError(what, where=str(folder), hint='Put that right, then run "publish pages".')
    return None


class _Archive:
    """The folder, and the planned editions of each digest that belong into it, newest first."""

    def __init__(self, app: Application, folder: Path) -> None:
        self._app = app
        self._folder = folder
        self._editions = dict(_planned(app))
        self._public_url = (app.settings.document.web.public_url or "").rstrip("/")
        self._changed_count = 0

    def write(self, names: Collection[str] | None) -> PagesReport:
        """Write the pages of these editions, or of all, and everything that lists them."""
        for digest, rows in self._editions.items():
            pages = {row.id: self._page(row) for row in rows[:FEED_ENTRY_COUNT]}
            for row in rows if names is None else [row for row in rows if row.name in names]:
                self._write_page(row, pages.get(row.id) or self._page(row))
            self._write_feeds(digest, rows, pages)
        if names is None:
            self._clear_away()
        self._put("index.html", self._index())
        count = sum(len(rows) for rows in self._editions.values())
        return PagesReport(self._folder, count, self._changed_count)

    def _page(self, row: EditionRow) -> WebPage:
        archive, atom, json = _LINKS
        links = PageLinks(archive, atom, json, self._address(f"{row.digest}/{_file(row)}"))
        return make_web_page(self._app.ledger.message(row.message_id), self._language(row.digest), links)

    def _write_page(self, row: EditionRow, page: WebPage) -> None:
        for path, content in page.images.items():
            self._put(f"{row.digest}/{path}", content)
        self._put(f"{row.digest}/{_file(row)}", page.html)

    def _write_feeds(self, digest: str, rows: Sequence[EditionRow], pages: dict[int, WebPage]) -> None:
        settings = self._app.settings.digests[digest]
        domain, first = domain_of(settings.from_address), rows[-1]
        # A tag is unique and needs no address. RFC 4151 section 2.1 (checked 2026-11-23).
        tag = f"tag:{domain},{_planned_at(first).year}:{digest}"
        feed = Feed(
            id=tag,
            title=settings.title,
            author=settings.from_name or self._app.settings.organisation.name,
            language=self._language(digest),
            base_url=self._address(f"{digest}/"),
            home=self._address("index.html") or _LINKS[0],
            entries=[_entry(row, tag, pages[row.id]) for row in rows[:FEED_ENTRY_COUNT]],
        )
        self._put(f"{digest}/feed.xml", render_atom(feed))
        self._put(f"{digest}/feed.json", render_json_feed(feed))

    def _index(self) -> bytes:
        settings = self._app.settings
        listed = [
            ListedDigest(digest, settings.digests[digest].title, [self._listed(row) for row in rows])
            for digest, rows in self._editions.items()
        ]
        canonical = self._address("index.html")
        return render_archive_page(settings.organisation, listed, self._app.templates, canonical=canonical)

    def _listed(self, row: EditionRow) -> ListedEdition:
        page = f"{row.digest}/{_file(row)}"
        return ListedEdition(page, row.subject, row.number, self._local_date(row), len(row.articles))

    def _local_date(self, row: EditionRow) -> date:
        zone = self._app.settings.digests[row.digest].time_zone or self._app.settings.organisation.time_zone
        return _planned_at(row).astimezone(ZoneInfo(zone)).date()

    def _language(self, digest: str) -> str:
        return self._app.settings.digests[digest].language or self._app.settings.organisation.language

    def _address(self, path: str) -> str:
        return f"{self._public_url}/{path}" if self._public_url else ""

    def _put(self, path: str, content: bytes) -> None:
        """Write a file unless it is so already: whoever copies the folder to a server copies what is new."""
        file = self._folder / path
        with suppress(FileNotFoundError):
            if file.read_bytes() == content:
                return
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content)
        self._changed_count += 1

    def _clear_away(self) -> None:
        """Take away pages of ours that no edition stands behind; whatever else is in the folder stays."""
        for digest in self._app.settings.digests:
            rows = self._editions.get(digest, [])
            kept = {_file(row) for row in rows} | ({"feed.xml", "feed.json"} if rows else set())
            ours = [*(self._folder / digest).glob("[0-9]*.html"), *(self._folder / digest).glob("feed.*")]
            for file in ours:
                if file.name not in kept and (file.stem.isdecimal() or file.name in ("feed.xml", "feed.json")):
                    file.unlink()
                    self._changed_count += 1


def _planned(app: Application) -> Iterator[tuple[str, list[EditionRow]]]:
    """Give the digests that have pages, in the order of the config, with the newest revision of each edition."""
    rows = app.ledger.editions(rehearsal=app.rehearsal)
    for name, digest in app.settings.digests.items():
        found = [row for row in rows if row.digest == name and row.planned_at and row.state != EditionState.CANCELLED]
        newest = {row.number: row for row in sorted(found, key=lambda row: (row.number, row.revision))}
        if newest and digest.archive:
            yield name, sorted(newest.values(), key=lambda row: row.number, reverse=True)


def _file(row: EditionRow) -> str:
    return f"{row.number}.html"


def _planned_at(row: EditionRow) -> datetime:
    assert row.planned_at
    return row.planned_at


def _entry(row: EditionRow, tag: str, page: WebPage) -> FeedEntry:
    parts = [page.description or row.subject, *(f"– {headline}" for headline in page.headlines)]
    return FeedEntry(f"{tag}/{row.number}", row.subject, _file(row), _planned_at(row), "\n".join(parts))
