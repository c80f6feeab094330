"""The sample edition that checkers from outside look at: 20 German articles and one English, as a team sends them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from publisher.domain.article import Article, Related
from publisher.domain.delivery import DeliveryKey
from publisher.domain.digest import Digest
from publisher.domain.edition import EditionContent
from publisher.domain.message import fill
from publisher.domain.organisation import Organisation
from publisher.domain.personal import recipient_values
from publisher.intake.queue import read_queue
from publisher.rendering.email import render_email
from publisher.rendering.preflight.parts import EmailParts, parse_email
from publisher.rendering.texts import greetings_for
from tests.rendering.editions import shipped_templates

QUEUE = Path(__file__).parents[2] / "queue"
GERMAN_COUNT = 20
RELATED = (
    Related(
        title="Merkblatt W 12 neu gefasst: Hydraulischer Abgleich jetzt auch mit Messprotokoll",
        url="https://fachverband.example/aktuelles/merkblatt-w-12",
        date=date(2026, 11, 17),
        teaser="Sechs Seiten, drei Vordrucke, ein durchgerechnetes Beispiel.",
    ),
    Related(
        title="3,5 Mio. € für kleine Wärmenetze: Anträge ab sofort möglich",
        url="https://fachverband.example/aktuelles/waermenetze",
        date=date(2026, 11, 10),
    ),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The edition as a finished message to one recipient, and taken apart."""

    content: EditionContent
    message: bytes
    parts: EmailParts


@cache
def sample() -> Sample:
    """Render the sample edition once."""
    content = EditionContent(
        organisation=Organisation(
            name="Fachverband Haus, Wärme und Wasser e. V.",
            postal_address="Am Ring 12\n00000 Steinhafen",
            website="https://fachverband.example",
            imprint_url="https://fachverband.example/impressum",
            contact="presse@example.org",
        ),
        digest=Digest(
            title="Branchendienst am Morgen",
            channel="newsletter",
            from_address="newsletter@example.org",
            from_name="Fachverband Haus, Wärme und Wasser",
            reply_to="presse@example.org",
        ),
        digest_name="daily",
        date=date(2026, 11, 23),
        number=214,
        articles=tuple(_articles()),
    )
    email = render_email(content, shipped_templates(), lambda src: (QUEUE / src).read_bytes())
    sections = fill(email.message, _recipient(content))
    parts = parse_email(sections["headers"], sections["body"], content, preheader=email.preheader)
    return Sample(content, sections["headers"] + b"\r\n" + sections["body"], parts)


def _articles() -> list[Article]:
    """Take the sample queue, and its German articles again under other names until there are twenty."""
    reading = read_queue(QUEUE, digests=(), channels=_channels(), wait=time.sleep, now_ns=time.time_ns)
    assert not reading.errors
    articles = [article for article in reading.articles if article.title]
    german = [article for article in articles if article.lang in (None, "de")]
    english = next(article for article in articles if article.lang == "en")
    copies = [_copy(german[number % len(german)], number) for number in range(GERMAN_COUNT - len(german))]
    edition = [_complete(article, number) for number, article in enumerate([*german, *copies][:GERMAN_COUNT])]
    return [*edition[:4], english, *edition[4:]]


def _copy(article: Article, number: int) -> Article:
    title = f"{article.title} – Nachtrag {number + 1}"
    url = f"{article.url}-nachtrag-{number + 1}" if article.url else None
    return replace(article, slug=f"{article.slug}-{number}", title=title, url=url, path=f"queue/nachtrag-{number}.md")


def _complete(article: Article, number: int) -> Article:
    """Give every other article a related list, and every article an address: the edition has teasers."""
    url = article.url or f"https://fachverband.example/aktuelles/{article.slug}"
    related = tuple(replace(one, url=f"{one.url}?nr={number}") for one in RELATED) if number % 2 == 0 else ()
    return replace(article, url=url, related=related)


def _channels() -> tuple[str, ...]:
    return ("mastodon", "bluesky", "x", "teamchat", "linkedin", "slack")


def _recipient(content: EditionContent) -> dict[str, str]:
    return recipient_values(
        key=DeliveryKey("7" * 64, "newsletter", "erika@example.net", 1, "test", rehearsal=False),
        recipient="erika@example.net",
        name="Erika Mustermann",
        greetings=greetings_for("de"),
        digest=content.digest,
        digest_name=content.digest_name,
        queued_at=datetime.now(UTC),
        time_zone="Europe/Berlin",
    )
