"""A digest: a recurring newsletter, `[digests.NAME]` of the config."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, ClassVar, Literal

from publisher.domain.duration import parse_duration
from publisher.domain.organisation import STRICT, Colours

DEFAULT_CATCH_UP = "1h"
DEFAULT_APPROVAL_LEAD = "3h"

Order = Literal["priority", "newest", "oldest", "title"]
# What stands for a list of fonts: only those that a reader's machine has, since nothing may be loaded from elsewhere.
FONTS = {
    "system": "-apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
    "sans": "Arial, Helvetica, sans-serif",
    "serif": "Georgia, Times New Roman, serif",
}
MIN_WIDTH_PX, MAX_WIDTH_PX = 480, 700
# What readers of German-speaking trade news use; "*" stands for every platform of a family.
USUAL_CLIENTS = (
    "outlook.windows",
    "outlook.outlook-com",
    "gmail.*",
    "apple-mail.*",
    "gmx.*",
    "web-de.*",
    "t-online-de.*",
    "thunderbird.*",
    "samsung-email.*",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeColours:
    """The colours of a digest that are not the organisation's, as six-digit hex."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    accent: str | None = None
    """Links, kickers and lines."""
    accent_dark: str | None = None
    """The same in dark mode."""
    text: str | None = None
    """Headlines and text."""
    text_dark: str | None = None
    """The same in dark mode."""
    muted: str | None = None
    """What is less important: dates, captions, sources, the imprint."""
    muted_dark: str | None = None
    """The same in dark mode."""
    background: str | None = None
    """Behind the articles."""
    background_dark: str | None = None
    """The same in dark mode."""
    panel: str | None = None
    """Behind what is set off: lists of related articles."""
    panel_dark: str | None = None
    """The same in dark mode."""
    surround: str | None = None
    """Around the sheet, and behind the imprint."""
    surround_dark: str | None = None
    """The same in dark mode."""

    def changes(self) -> dict[str, str]:
        """Give the colours that are set."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def over(self, colours: Colours) -> Colours:
        """Put these over the organisation's."""
        return replace(colours, **self.changes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How the e-mails of a digest look."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    colours: ThemeColours = field(default_factory=ThemeColours)
    """Colours that differ from those of the organisation."""
    font: str = "system"
    """"system", "sans", "serif", or a list of your own such as "Verdana, Arial, sans-serif"."""
    width: int = 600
    """Width of the sheet in pixels, 480 to 700."""
    logo: str | None = None
    """Logo instead of the organisation's: a PNG, JPEG or GIF file in the project folder."""
    logo_alt: str | None = None
    """What the logo says, for those who do not see it; the organisation's name if left out."""

    @property
    def font_names(self) -> tuple[str, ...]:
        """Give the fonts, the first one first."""
        return tuple(name.strip() for name in FONTS.get(self.font, self.font).split(","))


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
    return_path: str | None = None
    """Address for bounces, for example "bounces@bounces.example.org": each e-mail's says whom it is about, as in
    bounces+TOKEN@bounces.example.org. from_address if left out."""
    schedule: tuple[str, ...] = ()
    """When an edition is made by `publish run`, for example ["Mon-Fri 07:00"], or a cron line such as "0 7 * * 1-5"
    (0 and 7 are Sunday); empty: only by hand."""
    skip_holidays: tuple[str, ...] = ()
    """Make no edition on the public holidays of these regions, for example ["DE-NW"]."""
    blackout: tuple[str, ...] = ()
    """Make no edition on these days: "2026-12-24", "2026-12-24..2027-01-06", or each year "12-24..01-06"."""
    pause_until: str | None = None
    """Make no edition before this date, or this local time, for example "2027-01-07" or "2027-01-07 12:00"."""
    catch_up: str = DEFAULT_CATCH_UP
    """An edition may be made so long after its due time, for example "90s", "30m", "2h"; later it counts as missed."""
    approval: Literal["none", "article", "edition"] = "none"
    """Whether a person has to approve: nothing; each article ("article"); or the whole edition, which is then made
    ahead of its time ("edition"). See docs/how-to/approve-before-it-leaves.md."""
    second_person: bool = False
    """Whoever made a text cannot approve it."""
    approval_lead: str = DEFAULT_APPROVAL_LEAD
    """With approval = "edition": make it so long before its due time, for example "90m", "3h", "1d"."""
    late_approval: Literal["send", "next"] = "send"
    """With approval = "edition", if it is approved only after its due time: "send" it at once, as long as the digest
    is not due again, or let its articles go into the "next" edition."""
    default: bool = False
    """Take the articles that name no digest; needed only where there are several digests."""
    tags: tuple[str, ...] = ()
    """Also take articles with one of these tags."""
    max_articles: int = 20
    """An edition has at most so many articles; the rest wait for the next."""
    min_articles: int = 1
    """With fewer articles than these no edition is made; they wait for the next due time. `publish now` makes one."""
    max_per_source: int | None = None
    """At most so many articles of an edition name the same source; any number if left out."""
    order: Order = "priority"
    """Which articles come first, and get in where not all do: by "priority", then the newest; the "newest" or "oldest"
    date; or by "title". Articles with pinned: true come before all others."""
    content: Literal["teaser", "full"] = "teaser"
    """Show the teaser with a link, or the full text; an article without an address is always shown in full."""
    sections: tuple[str, ...] = ()
    """Tags that become sections with a heading, in this order; what has none of them comes last."""
    related: Literal["author", "tags", "none"] = "tags"
    """Related articles: the author's list; by shared tags where the author made none; or none at all."""
    http_links: bool = False
    """Also send links of articles that begin with http://. Without it an article that has one is left out, and told, so
    that its author can correct it; mail programs and spam filters distrust such links."""
    template: str = "digest"
    """Folder of the template under templates/email/: digest, letter, or one of your own."""
    theme: Theme = field(default_factory=Theme)
    """How the e-mails look."""
    language: str | None = None
    """Language of the e-mail's own words, de or en; the organisation's if left out."""
    time_zone: str | None = None
    """Time zone of its dates and schedule; the organisation's if left out."""
    archive: bool = True
    """Put the editions into the web archive too, where [web] archive_folder names one; false for members only."""
    recipients: tuple[str, ...] = ()
    """A short fixed list of addresses besides the subscribers."""
    required_clients: tuple[str, ...] = USUAL_CLIENTS
    """Mail programs in which every edition has to work, as in docs/reference/preflight.md, for example "gmail.*"."""

    @property
    def catch_up_time(self) -> timedelta:
        """Give `catch_up` as a duration."""
        return parse_duration(self.catch_up)

    @property
    def approval_lead_time(self) -> timedelta:
        """Give `approval_lead` as a duration."""
        return parse_duration(self.approval_lead)
