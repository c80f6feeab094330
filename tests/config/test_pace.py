"""`pace`, `domain_pace` and `quiet_hours`: what they become, and what is wrong with them in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.domain.pace import Limits
from tests.config.reading import WHOLE, errors_in, read

CHAT = '[channels.chat]\nadapter = "webhook"\nurl = "https://a.example/x"\n'


def test_what_they_become(tmp_path: Path) -> None:
    paces = "pace = {per_second = 10, per_hour = 2000}\n"
    paces += 'domain_pace = {"t-online.de" = {per_minute = 60}, "*" = {per_hour = 9}}\n'
    rules = read(tmp_path, f'{WHOLE}{paces}quiet_hours = "20:00-07:00"\n').channels["mail"].pace_rules()
    assert rules.of("").counts() == {"per_second": 10, "per_hour": 2000}
    assert rules.of("t-online.de") == Limits(per_minute=60)
    assert rules.of("gmx.de") == Limits(per_hour=9)
    assert not read(tmp_path, WHOLE).channels["mail"].pace_rules()


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("pace = {per_day = 5}", 'unknown key "per_day"', "Known here: per_hour, per_minute, per_second."),
        ("pace = {}", "it names no limit", "per_second = 10"),
        (
            "pace = {per_second = 9, per_minute = 5}",
            "per_second = 9 is more than per_minute = 5",
            "Leave per_second out.",
        ),
        ("pace = {per_second = 0}", "must be at least 1, not 0", "per_second = 10"),
        ("pace = 10", "must be a section of its own, not 10", "pace = {per_second"),
        (
            'domain_pace = {"T-Online.de" = {per_minute = 6}}',
            '"T-Online.de" is no domain in small letters',
            "t-online.de",
        ),
        ('domain_pace = {"t-online.de" = {}}', "it names no limit", "per_second = 10"),
        ('quiet_hours = "20-7"', '"20-7" does not name two times of day', '"20:00-07:00"'),
        ('quiet_hours = "08:00-08:00"', "would be quiet all day", "enabled = false"),
        ("quiet_hours = 20", "must be a text in quotation marks", '"20:00-07:00"'),
    ],
)
def test_what_is_wrong(tmp_path: Path, line: str, what: str, hint: str) -> None:
    (error,) = errors_in(tmp_path, f"{WHOLE}{line}\n")
    assert what in error.what
    assert hint in error.hint
    assert error.where.startswith("config.toml:11 [channels.mail.")


def test_a_channel_for_posts_has_one_recipient(tmp_path: Path) -> None:
    (error,) = errors_in(tmp_path, f'{WHOLE}{CHAT}domain_pace = {{"*" = {{per_minute = 60}}}}\n')
    assert 'the channel "chat" posts to one account' in error.what
    assert "pace = {per_minute" in error.hint
