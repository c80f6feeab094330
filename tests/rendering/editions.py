"""Editions made in code, for the tests of rendering."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from publisher.domain.article import Article, Image, Related, Source
from publisher.domain.digest import Digest
from publisher.domain.edition import EditionContent
from publisher.domain.organisation import Organisation
from publisher.rendering.templates import Templates

SHIPPED = Path(__file__).parents[2] / "templates"

BODY = """\
Auf Einladung des Verbands kamen **hochrangige Vertreter** deutscher und chinesischer Unternehmen zusammen. Im Fokus
standen sogenannte „Smart Urban Areas“, mehr dazu auf der [Seite des Verbands](https://www.example.org/smart?a=1&b=2).

## Was die Fachleute sagen

> „Gerade in diesen herausfordernden Zeiten bekommt unser Credo ‚Global denken, lokal handeln‘ eine noch stärkere
> Bedeutung.“

- Erstens: der Wirkungsgrad
- Zweitens: die Lautstärke

| Modell | Leistung |
|--------|---------:|
| P 100  |   1,5 kW |
| P 200  |   3,0 kW |

Die Veranstaltung wurde aufgrund der aktuellen Lage in digitaler Form durchgeführt.
"""

RELATED = (
    Related(
        title="Nachhaltige Bewässerung in Usbekistan gefördert",
        url="https://www.example.org/bewaesserung",
        date=date(2021, 11, 26),
        teaser="Im Rahmen eines Förderprogramms arbeiten zwei Partner daran, erneuerbare Energien auszubauen.",
    ),
    Related(title="Besuch von Hochschulen im Werk Hof", date=date(2021, 11, 22), teaser="Ein Austausch mit Schülern."),
)

HEADLINES = (
    "Neue Hocheffizienzpumpe senkt den Stromverbrauch in Altbauten um ein Drittel",
    "Wärmetag 2026: Anmeldung bis Freitag offen",
    "Heat pump study: quiet units win over the neighbours",
    "Donaudampfschifffahrtsgesellschaft rüstet Flotte mit Abwärmenutzung aus",
    "Fünf Fragen an die neue Leiterin Technik",
    "Merkblatt zum hydraulischen Abgleich überarbeitet",
    "Ausbildungspreis geht nach Münster",
    "Landeswärmeverordnung: Was ab Januar gilt",
)


def article(number: int = 1, **changes: Any) -> Article:
    """Make the article of this number, with everything in it."""
    fields: dict[str, Any] = {
        "slug": f"artikel-{number}",
        "title": HEADLINES[(number - 1) % len(HEADLINES)],
        "kicker": ("Technik", "Termine", "Research", "Schifffahrt")[(number - 1) % 4],
        "teaser": "Der Verband stellt Ergebnisse aus zwölf Gebäuden vor. Im Mittel sank der Verbrauch um 34 Prozent, "
        "in einem Fall sogar um die Hälfte – ganz ohne Tausch der Heizkörper.",
        "body_markdown": BODY,
        "date": date(2026, 11, 24 - number % 20),
        "lang": "en" if number == 3 else None,
        "image": Image(
            src=f"images/{number}.jpg",
            alt="Ein Monteur prüft eine Pumpe im Heizungskeller",
            caption="Im Feldversuch liefen zwölf Anlagen ein ganzes Jahr lang.",
            credit="Verband/Lea Brandt",
        ),
        "source": Source("WILO SE", "https://www.example.com/presse") if number % 2 else Source("Eigene Redaktion"),
        "url": f"https://www.example.org/news/{number}",
        "related": RELATED if number in (1, 4) else (),
        "path": f"queue/artikel-{number}.md",
    }
    if number == 5:
        fields |= {"image": None, "url": None, "teaser": None, "author": "Jens Dallendörfer"}
    return Article(**{**fields, **changes})


def plain_article(number: int = 1, **changes: Any) -> Article:
    """Make an article without images and related articles."""
    return article(number, **{"image": None, "related": (), **changes})


def edition(*articles: Article, digest: dict[str, Any] | None = None, **changes: Any) -> EditionContent:
    """Make an edition of these articles."""
    fields: dict[str, Any] = {
        "organisation": Organisation(
            name="Verband für Wärme & Pumpen e. V.",
            postal_address="Wärmestraße 12\n44135 Dortmund",
            website="https://www.verband.example",
            imprint_url="https://www.verband.example/impressum",
            contact="redaktion@verband.example",
        ),
        "digest": Digest(
            **{"title": "Wärme aktuell", "channel": "mail", "from_address": "news@verband.example", **(digest or {})}
        ),
        "digest_name": "weekly",
        "date": date(2026, 11, 23),
        "number": 12,
        "articles": articles,
    }
    return EditionContent(**{**fields, **changes})


def shipped_templates() -> Templates:
    """Give the templates that come with the program."""
    return Templates([SHIPPED])


def picture(width: int = 1400, height: int = 900, kind: str = "JPEG") -> bytes:
    """Draw a picture of many colours."""
    from PIL import Image as Pillow

    image = Pillow.radial_gradient("L").resize((width, height))
    coloured = Pillow.merge("RGB", (image, image.rotate(90).resize((width, height)), image.point(lambda v: 255 - v)))
    output = BytesIO()
    coloured.save(output, kind)
    return output.getvalue()


_PICTURE: list[bytes] = []


def read_picture(_src: str) -> bytes:
    """Stand for the reader of image files."""
    if not _PICTURE:
        _PICTURE.append(picture(700, 450))
    return _PICTURE[0]


def no_pictures(src: str) -> bytes:
    """Stand for a reader that finds nothing."""
    raise FileNotFoundError(2, "No such file or directory", src)


def visible(html: str) -> str:
    """Give the text of HTML in one line."""
    import html as html_module

    without_styles = re.sub(r"<style.*?</style>|<!--.*?-->", " ", html, flags=re.DOTALL)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", without_styles)).split())
