"""How many articles an edition of a digest has."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.config.places import Places
from publisher.domain.digest import Digest
from publisher.errors import ConfigError

# key -> an example that works
_COUNTS = {"max_articles": 20, "min_articles": 3, "max_per_source": 2}


def check_counts(digest: Digest, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    """Check each number, and that there can be as many articles as there must be."""
    for key, example in _COUNTS.items():
        value = getattr(digest, key)
        if value is not None and value < 1:
            what, hint = f'"{key}" must be at least 1, not {value}', f"Write for example {key} = {example}."
            yield ConfigError(what, where=places.where((*path, key)), hint=hint)
    if digest.min_articles > digest.max_articles >= 1:
        what = f'"min_articles" is more than "max_articles": {digest.min_articles} and {digest.max_articles}'
        hint = "Write for example min_articles = 3 and max_articles = 20."
        yield ConfigError(what, where=places.where((*path, "min_articles")), hint=hint)
