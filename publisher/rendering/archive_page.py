"""The list of all editions, by digest: `index.html` of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from publisher.domain.organisation import Organisation
from publisher.rendering.templates import Templates
from publisher.rendering.texts import date_text, direction_of, texts_for
from publisher.rendering.web_page import content_security_policy


@dataclass(frozen=True, slots=True)
class ListedEdition:
    """One line of the list. `page` is its path beside the list, `on` the local date of its planning."""

    page: str
    subject: str
    number: int
    on: date
    article_count: int


@dataclass(frozen=True, slots=True)
class ListedDigest:
    """A digest with its editions, newest first."""

    name: str
    title: str
    editions: Sequence[ListedEdition]


def render_archive_page(
    organisation: Organisation, digests: Sequence[ListedDigest], templates: Templates, *, canonical: str
) -> bytes:
    """Render the list; `canonical` is its own address, empty if it is not known."""
    language = organisation.language
    say = texts_for(language)
    values = {
        "language": language,
        "dir": direction_of(language),
        "organisation": {"name": organisation.name, "imprint_url": organisation.imprint_url or ""},
        "colours": organisation.colours,
        "policy": content_security_policy([]),
        "canonical": canonical,
        "digests": [
            {
                "name": digest.name,
                "title": digest.title,
                "editions": [_values(edition, language) for edition in digest.editions],
            }
            for digest in digests
        ],
        "_": say,
        "ngettext": say.plural,
    }
    return templates.render("web/archive.html.j2", values).encode()


def _values(edition: ListedEdition, language: str) -> dict[str, object]:
    return {
        "page": edition.page,
        "subject": edition.subject,
        "issue_text": texts_for(language)("Issue\u00a0%(number)s", number=edition.number),
        "date": edition.on.isoformat(),
        "date_text": date_text(edition.on, language),
        "article_count": edition.article_count,
    }
