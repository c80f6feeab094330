"""The only place where concrete things meet: config in, Application out."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from publisher.errors import ChannelMisconfigured, ConfigError, QueueError
from publisher.files import write_whole
from publisher.logs import configure_log, get_logger, hide
from publisher.shipped import shipped

if TYPE_CHECKING:
    from publisher.config.settings import Settings
    from publisher.intake.queue import QueueReading
    from publisher.ports.adapter import AdapterType, JsonValue, Surroundings
    from publisher.ports.credentials import Credentials, Secret
    from publisher.ports.http import HttpClient
    from publisher.ports.resolver import Resolver
    from publisher.ports.upkeep import RestoreReport
    from publisher.rendering.templates import Templates
    from publisher.store.open import Store
    from publisher.workflow.application import Application, Channel

CACHE_FOLDER = ".publisher-cache"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the wall clock as an aware UTC datetime."""
        return datetime.now(UTC)

    # Asked a dozen times for each e-mail: without a step of our own between.
    monotonic_seconds = staticmethod(time.monotonic)

    def wait(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class RehearsalCredentials:
    """Give a stand-in where a secret is missing: a rehearsal must not need any.

    It has the form of a Standard Webhooks secret, so that signing works, too.
    """

    real: Credentials
    stand_in: ClassVar[str] = "whsec_cmVoZWFyc2FsLXJlaGVhcnNhbC1yZWhlYXJzYWw="

    def read(self, secret: Secret) -> str:
        """Give the secret's value, or the stand-in."""
        try:
            return self.real.read(secret)
        except ChannelMisconfigured:
            return self.stand_in

    def keep(self, secret: Secret, value: str) -> None:
        """Keep nothing: what a rehearsal is given is no token."""

    @contextmanager
    def renewing(self, secret: Secret) -> Iterator[None]:
        """Lock nothing."""
        yield


@dataclass(frozen=True, slots=True)
class FolderCapture:
    """Put what a rehearsal would have sent into a folder, one sub-folder a channel."""

    folder: Path

    def write(self, name: str, content: bytes) -> Path:
        """Write one file whole or not at all."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        return path


@dataclass(frozen=True, slots=True)
class FolderMemory:
    """Remember what remotes told, one small JSON file a name. The folder may be deleted at any time."""

    folder: Path

    def read(self, name: str) -> JsonValue:
        """Read one file; one that is missing or damaged is nothing."""
        try:
            return json.loads(self._path_of(name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None

    def write(self, name: str, value: JsonValue) -> None:
        """Write one file whole or not at all; where that cannot be done the remote is asked again next time."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path_of(name), json.dumps(value).encode())
        except OSError as error:
            get_logger().warning("cache_not_written", folder=str(self.folder), problem=error.strerror or str(error))

    def _path_of(self, name: str) -> Path:
        return self.folder / f"{quote(name, safe='')}.json"


def read_settings(config_file: Path) -> Settings:
    """Read the config with the adapters that are installed. Errors: ConfigError, Problems."""
    from publisher.adapters.registry import adapter_names, find_adapter
    from publisher.config.installed import Installed
    from publisher.config.reader import ConfigReader

    return ConfigReader(Installed(find_adapter, adapter_names, _designs, _choose_clients)).read(config_file)


def _designs(template_folder: Path) -> list[str]:
    return _templates(template_folder).designs("email")


def _choose_clients(patterns: Iterable[str], where: str) -> Sequence[str]:
    from publisher.rendering.preflight.support import chosen_clients

    return chosen_clients(patterns, where)


def _templates(template_folder: Path) -> Templates:
    """Give the team's own templates, and the shipped ones behind them."""
    from publisher.rendering.templates import Templates

    return Templates([template_folder, shipped("templates")])


def installed_adapters() -> list[AdapterType]:
    """Give every adapter that is installed, by name."""
    from publisher.adapters.registry import adapter_names, find_adapter

    return [find_adapter(name) for name in adapter_names()]


def refuse_unusable_backup(settings: Settings, backup: Path) -> None:
    """Refuse what can be no backup at first sight, before anybody is asked. Errors: UsageError."""
    from publisher.store.restoring import refuse_unusable

    refuse_unusable(settings.store_file, backup)


def restore_ledger(config_file: Path, backup: Path) -> RestoreReport:
    """Put a backup in the ledger's place. Errors: ConfigError, UsageError, StoreError, TryAgain."""
    from publisher.store.restoring import restore

    settings = read_settings(config_file)
    configure_log(settings.document.log.format, settings.document.log.level)
    return restore(settings.store_file, backup, SystemClock().now())


@contextmanager
def open_application(config_file: Path, *, rehearse: bool = False) -> Iterator[Application]:
    """Open the store and make everything; close it afterwards. `rehearse` overrules the config, never the reverse."""
    settings = read_settings(config_file)
    with _opened_store(settings) as store:
        yield make_application(settings, store, rehearsal=rehearse or settings.document.rehearse)


@contextmanager
def open_reloadable(config_file: Path) -> Iterator[tuple[Application, Callable[[Application], Application]]]:
    """Open as `open_application` does; with what makes another one by the config as it is then, over the same store.

    That raises ConfigError or Problems where the config is wrong, or asks for what only a new start can change.
    """
    from publisher.workflow.reload import refuse_unless_reloadable

    first = read_settings(config_file)
    with _opened_store(first) as store:

        def reload(before: Application) -> Application:
            settings = read_settings(config_file)
            refuse_unless_reloadable(before.settings, settings)
            return make_application(settings, store, rehearsal=before.rehearsal)

        yield make_application(first, store, rehearsal=first.document.rehearse), reload


@contextmanager
def _opened_store(settings: Settings) -> Iterator[Store]:
    from publisher.store.open import open_store

    configure_log(settings.document.log.format, settings.document.log.level)
    store = open_store(settings.store_file, audit_key=os.environ.get("PUBLISH_AUDIT_KEY"))
    try:
        yield store
    finally:
        store.close()


def make_application(settings: Settings, store: Store, *, rehearsal: bool) -> Application:
    """Put the parts together."""
    from publisher.workflow.application import Application

    clock = SystemClock()
    http = _http_client()
    return Application(
        settings=settings,
        rehearsal=rehearsal,
        clock=clock,
        ledger=store.ledger,
        whereabouts=store.whereabouts,
        subscribers=store.subscribers,
        notices=store.notices,
        due_times=store.due_times,
        changes=store.changes,
        pace=store.pace,
        figures=store.figures,
        upkeep=store.upkeep,
        templates=_templates(settings.template_folder),
        channels=_make_channels(settings, clock, rehearsal=rehearsal),
        http=http,
        credentials=_credentials(settings, rehearsal=False),
        read_queue=_queue_reader(settings),
        read_image=lambda src: _read_image(settings, http, src),
        read_logo=lambda digest: _read_logo(settings, digest),
        write_asset=_assets(settings, rehearsal=rehearsal).write,
        instance_secret=lambda: _hidden(store.instance_secret()),
        worker=f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}",
        audit=store.audit,
        approvals=store.approvals,
        operator=os.environ.get("PUBLISH_OPERATOR", "").strip() or _login_name(),
        login=_login_name(),
    )


