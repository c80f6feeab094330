"""A digest: a recurring newsletter, `[digests.NAME]` of the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from publisher.domain.organisation import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A recurring newsletter: what goes into an edition, how it looks, who sends it and who gets it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    title: str
    """Title as readers know it."""
    channel: str
    """Name of the channel that delivers the e-mails: one of [channels.NAME]."""
    from_address: str
    """Address in From; it should take replies."""
    from_name: str | None = None
    """Name in From; the organisation's name if left out."""
    reply_to: str | None = None
    """Address for replies, if it is another one."""
    unsubscribe_address: str | None = None
    """Address that takes unsubscribe mails; from_address if left out."""
    schedule: tuple[str, ...] = ()
    """When an edition is made by `publish run`, for example ["Mon-Fri 07:00"]; empty: only by hand."""
    default: bool = False
    """Take the articles that name no digest; needed only where there are several digests."""
    tags: tuple[str, ...] = ()
    """Also take articles with one of these tags."""
    max_articles: int = 20
    """An edition has at most so many articles; the rest wait for the next."""
    content: Literal["teaser", "full"] = "teaser"
    """Show the teaser with a link, or the full text; an article without an address is always shown in full."""
    template: str = "digest"
    """Folder of the template under templates/email/."""
    language: str | None = None
    """Language of the e-mail's own words, de or en; the organisation's if left out."""
    time_zone: str | None = None
    """Time zone of its dates and schedule; the organisation's if left out."""
    recipients: tuple[str, ...] = ()
    """A short fixed list of addresses besides the subscribers."""
