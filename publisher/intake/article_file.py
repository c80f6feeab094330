"""Find the file of an article that a person named."""

from __future__ import annotations

import difflib
from pathlib import Path

from publisher.domain.article import split_file_stem
from publisher.errors import UsageError
from publisher.intake.queue import article_names


def find_article_file(folder: Path, name: str) -> Path:
    """Find a queue file by its slug, its name or its path. Errors: UsageError with the nearest slug."""
    wanted = name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".md")
    files = {file.removesuffix(".md"): folder / file for file in article_names(folder)}
    by_slug = {split_file_stem(stem)[1]: path for stem, path in files.items()}
    found = files.get(wanted) or by_slug.get(wanted)
    if found is None:
        near = difflib.get_close_matches(wanted, [*by_slug, *files], n=1)
        hint = f'Did you mean "{near[0]}"?' if near else 'See what is there with "publish queue".'
        raise UsageError(f'there is no article "{name}" in the queue', hint=hint)
    return found
