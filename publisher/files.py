"""Write a file so that readers see it whole or not at all, and a crash leaves the old or the new one."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path


def create_file(path: Path, content: bytes) -> None:
    """Write a new file; an existing one is never touched. Errors: FileExistsError, OSError.

    The name is taken first, by an empty file that no other process can take too, and then replaced by the whole one.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        replace_file(path, content)
    except OSError:
        path.unlink()
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, new or in an old one's place. Errors: OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        _write_durably(temporary, content, mode=0o666)  # less the umask, as with any new file
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Put new content in an existing file's place, with its mode and, where we may, its owner. Errors: OSError."""
    now = path.stat()
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        _write_durably(temporary, content)
        temporary.chmod(now.st_mode & 0o7777)
        _keep_owner(temporary, now)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_owner(path: Path, wanted: os.stat_result) -> None:
    made = path.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (wanted.st_uid, wanted.st_gid):
        # Only root may give files away; for everyone else the new file is their own, as with any editor.
        with contextlib.suppress(PermissionError):
            os.chown(path, wanted.st_uid, wanted.st_gid)


def sync_file(path: Path) -> None:
    """Return when a file's content is on the disk. Errors: OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk. Errors: OSError."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
