"""Open files of a folder that others can write to: regular files only, never through a link, whole or not at all.

The name is opened relative to the open folder without following links, and everything is judged on the open
descriptor: between looking and reading nothing can be put in the file's place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HAS_OPENAT = hasattr(os, "O_NOFOLLOW") and os.open in os.supports_dir_fd


class FileRefused(Exception):
    """A file is not taken; the text is the reason, as the end of a sentence about it."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """What changes when a file is written to or replaced."""

    inode: int
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder and, where the system has openat, its descriptor."""

    path: Path
    descriptor: int | None


@contextmanager
def open_folder(path: Path) -> Iterator[OpenFolder]:
    """Open a folder for reading files in it. Errors: OSError."""
    if not HAS_OPENAT:
        yield OpenFolder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield OpenFolder(path, descriptor)
    finally:
        os.close(descriptor)


def read_plain_file(folder: OpenFolder, name: str, max_bytes: int) -> tuple[FileMark, bytes]:
    """Read a plain file of the folder whole. Errors: FileRefused."""
    with _opened(folder, name) as descriptor:
        before = os.fstat(descriptor)
        refuse_unless_plain(before)
        if before.st_size > max_bytes:
            raise FileRefused(f"is too large: {before.st_size:,} bytes, at most {max_bytes:,} are read")
        content = _read_up_to(descriptor, before.st_size)
        mark = mark_of(before)
        if len(content) != before.st_size or mark_of(os.fstat(descriptor)) != mark:
            raise FileRefused("is being written")
    return mark, content


def read_below(folder: Path, path: PurePosixPath, max_bytes: int) -> bytes:
    """Read a plain file somewhere below the folder; no part of the path may be a link. Errors: FileRefused, OSError."""
    *folders, name = path.parts
    with open_folder(folder) as top:
        return read_deeper(top, folders, name, max_bytes)


def read_deeper(top: OpenFolder, folders: list[str], name: str, max_bytes: int) -> bytes:
    """Go down folder by folder, never through a link, and read the file there. Errors: FileRefused, OSError."""
    if not folders:
        return read_plain_file(top, name, max_bytes)[1]
    below = top.path / folders[0]
    if top.descriptor is None:
        if below.is_symlink():
            raise FileRefused(f'is in "{folders[0]}", which is a link')
        return read_deeper(OpenFolder(below, None), folders[1:], name, max_bytes)
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(folders[0], flags, dir_fd=top.descriptor)
    except OSError as error:
        raise FileRefused(_why_not_opened(error, f'is in "{folders[0]}", which is not a folder of its own')) from error
    try:
        return read_deeper(OpenFolder(below, descriptor), folders[1:], name, max_bytes)
    finally:
        os.close(descriptor)


def refuse_unless_plain(status: os.stat_result) -> None:
    """Judge what was opened. Errors: FileRefused."""
    if stat.S_ISDIR(status.st_mode):
        raise FileRefused("is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused("is not a regular file but a device, a pipe or a socket")
    if status.st_nlink != 1:
        raise FileRefused("is a hard link: the same file has another name elsewhere")


@contextmanager
def _opened(folder: OpenFolder, name: str) -> Iterator[int]:
    try:
        descriptor = _open_at(folder, name) if folder.descriptor is not None else open_after_look(folder.path / name)
    except OSError as error:
        raise FileRefused(_why_not_opened(error, "is a link")) from error
    try:
        yield descriptor
    except OSError as error:
        raise FileRefused(f"cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _open_at(folder: OpenFolder, name: str) -> int:
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder.descriptor)


def open_after_look(path: Path) -> int:
    """Open where the system cannot refuse links itself (Windows): look first, and compare after.

    Errors: FileRefused, OSError.
    """
    seen = path.lstat()
    if stat.S_ISLNK(seen.st_mode):
        raise FileRefused("is a link")
    if stat.S_ISDIR(seen.st_mode) or not stat.S_ISREG(seen.st_mode):
        refuse_unless_plain(seen)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    opened = os.fstat(descriptor)
    if (opened.st_dev, opened.st_ino) != (seen.st_dev, seen.st_ino):
        os.close(descriptor)
        raise FileRefused("was replaced while it was opened")
    return descriptor


def _why_not_opened(error: OSError, if_link: str) -> str:
    import errno

    reasons = {
        # ELOOP is Linux's and macOS's answer to O_NOFOLLOW on a link; FreeBSD answers EMLINK (open(2), 2026-11-23).
        errno.ELOOP: if_link,
        errno.EMLINK: if_link,
        errno.ENOTDIR: if_link,
        errno.ENOENT: "does not exist",
        errno.EISDIR: "is a folder",
        errno.ENXIO: "is not a regular file but a device, a pipe or a socket",
        errno.EACCES: "cannot be read: permission denied",
    }
    return reasons.get(error.errno or 0, f"cannot be opened: {error.strerror}")


def mark_of(status: os.stat_result) -> FileMark:
    """Take a file's mark."""
    return FileMark(status.st_ino, status.st_size, status.st_mtime_ns)


def _read_up_to(descriptor: int, size_bytes: int) -> bytes:
    """Read to the end, and one byte more than expected: a file that grows shows itself."""
    pieces, missing = [], size_bytes + 1
    while missing and (piece := os.read(descriptor, missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
