"""Read the queue folder: every article, every error in one, and every file that was not taken, with its reason."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG

from publisher.domain.article import Article
from publisher.errors import QueueError
from publisher.intake.field_values import Findings
from publisher.intake.front_matter import examine_article
from publisher.intake.plain_file import FileMark, FileRefused, OpenFolder, mark_of, open_folder, read_plain_file

MAX_ARTICLE_BYTES = 1024 * 1024
# A file younger than this may still be on its way: it is looked at twice, so far apart.
YOUNG_NS = 2_000_000_000
REST_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that was not taken; `reason` is the end of a sentence about it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class QueueReading:
    """What stood in the queue folder, each part in the order of the file names.

    `strangers` are documents that are no articles yet: nothing reads them there.
    """

    articles: tuple[Article, ...]
    errors: tuple[QueueError, ...]
    skipped: tuple[SkippedFile, ...]
    file_count: int
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueMemory:
    """Files as they were read before, for whoever reads the same queue again and again, by name.

    One that has not changed since is taken as it was. What a file may name (digests, channels) must stay the same.
    """

    files: dict[str, tuple[FileMark, _File]] = field(default_factory=dict)

    def recall(self, folder: Path, name: str) -> _File | None:
        """Give a file as it was read, if it is still the same plain file."""
        known = self.files.get(name)
        if known is None:
            return None
        with suppress(OSError):
            status = os.lstat(f"{folder}/{name}")
            if S_ISREG(status.st_mode) and status.st_nlink == 1 and mark_of(status) == known[0]:
                return replace(known[1])
        return None

    def keep(self, names: Collection[str]) -> None:
        """Forget all other files."""
        for name in self.files.keys() - set(names):
            del self.files[name]


@dataclass(slots=True)
class _File:
    """One file on its way through the reading."""

    path: str
    article: Article | None = None
    slug: str = ""
    errors: list[QueueError] = field(default_factory=list)
    reason: str = ""


def read_queue(
    folder: Path,
    *,
    digests: Collection[str],
    channels: Collection[str],
    wait: Callable[[float], None],
    now_ns: Callable[[], int],
    memory: QueueMemory | None = None,
) -> QueueReading:
    """Read every *.md file directly in the folder; nothing in it is changed.

    `wait` takes seconds and is called at most once, if there are young files; `now_ns` is the wall clock.
    Errors: QueueError if the folder itself cannot be read.
    """
    queue = folder.name or folder.resolve().name
    known = frozenset(digests), frozenset(channels)
    files: dict[str, _File] = {}
    with _opened(folder) as opened:
        names, strangers = article_names(folder), stranger_names(folder)
        young = _young_files(folder, names, now_ns() - YOUNG_NS)
        for name in names:
            if name not in young:
                recalled = memory.recall(folder, name) if memory else None
                files[name] = recalled or _read(opened, f"{queue}/", name, known, memory=memory)
        if young:
            wait(REST_SECONDS)
        for name, mark in young.items():
            files[name] = _read(opened, f"{queue}/", name, known, mark)
    if memory:
        memory.keep(names)
    ordered = [files[name] for name in names]
    _refuse_shared_slugs(ordered)
    return _reading_of(ordered, [f"{queue}/{name}" for name in strangers])


@contextmanager
def _opened(folder: Path) -> Iterator[OpenFolder]:
    try:
        with open_folder(folder) as opened:
            yield opened
    except OSError as error:
        what = f"the queue folder cannot be read: {error.strerror}"
        raise QueueError(what, where=str(folder), hint="Make it with `publish init`, or name another.") from error


def article_names(folder: Path) -> list[str]:
    """Name the article files directly in a folder, sorted; what editors leave behind is passed over."""
    return sorted(name for name in os.listdir(folder) if name[-3:].lower() == ".md" and not _is_ignored(name))  # noqa: PTH208 - names only, ten times as fast


# What `publish add` turns into articles, and what people save in its place.
DOCUMENT_ENDINGS = (".docx", ".doc", ".odt", ".rtf", ".pdf", ".txt", ".text", ".html", ".htm", ".xhtml", ".markdown")


def stranger_names(folder: Path) -> list[str]:
    """Name the documents directly in a folder that are no article files, sorted."""
    names = (name for name in os.listdir(folder) if name.lower().endswith(DOCUMENT_ENDINGS))  # noqa: PTH208 - as above
    return sorted(name for name in names if not _is_ignored(name) and name.lower() not in ("readme.txt", "readme.html"))


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "~", "#")) or name.lower() == "readme.md"


def _young_files(folder: Path, names: list[str], since_ns: int) -> dict[str, FileMark]:
    young = {}
    for name in names:
        with suppress(FileNotFoundError):  # gone since the folder was listed: reading it says so
            status = os.lstat(f"{folder}/{name}")
            if status.st_mtime_ns > since_ns:
                young[name] = mark_of(status)
    return young


def _read(
    folder: OpenFolder,
    place: str,
    name: str,
    known: tuple[frozenset[str], frozenset[str]],
    seen: FileMark | None = None,
    memory: QueueMemory | None = None,
) -> _File:
    """Read one file; `seen` is its mark at the first look, if it was young then."""
    if not name.isprintable():
        return _File(place + ascii(name)[1:-1], reason="has a name that is not plain text; rename it")
    file = _File(place + name)
    try:
        mark, content = read_plain_file(folder, name, MAX_ARTICLE_BYTES)
        if seen not in (None, mark):
            raise FileRefused("is being written")
        found = Findings(file.path, *known)
        file.article, file.slug = examine_article(text_of_file(content), found)
        file.errors = found.errors
        if memory is not None:
            memory.files[name] = (mark, replace(file))
    except FileRefused as refused:
        file.reason = str(refused)
    return file


def text_of_file(content: bytes) -> str:
    """Decode a queue file. Errors: FileRefused."""
    if not content.strip():
        raise FileRefused("is empty")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("is UTF-16, not UTF-8; save it as UTF-8")
    if b"\0" in content:
        raise FileRefused("has a NUL byte; it is not a text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefused(f"is not UTF-8 (line {line}); save it as UTF-8") from error


def _refuse_shared_slugs(files: Iterable[_File]) -> None:
    """Skip every file of a slug that several have: nobody but a person can say which of them is meant."""
    by_slug = defaultdict(list)
    for file in files:
        if file.slug:
            by_slug[file.slug].append(file)
    for slug, same in by_slug.items():
        if len(same) > 1:
            for file in same:
                others = ", ".join(other.path for other in same if other is not file)
                file.reason = f'has the same slug "{slug}" as {others}; rename one, or give it a slug of its own'


def _reading_of(files: list[_File], strangers: list[str]) -> QueueReading:
    return QueueReading(
        articles=tuple(file.article for file in files if file.article and not file.reason),
        errors=tuple(error for file in files for error in file.errors),
        skipped=tuple(SkippedFile(file.path, file.reason) for file in files if file.reason),
        file_count=len(files),
        strangers=tuple(path if path.isprintable() else ascii(path)[1:-1] for path in strangers),
    )
