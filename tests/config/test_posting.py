"""`posts` of a channel: what does not go together, in plain words, with a place and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.reading import WHOLE, errors_in, read

CHAT = '[channels.chat]\nadapter = "webhook"\nurl = "https://a.example/x"\n'


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('posts = {before = "2d"}', '"before" is not a time of up to a day: "2d"'),
        ('posts = {before = "soon"}', '"soon"'),
        ('posts = {before = "30m", after = "end"}', "more than one of after, after_accepted and before"),
        ('posts = {after_accepted = 5, after = "end"}', "more than one of after, after_accepted and before"),
        ('posts = {before = "30m", schedule = ["09:00"]}', "does not follow editions"),
        ('posts = {schedule = ["09:00"], spread = "09:00-17:00"}', "both schedule and spread"),
        ('posts = {spread = "09:00-17:00"}', "max_per_day = 4"),
        ('posts = {spread = "17:00-09:00", max_per_day = 2}', "ends before it begins"),
        ('posts = {repeat_after = "2h", schedule = ["09:00"]}', "shorter than a day"),
        ('posts = {repeat_after = "90d"}', "Add schedule or spread"),
        ('posts = {gap = "60d"}', "longer than 30 days"),
        ("posts = {max_per_day = 0}", "at least 1"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, line: str, what: str) -> None:
    (error,) = errors_in(tmp_path, f"{WHOLE}{CHAT}{line}\n")
    assert what in f"{error.what} {error.hint}"
    assert "channels.chat.posts" in error.where
    assert error.hint


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    settings = read(tmp_path, f'{WHOLE}{CHAT}posts = {{before = "1h", gap = "10m"}}\n')
    assert settings.channels["chat"].posts.before == "1h"
