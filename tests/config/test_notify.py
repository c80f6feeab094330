"""What [notify] says is checked: channels, addresses, numbers, each error with its line and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.reading import MAIL, ORGANISATION, WHOLE, errors_in, read

FOLDER = '[channels.team]\nadapter = "slack"\nurl = "https://hooks.example.org/x"\n'


def test_by_default_everything_is_told_to_nobody(tmp_path: Path) -> None:
    notify = read(tmp_path, WHOLE).document.notify
    assert (notify.channels, notify.recipients, len(notify.kinds)) == ((), (), 10)


def test_what_is_written_is_in_force(tmp_path: Path) -> None:
    text = FOLDER + '[notify]\nchannels = ["team"]\nkinds = ["held"]\nrecipients = ["a@example.org"]\n'
    notify = read(tmp_path, WHOLE + text).document.notify
    assert (notify.channels, [kind.value for kind in notify.kinds]) == (("team",), ["held"])


def test_one_word_stands_for_a_list_of_one(tmp_path: Path) -> None:
    """As with every list of texts; only here each must be one of a few."""
    text = FOLDER + '[notify]\nchannels = "team"\nkinds = "held"\nrecipients = "a@example.org"\n'
    notify = read(tmp_path, WHOLE + text).document.notify
    assert (notify.channels, notify.recipients) == (("team",), ("a@example.org",))
    assert [kind.value for kind in notify.kinds] == ["held"]


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ('channels = ["taem"]', 'there is no channel "taem"', "team"),
        ('channels = ["mail"]', "delivers e-mails, and those need addresses", "email_channel"),
        ('email_channel = "team"', 'cannot deliver notices: it is of the kind "slack"', "recipients"),
        (
            'recipients = ["anna"]',
            '"recipients" is not an e-mail address: "anna": there is no @-sign',
            "name@example.org",
        ),
        ('from_address = "x"', '"from_address" is not an e-mail address: "x"', "name@example.org"),
        ('kinds = ["sold"]', '"bounces", "expiring" or "stopped", not "sold"', "kinds = "),
        ('kinds = "sold"', '"bounces", "expiring" or "stopped", not "sold"', "kinds = "),
        ("kinds = 5", '"kinds" must be a list, not 5', 'kinds = ["missed", "held"]'),
        ("kinds = []", '"kinds" is empty: nobody would be told anything', 'kinds = ["missed", "held"]'),
        ('language = "fr"', '"language" is neither "de" nor "en": "fr"', "de"),
        ("interval_minutes = 0", '"interval_minutes" must be from 1 to 1440, not 0', "15"),
        ("bounce_percent = 101", '"bounce_percent" must be from 1 to 100, not 101', "5"),
        ("expiry_days = 0", '"expiry_days" must be from 1 to 90, not 0', "14"),
        ('chanels = ["team"]', "chanels", "channels"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, what: str, hint: str) -> None:
    (error,) = errors_in(tmp_path, WHOLE + FOLDER + "[notify]\n" + line + "\n")
    assert what in error.what
    assert hint in error.hint
    assert error.where.startswith("config.toml:")
    assert "notify" in error.where


def test_a_sender_is_needed_where_there_is_no_digest(tmp_path: Path) -> None:
    errors = errors_in(tmp_path, ORGANISATION + MAIL + '[notify]\nrecipients = ["a@example.org"]\n')
    assert [error.hint for error in errors] == [
        'Add email_channel = "newsletter" to [notify].',
        'Add from_address = "newsletter@example.org" to [notify].',
    ]
