"""A draft: what an importer understood of a source, and how it becomes a queue file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from publisher.domain.article import Image, Related, Source, Status, slug_of
from publisher.errors import SourceError
from publisher.files import create_file
from publisher.intake.article_file import named_slug
from publisher.intake.field_values import CONTROL, with_plain_breaks
from publisher.intake.front_matter import clean_body, read_article, slug_of_file
from publisher.intake.queue import MAX_ARTICLE_BYTES, article_names
from publisher.intake.status_line import with_status

LINE_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as an importer understood it; a person confirms it.

    `understood` lists field and value as shown, `unclear` says in sentences what was not understood. `feed_entry` is
    the feed and the entry's id, to be remembered once the draft is written. `original` is the whole text of a source
    that already is a queue file: it is then written as it is, but for its status.
    """

    title: str
    body_markdown: str = ""
    slug: str | None = None
    kicker: str | None = None
    teaser: str | None = None
    date: date | None = None
    lang: str | None = None
    author: str | None = None
    image: Image | None = None
    source: Source | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    publish_after: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 0
    related: tuple[Related, ...] = ()
    replaces: str | None = None
    posts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    understood: tuple[tuple[str, str], ...] = ()
    unclear: tuple[str, ...] = ()
    feed_entry: tuple[str, str] | None = None
    original: str | None = None


def line_of(text: str | None) -> str | None:
    """Make a one-line value of any text; None if nothing is left."""
    kept = CONTROL.sub("", with_plain_breaks(text or ""))
    return " ".join(kept.split()) or None


