"""What a digest says of approval."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from publisher.config.places import Places
from publisher.domain.digest import Digest
from publisher.domain.duration import DurationError, parse_duration
from publisher.errors import ConfigError

MAX_LEAD = timedelta(days=7)


def check_approval(digest: Digest, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    """Check the lead, and that what is said about approval is about one."""
    hint = 'Write for example approval_lead = "3h".'
    where = places.where((*path, "approval_lead"))
    try:
        if not timedelta() < parse_duration(digest.approval_lead) <= MAX_LEAD:
            what = f'"approval_lead" must be more than 0 and at most 7 days, not "{digest.approval_lead}"'
            yield ConfigError(what, where=where, hint=hint)
    except DurationError as error:
        yield ConfigError(f'"approval_lead": {error}', where=where, hint=hint)
    if digest.second_person and digest.approval == "none":
        yield ConfigError(
            '"second_person" without an approval',
            where=places.where((*path, "second_person")),
            hint='Add approval = "article" or approval = "edition", or take second_person away.',
        )
