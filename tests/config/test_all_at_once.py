from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.reading import DIGEST, MAIL, ORGANISATION, WHOLE, errors_in, read

VALUES_THAT_ARE_WRONG = """\
rehearse = "no"
[organisation]
postal_address = ""
website = "verband"
titel = "x"
[organisation.colours]
accent = "blau"
[digests.daily]
title = 5
channel = "mial"
from_address = "x"
language = "fr"
schedule = ["irgendwann"]
skip_holidays = ["DE-NRW"]
blackout = ["24.12."]
pause_until = "x"
max_articles = 0
max_per_source = 0
order = "oldst"
template = "leter"
required_clients = ["gmial.*", "gmail.*", "otlook.*"]
[digests.weekly]
title = "Woche"
time_zone = "Berlin"
catch_up = "1 hour"
[delivery]
give_up_after_hours = 0
[channels.mail]
adapter = "smtp"
host = 5
"""
ORDERS = '"order" must be "priority", "newest", "oldest" or "title"'
NO_ADDRESS = '"from_address" is not an e-mail address: "x"'


def test_one_run_tells_everything_in_the_order_of_the_lines(tmp_path: Path) -> None:
    """A key that is missing, unknown or of another type holds nothing back: neither values nor names."""
    assert [(e.where, e.what) for e in errors_in(tmp_path, VALUES_THAT_ARE_WRONG)] == [
        ("config.toml:1 [rehearse]", '"rehearse" must be true or false, not "no"'),
        ("config.toml:2 [organisation.name]", '"name" is missing'),
        ("config.toml:3 [organisation.postal_address]", '"postal_address" is empty'),
        ("config.toml:4 [organisation.website]", '"website" is not an https address: "verband"'),
        ("config.toml:5 [organisation.titel]", 'unknown key "titel"'),
        ("config.toml:7 [organisation.colours.accent]", '"accent" is not a colour: "blau"'),
        ("config.toml:9 [digests.daily.title]", '"title" must be a text in quotation marks, not 5'),
        ("config.toml:10 [digests.daily.channel]", 'there is no channel "mial"'),
        ("config.toml:11 [digests.daily.from_address]", f"{NO_ADDRESS}: there is no @-sign"),
        ("config.toml:12 [digests.daily.language]", '"language" is neither "de" nor "en": "fr"'),
        ("config.toml:13 [digests.daily.schedule]", '"schedule": no time of day in "irgendwann"'),
        ("config.toml:14 [digests.daily.skip_holidays]", '"skip_holidays": "DE-NRW" names no part of DE'),
        ("config.toml:15 [digests.daily.blackout]", '"blackout": "24.12." is not a date'),
        ("config.toml:16 [digests.daily.pause_until]", '"pause_until": "x" is neither a date nor a date with a time'),
        ("config.toml:17 [digests.daily.max_articles]", '"max_articles" must be at least 1, not 0'),
        ("config.toml:18 [digests.daily.max_per_source]", '"max_per_source" must be at least 1, not 0'),
        ("config.toml:19 [digests.daily.order]", f"{ORDERS}, not \"oldst\""),
        ("config.toml:20 [digests.daily.template]", 'there is no e-mail template "leter"'),
        ("config.toml:21 [digests.daily.required_clients]", '"gmial.*" names no mail program'),
        ("config.toml:21 [digests.daily.required_clients]", '"otlook.*" names no mail program'),
        ("config.toml:22 [digests.weekly.channel]", '"channel" is missing'),
        ("config.toml:22 [digests.weekly.from_address]", '"from_address" is missing'),
        ("config.toml:24 [digests.weekly.time_zone]", '"time_zone" is not known: "Berlin"'),
        ("config.toml:25 [digests.weekly.catch_up]", '"catch_up": "1 hour" is not a duration'),
        ("config.toml:27 [delivery.give_up_after_hours]", '"give_up_after_hours" must be from 1 to 240, not 0'),
        ("config.toml:30 [channels.mail.host]", '"host" must be a text in quotation marks, not 5'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (DIGEST + MAIL, "config.toml [organisation]"),
        ("organisation = 5\n" + DIGEST + MAIL, "config.toml:1 [organisation]"),
        (ORGANISATION + "[digests]\ndaily = 5\n" + MAIL, "config.toml:4 [digests]"),
        (ORGANISATION + MAIL + "[digests]\n", ""),
        ("digests = 5\n" + ORGANISATION + MAIL, "config.toml:1 [digests]"),
        (WHOLE.replace('channel = "mail"\n', ""), "config.toml:4 [digests.daily.channel]"),
        (WHOLE.replace('"smtp.example.org"', "5"), "config.toml:10 [channels.mail.host]"),
        (WHOLE + "[delivery]\nfirst_wait_seconds = 'x'\n", "config.toml:12 [delivery.first_wait_seconds]"),
    ],
)
def test_what_stands_in_for_a_broken_part_makes_no_error_of_its_own(tmp_path: Path, text: str, where: str) -> None:
    """One mistake, one error."""
    assert [error.where for error in errors_in(tmp_path, text)] == ([where] if where else [])


