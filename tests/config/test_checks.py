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
