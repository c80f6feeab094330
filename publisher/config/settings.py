"""What can be set in config.toml, and what is in force. The sections' attribute docstrings are their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from publisher.domain.digest import Digest
from publisher.domain.notice import NoticeKind
from publisher.domain.organisation import STRICT, Organisation
from publisher.domain.retry import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, RetryRule

if TYPE_CHECKING:
    from publisher.ports.adapter import ChannelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the ledger is."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    file: str = "publisher.db"
    """SQLite file, relative to the project folder. Not on a network drive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Where the articles are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    folder: str = "queue"
    """Folder with the article files, relative to the project folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSettings:
    """Where the team's own templates are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    folder: str = "templates"
    """Folder with your own templates; what is not in it is taken from the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalSettings:
    """Where a rehearsal puts what would have been sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    folder: str = "outbox"
    """Folder for everything that a rehearsal captures, relative to the project folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How often what could not be delivered is tried again."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    first_wait_seconds: int = FIRST_WAIT_SECONDS
    """Shortest wait before another try, 60 to 3600: many servers let nobody in before five minutes."""
    longest_wait_seconds: int = LONGEST_WAIT_SECONDS
    """Longest wait between two tries, up to 86400: the wait doubles from try to try."""
    give_up_after_hours: int = 120
    """Give a delivery up after so many hours, 1 to 240."""

    @property
    def retry_rule(self) -> RetryRule:
        """Give the rule that these make."""
        return RetryRule(self.first_wait_seconds, self.longest_wait_seconds, timedelta(hours=self.give_up_after_hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where things are on the web."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    public_url: str | None = None
    """Address under which readers reach archive_folder, https; e-mails and feeds then name their pages there.
    People unsubscribe at public_url/unsubscribe/..., a page that you serve yourself for now; without it, by e-mail."""
    assets_url: str | None = None
    """Address under which readers reach assets_folder, https; without it, images travel inside the e-mails."""
    assets_folder: str = "public/assets"
    """Folder for the images of e-mails, relative to the project folder; your web server shows it at assets_url."""
    archive_folder: str | None = None
    """Folder for the web archive, relative to the project folder, for example "public"; none is made if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """What the team is told, and where. Nobody is told anything while there are neither channels nor recipients."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    channels: tuple[str, ...] = ()
    """Channels of chats that are told, by name: slack, teams, mattermost, discord, google_chat, telegram, webhook."""
    recipients: tuple[str, ...] = ()
    """E-mail addresses that are told."""
    email_channel: str | None = None
    """Channel for those e-mails; that of the default digest if left out."""
    from_address: str | None = None
    """Sender of those e-mails; that of the default digest if left out."""
    kinds: tuple[NoticeKind, ...] = tuple(NoticeKind)
    """What to tell: ready_for_approval, approval_voided, sent, skipped, missed, held, channel_paused, bounces,
    expiring, stopped; everything if left out."""
    language: str | None = None
    """Language of notices, de or en; the organisation's if left out."""
    interval_minutes: int = 15
    """What happens within so many minutes of a notice waits and comes bundled in the next one, 1 to 1440."""
    bounce_percent: int = 5
    """Tell when more than so many of a hundred messages of an edition came back, 1 to 100."""
    expiry_days: int = 14
    """Tell so many days before a certificate or an access token ends, 1 to 90."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What is logged on standard error, one event a line. The option `--log` of a command overrules the form."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    format: Literal["off", "text", "json"] = "off"
    """"text" is for people, "json" for programs that collect logs."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least weight of what is logged; "debug" has each step of each delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """Where `publish run` shows its figures to programs that watch it: /health, and /metrics for Prometheus."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    port: int | None = None
    """Port on 127.0.0.1, 1 to 65535, for example 9123; no page is opened if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """What the ledger forgets with time. Figures stay, and that an edition was sent is never forgotten."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    attempts_days: int | None = None
    """Delete the single attempts of finished deliveries after so many days, 1 to 3650; kept if left out."""
    addresses_days: int | None = None
    """Remove the addresses from finished deliveries of e-mails after so many days, 7 to 3650; kept if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole config.toml as it is written; channels are validated by their adapters afterwards."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    organisation: Organisation
    """Who publishes."""
    rehearse: bool = False
    """Build everything, send nothing: what would leave is put into the rehearsal folder."""
    store: StoreSettings = field(default_factory=StoreSettings)
    """Where the ledger is."""
    queue: QueueSettings = field(default_factory=QueueSettings)
    """Where the articles are."""
    templates: TemplateSettings = field(default_factory=TemplateSettings)
    """Where your own templates are."""
    rehearsal: RehearsalSettings = field(default_factory=RehearsalSettings)
    """Where a rehearsal puts things."""
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    """How often what could not be delivered is tried again."""
    web: WebSettings = field(default_factory=WebSettings)
    """Where things are on the web."""
    notify: NotifySettings = field(default_factory=NotifySettings)
    """What the team is told, and where."""
    log: LogSettings = field(default_factory=LogSettings)
    """What is logged."""
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    """Where programs that watch this one find its figures."""
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    """What the ledger forgets with time."""
    digests: dict[str, Digest] = field(default_factory=dict)
    """Recurring newsletters, by name."""
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Configured outlets, by name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force. Paths are absolute; `default_digest` takes the articles that name none."""

    file: Path
    folder: Path
    document: Document
    channels: Mapping[str, ChannelSettings]

    @property
    def organisation(self) -> Organisation:
        """Give who publishes."""
        return self.document.organisation

    @property
    def retry_rule(self) -> RetryRule:
        """Say when what is deferred is tried again, and when it is given up."""
        return self.document.delivery.retry_rule

    @property
    def digests(self) -> Mapping[str, Digest]:
        """Give the digests by name."""
        return self.document.digests

    @property
    def default_digest(self) -> str | None:
        """Name the digest for articles that name none: the one marked so, or the only one there is."""
        marked = [name for name, digest in self.digests.items() if digest.default]
        return marked[0] if marked else next(iter(self.digests)) if len(self.digests) == 1 else None

    @property
    def notice_digest(self) -> Digest | None:
        """Give the digest whose channel and sender notices by e-mail have, where [notify] names none of its own."""
        return self.digests.get(self.default_digest or next(iter(self.digests), ""))

    @property
    def queue_folder(self) -> Path:
        """Give the folder with the article files."""
        return self.folder / self.document.queue.folder

    @property
    def template_folder(self) -> Path:
        """Give the folder with the team's own templates; it need not exist."""
        return self.folder / self.document.templates.folder

    @property
    def assets_folder(self) -> Path:
        """Give the folder for hosted images."""
        return self.folder / self.document.web.assets_folder

    @property
    def archive_folder(self) -> Path | None:
        """Give the folder for the web archive, if there is to be one."""
        folder = self.document.web.archive_folder
        return None if folder is None else self.folder / folder

    @property
    def rehearsal_folder(self) -> Path:
        """Give the folder into which rehearsals capture."""
        return self.folder / self.document.rehearsal.folder

    @property
    def store_file(self) -> Path:
        """Give the ledger's SQLite file."""
        return self.folder / self.document.store.file