def test_what_rests_on_a_broken_part_is_not_judged(tmp_path: Path) -> None:
    """A theme stands on the organisation's colours, a design of one's own in the folder that is named."""
    text = ORGANISATION + "colours = {background = '#000000', text = 5}\n[templates]\nfoldr = 'vorlagen'\n"
    text += DIGEST + 'template = "members"\n[digests.daily.theme]\ncolours = {text = "#ffffff"}\n' + MAIL
    assert [error.where for error in errors_in(tmp_path, text)] == [
        "config.toml:4 [organisation.colours.text]",
        "config.toml:6 [templates.foldr]",
    ]


def test_a_design_of_ones_own_is_known(tmp_path: Path) -> None:
    """It is looked for in the folder that the config names."""
    page = tmp_path / "vorlagen" / "email" / "members" / "html.j2"
    page.parent.mkdir(parents=True)
    page.touch()
    text = ORGANISATION + MAIL + "[templates]\nfolder = 'vorlagen'\n" + DIGEST + 'template = "members"\n'
    assert read(tmp_path, text).digests["daily"].template == "members"
    (error,) = errors_in(tmp_path, text.replace('"members"', '"ganz neu"'))
    assert error.hint == "Use one of: digest, letter, members; or put your own into templates/email/ganz-neu/."


@pytest.mark.parametrize("value", ['"no"', '"yes"', '"true"', "1", "0", "1.0", "[true]"])
@pytest.mark.parametrize(
    ("section", "key"), [("", "rehearse"), ("digests.daily", "default"), ("channels.mail", "split")]
)
def test_true_and_false_are_written_as_such(tmp_path: Path, section: str, key: str, value: str) -> None:
    """No word and no number is taken for one: "no" must not come to mean yes, nor send."""
    header = f"[{section}]\n"
    line = f"{key} = {value}\n"
    (error,) = errors_in(tmp_path, WHOLE.replace(header, header + line) if section else line + WHOLE)
    assert error.what.startswith(f'"{key}" must be true or false')
    assert error.where.endswith(f"{key}]")


@pytest.mark.parametrize("word", ["no", "True", "1", "yes", ""])
def test_from_outside_true_and_false_come_as_these_two_words(tmp_path: Path, word: str) -> None:
    """The environment has only texts; what to write there is said."""
    text = 'rehearse = {env = "REHEARSE"}\n' + WHOLE
    assert read(tmp_path, text, {"REHEARSE": "true"}).document.rehearse is True
    assert read(tmp_path, text, {"REHEARSE": "false"}).document.rehearse is False
    (error,) = errors_in(tmp_path, text, {"REHEARSE": word})
    assert error.what == f'"rehearse" must be true or false, not "{word}"'
    assert error.hint == "Put the one word true or false into that variable or file."


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ('name = "Verband"', 'name = ""', "name"),
        ('postal_address = "Am Ring 12"', 'postal_address = """\n  \n"""', "postal_address"),
        ('title = "Dienst"', 'title = " "', "title"),
    ],
)
def test_what_every_reader_sees_is_not_empty(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    """The hint gives an example."""
    (error,) = errors_in(tmp_path, WHOLE.replace(right, wrong))
    assert error.what == f'"{key}" is empty'
    assert f'{key} = "' in error.hint