def _hidden(secret: str) -> str:
    """Give a secret, which no log shows from here on."""
    hide(secret)
    return secret


def _login_name() -> str:
    """Name who is at the keyboard; a container's user may have a number only."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _queue_reader(settings: Settings) -> Callable[[], QueueReading]:
    """Give what reads the queue; a process that reads it again and again reads only what has changed."""
    from publisher.intake.queue import QueueMemory, read_queue

    return partial(
        read_queue,
        settings.queue_folder,
        digests=settings.digests.keys(),
        channels=settings.channels.keys(),
        wait=time.sleep,
        now_ns=time.time_ns,
        memory=QueueMemory(),
    )


def _read_image(settings: Settings, http: HttpClient, src: str) -> bytes:
    from publisher.intake.images import read_local_image
    from publisher.intake.remote_image import read_remote_image

    if src.startswith(("https://", "http://")):
        return read_remote_image(http, src)
    return read_local_image(settings.queue_folder, src)


def _read_logo(settings: Settings, digest: str) -> bytes | None:
    from publisher.intake.images import read_local_image

    theme = settings.digests[digest].theme
    logo = theme.logo or settings.organisation.logo
    if logo is None:
        return None
    try:
        return read_local_image(settings.folder, logo)
    except QueueError as error:
        key = f"digests.{digest}.theme.logo" if theme.logo else "organisation.logo"
        where = f"{settings.file.name} [{key}]"
        what = f'the logo "{logo}" cannot be used: {error.what.replace("queue folder", "project folder")}'
        raise ConfigError(what, where=where, hint="Name a PNG, JPEG or GIF file in the project folder.") from None


def _assets(settings: Settings, *, rehearsal: bool) -> FolderCapture:
    """Give the folder for hosted images; a rehearsal keeps them to itself."""
    return FolderCapture(settings.rehearsal_folder / "assets" if rehearsal else settings.assets_folder)


def _http_client(allow_hosts: frozenset[str] = frozenset()) -> HttpClient:
    """Make a client. Hosts that the operator wrote into a channel are trusted even on a private network.

    Addresses out of articles and pages go through one that trusts no such host.
    """
    from publisher.fetch import RequestsHttpClient

    return RequestsHttpClient(allow_hosts=allow_hosts)


def _configured_hosts(settings: Settings) -> Iterator[str]:
    """Name the hosts of all channels; one whose secret address cannot be read is not used without it anyway."""
    from publisher.fetch import host_of

    credentials = _credentials(settings, rehearsal=False)
    for channel in settings.channels.values():
        with suppress(ChannelMisconfigured):
            yield from (host_of(address) for address in channel.addresses(credentials))


def _make_channels(settings: Settings, clock: SystemClock, *, rehearsal: bool) -> Mapping[str, Channel]:
    from publisher.adapters.registry import find_adapter
    from publisher.workflow.application import Channel

    http = _http_client(frozenset(_configured_hosts(settings)))
    channels = {}
    for name, section in settings.channels.items():
        adapter_type = find_adapter(section.adapter)
        surroundings = _surroundings(name, settings, clock, http, rehearsal=rehearsal)
        channels[name] = Channel(name, section, adapter_type, adapter_type.make(section, surroundings))
    return channels


def shipped_templates() -> Templates:
    """Give the templates that come with the program, for what needs no project folder."""
    from publisher.rendering.templates import Templates

    return Templates([shipped("templates")])


def make_resolver() -> Resolver:
    """Make what asks the domain name system."""
    from publisher.fetch.resolver import DnsResolver

    return DnsResolver()


def _credentials(settings: Settings, *, rehearsal: bool) -> Credentials:
    from publisher.credentials import RENEWED_FOLDER, EnvironmentCredentials

    renewed_folder = settings.store_file.parent / RENEWED_FOLDER
    real = EnvironmentCredentials(settings.folder, os.environ, renewed_folder, on_read=hide)
    return RehearsalCredentials(real) if rehearsal else real


def _surroundings(
    name: str, settings: Settings, clock: SystemClock, http: HttpClient, *, rehearsal: bool
) -> Surroundings:
    from publisher.fetch import CapturingHttpClient
    from publisher.ports.adapter import Surroundings

    capture = FolderCapture(settings.rehearsal_folder / name) if rehearsal else None
    return Surroundings(
        channel=name,
        folder=settings.folder,
        clock=clock,
        http=CapturingHttpClient(capture) if capture else http,
        credentials=_credentials(settings, rehearsal=rehearsal),
        random_bytes=secrets.token_bytes,
        memory=FolderMemory(settings.store_file.parent / CACHE_FOLDER),
        capture=capture,
    )
