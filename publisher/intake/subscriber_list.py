"""Lists of subscribers as CSV: read line by line however long they are, and written so that Excel runs nothing in them.

*Shape*: a header names the columns: `address` (or `email`, `e-mail`), `name`, `language`, `tags`, `digests`,
`consent_source`, `consent_at`; only the first is required. The delimiter is a comma or a semicolon, whichever the
header has. Several tags or digests in one cell stand between commas, semicolons or vertical bars.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TextIO

from publisher.domain.address import AddressError, normalise_address
from publisher.domain.spelling import nearest_word
from publisher.domain.subscriber import Subscriber
from publisher.errors import SubscriberError

COLUMNS = ("address", "name", "language", "tags", "digests", "consent_source", "consent_at")
ADDRESS_NAMES = {"email": "address", "e-mail": "address"}

MAX_TEXT_LENGTH = 200  # characters of a cell
SHOWN_CHARACTERS = 80  # of a wrong value
CACHED_CELLS = 4096
EXAMPLE_TIME = "2026-11-23T09:00+01:00"
BYTE_ORDER_MARK = "\ufeff"

EXAMPLE = "address,name,language,tags,digests\nerika@example.org,Erika Muster,de,member,daily"

# A cell that begins so is a formula for a spreadsheet: written with an apostrophe before it, which reading takes away
# again. Source: owasp.org/www-community/attacks/CSV_Injection, checked 2026-11-23.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_PROTECTED = re.compile("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")

# What would end a line, or turn text around, where the value is put into a mail.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*")  # RFC 5646 2.1, without its rarities; checked 2026-11-23
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SEPARATORS = re.compile(r"[,;|]")


class _Refused(Exception):
    """One cell is wrong."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


# A row with the number of the line where it begins; text instead of a row says why there is none.
_Row = tuple[int, Sequence[str] | str]
_Parser = Callable[[Sequence[str]], Subscriber]


def read_subscribers(
    lines: TextIO, name: str, *, digests: Collection[str], default_digests: Sequence[str] = ()
) -> Iterator[Subscriber | SubscriberError]:
    """Read a list; each line gives a subscriber, or an error that says why it is refused.

    `digests` are those that there are; `default_digests` is what a list without that column is about. `name` is the
    file's name for errors. A header that is wrong gives one error, and nothing is read.
    """
    rows = _rows(lines)
    try:
        positions = _read_header(next(rows, (1, [])))
    except _Refused as refused:
        yield _error(refused.what, refused.hint, name, 1)
        return
    cells = _Cells(positions, digests, tuple(default_digests))
    for number, row in rows:
        if isinstance(row, str):
            yield _error(row, "Save the list again as CSV UTF-8, with each quoted cell closed.", name, number)
        elif any(row):
            yield _read_row(row, cells, name, number)


def _error(what: str, hint: str, name: str, number: int) -> SubscriberError:
    return SubscriberError(what, where=f"{name}:{number}", hint=hint)


def _rows(lines: TextIO) -> Iterator[_Row]:
    """Cut the text into rows. What is not UTF-8 ends it: the rest cannot be trusted."""
    reader = None
    try:
        first = lines.readline().removeprefix(BYTE_ORDER_MARK)
        delimiter = ";" if first.count(";") > first.count(",") else ","
        reader = csv.reader(chain([first], lines), delimiter=delimiter)
        number = 1
        while True:
            try:
                for row in reader:
                    yield number, row
                    number = reader.line_num + 1
            except csv.Error as error:
                yield number, f"this is not CSV: {error}"
                number = reader.line_num + 1
            else:
                return
    except UnicodeDecodeError as error:
        # The text is decoded some way ahead of the line that is read: this is the first one that may be meant.
        yield (reader.line_num + 1 if reader else 1), f"the list is not UTF-8 from here on: {error.reason}"


def _read_header(first: _Row) -> dict[str, int]:
    """Find the place of each column. Errors: _Refused."""
    _, header = first
    if isinstance(header, str):
        raise _Refused(header, "Save the list as CSV UTF-8.")
    names = [cell.strip().lower() for cell in header]
    while names and not names[-1]:
        names.pop()
    columns = [ADDRESS_NAMES.get(name, name) for name in names]
    unknown = [name for name, column in zip(names, columns, strict=True) if column not in COLUMNS]
    if any("@" in name for name in unknown) or not columns:
        raise _Refused("the first line does not name the columns", f"Begin the list so:\n{EXAMPLE}")
    if unknown:
        raise _Refused(f'unknown column "{unknown[0]}"{_nearest(unknown[0], COLUMNS)}', _columns_hint())
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise _Refused(f'the column "{twice}" stands there twice', "Remove one of them.")
    if "address" not in columns:
        raise _Refused('there is no column "address"', _columns_hint())
    return {column: position for position, column in enumerate(columns)}


def _columns_hint() -> str:
    return f"Columns are {', '.join(COLUMNS)}; for example:\n{EXAMPLE}"


def _nearest(name: str, known: Iterable[str]) -> str:
    found = nearest_word(name, known)
    return f', did you mean "{found}"?' if found else ""


