"""The mail's own words from gettext catalogues, and dates and numbers as its readers write them.

The catalogues are read as they stand in the repository, `locale/LANGUAGE/LC_MESSAGES/publisher.po`: there is no build
step, and what is reviewed is what readers see.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.domain.personal import NAME_MARK, Greetings
from publisher.errors import ConfigError

CATALOGUES = Path(__file__).parent / "locale"
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_LOCALES = {"de": "de_DE", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Texts:
    """Words in one language: `say("By %(author)s", author="Erika")`."""

    catalogue: gettext.NullTranslations

    def __call__(self, text: str, /, **values: object) -> str:
        """Translate a text; `%(name)s` in it is replaced by the value of this name."""
        return self.catalogue.gettext(text) % values

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Translate a text that counts something; `%(count)s` in it is replaced by the number."""
        return self.catalogue.ngettext(one, many, count) % {"count": count, **values}


def texts_for(language: str) -> Texts:
    """Give the words in a language; `de-AT` is German. Errors: ConfigError for one that we do not speak."""
    if _primary(language) not in _LOCALES:
        raise ConfigError(
            f'there are no texts in the language "{language}"',
            where="config.toml [organisation.language]",
            hint=f"Use one of: {', '.join(sorted(_LOCALES))}.",
        )
    return _read_catalogue(_primary(language))


@cache
def greetings_for(language: str) -> Greetings:
    """Give how readers are addressed in a language. Errors: ConfigError for one that we do not speak."""
    say = texts_for(language)
    return Greetings(say("Hello %(name)s,", name=NAME_MARK), say("Hello,"), say("dear reader"))


@cache
def _read_catalogue(language: str) -> Texts:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / language / "LC_MESSAGES" / "publisher.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return Texts(gettext.GNUTranslations(BytesIO(compiled.getvalue())))


def date_text(day: date, language: str, *, with_weekday: bool = False) -> str:
    """Write a date in words, for example "23. November 2026" or "Montag, 23. November 2026"."""
    from babel.dates import format_date

    return format_date(day, format="full" if with_weekday else "long", locale=_LOCALES[_primary(language)])


def moment_text(moment: datetime, language: str, time_zone: str) -> str:
    """Write an aware moment as the clocks of a zone show it, for example "Montag, 23. November 2026, 07:00"."""
    from babel.dates import format_time

    local = moment.astimezone(ZoneInfo(time_zone))
    time = format_time(local.time(), format="short", locale=_LOCALES[_primary(language)])
    return f"{date_text(local.date(), language, with_weekday=True)}, {time}"


def short_date_text(day: date, language: str) -> str:
    """Write a day without its year, for example "23. Nov."."""
    from babel.dates import format_skeleton

    return str(format_skeleton("MMMd", day, locale=_LOCALES[_primary(language)]))


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
