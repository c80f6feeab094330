"""Find the file of an article that a person named, and the line of what stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from publisher.domain.spelling import nearest_word
from publisher.errors import UsageError
from publisher.intake.front_matter import MAX_FRONT_MATTER_BYTES, slug_of_file
from publisher.intake.queue import article_names


def find_article_file(folder: Path, name: str) -> Path:
    """Find a queue file by its slug, its name or its path. Errors: UsageError with the nearest slug."""
    wanted = name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".md")
    files = {file.removesuffix(".md"): folder / file for file in article_names(folder)}
    by_slug = {named_slug(path) or slug_of_file(path.name): path for path in files.values()}
    found = files.get(wanted) or by_slug.get(wanted)
    if found is None:
        near = nearest_word(wanted, [*by_slug, *files])
        hint = f'Did you mean "{near}"?' if near else 'See what is there with "publish queue".'
        raise UsageError(f'there is no article "{name}" in the queue', hint=hint)
    return found


def line_of(folder: Path, path: str, text: str) -> int | None:
    """Say in which line of an article's file a text stands first; None for no text, or if it stands in another form."""
    if not text:
        return None
    try:
        content = (folder / path.rpartition("/")[2]).read_text("utf-8", errors="replace")
    except OSError:
        return None
    before, found, _ = content.partition(text)
    return before.count("\n") + 1 if found else None


_SLUG_LINE = re.compile(rb"^slug[ \t]*:[ \t]*[\"']?([a-z0-9-]+)", re.MULTILINE)


def named_slug(path: Path) -> str | None:
    """Find a `slug:` line in the front matter without reading the file whole."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(MAX_FRONT_MATTER_BYTES)
    found = _SLUG_LINE.search(head.partition(b"\n---")[0])
    return found[1].decode() if found else None
