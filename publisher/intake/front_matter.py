"""Read the text of a queue file: front matter between two lines of ---, then Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from publisher.domain.article import Article, content_hash_of, slug_of, split_file_stem
from publisher.errors import Problems
from publisher.intake import field_values as values
from publisher.intake.field_values import CONTROL, ODD, Findings, Reader, with_plain_breaks
from publisher.intake.yaml_tree import Mapping as Fields
from publisher.intake.yaml_tree import YamlProblem, parse_yaml

MAX_FRONT_MATTER_BYTES = 64 * 1024


class Field(NamedTuple):
    """One field of the front matter: how it is read, and what an editor is told about it."""

    read: Reader
    schema: dict[str, Any]


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": ["string", "null"], **more}


def _list(description: str, **items: Any) -> dict[str, Any]:
    return {"description": description, "type": ["array", "null"], "items": items or {"type": "string", "minLength": 1}}


def _group(description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    shape = {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    return {"description": description, **shape, **({"required": list(required)} if required else {})}


_WEB_PATTERN = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@\\<>\"]+([/?#][^\s\\<>\"]*)?$"
_DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
)
_SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_LINE_PATTERN = r"^[^\n\r]*\S[^\n\r]*$"


def _related_schema() -> dict[str, Any]:
    properties = {
        "title": {"description": "Its headline.", "type": "string", "pattern": _LINE_PATTERN},
        "url": _text("Its web address.", pattern=_WEB_PATTERN),
        "date": _text("Its date, 2026-11-23.", pattern=_DATE_PATTERN),
        "teaser": _text("One or two sentences about it."),
    }
    slug = {"description": "An article of the queue, by its slug.", "type": "string", "pattern": _SLUG_PATTERN}
    one = {"type": "object", "properties": properties, "required": ["title"], "additionalProperties": False}
    return {"anyOf": [slug, one]}


_IMAGE_PROPERTIES = {
    "src": _text("Web address of the picture, or its path below the queue folder: images/pump.jpg."),
    "alt": _text("What the picture shows, for people who do not see it."),
    "caption": _text("Caption below the picture."),
    "credit": _text("Who made the picture or owns its rights."),
}
_SOURCE_PROPERTIES = {
    "name": {"description": "Name of the source.", "type": "string", "pattern": _LINE_PATTERN},
    "url": _text("Web address of the source.", pattern=_WEB_PATTERN),
}
_TITLE = {"description": "Headline; the only field that must be there.", "type": "string", "pattern": _LINE_PATTERN}
_STATUS = {
    "description": "draft: not finished. hold: finished, but not yet. ready (or no status): goes out.",
    "enum": ["draft", "ready", "hold", None],
}
_PRIORITY = {
    "description": "Order in an edition, -100 to 100; higher comes first, 0 if left out.",
    "type": ["integer", "null"],
    "minimum": -100,
    "maximum": 100,
}
_PINNED = {"description": "true: stands before all other articles of its edition.", "type": ["boolean", "null"]}
_EVERGREEN = {
    "description": "true: posted again on channels that repeat such articles when they have nothing new.",
    "type": ["boolean", "null"],
}
_POSTS = {
    "description": "Your own text for the post on a channel, instead of the one made by its template.",
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "null"]},
}

FIELDS: Mapping[str, Field] = {
    "title": Field(values.one_line, _TITLE),
    "status": Field(values.status, _STATUS),
    "slug": Field(
        values.slug,
        _text("The article's identity; if left out, the file's name without date and ending.", pattern=_SLUG_PATTERN),
    ),
    "kicker": Field(values.one_line, _text("A word or two above the headline.")),
    "teaser": Field(values.long_text, _text("One or two sentences that make people want to read on.")),
    "date": Field(values.day, _text("Date of the news, 2026-11-23.", pattern=_DATE_PATTERN)),
    "lang": Field(values.language, _text("Language: de, en ...", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")),
    "author": Field(values.one_line, _text("Who wrote it.")),
    "image": Field(values.image, _group("The picture.", _IMAGE_PROPERTIES)),
    "source": Field(values.source, _group("Where the news comes from.", _SOURCE_PROPERTIES, "name")),
    "url": Field(values.web_address, _text("Where the whole article stands on the web.", pattern=_WEB_PATTERN)),
    "tags": Field(values.tags, _list("Tags: they become hashtags, and rules in the config can choose by them.")),
    "digests": Field(values.digest_names, _list("Digests that take it; if left out, the default digest.")),
    "channels": Field(values.channel_names, _list("Channels that post it; if left out, none but by a rule.")),
    "publish_after": Field(
        values.moment, _text("Not before this moment, 2026-11-23T09:00+01:00.", pattern=_MOMENT_PATTERN)
    ),
    "expires_at": Field(
        values.moment, _text("Not after this moment, 2026-12-01T18:00+01:00.", pattern=_MOMENT_PATTERN)
    ),
    "priority": Field(values.whole_number, _PRIORITY),
    "pinned": Field(values.yes_or_no, _PINNED),
    "evergreen": Field(values.yes_or_no, _EVERGREEN),
    "related": Field(values.related, _list("Further articles to read.", **_related_schema())),
    "replaces": Field(values.slug, _text("Slug that this article had before it was renamed.", pattern=_SLUG_PATTERN)),
    "posts": Field(values.posts, _POSTS),
}
_READERS: dict[str, Reader] = {name: field.read for name, field in FIELDS.items()}


def front_matter_schema() -> dict[str, Any]:
    """Describe the front matter as a JSON schema (draft 2020-12), for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Front matter of a queue file",
        "description": "The fields between the two lines of --- at the top of an article in the queue folder.",
        "type": "object",
        "properties": {name: field.schema for name, field in FIELDS.items()},
        "required": ["title"],
        "additionalProperties": False,
    }


