"""`[channels.NAME.posts]`: when a channel posts."""

from __future__ import annotations

import re
from datetime import time, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from publisher.domain.cadence import Cadence, parse_cadence
from publisher.domain.duration import parse_duration
from publisher.domain.post_times import PostTimes, spread_over
from publisher.domain.schedule import Schedule

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")
_Count = Annotated[int, Field(ge=1)]
_DEFAULT_GAP = "0"


class PostSettings(BaseModel):
    """When a channel posts; with none of these, every post that waits goes out when a digest is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schedule: tuple[str, ...] = Field(
        default=(),
        description='Times of the channel\'s own, for example ["Mon-Fri 09:00 13:00"]: each of them takes one article, '
        "whether it was in a digest or not.",
    )
    spread: str | None = Field(
        default=None,
        description='Spread max_per_day posts evenly over these hours, for example "09:00-17:00", instead of schedule.',
        examples=["09:00-17:00"],
    )
    max_per_day: _Count | None = Field(default=None, description="At most so many posts on a calendar day.")
    gap: str = Field(
        default=_DEFAULT_GAP,
        description='At least so long between two posts, for example "2h" or "1h 30m".',
        examples=["2h"],
    )
    after: Literal["start", "end"] = Field(
        default="start",
        description="An article's post follows its edition: once that is on its way, or once it is sent to the end.",
    )
    after_accepted: _Count | None = Field(
        default=None, description="An article's post follows its edition once so many of its e-mails were accepted."
    )
    before: str | None = Field(
        default=None,
        description='An article\'s post goes ahead of its edition, so long before that is due, for example "30m".',
        examples=["30m"],
    )
    repeat_after: str | None = Field(
        default=None,
        description="At a time of its own at which nothing new waits, an article with evergreen: true is posted again, "
        'this long after its last post, for example "90d".',
        examples=["90d"],
    )

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for text in entries:
            parse_cadence(text)
        return entries

    @field_validator("gap")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        if parse_duration(text) > timedelta(days=30):
            raise ValueError(f'"gap" is longer than 30 days: "{text}"')
        return text

    @field_validator("before")
    @classmethod
    def _is_short(cls, text: str | None) -> str | None:
        if text is not None and not timedelta() < parse_duration(text) <= timedelta(days=1):
            raise ValueError(f'"before" is not a time of up to a day: "{text}"')
        return text

    @field_validator("repeat_after")
    @classmethod
    def _is_long(cls, text: str | None) -> str | None:
        if text is not None and parse_duration(text) < timedelta(days=1):
            raise ValueError(f'"repeat_after" is shorter than a day: "{text}"')
        return text

    @field_validator("spread")
    @classmethod
    def _are_hours(cls, text: str | None) -> str | None:
        if text is not None:
            first, last = _hours(text)
            if first >= last:
                raise ValueError(f'"{text}" ends before it begins')
        return text

    @model_validator(mode="after")
    def _consistent(self) -> PostSettings:
        has_own_times = bool(self.schedule) or self.spread is not None
        if self.schedule and self.spread is not None:
            raise ValueError("it has both schedule and spread; leave one of them out")
        if self.spread is not None and self.max_per_day is None:
            raise ValueError('"spread" needs to know how many; add for example max_per_day = 4')
        follows = [self.after != "start", self.after_accepted is not None, self.before is not None]
        if has_own_times and any(follows):
            raise ValueError(
                "with times of its own a channel does not follow editions; leave after, after_accepted and before out"
            )
        if self.repeat_after is not None and not has_own_times:
            raise ValueError('"repeat_after" fills times of its own; add schedule or spread')
        if sum(follows) > 1:
            raise ValueError("it has more than one of after, after_accepted and before; leave all but one out")
        return self

    def times(self, zone: tzinfo) -> PostTimes:
        """Give what follows from these, by the clocks of a zone."""
        cadences: tuple[Cadence, ...] = tuple(parse_cadence(text) for text in self.schedule)
        if self.spread is not None and self.max_per_day is not None:
            cadences = (spread_over(*_hours(self.spread), self.max_per_day),)
        return PostTimes(
            zone=zone,
            schedule=Schedule(zone, cadences) if cadences else None,
            gap=parse_duration(self.gap),
            max_per_day=self.max_per_day,
            after=self.after,
            after_accepted=self.after_accepted,
            before=None if self.before is None else parse_duration(self.before),
            repeat_after=None if self.repeat_after is None else parse_duration(self.repeat_after),
        )


def _hours(text: str) -> tuple[time, time]:
    match = _HOURS.fullmatch(text.strip())
    if not match:
        raise ValueError(f'"{text}" does not name two times of day; write for example "09:00-17:00"')
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    return time(first_hour, first_minute), time(last_hour, last_minute)
