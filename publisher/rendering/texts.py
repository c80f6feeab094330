"""The mail's own words, in German and English, and dates as its readers write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from publisher.errors import ConfigError

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_LOCALES = {"de": "de_DE", "en": "en_GB"}

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "email_role": "E-Mail",
        "edition_of": "{title} vom {date}",
        "issue": "Ausgabe\u00a0{number}",
        "contents": "In dieser Ausgabe",
        "also": "Außerdem",
        "read_on": "Weiterlesen",
        "read_on_web": "Im Web lesen",
        "source": "Quelle",
        "photo": "Bild",
        "by": "Von {author}",
        "related": "Weitere Artikel zum Thema",
        "reason": "Sie erhalten diese E-Mail, weil Ihre Adresse für „{title}“ angemeldet ist.",
        "unsubscribe": "Newsletter abbestellen",
        "imprint": "Impressum",
        "contact": "Kontakt",
        "website": "Website",
        "preview": "Vorschau",
        "preview_subject": "Betreff",
        "preview_preheader": "Vorschautext im Posteingang",
        "preview_from": "Absender",
        "preview_size": "Größe des HTML-Teils",
        "preview_desktop": "Am Bildschirm, 600 px",
        "preview_phone": "Auf dem Telefon, 320 px",
        "preview_dark": "Dunkel",
        "preview_images_off": "Ohne Bilder",
        "preview_text": "Textteil",
        "preview_posts": "Beiträge für die Netzwerke",
        "preview_no_posts": "Für diese Ausgabe gibt es keine Beiträge.",
        "preview_warnings": "Hinweise",
        "preview_email": "E-Mail",
        "unit_graphemes": "Zeichen",
        "unit_code points": "Zeichen",
        "unit_UTF-16 units": "UTF-16-Einheiten",
        "unit_UTF-8 bytes": "Bytes",
        "unit_X characters": "X-Zeichen",
    },
    "en": {
        "email_role": "email",
        "edition_of": "{title}, {date}",
        "issue": "Issue\u00a0{number}",
        "contents": "In this issue",
        "also": "Also",
        "read_on": "Read on",
        "read_on_web": "Read on the web",
        "source": "Source",
        "photo": "Image",
        "by": "By {author}",
        "related": "More on this topic",
        "reason": "You receive this e-mail because your address is subscribed to “{title}”.",
        "unsubscribe": "Unsubscribe from this newsletter",
        "imprint": "Legal notice",
        "contact": "Contact",
        "website": "Website",
        "preview": "Preview",
        "preview_subject": "Subject",
        "preview_preheader": "Preview text in the inbox",
        "preview_from": "From",
        "preview_size": "Size of the HTML part",
        "preview_desktop": "On a screen, 600 px",
        "preview_phone": "On a phone, 320 px",
        "preview_dark": "Dark",
        "preview_images_off": "Without images",
        "preview_text": "Text part",
        "preview_posts": "Posts for the networks",
        "preview_no_posts": "There are no posts with this edition.",
        "preview_warnings": "Notes",
        "preview_email": "E-mail",
        "unit_graphemes": "characters",
        "unit_code points": "characters",
        "unit_UTF-16 units": "UTF-16 units",
        "unit_UTF-8 bytes": "bytes",
        "unit_X characters": "X characters",
    },
}


def texts_for(language: str) -> Mapping[str, str]:
    """Give all words in a language; `de-AT` is German. Errors: ConfigError for one that we do not speak."""
    texts = _TEXTS.get(_primary(language))
    if texts is None:
        raise ConfigError(
            f'there are no texts in the language "{language}"',
            where="config.toml [organisation.language]",
            hint=f"Use one of: {', '.join(sorted(_TEXTS))}.",
        )
    return texts


def date_text(day: date, language: str, *, with_weekday: bool = False) -> str:
    """Write a date in words, for example "23. November 2026" or "Montag, 23. November 2026"."""
    from babel.dates import format_date

    return format_date(day, format="full" if with_weekday else "long", locale=_LOCALES[_primary(language)])


def number_text(number: float, language: str) -> str:
    """Write a number as its readers do, for example "10.000"."""
    from babel.numbers import format_decimal

    return format_decimal(number, locale=_LOCALES[_primary(language)])


def direction_of(language: str) -> str:
    """Give "rtl" for languages written from right to left, else "ltr"."""
    return "rtl" if _primary(language) in _RIGHT_TO_LEFT else "ltr"


def same_language(one: str, other: str) -> bool:
    """Say whether two language tags name the same language, whatever the country."""
    return _primary(one) == _primary(other)


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
