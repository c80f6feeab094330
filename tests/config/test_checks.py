from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.reading import DIGEST, MAIL, ORGANISATION, WHOLE, errors_in, read


def test_the_only_digest_is_the_default(tmp_path: Path) -> None:
    """With several, the one that is marked, or none."""
    weekly = DIGEST.replace("daily", "weekly")
    assert read(tmp_path, WHOLE).default_digest == "daily"
    assert read(tmp_path, WHOLE + weekly).default_digest is None
    assert read(tmp_path, WHOLE + weekly + "default = true\n").default_digest == "weekly"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('language = "fr"', '"language" is neither "de" nor "en": "fr"'),
        ('time_zone = "Berlin"', '"time_zone" is not known: "Berlin"'),
        ("max_articles = 0", '"max_articles" must be at least 1, not 0'),
        ('catch_up = "0"', '"catch_up" must be from 1m to 7d, not "0"'),
        ('catch_up = "8d"', '"catch_up" must be from 1m to 7d, not "8d"'),
        ("min_articles = 21", '"min_articles" is more than "max_articles": 21 and 20'),
        ("max_per_source = 0", '"max_per_source" must be at least 1, not 0'),
        (
            'blackout = ["05-01", "2027-01-06..2026-12-24"]',
            '"blackout": "2027-01-06..2026-12-24" ends before it begins',
        ),
        ('skip_holidays = ["DE-NW", "Bayern"]', '"skip_holidays": "Bayern" names no country'),
        ('pause_until = "07.01.2027"', '"pause_until": "07.01.2027" is neither a date nor a date with a time'),
        ('schedule = ["07:00", "Mon-Fri"]', '"schedule": no time of day in "Mon-Fri"'),
        ('reply_to = "presse"', '"reply_to" is not an e-mail address: "presse": there is no @-sign'),
        ('recipients = ["a@example.org", ""]', '"recipients" is not an e-mail address: "": it is empty'),
    ],
)
def test_values_that_a_type_cannot_check(tmp_path: Path, line: str, what: str) -> None:
    """Each with the line of its key."""
    (error,) = errors_in(tmp_path, ORGANISATION + MAIL + DIGEST + line + "\n")
    key = line.partition(" ")[0]
    assert (error.what, error.where) == (what, f"config.toml:11 [digests.daily.{key}]")
    assert key in error.hint or "@" in error.hint


@pytest.mark.parametrize("name", ["Daily", "täglich", "2nd", "a" * 41, "a b"])
@pytest.mark.parametrize("kind", ["digests", "channels"])
def test_names_that_would_be_trouble_in_paths_and_keys(tmp_path: Path, kind: str, name: str) -> None:
    """Names are part of paths, of the ledger's keys and of commands."""
    text = WHOLE.replace("[digests.daily]", f'[digests."{name}"]') if kind == "digests" else WHOLE
    text += f'[channels."{name}"]\nadapter = "folder"\n' if kind == "channels" else ""
    (error,) = errors_in(tmp_path, text)
    assert error.what == f'"{name}" cannot be a name'


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('public_url = "www.example.org"', '"public_url" is not the https address of a folder: "www.example.org"'),
        ('archive_folder = "./"', '"archive_folder" holds the whole project: "./"'),
        ('archive_folder = "../.."', '"archive_folder" holds the whole project: "../.."'),
    ],
)
def test_where_things_are_on_the_web(tmp_path: Path, line: str, what: str) -> None:
    """The archive gets a folder of its own: a web server shows all that is in it."""
    (error,) = errors_in(tmp_path, WHOLE + "[web]\n" + line + "\n")
    assert error.what == what
    assert line.partition(" ")[0] in error.hint


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("first_wait_seconds = 1", '"first_wait_seconds" must be from 60 to 3600, not 1'),
        ("longest_wait_seconds = 90_000", '"longest_wait_seconds" must be from 60 to 86400, not 90000'),
        ("give_up_after_hours = 0", '"give_up_after_hours" must be from 1 to 240, not 0'),
        ("longest_wait_seconds = 200", '"first_wait_seconds" is longer than "longest_wait_seconds"'),
    ],
)
def test_waits_within_limits(tmp_path: Path, line: str, what: str) -> None:
    (error,) = errors_in(tmp_path, WHOLE + "[delivery]\n" + line + "\n")
    assert error.what == what
    assert "_wait_seconds = " in error.hint or "give_up_after_hours = 120" in error.hint


@pytest.mark.parametrize(
    ("section", "line", "what"),
    [
        ("monitor", "port = 0", '"port" must be from 1 to 65535, not 0'),
        ("monitor", "port = 70_000", '"port" must be from 1 to 65535, not 70000'),
        ("retention", "attempts_days = 0", '"attempts_days" must be from 1 to 3650, not 0'),
        ("retention", "addresses_days = 6", '"addresses_days" must be from 7 to 3650, not 6'),
        ("log", 'format = "yaml"', '"format" must be "off", "text" or "json", not "yaml"'),
        ("log", 'level = "loud"', '"level" must be "debug", "info", "warning" or "error", not "loud"'),
    ],
)
def test_what_looks_after_the_machine_within_limits(tmp_path: Path, section: str, line: str, what: str) -> None:
    (error,) = errors_in(tmp_path, WHOLE + f"[{section}]\n{line}\n")
    assert error.what == what
    assert f"[{section}.{line.partition(' ')[0]}]" in error.where
