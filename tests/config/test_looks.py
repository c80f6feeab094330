"""Colours, fonts, widths and sections are checked when the config is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.bootstrap import read_settings
from publisher.config.settings import Settings
from publisher.domain.contrast import MIN_CONTRAST, contrast_ratio, weak_pairs
from publisher.errors import ConfigError, Problems, PublisherError

CONFIG = """\
[organisation]
name = "Verband"
postal_address = "Ring 1, 00000 Stadt"
{organisation}
[digests.daily]
title = "Morgens"
channel = "mail"
from_address = "news@example.org"
{digest}
[channels.mail]
adapter = "folder"
folder = "out"
{rest}
"""


def _read(tmp_path: Path, organisation: str = "", digest: str = "", rest: str = "") -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(organisation=organisation, digest=digest, rest=rest), "utf-8")
    return read_settings(file)


def _errors(tmp_path: Path, **parts: str) -> list[PublisherError]:
    with pytest.raises(PublisherError) as caught:
        _read(tmp_path, **parts)
    return list(caught.value.errors) if isinstance(caught.value, Problems) else [caught.value]


def test_a_theme(tmp_path: Path) -> None:
    digest = """
sections = ["Technik", "Recht"]
related = "author"
template = "letter"
[digests.daily.theme]
font = "Verdana, Trebuchet MS, sans-serif"
width = 640
logo = "logo.png"
logo_alt = "Verband, ein Haus"
colours = {accent = "#8a1c1c", surround = "#f5efe6"}
"""
    settings = _read(tmp_path, digest=digest)
    theme = settings.digests["daily"].theme
    colours = theme.colours.over(settings.organisation.colours)
    assert theme.font_names == ("Verdana", "Trebuchet MS", "sans-serif")
    assert (colours.accent, colours.accent_dark, colours.surround) == ("#8a1c1c", "#8cc4ff", "#f5efe6")
    assert list(weak_pairs(colours)) == []


def test_a_colour_that_is_hard_to_read_is_an_error_with_the_nearest_that_is_not(tmp_path: Path) -> None:
    (error,) = _errors(tmp_path, organisation='[organisation.colours]\naccent = "#ffcc00"\n')
    assert isinstance(error, ConfigError)
    assert error.where == "config.toml:5 [organisation.colours.accent]"
    assert error.what == 'accent "#ffcc00" on panel "#f1f4f8" is hard to read: 1.4:1, and 4.5:1 is needed'
    assert error.hint == 'Write accent = "#876c00", the nearest that passes.'
    assert contrast_ratio("#876c00", "#f1f4f8") >= MIN_CONTRAST
    _read(tmp_path, organisation='[organisation.colours]\naccent = "#876c00"\n')


def test_a_digests_own_background_is_to_blame_where_it_is_what_was_written(tmp_path: Path) -> None:
    (error,) = _errors(tmp_path, digest='[digests.daily.theme.colours]\nbackground_dark = "#8899aa"\n')
    assert error.where == "config.toml:10 [digests.daily.theme.colours.background_dark]"
    assert error.what.startswith('muted_dark "#adb8c4" on background_dark "#8899aa" is hard to read: 1.')
    hint = error.hint.split('"')
    _read(tmp_path, digest=f'[digests.daily.theme.colours]\nbackground_dark = "{hint[1]}"\n')


def test_where_no_shade_passes_the_other_colour_is_named(tmp_path: Path) -> None:
    colours = '[organisation.colours]\naccent = "#888888"\nbackground = "#ffffff"\npanel = "#202020"\n'
    errors = _errors(tmp_path, organisation=colours)
    assert "Change background, too." in [error.hint for error in errors]


def test_an_organisations_colours_are_reported_once(tmp_path: Path) -> None:
    errors = _errors(
        tmp_path,
        organisation='[organisation.colours]\nmuted = "#cccccc"\n',
        digest='[digests.daily.theme.colours]\naccent = "#8a1c1c"\n',
    )
    assert [error.where for error in errors] == ["config.toml:5 [organisation.colours.muted]"]


THEME = "[digests.daily.theme]\n"
WRONG = {
    "organisation.colours.text": (
        {"organisation": '[organisation.colours]\ntext = "red"'},
        "not a colour",
        "six digits",
    ),
    "digests.daily.theme.colours.panel": ({"digest": THEME + 'colours = {panel = "#fff"}'}, "not a colour", "six"),
    "digests.daily.theme.width": ({"digest": THEME + "width = 900"}, "480 to 700 pixels, not 900", "width = 600"),
    "digests.daily.sections": ({"digest": 'sections = ["Technik", " "]'}, "has an empty tag", "Technik"),
    "digests.daily.related": ({"digest": 'related = "tag"'}, '"related"', ""),
    "web.assets_url": ({"rest": '[web]\nassets_url = "http://x.example"'}, "not the https address", "https://"),
}


@pytest.mark.parametrize("key", WRONG)
def test_what_is_wrong_is_named_with_place_and_hint(tmp_path: Path, key: str) -> None:
    parts, what, hint = WRONG[key]
    (error,) = _errors(tmp_path, **parts)
    assert error.where.endswith(f"[{key}]")
    assert what in error.what
    assert hint in error.hint


@pytest.mark.parametrize("font", ["sens", "Arial", "x;}, sans-serif", "Source Sans 3, sans-serif", ", serif", ""])
def test_fonts_that_are_none(tmp_path: Path, font: str) -> None:
    (error,) = _errors(tmp_path, digest=f'{THEME}font = "{font}"')
    assert error.where.endswith("[digests.daily.theme.font]")
    assert "neither system, sans, serif nor a list of fonts" in error.what
    assert "End a list with sans-serif or serif" in error.hint


@pytest.mark.parametrize("address", ["https://x.example/a?b=c", "https://", "https://X y", "//x.example", ""])
def test_addresses_that_are_no_folder(tmp_path: Path, address: str) -> None:
    (error,) = _errors(tmp_path, rest=f'[web]\nassets_url = "{address}"')
    assert "not the https address of a folder" in error.what


def test_where_images_are_hosted(tmp_path: Path) -> None:
    settings = _read(tmp_path, rest='[web]\nassets_url = "https://x.example/assets"\nassets_folder = "www/a"')
    assert settings.document.web.assets_url == "https://x.example/assets"
    assert settings.assets_folder == tmp_path / "www" / "a"
    assert _read(tmp_path).assets_folder == tmp_path / "public" / "assets"
