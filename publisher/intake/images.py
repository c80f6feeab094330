"""Read the pictures that lie in the queue folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from publisher.errors import QueueError
from publisher.intake.plain_file import FileRefused, read_below

MAX_IMAGE_BYTES = 40 * 1024 * 1024


def read_local_image(folder: Path, src: str) -> bytes:
    """Read a picture below the queue folder; `src` is as in the front matter, with /.

    Errors: QueueError for every path that leads elsewhere, and for everything but a plain file of at most 40 MiB.
    """
    where = f"{folder.name}/{src}"
    if not _stays_below(src):
        hint = "Put the picture into the queue folder: images/pump.jpg"
        raise QueueError(
            f'the picture is not below the queue folder: "{src}"', where=where, hint=hint, field="image.src"
        )
    try:
        return read_below(folder, PurePosixPath(src), MAX_IMAGE_BYTES)
    except FileRefused as refused:
        reason = str(refused)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    hint = "Put a plain picture file there, or change image.src; upper and lower case count."
    raise QueueError(f"the picture {reason}", where=where, hint=hint, field="image.src")


def _stays_below(src: str) -> bool:
    path = PurePosixPath(src)
    odd = "\\" in src or ":" in src or not src.isprintable()
    return bool(path.parts) and not odd and not path.is_absolute() and ".." not in path.parts
