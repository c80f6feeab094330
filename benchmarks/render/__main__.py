"""Time the rendering of an edition of 20 articles beside MJML and juice, and the personalising of 100,000 messages.

    python -m benchmarks.render

The peers are fetched by npm at the first run, where there is npm. What is shown is processor time, on all sides, so
that other work on the machine does not count.

All get the same articles: MJML makes a page of like looks out of them, juice inlines the very HTML that our inliner
gets. Ours does more than either: subject, text part, header block, MIME, check of the exact bytes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from publisher.bootstrap import shipped_templates
from publisher.domain.article import Article, Related, Source
from publisher.domain.delivery import DeliveryKey
from publisher.domain.digest import Digest
from publisher.domain.edition import EditionContent
from publisher.domain.message import Message, fill
from publisher.domain.organisation import Organisation
from publisher.domain.personal import recipient_values
from publisher.rendering.css import inline_css
from publisher.rendering.email import render_email
from publisher.rendering.texts import greetings_for
from publisher.rendering.view import Images, edition_values

HERE = Path(__file__).parent
ARTICLE_COUNT, ROUNDS, MESSAGE_COUNT = 20, 7, 100_000
TEASER = (
    "Zwei Winter lang wurden 412 Häuser gemessen. Das Ergebnis überrascht sogar Fachleute: Meist reicht es, wenige "
    "Heizkörper zu tauschen – und in jedem fünften Haus war gar nichts zu tun."
)


def article(number: int) -> Article:
    return Article(
        slug=f"artikel-{number}",
        title=f"Vier von fünf Altbauten wären schon heute bereit für die Wärmepumpe ({number})",
        kicker="Studie",
        teaser=TEASER,
        body_markdown=TEASER,
        date=date(2026, 11, 23) - timedelta(days=number),
        source=Source("Fachverband"),
        url=f"https://www.example.org/aktuelles/{number}",
        related=tuple(related(number, other) for other in (1, 2)) if number % 4 == 1 else (),
        path=f"queue/artikel-{number}.md",
    )


def related(number: int, other: int) -> Related:
    url = f"https://www.example.org/mehr/{number}-{other}"
    return Related(title=f"Merkblatt {number}-{other} neu gefasst", url=url, date=date(2026, 10, other), teaser=TEASER)


def edition() -> EditionContent:
    organisation = Organisation(name="Fachverband Wärme", postal_address="Am Ring 12\n00000 Steinhafen")
    digest = Digest(title="Branchendienst am Morgen", channel="mail", from_address="news@example.org")
    articles = tuple(article(number) for number in range(1, ARTICLE_COUNT + 1))
    return EditionContent(organisation, digest, "daily", date(2026, 11, 23), articles, number=1)


def no_image(src: str) -> bytes:
    raise FileNotFoundError(src)


def before_inlining(content: EditionContent) -> str:
    values, _ = edition_values(content, Images(no_image, ""), None)
    names = ("greeting", "name", "unsubscribe_url", "web_version_url")
    values |= {"subject": "Betreff", "preheader": TEASER[:120], "has_web_version": False}
    values["placeholders"] = {name: f"ph-{name}-hp" for name in names}
    return shipped_templates().render("email/digest/html.j2", values)


def best_seconds(work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def personalise(content: EditionContent, message: Message) -> float:
    """Give the seconds for one message: all values of a recipient, and the bytes of headers and body."""
    queued_at = datetime(2026, 11, 23, 6, tzinfo=UTC)
    start = time.process_time()
    for number in range(MESSAGE_COUNT):
        address = f"person{number}@example.org"
        values = recipient_values(
            key=DeliveryKey(message.content_hash, "mail", address, 1, "due", rehearsal=False),
            recipient=address,
            name=f"Jörg Müller {number}",
            greetings=greetings_for("de"),
            digest=content.digest,
            digest_name=content.digest_name,
            queued_at=queued_at,
            time_zone=content.time_zone,
        )
        sections = fill(message, values)
        _ = sections["headers"] + b"\r\n" + sections["body"]
    return (time.process_time() - start) / MESSAGE_COUNT


def peers(html: str, content: EditionContent) -> dict[str, Any] | None:
    """Give what MJML and juice took; None where they are not installed."""
    if not (HERE / "node_modules").exists() and (npm := shutil.which("npm")):
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=False)
    if not shutil.which("node") or not (HERE / "node_modules").exists():
        return None
    articles = [
        {
            "headline": one.title,
            "kicker": one.kicker,
            "teaser": one.teaser,
            "url": one.url,
            "date": str(one.date),
            "source": one.source.name if one.source else "",
            "related": [
                {"title": other.title, "url": other.url, "date": str(other.date), "teaser": other.teaser}
                for other in one.related
            ],
        }
        for one in content.articles
    ]
    given = {"html": html, "articles": articles, "title": content.digest.title, "rounds": ROUNDS}
    done = subprocess.run(
        ["node", str(HERE / "peers.mjs")], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main() -> int:
    content, templates = edition(), shipped_templates()
    email = render_email(content, templates, no_image)
    html = before_inlining(content)
    whole = best_seconds(lambda: render_email(content, templates, no_image))
    inlining = best_seconds(lambda: inline_css(html))
    theirs = peers(html, content)
    print(
        f"{ARTICLE_COUNT} articles, {len(email.html.encode()) / 1024:.0f} KB of HTML, best of {ROUNDS}, processor time"
    )
    print(f"  a whole e-mail, ours        {whole * 1000:8.1f} ms")
    if theirs:
        print(f"  an MJML page                {theirs['mjml'] * 1000:8.1f} ms, {theirs['mjml_kilobytes']} KB of HTML")
    print(f"  inlining the HTML, ours     {inlining * 1000:8.1f} ms (premailer, and a comparison afterwards)")
    if theirs:
        print(f"  inlining the HTML, juice    {theirs['juice'] * 1000:8.1f} ms")
        print(f"  whole e-mail / MJML page    {whole / theirs['mjml']:8.2f}")
        print(f"  inlining / juice            {inlining / theirs['juice']:8.2f}")
    else:
        print("  MJML and juice are not here: node and npm are needed for them")
    single = personalise(content, email.message)
    print(f"personalising {MESSAGE_COUNT:,} messages: {single * 1e6:.1f} microseconds each")
    print(f"  rendering / personalising   {whole / single:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