class _Cells:
    """How to read the cells of one list. Texts that come again and again are read, and kept, once."""

    def __init__(self, positions: dict[str, int], digests: Collection[str], default_digests: tuple[str, ...]) -> None:
        self.width = len(positions)
        self._digests = digests
        again = lru_cache(maxsize=CACHED_CELLS)
        readers: dict[str, Callable[[str], Any]] = {
            "address": _read_address,
            "name": _read_text,
            "language": again(_read_language),
            "tags": again(_read_words),
            "digests": again(self._read_digests),
            "consent_source": again(_read_text),
            "consent_at": again(_read_time),
        }
        missing = {**dict.fromkeys(COLUMNS), "tags": (), "digests": default_digests}
        # In the order of Subscriber's fields. A column that is not there gives the same for any cell.
        self._columns = [
            (positions[column], readers[column]) if column in positions else (0, _always(missing[column]))
            for column in COLUMNS
        ]

    def subscriber(self, row: Sequence[str]) -> Subscriber:
        """Read a row of the right width; the first wrong cell raises _Refused."""
        return Subscriber(*[read(row[position]) for position, read in self._columns])

    def problems(self, row: Sequence[str]) -> list[_Refused]:
        """Find all that is wrong with a row."""
        found = []
        for position, read in self._columns:
            try:
                read(row[position])
            except _Refused as refused:
                found.append(refused)
        return found

    def _read_digests(self, cell: str) -> tuple[str, ...]:
        digests = _read_words(cell)
        for digest in digests:
            if digest not in self._digests:
                known = ", ".join(sorted(self._digests)) or "none"
                raise _Refused(
                    f'there is no digest "{digest}"{_nearest(digest, self._digests)}',
                    f"Name one of [digests.NAME] in config.toml: {known}.",
                )
        return digests


def _always(value: Any) -> Callable[[str], Any]:
    return lambda _: value


def _read_row(row: Sequence[str], cells: _Cells, name: str, number: int) -> Subscriber | SubscriberError:
    if len(row) != cells.width:
        # Spreadsheets leave out empty cells at the end of a line, or add some.
        row = [*row, *[""] * (cells.width - len(row))]
        if any(row[cells.width :]):
            return _error(
                f'{len(row)} cells where the header has {cells.width}: "{_shown(row[cells.width])}" is one too many',
                'Put a cell with a comma in it between quotes: "Muster, Erika".',
                name,
                number,
            )
    try:
        return cells.subscriber(row)
    except _Refused:
        problems = cells.problems(row)
        return _error("; ".join(p.what for p in problems), " ".join(p.hint for p in problems), name, number)


def _plain_cell(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _PROTECTED.match(cell) else cell


def _read_address(cell: str) -> str:
    text = _plain_cell(cell)
    try:
        return normalise_address(text)
    except AddressError as error:
        raise _Refused(f'"{_shown(text)}" is not an address: {error}', 'Write it like "erika@example.org".') from None


def _read_text(cell: str) -> str | None:
    text = _plain_cell(cell)
    if _UNPRINTABLE.search(text):
        raise _Refused(
            f'"{_shown(text)}" has a character that cannot be printed', "Remove line breaks and control characters."
        )
    if len(text) > MAX_TEXT_LENGTH:
        raise _Refused(f'"{_shown(text)}" has {len(text)} characters', f"Shorten it to {MAX_TEXT_LENGTH} characters.")
    return text or None


def _read_words(cell: str) -> tuple[str, ...]:
    text = _read_text(cell) or ""
    words = (word.strip() for word in _SEPARATORS.split(text))
    return tuple(dict.fromkeys(word for word in words if word))


def _read_language(cell: str) -> str | None:
    text = _plain_cell(cell)
    if text and not _LANGUAGE.fullmatch(text):
        raise _Refused(f'"{_shown(text)}" is not a language', 'Write its code, for example "de" or "en".')
    return text.lower() or None


def _read_time(cell: str) -> datetime | None:
    text = _plain_cell(cell)
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        # A day alone says enough: it is kept as its beginning.
        aware = time.replace(tzinfo=UTC) if _DAY.fullmatch(text) else time
        if aware.tzinfo is None:
            raise _Refused(
                f'"consent_at" has no time zone: "{_shown(text)}"',
                f'Add the offset, for example "{EXAMPLE_TIME}".',
            )
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Refused(
            f'"consent_at" is not a time: "{_shown(text)}"', f'Write it like "{EXAMPLE_TIME}" or "2026-11-23".'
        ) from None


def _shown(text: str) -> str:
    """Show a wrong value in a message: on one line, and not all of a long one."""
    short = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return _UNPRINTABLE.sub("\ufffd", short)


def write_subscribers(subscribers: Iterable[Subscriber], out: TextIO) -> int:
    """Write a list that read_subscribers takes back as it was; give the count. Open `out` with newline=""."""
    # All cells are quoted: else a spreadsheet set to semicolons cuts a name at one, and what follows may be a formula.
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    count = 0
    for subscriber in subscribers:
        count += 1
        writer.writerow([_protected(cell) for cell in _cells_of(subscriber)])
    return count


def _cells_of(subscriber: Subscriber) -> tuple[str, ...]:
    return (
        subscriber.address,
        subscriber.name or "",
        subscriber.language or "",
        ", ".join(subscriber.tags),
        ", ".join(subscriber.digests),
        subscriber.consent_source or "",
        subscriber.consent_at.isoformat() if subscriber.consent_at else "",
    )


def _protected(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
