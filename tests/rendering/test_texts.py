"""The catalogues and what uses them say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from publisher.errors import ConfigError
from publisher.rendering.texts import CATALOGUES, date_text, direction_of, number_text, same_language, texts_for
from tests.rendering.editions import SHIPPED

LANGUAGES = ("de", "en")
Msgid = str | tuple[str, ...]


def _used() -> set[Msgid]:
    return set(_in_templates()) | set(_in_code())


def _in_templates() -> Iterator[Msgid]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for template in SHIPPED.glob("**/*.j2"):
        with template.open("rb") as file:
            for _line, function, message, _comments in babel_extract(file, ["_", "ngettext"], [], options):
                texts = message if isinstance(message, tuple) else (message,)
                yield texts[:2] if function == "ngettext" else texts[0]


def _in_code() -> Iterator[Msgid]:
    for module in Path(CATALOGUES).parent.glob("*.py"):
        with module.open("rb") as file:
            for _line, function, message, _comments in extract_python(file, ["say", "plural"], [], {}):
                if function == "plural":
                    yield str(message[0]), str(message[1])
                else:
                    yield str(message[0] if isinstance(message, tuple | list) else message)


def _catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "publisher.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_none_is_left_over(language: str) -> None:
    catalogue = _catalogue(language)
    assert {message.id for message in catalogue if message.id} == _used()
    assert not catalogue.obsolete
    for message in catalogue:
        assert not (message.id and message.fuzzy), message.id
        assert all([message.string] if isinstance(message.string, str) else message.string), message.id


def test_there_are_catalogues_for_these_languages() -> None:
    assert sorted(folder.name for folder in CATALOGUES.iterdir()) == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_names_of_its_original(language: str) -> None:
    for message in _catalogue(language):
        if message.id:
            originals = [message.id] if isinstance(message.id, str) else list(message.id)
            translations = [message.string] if isinstance(message.string, str) else list(message.string)
            names = {frozenset(re.findall(r"%\((\w+)\)s", text)) for text in (*originals, *translations)}
            assert len(names) == 1, message.id
            assert not re.search(r"%(?!\(\w+\)s)", "".join(translations)), message.id


def test_texts_in_two_languages() -> None:
    german, english = texts_for("de-AT"), texts_for("en")
    assert german("By %(author)s", author="Erika % Söhne") == "Von Erika % Söhne"
    assert english("By %(author)s", author="Erika") == "By Erika"
    assert german.plural("%(count)s article", "%(count)s articles", 3) == "3\u00a0Artikel"
    assert english.plural("%(count)s article", "%(count)s articles", 1) == "1 article"
    assert english.plural("%(count)s article", "%(count)s articles", 0) == "0 articles"


def test_a_language_that_we_do_not_speak() -> None:
    with pytest.raises(ConfigError, match='in the language "fr"') as caught:
        texts_for("fr")
    assert caught.value.hint == "Use one of: de, en."


def test_dates_and_numbers_are_written_as_readers_do() -> None:
    day = date(2026, 11, 23)
    assert date_text(day, "de") == "23. November 2026"
    assert date_text(day, "de", with_weekday=True) == "Montag, 23. November 2026"
    assert date_text(day, "en", with_weekday=True).replace(",", "") == "Monday 23 November 2026"
    assert (number_text(10_000.5, "de"), number_text(10_000.5, "en")) == ("10.000,5", "10,000.5")


def test_directions_and_languages() -> None:
    assert (direction_of("ar-EG"), direction_of("he"), direction_of("de")) == ("rtl", "rtl", "ltr")
    assert same_language("de-AT", "de_DE")
    assert not same_language("de", "en")