def read_article(
    text: str,
    path: str,
    *,
    digests: Collection[str] | None = None,
    channels: Collection[str] | None = None,
) -> Article:
    """Read an article out of a file's text. `path` names it in errors; its stem is the slug where there is no field.

    Errors: Problems with all that is wrong, each a QueueError. Names are not checked where None is given for them.
    """
    found = Findings(path, digests, channels)
    article, _ = examine_article(text.removeprefix("\ufeff"), found)
    if article is None:
        raise Problems(found.errors)
    return article


def examine_article(text: str, found: Findings) -> tuple[Article | None, str]:
    """Read an article and its slug; no article if something is wrong: then `found.errors` says what."""
    stem_slug = slug_of_file(found.path.rpartition("/")[2])
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        header, body, first_line = split_front_matter(text)
        node = parse_yaml(header, first_line)
    except YamlProblem as problem:
        found.add(problem.line, problem.key, problem.what, problem.hint)
        return None, stem_slug
    if not isinstance(node, Fields):
        _no_fields(node is None, found)
        return None, stem_slug
    fields = _fields(node, found)
    slug = fields.pop("slug", None) or stem_slug
    body = _clean_body(body, text, found)
    if not slug:
        found.add(1, "slug", "the file's name has no letters for a slug", "Name it like 2026-11-23-new-pump.md.")
    if found.errors:
        return None, slug
    unhashed = Article(slug=slug, body_markdown=body, **fields)
    article = Article(slug=slug, body_markdown=body, path=found.path, content_hash=content_hash_of(unhashed), **fields)
    return article, slug


def slug_of_file(name: str) -> str:
    """Give the slug that a file's name makes: without date and ending."""
    return slug_of(split_file_stem(name.rpartition(".")[0] or name)[1])


_END = re.compile(r"^---[ \t]*$", re.MULTILINE)


def split_front_matter(text: str) -> tuple[str, str, int]:
    """Split a text with plain line ends into front matter, body, and the line where the front matter begins (2).

    Errors: YamlProblem.
    """
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        raise _no_fence(first)
    # The end is looked for from the line break on, so that an empty front matter has one, too.
    end = _END.search(rest)
    if not end:
        raise YamlProblem(1, "the front matter has no end", "Add a line with only --- below the last field.")
    header = rest[: end.start()]
    if len(header) > MAX_FRONT_MATTER_BYTES or len(header.encode()) > MAX_FRONT_MATTER_BYTES:
        raise YamlProblem(1, "the front matter is larger than 64 KiB", "Move the text below the second ---.")
    return header, rest[end.end() + 1 :], 2


def _no_fence(first: str) -> YamlProblem:
    if first.rstrip() == "+++":
        return YamlProblem(
            1, "the front matter is TOML (+++), which is not read", 'Write it as YAML between ---: title: "A text"'
        )
    example = '---\ntitle: "New pump saves energy"\n---'
    return YamlProblem(1, "the front matter is missing", f"Begin the file with\n{example}")


def _no_fields(is_empty: bool, found: Findings) -> None:
    if is_empty:
        found.add(1, "title", '"title" is missing', _TITLE_HINT)
    else:
        found.add(2, "", "the front matter is not a group of fields", _TITLE_HINT)


_TITLE_HINT = 'Add a line such as title: "New pump saves energy".'


def _fields(node: Fields, found: Findings) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in node.entries.items():
        reader = _READERS.get(name)
        if reader is None:
            values.unknown_field(name, node.lines[name], "", found, _READERS)
        elif not values.is_empty(value):
            fields[name] = reader(value, name, found)
    if "title" not in fields:
        given = "title" in node.entries
        line = node.lines["title"] if given else 1
        found.add(line, "title", f'"title" is {"empty" if given else "missing"}', _TITLE_HINT)
    _check_span(fields.get("publish_after"), fields.get("expires_at"), node, found)
    return fields


def _check_span(after: datetime | None, until: datetime | None, node: Fields, found: Findings) -> None:
    if after and until and until <= after:
        what = '"expires_at" is not after "publish_after"'
        found.add(node.lines["expires_at"], "expires_at", what, "Give a later moment, or remove one of the two.")


_EMPTY_LINES = re.compile(r"(?:[ \t]*\n)+")


def _clean_body(body: str, text: str, found: Findings) -> str:
    if not ODD.search(body):
        return _trimmed(body)
    if match := CONTROL.search(body):
        line = text.count("\n", 0, len(text) - len(body) + match.start()) + 1
        what = f"the text has a control character: U+{ord(match.group()):04X}"
        found.add(line, "", what, "Delete it; it may be invisible.")
    return clean_body(body)


def clean_body(body: str) -> str:
    """Give a Markdown body as it is kept: plain line ends, no empty lines around it."""
    return _trimmed(with_plain_breaks(body))


def _trimmed(body: str) -> str:
    body = body.rstrip()
    empty = _EMPTY_LINES.match(body)
    return body[empty.end() :] if empty else body
