"""What the workflow works with: settings, ports and the configured channels. Bootstrap makes one of these."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.config.settings import Settings
from publisher.domain.digest import Digest
from publisher.domain.message import MessageKind
from publisher.domain.outlet import Outlet
from publisher.domain.post_times import PostTimes
from publisher.domain.schedule import Schedule, schedule_of
from publisher.domain.selection import OutletRule
from publisher.intake.queue import QueueReading
from publisher.ports.adapter import Adapter, AdapterType, ChannelSettings
from publisher.ports.approvals import Approvals
from publisher.ports.audit import AuditLog
from publisher.ports.changes import Changes
from publisher.ports.clock import Clock
from publisher.ports.credentials import Credentials
from publisher.ports.due_times import DueTimes
from publisher.ports.figures import Figures
from publisher.ports.http import HttpClient
from publisher.ports.ledger import Ledger
from publisher.ports.notices import Notices
from publisher.ports.pace import Pace
from publisher.ports.subscribers import Subscribers
from publisher.ports.upkeep import Upkeep
from publisher.ports.whereabouts import Whereabouts
from publisher.rendering.templates import Templates


@dataclass(frozen=True, slots=True)
class Channel:
    """One configured outlet with its adapter."""

    name: str
    settings: ChannelSettings
    adapter_type: AdapterType
    adapter: Adapter

    @property
    def takes_posts(self) -> bool:
        """Say whether articles can be posted here."""
        return MessageKind.POST in self.adapter_type.kinds

    @property
    def replay_seconds(self) -> float:
        """Say how long the remote recognises a repeat; settings may say that this one never does."""
        return self.adapter_type.replay_seconds if getattr(self.settings, "recognises_repeats", True) else 0.0

    @property
    def network(self) -> str:
        """Name the network whose template is used: the adapter's, or the one that the settings name."""
        return str(getattr(self.settings, "network", self.adapter_type.name))


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that a command needs, in one place. `rehearsal` says that nothing may leave this machine.

    `operator` is the name of the person at the keyboard, which stands with each decision: the one that they claim, or
    their login name, which `login` is in any case.
    """

    settings: Settings
    rehearsal: bool
    clock: Clock
    ledger: Ledger
    whereabouts: Whereabouts
    subscribers: Subscribers
    notices: Notices
    due_times: DueTimes
    changes: Changes
    pace: Pace
    figures: Figures
    upkeep: Upkeep
    templates: Templates
    channels: Mapping[str, Channel]
    http: HttpClient
    credentials: Credentials
    read_queue: Callable[[], QueueReading]
    read_image: Callable[[str], bytes]
    read_logo: Callable[[str], bytes | None]
    write_asset: Callable[[str, bytes], Path]
    worker: str
    instance_secret: Callable[[], str]
    audit: AuditLog
    approvals: Approvals
    operator: str = "somebody"
    login: str = "somebody"
    chance: Callable[[], float] = field(default=random.random)

    @property
    def email_channels(self) -> frozenset[str]:
        """Name the channels that deliver digests: articles are not posted there."""
        return frozenset(digest.channel for digest in self.settings.digests.values())

    @property
    def post_channels(self) -> tuple[Channel, ...]:
        """Give the enabled channels that articles are posted to, by name."""
        return tuple(
            channel
            for name, channel in sorted(self.channels.items())
            if channel.takes_posts and channel.settings.enabled and name not in self.email_channels
        )

    def digest_rule(self, name: str) -> OutletRule:
        """Say what a digest takes."""
        digest = self.settings.digests[name]
        return OutletRule(
            outlet=Outlet("digest", name),
            tags=frozenset(digest.tags),
            takes_unnamed=name == self.settings.default_digest,
            max_articles=digest.max_articles,
            min_articles=digest.min_articles,
            max_per_source=digest.max_per_source,
            order=digest.order,
            time_zone=ZoneInfo(self.settings.organisation.time_zone),
        )

    def schedule(self, digest: str) -> Schedule:
        """Say when a digest is due, by the clocks of its own time zone."""
        settings = self.settings.digests[digest]
        return schedule_of(settings, ZoneInfo(settings.time_zone or self.settings.organisation.time_zone))

    def post_times(self, channel: Channel) -> PostTimes:
        """Say when a channel posts, by the organisation's clocks."""
        return channel.settings.posts.times(ZoneInfo(self.settings.organisation.time_zone))

    def channel_rule(self, channel: Channel) -> OutletRule:
        """Say what a channel takes."""
        return OutletRule(
            outlet=Outlet("channel", channel.name),
            tags=frozenset(channel.settings.tags),
            takes_all=channel.settings.articles == "all",
            time_zone=ZoneInfo(self.settings.organisation.time_zone),
        )

    @property
    def archive_folder(self) -> Path | None:
        """Give the folder for the web archive, if there is to be one; a rehearsal has one of its own."""
        if self.settings.archive_folder is None:
            return None
        return self.rehearsal_folder / "pages" if self.rehearsal else self.settings.archive_folder

    def is_archived(self, digest: Digest) -> bool:
        """Say whether the digest's editions become pages of the web archive."""
        return self.settings.document.web.archive_folder is not None and digest.archive

    @property
    def rehearsal_folder(self) -> Path:
        """Give the folder into which rehearsals capture."""
        return self.settings.rehearsal_folder