def text_of(text: str | None) -> str | None:
    """Make a value of several lines of any text; None if nothing is left."""
    kept = CONTROL.sub("", with_plain_breaks(text or ""))
    lines = "\n".join(" ".join(line.split()) for line in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() or None


def reported(draft: Draft, *unclear: str) -> Draft:
    """Fill in what was understood, and add what was not."""
    return replace(draft, understood=tuple(_shown_fields(draft)), unclear=(*draft.unclear, *unclear))


def with_missing(draft: Draft) -> Draft:
    """Report a draft, with what a person should add to it."""
    return reported(draft, *_missing(draft))


MAX_HEADLINE_CHARACTERS = 250


def _missing(draft: Draft) -> Iterator[str]:
    if len(draft.title) > MAX_HEADLINE_CHARACTERS:
        yield "The headline is very long; perhaps the first line of the source is not one."
    if not draft.date:
        yield "No date was found; add one, such as date: 2026-11-23."
    if not draft.body_markdown:
        yield "No text was found below the headline."
    if draft.image and not draft.image.src:
        yield "There is a picture's caption or credit, but no picture; add it as image.src."
    if not draft.url:
        yield "No web address was found: the digest will carry the full text, and posts will have no link."


def _shown_fields(draft: Draft) -> Iterator[tuple[str, str]]:
    for name, value in _front_matter(draft, None).items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", str(text)) for inner, text in value.items())
        elif name == "related":
            yield from ((name, _shown_related(entry)) for entry in value)
        else:
            yield name, ", ".join(value) if isinstance(value, list) else str(value)
    if draft.body_markdown:
        count = len(re.split(r"\n\s*\n", draft.body_markdown))
        size = f"{len(draft.body_markdown):,} characters"
        yield "text", f"{count} paragraph{'s' if count != 1 else ''}, {size}"


def _shown_related(entry: str | dict[str, Any]) -> str:
    if isinstance(entry, str):
        return entry
    teaser = str(entry.get("teaser", ""))
    beginning = teaser if len(teaser) <= 40 else teaser[:40].rstrip() + " …"
    return ", ".join(str(part) for part in (entry["title"], entry.get("date"), beginning) if part)


def write_draft(draft: Draft, folder: Path, *, status: Status, today: date) -> Path:
    """Write a draft into the queue folder as YYYY-MM-DD-slug.md, whole or not at all; give its path.

    Errors: SourceError if the slug is taken, under this or another date or in the archive, or the folder cannot be
    written; Problems if the draft does not make a valid queue file.
    """
    slug = draft.slug or slug_of(draft.title) or _slug_without_letters(draft.title)
    path = folder / f"{today.isoformat()}-{slug}.md"
    text = queue_text(draft, status)
    read_article(text, f"{folder.name}/{path.name}")
    if len(text.encode()) > MAX_ARTICLE_BYTES:
        raise SourceError("the article is larger than 1 MiB", where=path.name, hint="Shorten it, or split it.")
    try:
        _refuse_taken(slug, folder)
        create_file(path, text.encode())
    except FileExistsError as error:
        raise _taken(slug, path) from error
    except OSError as error:
        what = f"the queue folder cannot be written: {error.strerror}"
        raise SourceError(what, where=str(folder), hint="Make it with `publish init`, or free some space.") from error
    return path


def _slug_without_letters(title: str) -> str:
    """Name an article whose headline has no Latin letters; the same headline always gives the same name."""
    return f"article-{hashlib.sha256(title.encode()).hexdigest()[:8]}"


def _refuse_taken(slug: str, folder: Path) -> None:
    for place in (folder, folder / "archive"):
        for name in article_names(place) if place.is_dir() else ():
            if slug_of_file(name) == slug or named_slug(place / name) == slug:
                raise _taken(slug, place / name)


def _taken(slug: str, path: Path) -> SourceError:
    return SourceError(
        f'there is already an article "{slug}"',
        where=f"{path.parent.name}/{path.name}",
        hint="Edit that file; or change the new headline, or add a line such as slug: new-pump-2 to it.",
    )


def queue_text(draft: Draft, status: Status) -> str:
    """Write a draft as the text of a queue file."""
    if draft.original is not None:
        return with_status(draft.original, status)
    header = _dump(_front_matter(draft, status))
    body = clean_body(draft.body_markdown)
    return f"---\n{header}---\n" + (f"\n{body}\n" if body else "")


def _front_matter(draft: Draft, status: Status | None) -> dict[str, Any]:
    """List the fields that have something to say, in the order in which people read them."""
    fields: dict[str, Any] = {
        "title": draft.title,
        "status": status,
        "slug": draft.slug,
        "kicker": draft.kicker,
        "teaser": draft.teaser,
        "date": draft.date,
        "lang": draft.lang,
        "author": draft.author,
        "image": _filled(draft.image, "src", "alt", "caption", "credit"),
        "source": _filled(draft.source, "name", "url"),
        "url": draft.url,
        "tags": list(draft.tags),
        "digests": None if draft.digests is None else list(draft.digests),
        "channels": None if draft.channels is None else list(draft.channels),
        "publish_after": _moment(draft.publish_after),
        "expires_at": _moment(draft.expires_at),
        "priority": draft.priority or None,
        "related": [r.slug or _filled(r, "title", "url", "date", "teaser") for r in draft.related],
        "replaces": draft.replaces,
        "posts": dict(draft.posts),
    }
    # An empty list of digests says "in none"; an empty list of anything else says nothing.
    return {key: value for key, value in fields.items() if value or (value == [] and key in ("digests", "channels"))}


def _filled(value: Any, *names: str) -> dict[str, Any]:
    filled = {name: getattr(value, name, None) for name in names}
    return {name: inner for name, inner in filled.items() if inner is not None}


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds" if value.second else "minutes") if value else None


def _dump(fields: dict[str, Any]) -> str:
    """Write YAML as a person would: umlauts as they are, lists indented, long texts in several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """The settings of this file only; PyYAML keeps them on the class."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def represent_text(self, text: str) -> yaml.ScalarNode:
            return self.represent_scalar("tag:yaml.org,2002:str", str(text), style=_style(text))

        def represent_plain_list(self, items: list[Any]) -> yaml.SequenceNode:
            short = all(isinstance(item, str) for item in items) and sum(map(len, items)) < LINE_WIDTH
            return self.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short)

    Dumper.add_representer(str, Dumper.represent_text)
    Dumper.add_representer(Status, Dumper.represent_text)
    Dumper.add_representer(list, Dumper.represent_plain_list)
    text: str = yaml.dump(fields, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=LINE_WIDTH)
    return text


def _style(text: str) -> str | None:
    """Choose block style for long texts: nothing in them needs quotes or escapes then."""
    if "\n" in text:
        return "|"
    return ">" if len(text) > LINE_WIDTH - 10 else None
